package api

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// TestListsNameNobodyElse pages through every list as somebody of the trade: neither
// what is on a page nor where it ends says anything of others.
func TestListsNameNobodyElse(t *testing.T) {
	m := newMatrix(t)
	for _, list := range []string{"/operators?limit=1", "/operators?limit=1&name=op", "/applications?limit=1", "/applications?limit=1&state=decided_grant",
		"/authorisations?limit=1", "/authorisations?limit=1&type=SES", "/visits?"} {
		for _, role := range []access.Role{access.Applicant, access.Representative} {
			found := 0
			for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
				asked := list
				if cursor != "" {
					asked += "&cursor=" + cursor
				}
				w := m.ask(role, http.MethodGet, asked, "")
				var page struct {
					Items []map[string]any `json:"items"`
					Next  string           `json:"next"`
				}
				if err := jcs.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
					t.Fatalf("%s: %d %s", list, w.Code, w.Body)
				}
				found += len(page.Items)
				cursor = page.Next
				inner := cursor[strings.LastIndex(cursor, ".")+1:]
				key, err := base64.RawURLEncoding.DecodeString(inner)
				if text := w.Body.String() + string(key); err != nil || strings.Contains(text, "000002") || strings.Contains(strings.ToLower(text), "operator 1") {
					t.Errorf("%s as %s: %s ends at %q (%v)", list, role, w.Body, key, err)
				}
				if pages > 5 {
					t.Fatalf("%s has no end", list)
				}
			}
			if found != 1 && list != "/visits?" {
				t.Errorf("%s as %s: %d of their own", list, role, found)
			}
		}
	}
	for _, asked := range []string{"/applications?holder=%s", "/authorisations?holder=%s", "/operators?identifier=%s", "/operators?cursor=%s.", "/applications?cursor=%s."} {
		answers := map[string]string{}
		for _, id := range []string{"NZ:ses:23456789B", "NZ:ses:99999999Z", "NZ-OP-000002", "NZ-OP-000009"} {
			w := m.ask(access.Applicant, http.MethodGet, fmt.Sprintf(asked, id), "")
			answers[fmt.Sprint(w.Code, strings.ReplaceAll(w.Body.String(), id, "#"))] = id
		}
		if len(answers) != 1 {
			t.Errorf("%s tells what is there: %v", asked, answers)
		}
	}
}

// TestEvidenceOfOthersIsNotThere hands in a file for another's application, and
// reads one there, as against one that is nowhere.
func TestEvidenceOfOthersIsNotThere(t *testing.T) {
	m := newMatrix(t)
	for _, c := range []struct{ path, body string }{
		{"/applications/evidence?application=%s&title=x&criterion=A-1", "\x00no file anybody takes"},
		{"/applications/evidence?application=%s&title=x&criterion=A-1", "plain text"},
		{"/applications/evidence/read", `{"application":"%s","sha256":"0123456789abcdef","by":""}`},
	} {
		answers := map[string]bool{}
		for _, number := range []string{"NZ-APP-000002", "NZ-APP-000009"} {
			path, body := strings.ReplaceAll(c.path, "%s", number), strings.ReplaceAll(c.body, "%s", number)
			w := m.ask(access.Applicant, http.MethodPost, path, body)
			answers[fmt.Sprint(w.Code, strings.ReplaceAll(w.Body.String(), number, "#"))] = true
			if w.Code != http.StatusNotFound {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if len(answers) != 1 {
			t.Errorf("%s tells what is there: %v", c.path, answers)
		}
	}
}

// TestWhatTheTradeReadsOfItsOwn: while a case is examined, what was found and who was
// asked is the administration's.
func TestWhatTheTradeReadsOfItsOwn(t *testing.T) {
	m := newMatrix(t)
	ctx := registry.WithCaller(t.Context(), registry.Caller{Account: m.nums[access.Assessor]})
	a, err := m.node.SubmitApplication(ctx, registry.SubmitApplication{Operator: "NZ-OP-000001", Type: "SES", Roles: []string{"packer"}})
	fatal(t, err)
	_, err = m.node.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case})
	fatal(t, err)
	_, err = m.node.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true})
	fatal(t, err)
	_, err = m.node.DrawSample(ctx, registry.DrawSample{Application: a.Case})
	fatal(t, err)
	for _, path := range []string{"/applications/" + a.Case, "/applications", "/applications/" + a.Case + "/assessment"} {
		w, officer := m.ask(access.Applicant, http.MethodGet, path, ""), m.ask(access.Auditor, http.MethodGet, path, "")
		for _, secret := range []string{`"result":`, m.nums[access.Assessor], `"missing":`, `"sample":`} {
			text := strings.ReplaceAll(w.Body.String(), a.Case, "")
			if i := strings.Index(text, secret); i >= 0 && !strings.Contains(text, "decided_grant") {
				t.Errorf("%s shows %s: %s", path, secret, text[max(0, i-60):min(len(text), i+60)])
			}
		}
		if officer.Code != http.StatusOK || officer.Body.Len() <= w.Body.Len() {
			t.Errorf("%s: %d bytes for the trade, %d for an officer", path, w.Body.Len(), officer.Body.Len())
		}
	}
	attorney := fmt.Sprintf(`{"account":%q,"operator":"NZ-OP-000001","evidence":"deed","until":%d,"dry_run":true}`, m.nums[access.Representative], int64(1798761600))
	w := m.ask(access.Applicant, http.MethodPost, "/accounts/attorney", attorney)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), string(access.Representative)) {
		t.Errorf("another's account: %d %s", w.Code, w.Body)
	}
}

