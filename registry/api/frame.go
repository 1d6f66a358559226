package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/mux"
)

// id is the name in the path; one that holds a slash arrives escaped.
func id(r *http.Request) string {
	name, err := url.PathUnescape(mux.Vars(r)["id"])
	if err != nil {
		return "" // names nothing
	}
	return name
}

func number(r *http.Request, name string, missing int64) (int64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return missing, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %s %.40q is no number", registry.ErrInvalid, name, s)
	}
	return n, nil
}

// get registers a reading route, for HEAD too. A case is answered with its version as the ETag.
func get[Resp any](r *mux.Router, path string, read func(*http.Request) (Resp, error)) {
	describe(r, http.MethodGet, path, nil, reflect.TypeFor[Resp](), "", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		v, err := read(q)
		if number := caseNumber(v); err == nil && number != "" {
			var now string
			if now, err = nodeOf(q).Version(number); err == nil {
				tagged(w, now)
				v, err = read(q) // again: what is shown is not older than what the tag names
			}
		}
		if err != nil {
			answerJSON(w, nil, err)
			return
		}
		shown, err := shownTo(q, v)
		answerJSON(w, shown, err)
	}))
}

// command registers a route that changes something.
func command[Req, Resp any](r *mux.Router, path string, do func(context.Context, Req) (Resp, error)) {
	describe(r, http.MethodPost, path, reflect.TypeFor[Req](), reflect.TypeFor[Resp](), "", post(v1+path, do))
}

// post reads one strict JSON request, hands it to the node and answers with what it
// returns. Where it was carried out before, it is answered with the case it is about,
// or as it was then.
func post[Req, Resp any](path string, do func(context.Context, Req) (Resp, error)) http.Handler {
	_, aboutCase := caseField(reflect.TypeFor[Resp]())
	_, repeatable := harmless[strings.TrimPrefix(path, v1)]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, req, err := readRequest[Req](r)
		if err == nil {
			err = mayTouch(r, req)
		}
		if err != nil {
			refuse(w, err)
			return
		}
		ctx, heard, err := bound(r, path, raw, aboutCase)
		if err != nil {
			refuse(w, err)
			return
		}
		if !aboutCase {
			if repeatable || dryRun(req) {
				ctx = unbound(ctx)
			}
			raw, again, err := nodeOf(r).Answered(ctx, func() ([]byte, error) {
				resp, err := do(ctx, req)
				if err != nil {
					return nil, err
				}
				return jcs.Marshal(resp)
			})
			replays(w, again)
			answerJSON(w, jsontext.Value(raw), err)
			return
		}
		var resp any
		done, again, err := nodeOf(r).Once(ctx, func() (err error) {
			resp, err = do(ctx, req)
			return err
		})
		replays(w, again)
		if err == nil {
			if resp, err = shownTo(r, resp); err == nil {
				done, err = shownTo(r, done)
			}
		}
		if again {
			resp = done
			if _, is := done.(Resp); !is {
				if waits, opened := done.(authorisation.Approval); opened {
					err = &registry.AwaitsSecond{Approval: waits}
				}
			}
		}
		if err == nil {
			tagged(w, heard.Version())
		}
		answerJSON(w, resp, err)
	})
}

func replays(w http.ResponseWriter, again bool) {
	if again {
		w.Header().Set(replayedHeader, "true")
	}
}

// dryRun reports whether a request only wants to know what would become of it: that
// takes no key.
func dryRun(request any) bool {
	v := reflect.ValueOf(request)
	if v.Kind() != reflect.Struct {
		return false
	}
	f := v.FieldByName("DryRun")
	return f.Kind() == reflect.Bool && f.Bool()
}

func readRequest[Req any](r *http.Request) (raw []byte, req Req, err error) {
	if r.ContentLength > maxLocalBody {
		return nil, req, &http.MaxBytesError{Limit: maxLocalBody}
	}
	if raw, err = io.ReadAll(r.Body); err != nil {
		return nil, req, fmt.Errorf("%w: %w", registry.ErrInvalid, err)
	}
	if err = jcs.Unmarshal(raw, &req); err != nil {
		err = fmt.Errorf("%w: %w", registry.ErrInvalid, err)
	}
	return raw, req, err
}

// refuse answers what never reached the node.
func refuse(w http.ResponseWriter, err error) {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		writeProblem(w, tooLarge(large.Limit))
		return
	}
	writeProblem(w, problemOf(err))
}

func answerJSON(w http.ResponseWriter, v any, err error) {
	if waits := (*registry.AwaitsSecond)(nil); errors.As(err, &waits) {
		w.Header().Set("Location", v1+"/approvals/"+waits.Approval.Case)
		raw, err := jcs.Marshal(waits.Approval)
		answerWith(w, http.StatusAccepted, raw, "application/json", err)
		return
	}
	if err != nil {
		answer(w, nil, "", err)
		return
	}
	raw, err := jcs.Marshal(v)
	answer(w, raw, "application/json", err)
}

func answer(w http.ResponseWriter, raw []byte, mediaType string, err error) {
	answerWith(w, http.StatusOK, raw, mediaType, err)
}

func answerWith(w http.ResponseWriter, status int, raw []byte, mediaType string, err error) {
	if err != nil {
		remember(w, err)
		writeProblem(w, problemOf(err))
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(raw)
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, &Problem{Type: ProblemPrefix + "not-found", Title: "There is no such path", Status: http.StatusNotFound})
}

// methodNotAllowed names the methods the path has (RFC 9110, 15.5.6).
func methodNotAllowed(r *mux.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			other := q.Clone(q.Context())
			other.Method = method
			if match := (mux.RouteMatch{}); r.Match(other, &match) && match.MatchErr == nil {
				allowed = append(allowed, method)
			}
		}
		list := strings.Join(allowed, ", ")
		w.Header().Set("Allow", list)
		writeProblem(w, &Problem{Type: ProblemPrefix + "method", Title: "The method is not allowed here",
			Status: http.StatusMethodNotAllowed, Detail: "allowed: " + list})
	})
}
