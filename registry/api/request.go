package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/gorilla/mux"
)

// What a request may be bound to, and what an answer says of it.
const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotency-Replayed" // true where the request was carried out before
	matchHeader    = "If-Match"
	tagHeader      = "ETag"

	maxKey = 128 // characters of a key
	maxTag = 64
)

// A case is answered with its number in the member case.
func caseField(t reflect.Type) ([]int, bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	f, ok := t.FieldByName("Case")
	return f.Index, ok && f.Type.Kind() == reflect.String
}

// caseNumber is the number of the case that v is, empty where it is none.
func caseNumber(v any) string {
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer && !r.IsNil() {
		r = r.Elem()
	}
	if r.Kind() != reflect.Struct {
		return ""
	}
	index, ok := caseField(r.Type())
	if !ok {
		return ""
	}
	f, err := r.FieldByIndexErr(index)
	if err != nil {
		return ""
	}
	return f.String()
}

type nodeKey struct{}

// serving lets every route know the node it is a route of.
func serving(n *registry.Node) mux.MiddlewareFunc {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nodeKey{}, n)))
		})
	}
}

func nodeOf(r *http.Request) *registry.Node { return r.Context().Value(nodeKey{}).(*registry.Node) }

// bound is the context of a request that is bound to a key, or to a version of
// the case it is about. Only what answers with a case can be bound to a version. The
// digest of what is asked covers the key, so that nobody guesses a password from it.
func bound(r *http.Request, path string, body []byte, aboutCase bool) (context.Context, *registry.Heard, error) {
	c := registry.CallerOf(r.Context())
	c.Heard = new(registry.Heard)
	key, err := single(r.Header, keyHeader, maxKey)
	if err != nil {
		return nil, nil, err
	}
	match, err := single(r.Header, matchHeader, maxTag)
	if err != nil {
		return nil, nil, err
	}
	if match != "" && !aboutCase {
		return nil, nil, fmt.Errorf("%w: %s: this is about no one case", registry.ErrInvalid, matchHeader)
	}
	if c.IfMatch, err = version(match); err != nil {
		return nil, nil, err
	}
	if key != "" {
		c.Key, c.Request = key, authorisation.Origin{Body: digest(path, string(body), key), Key: digest(c.Account, key)}
	}
	return registry.WithCaller(r.Context(), c), c.Heard, nil
}

// unbound is a context for what a key is not needed for.
func unbound(ctx context.Context) context.Context {
	c := registry.CallerOf(ctx)
	c.Request, c.Key = authorisation.Origin{}, ""
	return registry.WithCaller(ctx, c)
}

// single is a header that is given once, in visible characters.
func single(h http.Header, name string, most int) (string, error) {
	values := h.Values(name)
	if len(values) == 0 {
		return "", nil
	}
	hidden := func(r rune) bool { return r <= ' ' || r >= 0x7f }
	if v := values[0]; len(values) == 1 && v != "" && len(v) <= most && !strings.ContainsFunc(v, hidden) {
		return v, nil
	}
	return "", fmt.Errorf("%w: header %s: want one of 1 to %d visible characters", registry.ErrInvalid, name, most)
}

// version is what stands in an entity tag (RFC 9110, 8.8.3). Weak ones and * do
// not name what somebody saw.
func version(tag string) (string, error) {
	if tag == "" {
		return "", nil
	}
	v, opened := strings.CutPrefix(tag, `"`)
	v, closed := strings.CutSuffix(v, `"`)
	if !opened || !closed || v == "" || strings.Contains(v, `"`) {
		return "", fmt.Errorf(`%w: header %s: want the one strong ETag of an answer, such as "42"`, registry.ErrInvalid, matchHeader)
	}
	return v, nil
}

// tagged lets the answer name the version of the case it shows.
func tagged(w http.ResponseWriter, version string) {
	if version != "" {
		w.Header().Set(tagHeader, `"`+version+`"`)
	}
}

// digest binds parts together, each with its length.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
