package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

const maxLocalBody = 8 << 20

// Local is the API /api/v1 for commands of the machine's own users. Whoever
// can open the socket may speak for the node; persons are named in the requests.
func Local(n *registry.Node, log *slog.Logger) http.Handler {
	r := mux.NewRouter().SkipClean(true).UseEncodedPath()
	r.NotFoundHandler = http.HandlerFunc(notFound)
	r.MethodNotAllowedHandler = http.HandlerFunc(methodNotAllowed)
	v1 := r.PathPrefix("/api/v1").Subrouter()
	localNode(v1, n)
	localCases(v1, n)
	localFederation(v1, n)
	localLog(v1, n)
	return wrap(r, log, 256, maxLocalBody)
}

func localNode(r *mux.Router, n *registry.Node) {
	get(r, "/node", func(*http.Request) (any, error) { return n.Status() })
	get(r, "/keys", func(*http.Request) (any, error) { return listOf(n.KeyList()), nil })
	get(r, "/anchor", func(*http.Request) (any, error) { return n.Anchor() })
	r.Handle("/tick", post(func(ctx context.Context, _ struct{}) (any, error) {
		if err := n.Tick(ctx); err != nil {
			return nil, err
		}
		return n.Status()
	})).Methods(http.MethodPost)
}

func localCases(r *mux.Router, n *registry.Node) {
	get(r, "/operators", func(*http.Request) (any, error) { return asList(n.Operators()) })
	get(r, "/operators/{id}", func(q *http.Request) (any, error) { return n.Operator(id(q)) })
	r.Handle("/operators", post(n.RegisterOperator)).Methods(http.MethodPost)
	r.Handle("/releases", post(n.ReleaseOperator)).Methods(http.MethodPost)

	get(r, "/applications", func(*http.Request) (any, error) { return asList(n.Applications()) })
	get(r, "/applications/{id}", func(q *http.Request) (any, error) { return n.Application(id(q)) })
	r.Handle("/applications", post(n.SubmitApplication)).Methods(http.MethodPost)
	r.Handle("/applications/accept", post(n.AcceptApplication)).Methods(http.MethodPost)
	r.Handle("/applications/assess", post(n.AssessApplication)).Methods(http.MethodPost)
	r.Handle("/applications/decide", post(n.DecideApplication)).Methods(http.MethodPost)
	r.Handle("/applications/withdraw", post(n.WithdrawApplication)).Methods(http.MethodPost)

	get(r, "/authorisations", func(*http.Request) (any, error) { return asList(n.Authorisations()) })
	get(r, "/authorisations/{id}", func(q *http.Request) (any, error) { return n.Authorisation(id(q)) })
	r.Handle("/authorisations/suspend", post(n.Suspend)).Methods(http.MethodPost)
	r.Handle("/authorisations/reinstate", post(n.Reinstate)).Methods(http.MethodPost)
	r.Handle("/authorisations/revoke", post(n.Revoke)).Methods(http.MethodPost)
	r.Handle("/authorisations/annul", post(n.Annul)).Methods(http.MethodPost)
	r.Handle("/authorisations/withdraw", post(n.Withdraw)).Methods(http.MethodPost)
	r.Handle("/authorisations/amend", post(n.Amend)).Methods(http.MethodPost)
	r.Handle("/credentials", post(n.IssueCredential)).Methods(http.MethodPost)
	r.HandleFunc("/authorisations/{id}/credential", func(w http.ResponseWriter, q *http.Request) {
		raw, err := n.ExportCredential(registry.ExportCredential{Authorisation: id(q), Components: q.URL.Query()["component"],
			Preset: credential.Preset(q.URL.Query().Get("preset")), NoReceipts: q.URL.Query().Get("receipts") == "none"})
		answer(w, raw, "text/plain; charset=utf-8", err)
	}).Methods(http.MethodGet)
}

