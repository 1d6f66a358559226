package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/api"
)

func TestLocalNamesMethodsAPathHas(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	for path, want := range map[string]string{
		"/node": "GET, HEAD", "/tick": "POST", "/operators": "GET, HEAD, POST", "/bundle": "GET, HEAD, POST",
	} {
		w := ask(h, http.MethodDelete, "/api/v1"+path, "")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != want {
			t.Errorf("%s: %d, Allow %q, want %q", path, w.Code, w.Header().Get("Allow"), want)
		}
	}
}

func TestLocalTakesAnnexAsItStands(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	for name, body := range map[string]string{
		"an object that is no annex": `{"annex":{"payload":"e30","signatures":[]}}`,
		"a text":                     `{"annex":"e30"}`,
		"nothing":                    `{}`,
		"a dry run of no annex":      `{"annex":{},"dry_run":true}`,
	} {
		w := ask(h, http.MethodPost, "/api/v1/mras", body)
		if p := problem(t, w); w.Code != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, "annex") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestLocalPeerIsFoundByEntityID(t *testing.T) {
	n, other := newNode(t), "https://aeo.jp.example"
	h := api.Local(n, quiet())
	anchor, err := n.Anchor()
	must(t, err)
	anchor.Territory, anchor.EntityID = "JP", other
	body, err := jcs.Marshal(map[string]any{"anchor": anchor, "by": "Desk"})
	must(t, err)
	if w := ask(h, http.MethodPost, "/api/v1/peers", string(body)); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	remove := func(body string) {
		if w := ask(h, http.MethodPost, "/api/v1/peers/remove", body); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), other) {
			t.Errorf("remove: %d %s", w.Code, w.Body)
		}
	}
	found := func() int { return ask(h, http.MethodGet, "/api/v1/peers/https:%2F%2Faeo.jp.example", "").Code }
	remove(`{"peer":"JP","dry_run":true}`)
	if code := found(); code != http.StatusOK {
		t.Errorf("after a dry run: %d", code)
	}
	remove(`{"peer":"https://aeo.jp.example"}`)
	if code := found(); code != http.StatusNotFound {
		t.Errorf("after the removal: %d", code)
	}
}
