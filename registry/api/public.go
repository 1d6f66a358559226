package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

// Media types of what is served.
const (
	bundleType    = "application/vnd.aeo.bundle"
	statementType = "application/entity-statement+jwt"
	immutable     = "public, max-age=31536000, immutable"
	shortly       = "public, max-age=5"
)

// An effort is what it takes to make an answer.
type effort int

const (
	inMemory  effort = 0  // it lies ready
	fromStore effort = 1  // a few rows
	fromToken effort = 2  // cut out of one that lies ready
	fromLog   effort = 10 // read, verified or signed; follows from the log alone and is kept until that grows
	fromPeers effort = 11 // as fromLog, and from what is known of peers
)

// A document is one public answer: signed or derived, and the same for everybody.
type document struct {
	path   string
	media  string
	cache  string
	effort effort
	read   func(*http.Request) ([]byte, error)
	fail   func(http.ResponseWriter, error) // nil = problem details
}

// Public is what the world reads from a node.
func Public(n *registry.Node, log *slog.Logger) http.Handler { return public(n, log, new(traffic)) }

func public(n *registry.Node, log *slog.Logger, t *traffic) http.Handler {
	r := mux.NewRouter().SkipClean(true).UseEncodedPath()
	r.NotFoundHandler = http.HandlerFunc(notFound)
	r.MethodNotAllowedHandler = methodNotAllowed(r)
	d := &desk{ledger: n.Ledger(), places: make(chan struct{}, maxMaking), shares: newShares(), kept: newKept()}
	for _, doc := range documents(n) {
		r.Handle(doc.path, d.serve(doc)).Methods(http.MethodGet, http.MethodHead)
	}
	r.Handle(addCheckpoint, d.witness(n)).Methods(http.MethodPost)
	r.Handle(exchangePath, d.exchange(n)).Methods(http.MethodPost)
	// Nobody reads a line for every reader of public files, and they would fill the disk.
	return wrap(r, around{log: log, level: slog.LevelDebug, traffic: t, posts: map[string]int64{
		addCheckpoint: witness.MaxBody + 1, exchangePath: keys.MaxSealed}})
}

func documents(n *registry.Node) []document {
	return slices.Concat(federationDocuments(n), statusDocuments(n), logDocuments(n), witnessDocuments(n))
}

func federationDocuments(n *registry.Node) []document {
	return []document{
		{"/.well-known/openid-federation", statementType, shortly, inMemory, func(*http.Request) ([]byte, error) { return n.EntityConfiguration() }, federationError},
		{"/federation/fetch", statementType, shortly, fromPeers, func(r *http.Request) ([]byte, error) { return fetch(n, r) }, federationError},
		{"/federation/list", "application/json", shortly, fromPeers, func(r *http.Request) ([]byte, error) { return subordinates(n, r) }, federationError},
		{"/federation/historical-keys", "application/jwk-set+jwt", shortly, fromLog, func(*http.Request) ([]byte, error) { return n.HistoricalKeys() }, federationError},
		{"/roster", "application/json", shortly, fromLog, func(*http.Request) ([]byte, error) { return n.Roster() }, nil},
		{"/mras", "application/json", shortly, fromLog, func(*http.Request) ([]byte, error) { return asJSON(n.ArrangementList()) }, nil},
		{"/mras/{id}", "application/json", shortly, fromLog, func(r *http.Request) ([]byte, error) { return asJSON(n.ArrangementDocuments(id(r))) }, nil},
		{"/programmes/{id}", "application/json", shortly, fromLog, func(r *http.Request) ([]byte, error) { return n.ProgrammeProfile(id(r)) }, nil},
		{"/directory", "application/aeo-directory+jwt", shortly, fromLog, func(*http.Request) ([]byte, error) { return n.DirectoryFile() }, nil},
		{"/bundle", bundleType, shortly, inMemory, func(*http.Request) ([]byte, error) { raw, _, err := n.Bundle(); return raw, err }, nil},
		{"/.well-known/jwt-vc-issuer", "application/json", shortly, fromLog, func(*http.Request) ([]byte, error) { return issuerMetadata(n) }, nil},
		{"/vct/aeo-status/1", "application/json", shortly, fromPeers, func(*http.Request) ([]byte, error) { return typeMetadata(n) }, nil},
		{"/healthz", "text/plain; charset=utf-8", "no-store", inMemory, func(*http.Request) ([]byte, error) { return []byte("ok\n"), n.Healthy() }, nil},
	}
}

func statusDocuments(n *registry.Node) []document {
	return []document{
		{"/status", "application/json", shortly, inMemory, func(*http.Request) ([]byte, error) {
			return jcs.Marshal(map[string][]string{"status_lists": n.StatusLists()})
		}, nil},
		{"/status/{id}", "application/statuslist+jwt", shortly, inMemory, func(r *http.Request) ([]byte, error) {
			if r.URL.Query().Has("time") {
				return nil, errNoPast
			}
			return n.StatusToken(n.Config().EntityID + "/status/" + id(r))
		}, statusError},
		{"/status/{id}/detached", statuslist.DetachedType, shortly, fromToken, func(r *http.Request) ([]byte, error) {
			raw, err := n.StatusToken(n.Config().EntityID + "/status/" + id(r))
			if err != nil {
				return nil, err
			}
			return statuslist.Detach(raw)
		}, nil},
	}
}