func localFederation(r *mux.Router, n *registry.Node) {
	get(r, "/party", func(*http.Request) (any, error) { return n.NewParty() })
	get(r, "/mras", func(*http.Request) (any, error) { return asList(n.Arrangements()) })
	get(r, "/mras/{id}", func(q *http.Request) (any, error) { return n.Arrangement(id(q)) })
	r.Handle("/mras/sign", post(n.SignAnnex)).Methods(http.MethodPost)
	r.Handle("/mras/notices", post(n.GiveNotice)).Methods(http.MethodPost)
	r.Handle("/mras", post(n.ImportAnnex)).Methods(http.MethodPost)

	get(r, "/peers", func(*http.Request) (any, error) { return asList(n.Peers()) })
	get(r, "/peers/{id}", func(q *http.Request) (any, error) { return n.Peer(id(q)) })
	r.Handle("/peers", post(n.AddPeer)).Methods(http.MethodPost)
	r.Handle("/peers/sync", post(func(ctx context.Context, q peerName) (any, error) { return n.SyncPeer(ctx, q.Peer) })).Methods(http.MethodPost)
	r.Handle("/peers/remove", post(func(ctx context.Context, q peerName) (any, error) {
		return q, n.RemovePeer(ctx, q.Peer)
	})).Methods(http.MethodPost)

	r.Handle("/bundle", post(n.BuildBundle)).Methods(http.MethodPost)
	r.HandleFunc("/bundle", func(w http.ResponseWriter, _ *http.Request) {
		raw, _, err := n.Bundle()
		answer(w, raw, bundleType, err)
	}).Methods(http.MethodGet)
}

type peerName struct {
	Peer string `json:"peer"`
}

func localLog(r *mux.Router, n *registry.Node) {
	get(r, "/log/head", func(*http.Request) (any, error) { return n.LogHead(), nil })
	get(r, "/log/entries", func(q *http.Request) (any, error) {
		from, errFrom := number(q, "from", 0)
		to, errTo := number(q, "to", -1)
		if err := errors.Join(errFrom, errTo); err != nil {
			return nil, err
		}
		return asList(n.LogEntries(from, to))
	})
	get(r, "/log/proof", func(q *http.Request) (any, error) {
		index, errIndex := number(q, "index", -1)
		size, errSize := number(q, "size", 0)
		if err := errors.Join(errIndex, errSize); err != nil {
			return nil, err
		}
		return n.LogProof(index, size)
	})
}

func id(r *http.Request) string { return mux.Vars(r)["id"] }

func number(r *http.Request, name string, missing int64) (int64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return missing, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errors.Join(registry.ErrInvalid, errors.New(name+" is no number"))
	}
	return n, nil
}

// A List is how the API answers with several things.
type List[T any] struct {
	Items []T `json:"items"`
}

func listOf[T any](items []T) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{items}
}

func asList[T any](items []T, err error) (any, error) { return listOf(items), err }

// get registers a reading route, for HEAD too.
func get(r *mux.Router, path string, read func(*http.Request) (any, error)) {
	r.HandleFunc(path, func(w http.ResponseWriter, q *http.Request) {
		v, err := read(q)
		answerJSON(w, v, err)
	}).Methods(http.MethodGet, http.MethodHead)
}

// post reads one strict JSON request, hands it to the node and answers with what it returns.
func post[Req, Resp any](do func(context.Context, Req) (Resp, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			writeProblem(w, tooLarge(large.Limit))
			return
		}
		if err != nil {
			return // the client went away
		}
		var req Req
		if err := jcs.Unmarshal(raw, &req); err != nil {
			writeProblem(w, problemOf(errors.Join(registry.ErrInvalid, err)))
			return
		}
		resp, err := do(r.Context(), req)
		answerJSON(w, resp, err)
	})
}

func answerJSON(w http.ResponseWriter, v any, err error) {
	if err != nil {
		writeProblem(w, problemOf(err))
		return
	}
	raw, err := jcs.Marshal(v)
	answer(w, raw, "application/json", err)
}

func answer(w http.ResponseWriter, raw []byte, mediaType string, err error) {
	if err != nil {
		writeProblem(w, problemOf(err))
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.Write(raw)
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, &Problem{Type: problemPrefix + "not-found", Title: "There is no such path", Status: http.StatusNotFound})
}

func methodNotAllowed(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, methodProblem("see the API description"))
}
