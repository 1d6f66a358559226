package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/api"
)

func TestPublicDocuments(t *testing.T) {
	n := newNode(t)
	h := api.Public(n, quiet())
	size := n.LogHead().PublishedSize
	for path, media := range map[string]string{
		"/.well-known/openid-federation":              "application/entity-statement+jwt",
		"/.well-known/jwt-vc-issuer":                  "application/json",
		"/federation/list":                            "application/json",
		"/federation/list?entity_type=aeo_registry":   "application/json",
		"/federation/list?entity_type=openid_relying": "application/json",
		"/federation/historical-keys":                 "application/jwk-set+jwt",
		"/roster":                                     "application/json",
		"/mras":                                       "application/json",
		"/programmes/NZ-SES":                          "application/json",
		"/directory":                                  "application/aeo-directory+jwt",
		"/bundle":                                     "application/vnd.aeo.bundle",
		"/vct/aeo-status/1":                           "application/json",
		"/healthz":                                    "text/plain; charset=utf-8",
		"/status":                                     "application/json",
		"/status/1":                                   "application/statuslist+jwt",
		"/status/2":                                   "application/statuslist+jwt",
		"/log/checkpoint":                             "text/plain; charset=utf-8",
		fmt.Sprintf("/log/tile/0/000.p/%d", size):       "application/octet-stream",
		fmt.Sprintf("/log/tile/entries/000.p/%d", size): "application/octet-stream",
	} {
		get, head := ask(h, http.MethodGet, path, ""), ask(h, http.MethodHead, path, "")
		if get.Code != http.StatusOK || get.Header().Get("Content-Type") != media {
			t.Errorf("%s: %d %s, want %s", path, get.Code, get.Header().Get("Content-Type"), media)
		}
		if length := fmt.Sprint(get.Body.Len()); head.Code != http.StatusOK || head.Body.Len() > 0 ||
			!strings.HasSuffix(path, "historical-keys") && head.Header().Get("Content-Length") != length { // signed anew each time
			t.Errorf("HEAD %s: %d, %d bytes, Content-Length %s, want %s", path, head.Code, head.Body.Len(), head.Header().Get("Content-Length"), length)
		}
		secured(t, path, get)
		if get.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: other sites' pages cannot read it", path)
		}
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			w := ask(h, method, path, "x")
			if problem(t, w); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", method, path, w.Code, w.Header().Get("Allow"))
			}
			secured(t, method+" "+path, w)
		}
	}
}

func TestPublicRefusals(t *testing.T) {
	n := newNode(t)
	h := api.Public(n, quiet())
	size := n.LogHead().PublishedSize
	for _, c := range []struct {
		path   string
		status int
	}{
		{"/", 404}, {"/index.html", 404}, {"/api/v1/node", 404}, {"/roster/x", 404},
		{"/mras/none", 404}, {"/mras/%2E%2E%2Froster", 404}, {"/mras/%zz", 404}, {"/programmes/XX", 404}, {"/status/3", 404}, {"/status/x", 404},
		{"/status/1?time=1700000000", 501},
		{"//roster", 400}, {"/roster/", 400}, {"/./roster", 400}, {"/log/../roster", 400}, {"/status/1/", 400}, {"/ros\\ter", 404},
	} {
		w := ask(h, http.MethodGet, c.path, "")
		if problem(t, w); w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.path, w.Code, c.status)
		}
		secured(t, c.path, w)
	}
	for _, tile := range []string{
		"0/000", "1/000", fmt.Sprintf("0/000.p/%d", size+1), "entries/000", "entries/001.p/1", "entries/x001/000",
		"0/0", "0/000.p/0", "0/000.p/256", "0/000.p/01", "-1/000", "64/000", "data/000", "0/000/", "0/000.p",
	} {
		if w := ask(h, http.MethodGet, "/log/tile/"+tile, ""); w.Code != http.StatusNotFound && w.Code != http.StatusBadRequest {
			t.Errorf("tile %s: %d", tile, w.Code)
		}
	}
}

// TestFederationErrorsHaveTheirOwnForm: OpenID Federation 1.1, 8.9.
func TestFederationErrorsHaveTheirOwnForm(t *testing.T) {
	h := api.Public(newNode(t), quiet())
	for _, c := range []struct {
		path, code string
		status     int
	}{
		{"/federation/fetch", "invalid_request", 400},
		{"/federation/fetch?sub=https://aeo.nz.example", "invalid_request", 400},
		{"/federation/fetch?sub=https://a.example&sub=https://b.example", "invalid_request", 400},
		{"/federation/fetch?sub=" + strings.Repeat("x", 600), "invalid_request", 400},
		{"/federation/fetch?sub=https://aeo.jp.example", "not_found", 404},
		{"/federation/fetch?sub=NZ", "not_found", 404},
		{"/federation/list?trust_marked=true", "unsupported_parameter", 400},
		{"/federation/list?entity_type=a&entity_type=b", "unsupported_parameter", 400},
	} {
		w := ask(h, http.MethodGet, c.path, "")
		var answer struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		if err := jcs.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Error != c.code || w.Code != c.status {
			t.Errorf("%.60s: %d %s %v, want %d %s", c.path, w.Code, w.Body, err, c.status, c.code)
		}
		secured(t, c.path, w)
	}
}
