package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

const reissue = `{"days":30,"by":"Assessor"}`

func TestAnAnswerWithoutACaseIsGivenAgain(t *testing.T) {
	n, o := newNodeIn(t)
	h := api.Local(n, quiet())
	const path = "/api/v1/credentials/all"
	if w := askBound(h, "POST", path, `{"by":"Assessor","dry_run":true}`, "Idempotency-Key", "k-1"); w.Code != http.StatusOK || w.Header().Get("Idempotency-Replayed") != "" {
		t.Fatalf("a dry run: %d %s", w.Code, w.Body)
	}
	if w := askBound(h, "POST", path, `{"days":-1,"by":"Assessor"}`, "Idempotency-Key", "k-1"); w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("what is refused: %d %s", w.Code, w.Body)
	}
	before := n.LogHead().Size
	var sent sync.WaitGroup
	answers, replayed := make([]string, 8), make([]string, 8)
	for i := range answers {
		sent.Go(func() {
			w := askBound(h, "POST", path, reissue, "Idempotency-Key", "k-1")
			answers[i], replayed[i] = w.Body.String(), w.Header().Get("Idempotency-Replayed")
		})
	}
	sent.Wait()
	for i, a := range answers {
		if a != `{"authorisations":1,"credentials":1}` {
			t.Errorf("%d: %s", i, a)
		}
	}
	if got := strings.Count(strings.Join(replayed, ","), "true"); got != len(replayed)-1 {
		t.Errorf("%d of %d were replayed", got, len(replayed))
	}
	size := n.LogHead().Size
	if size == before {
		t.Error("nothing was issued")
	}
	held := `{"authorisation":"NZ-AUT-000001","by":"Decider","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"}`
	for what, c := range map[string]struct{ path, body string }{
		"another body":       {path, `{"days":31,"by":"Assessor"}`},
		"another route":      {"/api/v1/mras/negotiations/drop", `{"name":"x","by":"Desk"}`},
		"a route of a case":  {"/api/v1/authorisations/suspend", held},
		"another who issues": {path, `{"days":30,"by":"Decider"}`},
	} {
		if w := askBound(h, "POST", c.path, c.body, "Idempotency-Key", "k-1"); w.Code != http.StatusUnprocessableEntity || problem(t, w).Type != api.ProblemPrefix+"key-reused" {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	must(t, n.Close())
	n, err := registry.Open(t.Context(), o)
	must(t, err)
	defer n.Close()
	h = api.Local(n, quiet())
	w := askBound(h, "POST", path, reissue, "Idempotency-Key", "k-1")
	if w.Body.String() != answers[0] || w.Header().Get("Idempotency-Replayed") != "true" || n.LogHead().Size != size {
		t.Errorf("after a restart: %s, %d leaves before and %d now", w.Body, size, n.LogHead().Size)
	}
	lost, err := filepath.Glob(filepath.Join(o.Dir, "answers", "*", "*"))
	if err != nil || len(lost) != 1 {
		t.Fatalf("answers kept: %v, %v", lost, err)
	}
	raw, err := os.ReadFile(lost[0])
	must(t, err)
	if strings.Contains(string(raw), "credentials") {
		t.Errorf("an answer that anybody reads: %s", raw)
	}
	must(t, os.Remove(lost[0])) // as if the node had fallen before it was written
	w = askBound(h, "POST", path, reissue, "Idempotency-Key", "k-1")
	if w.Body.String() != answers[0] || w.Header().Get("Idempotency-Replayed") != "" || n.LogHead().Size != size {
		t.Errorf("after a crash: %s, %d leaves before and %d now", w.Body, size, n.LogHead().Size)
	}
	w = askBound(h, "POST", path, reissue, "Idempotency-Key", "k-2")
	if n.LogHead().Size == size || w.Body.String() != answers[0] {
		t.Errorf("another request: %s", w.Body)
	}
}
