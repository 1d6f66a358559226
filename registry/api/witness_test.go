package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/registry/api"
)

// TestWitnessOverHTTP: C2SP tlog-witness, with the one log a lonely node knows.
func TestWitnessOverHTTP(t *testing.T) {
	n := newNode(t)
	h := api.Public(n, quiet())
	cp, err := n.PublishedCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	path := "/witness/" + witness.Name(n.LogHead().Origin) + "/checkpoint"
	body := string((&witness.Request{Checkpoint: cp}).Format())
	for _, c := range []struct {
		method, path, body string
		status             int
		media              string
	}{
		{http.MethodGet, path, "", 404, ""},
		{http.MethodGet, "/witness/add-checkpoint", "", 405, ""},
		{http.MethodPost, "/witness/add-checkpoint", "", 400, "text/plain; charset=utf-8"},
		{http.MethodPost, "/witness/add-checkpoint", strings.Repeat("x", witness.MaxBody+1), 400, "text/plain; charset=utf-8"},
		{http.MethodPost, "/witness/add-checkpoint", strings.Replace(body, "aeo.nz.example", "aeo.xx.example", 1), 404, "text/plain; charset=utf-8"},
		{http.MethodPost, "/witness/add-checkpoint", body, 200, "text/plain; charset=utf-8"},
		{http.MethodPost, "/witness/add-checkpoint", body, 409, witness.SizeType},
		{http.MethodGet, path, "", 200, "text/plain; charset=utf-8"},
		{http.MethodGet, strings.Replace(path, "witness", "auditor", 1), "", 404, ""},
		{http.MethodPost, path, "", 405, ""},
	} {
		w := ask(h, c.method, c.path, c.body)
		if w.Code != c.status || c.media != "" && w.Header().Get("Content-Type") != c.media {
			t.Errorf("%s %.60s: %d %s, want %d %s", c.method, c.path, w.Code, w.Header().Get("Content-Type"), c.status, c.media)
		}
		secured(t, c.path, w)
	}
	served := ask(h, http.MethodGet, path, "").Body.Bytes()
	if strings.Count(string(served), "— ") != 2 || !strings.Contains(string(served), "— aeo.nz.example/witness ") {
		t.Errorf("served:\n%s", served)
	}
}

// TestSlowSendersToTheWitnessHoldUpNobody: who begins to send checkpoints and
// does not go on keeps others neither from documents nor from the witness.
func TestSlowSendersToTheWitnessHoldUpNobody(t *testing.T) {
	n := newNode(t)
	h := api.Public(n, quiet())
	for range 20 {
		body, sender := io.Pipe()
		defer sender.CloseWithError(io.ErrUnexpectedEOF)
		go func() {
			defer body.Close() // where it was turned away unread
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/witness/add-checkpoint", body))
		}()
		sender.Write([]byte("old ")) // returns once somebody reads it
	}
	if w := ask(h, http.MethodGet, "/roster", ""); w.Code != http.StatusOK {
		t.Errorf("/roster: %d", w.Code)
	}
	if w := ask(h, http.MethodPost, "/witness/add-checkpoint", ""); w.Code != http.StatusBadRequest {
		t.Errorf("/witness/add-checkpoint: %d", w.Code)
	}
}
