package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/access"
)

// A filter that is misspelt is not answered as if it had not been asked for.
func TestQueriesAreOfTheOperation(t *testing.T) {
	m := newMatrix(t)
	for path, want := range map[string]string{
		"/applications?colour=red":      "",
		"/applications?state=nonsense":  "nonsense",
		"/authorisations?state=draft":   "draft",
		"/queue?due=7d":                 "due",
		"/self?x=1":                     "",
		"/applications?state=submitted": "ok",
		"/authorisations?state=ended":   "ok",
	} {
		w := m.ask(access.Assessor, http.MethodGet, path, "")
		if want == "ok" {
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			continue
		}
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