// TestAStreamEndsWithItsToken: who may no longer read is told nothing more.
func TestAStreamEndsWithItsToken(t *testing.T) {
	m := newMatrix(t)
	server := httptest.NewServer(m.h)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+v1+"/events", nil)
	fatal(t, err)
	r.Header.Set("Authorization", "Bearer "+m.tokens[access.Assessor])
	w, err := http.DefaultClient.Do(r)
	fatal(t, err)
	defer w.Body.Close()
	lines := bufio.NewReader(w.Body)
	if first, err := lines.ReadString('\n'); err != nil || w.StatusCode != http.StatusOK {
		t.Fatalf("%d %q %v", w.StatusCode, first, err)
	}
	ctx := registry.WithCaller(t.Context(), registry.Caller{Account: m.nums[access.Administrator]})
	_, err = m.node.RevokeToken(ctx, registry.RevokeToken{Account: m.nums[access.Assessor]})
	fatal(t, err)
	decider := registry.WithCaller(t.Context(), registry.Caller{Account: m.nums[access.DecisionMaker]})
	_, err = m.node.RegisterOperator(decider, registry.RegisterOperator{Holder: authorisation.Holder{LegalName: "Later Ltd", Identifiers: []string{"NZ:ses:34567890C"}}})
	fatal(t, err)
	if rest, err := io.ReadAll(lines); err != nil || strings.Contains(string(rest), "operator.registered") {
		t.Errorf("%q %v", rest, err)
	}
}

// TestNobodyTakesAllPlaces: one caller has its share, and the machine's own user none.
func TestNobodyTakesAllPlaces(t *testing.T) {
	p := newPlaces(6, 2, 0)
	enter := func(who string) func() {
		leave, _ := p.enter(t.Context(), who)
		return leave
	}
	a, b := enter("a"), enter("a")
	if a == nil || b == nil || enter("a") != nil {
		t.Fatal("one caller has not two places")
	}
	for range 4 {
		if enter("") == nil {
			t.Fatal("who has no share is bounded")
		}
	}
	if enter("b") != nil {
		t.Error("more than all places")
	}
	a()
	if enter("b") == nil {
		t.Error("a place that was left is not taken")
	}
	if len(p.held) != 3 || p.held["a"] != 1 {
		t.Errorf("%v", p.held)
	}
}

// TestAStrangerIsHeardBriefly: who is not known sends no more than a login, and not
// many at once.
func TestAStrangerIsHeardBriefly(t *testing.T) {
	m := newMatrix(t)
	h := Inside(m.node, m.log)
	login := func(body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, v1+"/login", strings.NewReader(body)))
		return w
	}
	if w := login(`{"name":"` + strings.Repeat("x", maxOfStranger) + `","password":"x"}`); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var tried sync.WaitGroup
	codes := make([]int, 200)
	for i := range codes {
		tried.Go(func() { codes[i] = login(fmt.Sprintf(`{"name":"name %d","password":"x"}`, i)).Code })
	}
	tried.Wait()
	for _, code := range codes {
		if code != http.StatusUnauthorized && code != http.StatusServiceUnavailable {
			t.Errorf("%d", code)
		}
	}
	if w := login(`{"name":"auditor","password":"` + matrixPassword + `"}`); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d %s", w.Code, w.Body)
	}
}
