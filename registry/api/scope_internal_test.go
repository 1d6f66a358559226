package api

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// A matrix is a node with two operators' files and an account of every role, each
// with a token. Olive is of the first operator, what is foreign to her the second's.
type matrix struct {
	t      *testing.T
	node   *registry.Node
	h      http.Handler
	log    *slog.Logger
	tokens map[access.Role]string
	nums   map[access.Role]string
}

const matrixPassword = "correct horse battery"

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	identity := filepath.Join(t.TempDir(), "identity.txt")
	fatal(t, keyring.CreateIdentity(identity))
	unlock, err := keyring.IdentityFile(identity)
	fatal(t, err)
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	o := registry.Options{Dir: filepath.Join(t.TempDir(), "node"), Unlock: unlock, ListSize: statuslist.MinSize,
		Now: func() time.Time { return now }, PasswordCost: access.Cost{Time: 1, Memory: 64, Threads: 1}}
	fatal(t, registry.Create(o, "NZ", "", "https://aeo.nz.example"))
	n, err := registry.Open(t.Context(), o)
	fatal(t, err)
	t.Cleanup(func() { n.Close() })
	log := slog.New(slog.DiscardHandler)
	m := &matrix{t: t, node: n, h: Local(n, log), log: log, tokens: map[access.Role]string{}, nums: map[access.Role]string{}}
	for i, id := range []string{"NZ:ses:12345678A", "NZ:ses:23456789B"} {
		o, err := n.RegisterOperator(t.Context(), registry.RegisterOperator{By: "Desk",
			Holder: authorisation.Holder{LegalName: fmt.Sprint("Operator ", i), Identifiers: []string{id}}})
		fatal(t, err)
		a, err := n.SubmitApplication(t.Context(), registry.SubmitApplication{Operator: o.Case, Type: "SES", Roles: []string{"exporter"}, By: "Desk"})
		fatal(t, err)
		_, err = n.AcceptApplication(t.Context(), registry.AcceptApplication{Application: a.Case, By: "Desk"})
		fatal(t, err)
		_, err = n.AssessApplication(t.Context(), registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"})
		fatal(t, err)
		_, err = n.DecideApplication(t.Context(), registry.DecideApplication{Application: a.Case, Grant: true, By: "Decider"})
		fatal(t, err)
	}
	first, err := n.OpenAccount(t.Context(), registry.OpenAccount{Name: "administrator", Password: matrixPassword, By: "root"})
	fatal(t, err)
	ctx := registry.WithCaller(t.Context(), registry.Caller{Account: first.Case})
	for _, r := range access.Roles() {
		number := first.Case
		if r != access.Administrator {
			a, err := n.OpenAccount(ctx, registry.OpenAccount{Name: string(r), Password: matrixPassword})
			fatal(t, err)
			number = a.Case
			give := registry.ChangeRole{Account: number, Role: r}
			if r == access.Applicant {
				give.Operator = "NZ-OP-000001"
			}
			_, err = n.ChangeRole(ctx, give)
			fatal(t, err)
		}
		s, err := n.Login(t.Context(), registry.Login{Name: number, Password: matrixPassword})
		fatal(t, err)
		m.tokens[r], m.nums[r] = s.Token, number
	}
	_, err = n.GiveAttorney(ctx, registry.GiveAttorney{Account: m.nums[access.Representative], Operator: "NZ-OP-000001", Until: now.AddDate(1, 0, 0).Unix(), Evidence: "deed"})
	fatal(t, err)
	return m
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *matrix) ask(role access.Role, method, path, body string) *httptest.ResponseRecorder {
	m.t.Helper()
	r := httptest.NewRequest(method, v1+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+m.tokens[role])
	w := httptest.NewRecorder()
	m.h.ServeHTTP(w, r)
	return w
}

// aboutCases are requests of a type whose members that name a case name this one.
func aboutCase(request reflect.Type, numbers map[string]string) string {
	if request == nil || request.Kind() != reflect.Struct {
		return "{}"
	}
	body := map[string]any{}
	for i := range request.NumField() {
		name, _, _ := strings.Cut(request.Field(i).Tag.Get("json"), ",")
		if number, ok := numbers[name]; ok && request.Field(i).Type.Kind() == reflect.String {
			body[name] = number
		}
	}
	raw, err := jcs.Marshal(body)
	if err != nil {
		return "{}"
	}
	return string(raw)
}

// longer are what is not tried: they wait for other machines or write outside.
var longer = []string{"/log/export", "/events", "/peers/sync"}

func (m *matrix) operations() (out []*operation) {
	for _, o := range operations(localRoutes(m.node, slog.New(slog.DiscardHandler), false)) {
		if !slices.Contains(longer, o.path) {
			out = append(out, o)
		}
	}
	return out
}

func numbered(n int) map[string]string {
	return map[string]string{"application": fmt.Sprintf("NZ-APP-%06d", n), "authorisation": fmt.Sprintf("NZ-AUT-%06d", n),
		"operator": fmt.Sprintf("NZ-OP-%06d", n), "visit": fmt.Sprintf("NZ-VIS-%06d", n)}
}

