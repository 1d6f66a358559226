package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

func TestListsArePaged(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	for i := range 4 {
		body := fmt.Sprintf(`{"legal_name":"Kiwi %d","natural":false,"identifiers":["NZ:ses:1000000%dA"],"names":[],"address":{"country":"NZ","locality":"","postcode":"","street":""},"by":"Desk"}`, i, i)
		if w := ask(h, http.MethodPost, "/api/v1/operators", body); w.Code != http.StatusOK {
			t.Fatal(w.Body)
		}
	}
	numbers := func(query string) (out []string) {
		cursor := ""
		for {
			w := ask(h, http.MethodGet, "/api/v1/operators?"+query+cursor, "")
			var page api.List[authorisation.Operator]
			if err := jcs.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", query, w.Code, w.Body)
			}
			for _, o := range page.Items {
				out = append(out, strings.TrimPrefix(o.Case, "NZ-OP-00000"))
			}
			if page.Next == "" {
				return out
			}
			cursor = "&cursor=" + page.Next
		}
	}
	for query, want := range map[string]string{
		"limit=2": "1,2,3,4,5", "name=kiwi&limit=1": "2,3,4,5", "name=KIWI++3": "5", "identifier=NZ:ses:12345678A": "1", "identifier=NZ-OP-000009": "", "name=z": "",
	} {
		if got := strings.Join(numbers(query), ","); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for path, holds := range map[string]string{
		"/applications?state=decided_grant&holder=NZ-OP-000001": "NZ-APP-000001", "/applications?state=draft": `"items":[]`,
		"/applications?type=SES&holder=NZ:ses:12345678A": "NZ-APP-000001", "/applications?due_before=1": `"items":[]`,
		"/authorisations?state=effective&type=SES": "NZ-AUT-000001", "/authorisations?state=suspended": `"items":[]`, "/queue": `"items":[`, "/queue?officer=X&within=60": `"items":[]`,
	} {
		if w := ask(h, http.MethodGet, "/api/v1"+path, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), holds) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/operators?limit=0", "/operators?limit=501", "/operators?limit=x", "/operators?cursor=x", "/applications?due_before=-1",
		"/queue?mine=true", "/queue?within=-1", "/queue?within=9223372036854775807", "/queue?officer=a&office=b"} {
		if w := ask(h, http.MethodGet, "/api/v1"+path, ""); w.Code != http.StatusUnprocessableEntity || problem(t, w).Type != api.ProblemPrefix+"invalid" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	var queue api.List[registry.QueueItem]
	submit := `{"operator":"NZ-OP-000002","type":"SES","roles":["exporter"],"by":"Kiwi 0"}`
	if w := ask(h, http.MethodPost, "/api/v1/applications", submit); w.Code != http.StatusOK {
		t.Fatal(w.Body)
	}
	w := ask(h, http.MethodGet, "/api/v1/queue", "")
	if err := jcs.Unmarshal(w.Body.Bytes(), &queue); err != nil || len(queue.Items) == 0 || queue.Items[0].Number != "NZ-APP-000002" || queue.Items[0].What != "accept" {
		t.Errorf("%s, %v", w.Body, err)
	}
}
