package api

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/gorilla/mux"
)

// authenticate finds out who makes a request. A token makes them its account. Without
// one, who can open the socket is the machine's own user; on a listener that is no
// socket (strict) nobody is let in but to log in.
func authenticate(n *registry.Node, strict bool) mux.MiddlewareFunc {
	shares := newPlaces(0, maxOfOne, 0)
	onMachine := []string{"log/export"} // it writes to the machine's disk
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := admitted(n, r)
			if err == nil && strict && c.Account == "" && !slices.Contains(open, c.Act) {
				err = registry.ErrUnauthenticated
			}
			if err == nil && strict && slices.Contains(onMachine, c.Act) {
				err = fmt.Errorf("%w: this is done on the machine itself", registry.ErrNotAllowed)
			}
			leave := func() {}
			if err == nil {
				leave, err = shares.enter(r.Context(), shareOf(c, r, strict))
			}
			if err != nil {
				refuse(w, err)
				return
			}
			defer leave()
			if strict && c.Account == "" {
				r.Body = http.MaxBytesReader(w, r.Body, maxOfStranger)
			}
			next.ServeHTTP(w, r.WithContext(registry.WithCaller(r.Context(), c)))
		})
	}
}

const (
	maxOfOne      = 32      // requests of one account at once, or of one network that nobody knows yet
	maxOfStranger = 8 << 10 // bytes of a request by who is not known: a login
)

// admitted is who makes a request, if they may ask for what its route is about.
func admitted(n *registry.Node, r *http.Request) (registry.Caller, error) {
	c, err := caller(n, r)
	if err != nil {
		return c, err
	}
	c.Act = strings.TrimPrefix(r.URL.Path, v1+"/")
	return c, mayAsk(n, c, r)
}

// open are the paths one is let to without an account.
var open = []string{"login", "openapi.json"}

func caller(n *registry.Node, r *http.Request) (registry.Caller, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return registry.Caller{}, nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return registry.Caller{}, registry.ErrUnauthenticated
	}
	return n.Authenticate(token)
}

// Paths by who may ask for them, where not everybody of the administration may, or
// somebody outside it may too. What is named nowhere is not for who is outside.
var (
	maintenance = []string{"tick", "peers/sync", "log/rebuild", "log/export", "bundle", "backup", "backup/subject-keys"}
	ownAccount  = []string{"login", "self", "tokens", "tokens/revoke", "accounts/password", "accounts/attorney"}
	ownCases    = []string{"operators", "applications", "authorisations", "releases", "visits"} // and what is below them
	everybody   = []string{"verify"}
	ownReports  = []string{"monitoring/report"}
	law         = []string{"programme"} // to be read by everybody
)

// overseen is the journal of who reads: who works on cases does not see who looks at that.
const overseen = "accounts/reads"

// mayAsk holds where the caller may ask for what a route is about. Acts on cases are
// judged by the node, which knows whose they are.
func mayAsk(n *registry.Node, c registry.Caller, r *http.Request) error {
	if c.Account == "" {
		return nil
	}
	ctx := registry.WithCaller(r.Context(), c)
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if slices.Contains(maintenance, c.Act) && !(reading && c.Act == "bundle") {
		ok, err := n.Inside(ctx, access.Administrator)
		if err == nil && !ok {
			err = fmt.Errorf("%w: this is an administrator's, or done on the machine itself", registry.ErrNotAllowed)
		}
		return err
	}
	if c.Act == overseen {
		if ok, err := n.Inside(ctx, access.Auditor, access.Administrator); err != nil || ok {
			return err
		}
	}
	inside, err := n.Inside(ctx)
	if err != nil {
		return err
	}
	noun, _, _ := strings.Cut(c.Act, "/")
	name, byID := mux.Vars(r)["id"]
	if byID && (slices.Contains(ownCases, noun) || noun == "monitoring") {
		template, _ := mux.CurrentRoute(r).GetPathTemplate() // the route matched, so it has one
		if name, err = url.PathUnescape(name); err != nil {
			name = ""
		}
		return n.MayRead(ctx, template, name)
	}
	if inside && c.Act == overseen {
		return fmt.Errorf("%w: who reads what is for auditors and administrators", registry.ErrNotAllowed)
	}
	if inside || slices.Contains(ownAccount, c.Act) || slices.Contains(ownCases, noun) && (reading || noun != "visits") || slices.Contains(ownReports, c.Act) || slices.Contains(everybody, c.Act) || reading && slices.Contains(law, c.Act) {
		return nil
	}
	if reading && byID {
		return fmt.Errorf("%w: no case %.40q", registry.ErrNotFound, name)
	}
	return fmt.Errorf("%w: this is not for applicants", registry.ErrNotAllowed)
}

// subjects are the members of requests that name a case or an operator.
var subjects = []string{"application", "authorisation", "operator", "visit", "successor_of"}

// mayTouch holds where a request names nothing that is foreign to who is outside.
func mayTouch(r *http.Request, request any) error {
	inside, err := nodeOf(r).Inside(r.Context())
	if err != nil || inside {
		return err
	}
	v := reflect.ValueOf(request)
	if v.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() != reflect.String || !slices.Contains(subjects, name) || v.FieldByIndex(f.Index).String() == "" {
			continue
		}
		if err := nodeOf(r).MayTouch(r.Context(), v.FieldByIndex(f.Index).String()); err != nil {
			return err
		}
	}
	return nil
}