// TestWhatIsForeignIsNotThere asks every route there is for what is another
// operator's and for what is not there: who is outside gets the same answer to both.
func TestWhatIsForeignIsNotThere(t *testing.T) {
	m := newMatrix(t)
	mask := strings.NewReplacer("NZ-APP-000002", "#", "NZ-APP-000009", "#", "NZ-AUT-000002", "#", "NZ-AUT-000009", "#", "NZ-OP-000002", "#", "NZ-OP-000009", "#",
		"NZ-VIS-000002", "#", "NZ-VIS-000009", "#", "application NZ", "case NZ")
	size := m.node.LogHead().Size
	asked := 0
	for _, o := range m.operations() {
		for _, role := range []access.Role{access.Applicant, access.Representative} {
			noun, _, _ := strings.Cut(strings.TrimPrefix(o.path, "/"), "/")
			kind := map[string]string{"applications": "application", "authorisations": "authorisation", "operators": "operator", "visits": "visit"}[noun]
			answer := func(n int) *httptest.ResponseRecorder {
				return m.ask(role, o.method, strings.NewReplacer("{id}", numbered(n)[kind], "{sha256}", strings.Repeat("0", 64)).Replace(o.path), aboutCase(o.request, numbered(n)))
			}
			if strings.Contains(o.path, "{id}") && kind == "" || strings.HasPrefix(o.path, "/tokens") || o.path == "/login" || strings.HasPrefix(o.path, "/accounts/password") {
				continue
			}
			foreign, missing := answer(2), answer(9)
			asked++
			if foreign.Code != missing.Code || mask.Replace(foreign.Body.String()) != mask.Replace(missing.Body.String()) {
				t.Errorf("%s %s %s: foreign %d %.200s\n missing %d %.200s", role, o.method, o.path, foreign.Code, foreign.Body, missing.Code, missing.Body)
			}
			if strings.Contains(foreign.Body.String(), "Operator 1") || o.method == http.MethodPost && foreign.Code < 300 && o.path != "/verify" {
				t.Errorf("%s %s %s: %d %.300s", role, o.method, o.path, foreign.Code, foreign.Body)
			}
		}
	}
	if grown := m.node.LogHead().Size; grown != size || asked < 60 {
		t.Errorf("%d questions, and the log has grown from %d to %d", asked, size, grown)
	}
	for path, want := range map[string]int{"/applications/NZ-APP-000001": 200, "/authorisations/NZ-AUT-000001": 200, "/operators/NZ-OP-000001": 200, "/self": 200,
		"/applications": 200, "/accounts": 403, "/queue": 403, "/keys": 403, "/accounts/busy": 403} {
		if w := m.ask(access.Applicant, http.MethodGet, path, ""); w.Code != want {
			t.Errorf("her own %s: %d %.200s", path, w.Code, w.Body)
		}
	}
}

// TestAnAuditorChangesNothing posts to every route there is.
func TestAnAuditorChangesNothing(t *testing.T) {
	m := newMatrix(t)
	before := m.node.LogHead().Size
	for _, o := range m.operations() {
		path := strings.NewReplacer("{id}", "NZ-APP-000001", "{sha256}", strings.Repeat("0", 64)).Replace(o.path)
		w := m.ask(access.Auditor, o.method, path, aboutCase(o.request, numbered(1)))
		if o.method == http.MethodGet && w.Code == http.StatusForbidden && !strings.HasPrefix(path, "/backup") && !strings.Contains(path, "/tokens") {
			t.Errorf("an auditor does not read %s: %.200s", o.path, w.Body)
		}
		io.Copy(io.Discard, w.Body)
	}
	if after := m.node.LogHead().Size; after != before {
		t.Errorf("the log has grown from %d to %d", before, after)
	}
}

// TestWithoutATokenNobodyActs posts to every route there is as the machine's own user.
func TestWithoutATokenNobodyActs(t *testing.T) {
	m := newMatrix(t)
	before := m.node.LogHead().Size
	for _, o := range m.operations() {
		if o.method != http.MethodPost || o.path == "/tick" || strings.HasPrefix(o.path, "/accounts") {
			continue // upkeep, and how an administrator comes back
		}
		r := httptest.NewRequest(o.method, v1+o.path, strings.NewReader(aboutCase(o.request, numbered(1))))
		w := httptest.NewRecorder()
		m.h.ServeHTTP(w, r)
	}
	if after := m.node.LogHead().Size; after != before {
		t.Errorf("the log has grown from %d to %d", before, after)
	}
	for _, header := range []string{"Bearer", "Bearer aeo_x", "Basic YTpi", "Bearer " + m.tokens[access.Auditor] + "x"} {
		r := httptest.NewRequest(http.MethodGet, v1+"/node", nil)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		m.h.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%q: %d", header, w.Code)
		}
	}
}