// errNoPast: tokens of the past are not kept for serving (Token Status List, 8.4: 501).
var errNoPast = errors.New("status of the past is answered by the bundle's history")

func statusError(w http.ResponseWriter, err error) {
	if errors.Is(err, errNoPast) {
		writeProblem(w, &Problem{Type: ProblemPrefix + "no-past", Title: "Not served", Status: http.StatusNotImplemented, Detail: err.Error()})
		return
	}
	writeProblem(w, problemOf(err))
}

func logDocuments(n *registry.Node) []document {
	return []document{
		{"/log/checkpoint", "text/plain; charset=utf-8", shortly, inMemory, func(*http.Request) ([]byte, error) { return n.PublishedCheckpoint() }, logError},
		{"/log/tile/{rest:.+}", "application/octet-stream", immutable, fromStore, func(r *http.Request) ([]byte, error) { return tile(n, mux.Vars(r)["rest"]) }, logError},
	}
}

func witnessDocuments(n *registry.Node) []document {
	const media = "text/plain; charset=utf-8"
	return []document{
		{"/witness/{id}/checkpoint", media, shortly, inMemory, func(r *http.Request) ([]byte, error) { return n.WitnessedCheckpoint(id(r)) }, logError},
		{"/witness/{id}/contradiction", "application/json", shortly, inMemory, func(r *http.Request) ([]byte, error) { return n.Contradiction(id(r)) }, logError},
		{"/auditor/{id}/checkpoint", media, shortly, inMemory, func(r *http.Request) ([]byte, error) { return n.AuditedCheckpoint(id(r)) }, logError},
	}
}

func tile(n *registry.Node, rest string) ([]byte, error) {
	t, err := transparency.ParseTilePath("tile/" + rest)
	if err != nil {
		return nil, errors.Join(registry.ErrNotFound, err)
	}
	return n.PublishedTile(t)
}

func logError(w http.ResponseWriter, err error) {
	p := problemOf(err)
	w.Header().Set("Cache-Control", "no-store")
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	http.Error(w, p.Title, p.Status)
}

// fetch answers /federation/fetch (OpenID Federation 1.1, 8.1).
func fetch(n *registry.Node, r *http.Request) ([]byte, error) {
	sub := r.URL.Query()["sub"]
	if len(sub) != 1 || len(sub[0]) > 512 {
		return nil, fmt.Errorf("%w: want one sub", registry.ErrInvalid)
	}
	if sub[0] == n.Config().EntityID {
		return nil, fmt.Errorf("%w: the issuer's own statement is its entity configuration", registry.ErrInvalid)
	}
	return n.StatementAbout(sub[0])
}

// subordinates answers /federation/list (8.2); filters it does not know are refused.
func subordinates(n *registry.Node, r *http.Request) ([]byte, error) {
	for name, values := range r.URL.Query() {
		if name != "entity_type" || len(values) != 1 {
			return nil, errFilter
		}
		if values[0] != "aeo_registry" {
			return []byte("[]"), nil
		}
	}
	return asJSON(n.Subordinates())
}

var errFilter = errors.New("a filter that is not supported")

// federationError answers in the form of OpenID Federation 1.1, 8.9.
func federationError(w http.ResponseWriter, err error) {
	status, code := http.StatusInternalServerError, "server_error"
	switch {
	case errors.Is(err, errFilter):
		status, code = http.StatusBadRequest, "unsupported_parameter"
	case errors.Is(err, registry.ErrInvalid):
		status, code = http.StatusBadRequest, "invalid_request"
	case errors.Is(err, registry.ErrNotFound):
		status, code = http.StatusNotFound, "not_found"
	case problemOf(err).Status == http.StatusServiceUnavailable:
		status, code = http.StatusServiceUnavailable, "temporarily_unavailable"
		w.Header().Set("Retry-After", retryAfter)
	}
	raw, _ := jcs.Marshal(map[string]string{"error": code, "error_description": strings.ReplaceAll(code, "_", " ")})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(raw)
}

// issuerMetadata is the JWT VC Issuer Metadata of SD-JWT VC, for generic wallets.
func issuerMetadata(n *registry.Node) ([]byte, error) {
	issuer, err := n.IssuerKeys()
	if err != nil {
		return nil, err
	}
	return jcs.Marshal(map[string]any{"issuer": n.Config().EntityID, "jwks": map[string][]*keys.PublicKey{"keys": issuer}})
}

func typeMetadata(n *registry.Node) ([]byte, error) {
	vct, err := n.VCT()
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(vct); err != nil || u.Host != n.Config().Host() {
		return nil, fmt.Errorf("%w: the type is defined by its union", registry.ErrNotFound)
	}
	return credential.TypeMetadata(vct), nil
}

func asJSON(v any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return jcs.Marshal(v)
}
