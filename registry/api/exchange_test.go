package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/api"
)

// TestStrangersLearnNothing: whatever is wrong with a message, the answer is the same.
func TestStrangersLearnNothing(t *testing.T) {
	n := newNode(t)
	h := api.Public(n, quiet())
	var own *keys.PublicKey
	for _, k := range n.Keys() {
		if k.Role == keys.RoleExchange {
			own = k.JWK
		}
	}
	toUs, err := keys.Seal([]byte("no message"), own)
	if err != nil {
		t.Fatal(err)
	}
	first := ""
	for name, c := range map[string]struct {
		media, body string
		length      int64
		status      int
	}{
		"nothing":               {exchange.MediaType, "", 0, http.StatusForbidden},
		"text":                  {exchange.MediaType, "hello", 5, http.StatusForbidden},
		"sealed to us":          {exchange.MediaType, string(toUs), int64(len(toUs)), http.StatusForbidden},
		"garbled":               {exchange.MediaType, string(toUs[1:]), int64(len(toUs) - 1), http.StatusForbidden},
		"in parameters":         {exchange.MediaType + "; a=b", "hello", 5, http.StatusForbidden},
		"of another type":       {"application/json", "{}", 2, http.StatusUnsupportedMediaType},
		"of no type":            {"", "{}", 2, http.StatusUnsupportedMediaType},
		"of no length":          {exchange.MediaType, "hello", -1, http.StatusUnsupportedMediaType},
		"larger than any":       {exchange.MediaType, strings.Repeat("x", keys.MaxSealed+1), keys.MaxSealed + 1, http.StatusRequestEntityTooLarge},
		"as large as it may be": {exchange.MediaType, strings.Repeat("x", keys.MaxSealed), keys.MaxSealed, http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodPost, "/exchange", strings.NewReader(c.body))
		r.ContentLength = c.length
		r.Header.Set("Content-Type", c.media)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		problem(t, w)
		secured(t, name, w)
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", name, w.Code, c.status)
		}
		if w.Code != http.StatusForbidden {
			continue
		}
		if first == "" {
			first = w.Body.String()
		}
		if w.Body.String() != first {
			t.Errorf("%s: %s, others are told %s", name, w.Body, first)
		}
	}
	if w := ask(h, http.MethodGet, "/exchange", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}
