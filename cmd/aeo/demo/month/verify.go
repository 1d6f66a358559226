package month

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
)

// peers is how a node's partners stand, as `aeo peer list` has it.
func (w *world) peers(code string) ([]registry.PeerStatus, error) {
	var list struct {
		Items []registry.PeerStatus `json:"items"`
	}
	err := w.read(code, &list, "peer", "list")
	return list.Items, err
}

// An answer is what a verification came to.
type answer struct {
	demo.Outcome
	Basis   string              `json:"basis"`
	Caveats []federation.Caveat `json:"caveats"`
}

// warns reports whether the answer has a caveat.
func (a answer) warns(code string) bool {
	return slices.ContainsFunc(a.Caveats, func(c federation.Caveat) bool { return c.Code == code })
}

func (a answer) String() string { return a.Verdict + "/" + a.Reason }

// verify pulls the newest bundle of a node and has its border desk verify the
// credential of another place's company with it, without any network.
func (w *world) verify(at, of string, args ...string) (answer, error) {
	bundle := w.path("bundles", at+".aeobundle")
	if _, err := w.aeo(at, "bundle", "pull", "--out", bundle); err != nil {
		return answer{}, err
	}
	return w.verifyWith(bundle, at, of, args...)
}

// verifyWith verifies with a bundle that is at hand.
func (w *world) verifyWith(bundle, at, of string, args ...string) (answer, error) {
	line := append([]string{"verify", w.credential(of), "--bundle", bundle, "--anchor", w.path("nodes", at, "anchor.aeoanchor"), "--no-state", "--json"}, args...)
	out, errs, _ := w.try("", line...)
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		return a, fmt.Errorf("aeo %s: %w: %s", strings.Join(line, " "), err, errs)
	}
	return a, nil
}

// credential is the file a place's company hands out.
func (w *world) credential(of string) string {
	return w.path("credentials", fileName(w.nodes[of].company.name)+".aeo")
}

func fileName(company string) string {
	words := strings.Fields(strings.ToLower(company))
	return strings.Join(words[:min(2, len(words))], "-")
}

// border is a verification as a border desk asks it: for import, of an exporter.
var border = []string{"--role", "exporter", "--direction", "import"}

// expect notes whether the border desk of a node comes to what it must.
func (s *story) expect(at, of, verdict, reason string, args ...string) error {
	a, err := s.verify(at, of, append(args, border...)...)
	if err != nil {
		return err
	}
	s.fact(a.Outcome == demo.Outcome{Verdict: verdict, Reason: reason}, fmt.Sprintf("%s at the border of %s", s.nodes[of].company.name, at),
		"%s%s", a, caveats(a))
	return nil
}

func caveats(a answer) string {
	var texts []string
	for _, c := range a.Caveats {
		texts = append(texts, c.Text)
	}
	if len(texts) == 0 {
		return ""
	}
	return "; " + strings.Join(texts, "; ")
}

// heard is how long it takes, from an act on, until the desks of partners come
// to what it makes of the company: nobody asks the nodes to look.
func (s *story) heard(of string, want demo.Outcome, by []string, began time.Time) map[string]time.Duration {
	var mu sync.Mutex
	out := map[string]time.Duration{}
	_ = s.each(by, func(n *node) error { // who does not hear is missing in the map
		for time.Since(began) < patience {
			a, err := s.verify(n.code, of, border...)
			if err != nil {
				return err
			}
			if a.Outcome == want {
				mu.Lock()
				defer mu.Unlock()
				out[n.code] = time.Since(began)
				return nil
			}
			time.Sleep(glance)
		}
		return nil
	})
	return out
}
