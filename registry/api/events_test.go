package api_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

// listen reads the data of so many events of a stream.
func listen(t *testing.T, server, query, last string, count int) (list []registry.Happened) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/api/v1/events"+query, nil)
	must(t, err)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	w, err := http.DefaultClient.Do(r)
	must(t, err)
	defer w.Body.Close()
	if media := w.Header.Get("Content-Type"); w.StatusCode != http.StatusOK || media != "text/event-stream" {
		t.Fatalf("%d as %s", w.StatusCode, media)
	}
	for in := bufio.NewScanner(w.Body); len(list) < count && in.Scan(); {
		if data, ok := strings.CutPrefix(in.Text(), "data: "); ok {
			var h registry.Happened
			must(t, jcs.Unmarshal([]byte(data), &h))
			list = append(list, h)
		}
	}
	return list
}

func TestWhatHappensIsStreamed(t *testing.T) {
	n := newNode(t)
	h := api.Local(n, quiet())
	server := httptest.NewServer(h)
	defer server.Close()
	all := listen(t, server.URL, "?since=0", "", 7)
	if len(all) != 7 || all[0].Type != "operator.registered" || all[0].Number != "NZ-OP-000001" || all[0].Kind != "operator" {
		t.Fatalf("%+v", all)
	}
	for i := 1; i < len(all); i++ {
		if all[i].Leaf <= all[i-1].Leaf {
			t.Errorf("leaf %d after %d", all[i].Leaf, all[i-1].Leaf)
		}
	}
	again := listen(t, server.URL, "?since=0", "0", 1) // where both are given, the reader goes on
	if again[0].Leaf == 0 {
		t.Errorf("%+v", again)
	}
	heard := make(chan []registry.Happened, 1)
	size := n.LogHead().Size
	go func() { heard <- listen(t, server.URL, "", "", 1) }()
	for i := 0; ; i++ { // until the reader is there: what was written before is not told
		who := `{"operator":"NZ-OP-000001","purpose":"exchange","basis":"consent","by":"Desk"}`
		if i%2 == 1 {
			who = `{"operator":"NZ-OP-000001","purpose":"exchange","withdraw":true,"by":"Desk"}`
		}
		if w := ask(h, http.MethodPost, "/api/v1/releases", who); w.Code != http.StatusOK {
			t.Fatal(w.Body)
		}
		select {
		case got := <-heard:
			if len(got) != 1 || got[0].Leaf < size || !strings.HasPrefix(got[0].Type, "operator.release_") {
				t.Errorf("%+v", got)
			}
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func TestStreamsThatCannotBe(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	for _, c := range []struct{ query, last string }{{"?since=-1", ""}, {"?since=100000", ""}, {"?since=x", ""}, {"", "x"}, {"", "-1"}, {"", "9223372036854775807"}} {
		headers := []string{}
		if c.last != "" {
			headers = append(headers, "Last-Event-ID", c.last)
		}
		w := askBound(h, http.MethodGet, "/api/v1/events"+c.query, "", headers...)
		if problem(t, w); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

func TestTheInsideListenerWantsAToken(t *testing.T) {
	h := api.Inside(newNode(t), quiet())
	for _, path := range []string{"/operators", "/queue", "/events?since=0", "/nowhere"} {
		if w := ask(h, http.MethodGet, "/api/v1"+path, ""); w.Code != http.StatusUnauthorized && path != "/nowhere" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := ask(h, http.MethodGet, "/api/v1/openapi.json", ""); w.Code != http.StatusOK {
		t.Errorf("the document: %d %s", w.Code, w.Body)
	}
	if w := ask(h, http.MethodPost, "/api/v1/releases", `{"operator":"NZ-OP-000001","purpose":"exchange","basis":"consent","by":"Desk"}`); w.Code != http.StatusUnauthorized {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
