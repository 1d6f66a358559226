package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/files"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/mux"
)

const (
	maxLocalBody = 8 << 20
	maxLocal     = 256 // requests at once
)

// v1 begins every path. It is written out for each route: in a subrouter of
// gorilla/mux a wrong method is answered with 404.
const v1 = "/api/v1"

// Local is the API /api/v1 over the socket, for commands of the machine's own users.
// Until the first account exists persons are named in the requests; from then on acts
// on cases need an account's token here too (see authenticate.go).
func Local(n *registry.Node, log *slog.Logger) http.Handler {
	return local(n, log, false)
}

// Inside is the same API for the administration's network and for applicants:
// nobody is let in without a token but to log in.
func Inside(n *registry.Node, log *slog.Logger) http.Handler { return local(n, log, true) }

func local(n *registry.Node, log *slog.Logger, strict bool) http.Handler {
	return wrap(localRoutes(n, log, strict), around{log: log, level: slog.LevelInfo, maxBody: maxLocalBody, slots: make(chan struct{}, maxLocal), traffic: new(traffic),
		posts: map[string]int64{v1 + evidencePath: files.MaxFile + 1}})
}

// localRoutes are the routes of the API.
func localRoutes(n *registry.Node, log *slog.Logger, strict bool) *mux.Router {
	r := mux.NewRouter().SkipClean(true).UseEncodedPath()
	r.NotFoundHandler = http.HandlerFunc(notFound)
	r.MethodNotAllowedHandler = methodNotAllowed(r)
	r.Use(serving(n), authenticate(n, strict))
	localPeople(r, n)
	localNode(r, n)
	localCases(r, n)
	localVisits(r, n)
	localMonitoring(r, n)
	localProgramme(r, n)
	localAssessments(r, n)
	localFound(r, n)
	localFederation(r, n)
	localLists(r, n)
	localLog(r, n)
	localBackup(r, n, log)
	localEvents(r, n)
	localDescription(r)
	return r
}

func localNode(r *mux.Router, n *registry.Node) {
	get(r, "/node", reading(n.Status))
	get(r, "/keys", func(*http.Request) (List[registry.KeyStatus], error) { return listOf(n.KeyList()), nil })
	get(r, "/keys/rotations", listed(n.Rotations))
	command(r, "/keys/rotate", n.RotateKey)
	get(r, "/anchor", reading(n.Anchor))
	command(r, "/tick", func(ctx context.Context, _ struct{}) (*registry.NodeStatus, error) {
		if err := n.Tick(ctx); err != nil {
			return nil, err
		}
		return n.Status()
	})
}

func localCases(r *mux.Router, n *registry.Node) {
	get(r, "/operators/{id}", named(n.Operator))
	command(r, "/operators", n.RegisterOperator)
	command(r, "/imports", n.ImportRegister)
	command(r, "/releases", n.ReleaseOperator)

	localApplications(r, n)

	get(r, "/authorisations/{id}", named(n.AuthorisationFile))
	command(r, "/authorisations/suspend", n.Suspend)
	command(r, "/authorisations/confirm", n.ConfirmSuspension)
	command(r, "/authorisations/extend", n.ExtendSuspension)
	command(r, "/authorisations/remedied", n.ReportRemedy)
	command(r, "/authorisations/decisions", n.RegisterDecision)
	command(r, "/authorisations/decisions/told", n.TellAuthorities)
	command(r, "/authorisations/decisions/ended", n.EndDecision)
	command(r, "/authorisations/serve", n.ServeMeasure)
	command(r, "/authorisations/renew", n.Renew)
	command(r, "/authorisations/reinstate", n.Reinstate)
	command(r, "/authorisations/revoke", n.Revoke)
	command(r, "/authorisations/annul", n.Annul)
	command(r, "/authorisations/withdraw", n.Withdraw)
	command(r, "/authorisations/amend", n.Amend)
	localWayBack(r, n)
	command(r, "/credentials", n.IssueCredential)
	command(r, "/credentials/all", n.IssueAll)
	raw(r, http.MethodGet, "/authorisations/{id}/credential", "text/plain", func(w http.ResponseWriter, q *http.Request) {
		raw, err := n.ExportCredential(registry.ExportCredential{Authorisation: id(q), Components: q.URL.Query()["component"],
			Preset: credential.Preset(q.URL.Query().Get("preset")), NoReceipts: q.URL.Query().Get("receipts") == "none"})
		answer(w, raw, "text/plain; charset=utf-8", err)
	})
}

func localFederation(r *mux.Router, n *registry.Node) {
	get(r, "/party", reading(n.NewParty))
	get(r, "/mras", listed(n.Arrangements))
	localNegotiations(r, n)
	get(r, "/programmes/{id}", func(q *http.Request) (List[jsontext.Value], error) { return asList(n.ProgrammesOf(id(q))) })
	get(r, "/mras/{id}", func(q *http.Request) (*registry.Arrangement, error) {
		version, errVersion := number(q, "version", 0)
		at, errAt := number(q, "at", 0)
		if err := errors.Join(errVersion, errAt); err != nil {
			return nil, err
		}
		if at == 0 {
			return n.ArrangementAt(id(q), version, time.Time{})
		}
		return n.ArrangementAt(id(q), version, time.Unix(at, 0).UTC())
	})
	command(r, "/mras/sign", n.SignAnnex)
	command(r, "/mras/notices", n.GiveNotice)
	command(r, "/mras", func(ctx context.Context, q annexImport) (a annexTaken, err error) {
		if err := q.take(n); err != nil {
			return a, err
		}
		if q.DryRun {
			a.Document, err = n.CheckAnnex(q.Annex)
		} else {
			a.Arrangement, err = n.ImportAnnex(ctx, q.Annex)
		}
		return a, err
	})

	get(r, "/peers", listed(n.Peers))
	get(r, "/peers/{id}", named(n.Peer))
	command(r, "/peers", n.AddPeer)
	command(r, "/peers/sync", func(ctx context.Context, q peerName) (*registry.PeerStatus, error) { return n.SyncPeer(ctx, q.Peer) })
	command(r, "/peers/thaw", n.ThawPeer)
	command(r, "/peers/remove", func(ctx context.Context, q peerName) (*registry.PeerStatus, error) {
		p, err := n.Peer(q.Peer)
		if err != nil || q.DryRun {
			return p, err
		}
		return p, n.RemovePeer(ctx, p.EntityID)
	})

	command(r, "/verify", func(_ context.Context, q registry.Ask) (*federation.Decision, error) { return n.Verdict(q) })
	command(r, "/bundle", n.BuildBundle)
	raw(r, http.MethodGet, "/bundle", bundleType, func(w http.ResponseWriter, q *http.Request) {
		raw, err := localBundle(n, q)
		answer(w, raw, bundleType, err)
	})
}

type peerName struct {
	Peer   string `json:"peer"` // entity id, host or territory
	DryRun bool   `json:"dry_run,omitzero"`
}

type annexImport struct {
	Annex  jsontext.Value `json:"annex,omitzero"` // as all parties signed it
	Kept   string         `json:"kept,omitzero"`  // or the name of a negotiation that holds it
	DryRun bool           `json:"dry_run,omitzero"`
}

// annexTaken is the arrangement that is in force now or, of a dry run, the annex.
type annexTaken struct {
	*mra.Document
	*registry.Arrangement
}

func (annexTaken) forms() []reflect.Type {
	return []reflect.Type{reflect.TypeFor[registry.Arrangement](), reflect.TypeFor[mra.Document]()}
}

// MarshalJSON writes the one there is.
func (a annexTaken) MarshalJSON() ([]byte, error) {
	if a.Document != nil {
		return jcs.Marshal(a.Document)
	}
	return jcs.Marshal(a.Arrangement)
}

// take fills in the annex of the negotiation that is named.
func (q *annexImport) take(n *registry.Node) error {
	if (q.Kept == "") == (q.Annex == nil) {
		return fmt.Errorf("%w: want either an annex or the name of one kept", registry.ErrInvalid)
	}
	if q.Kept == "" {
		return nil
	}
	k, err := n.Negotiation(q.Kept)
	if err != nil {
		return err
	}
	if len(k.Missing) > 0 {
		return fmt.Errorf("%w: %s version %d is not signed by %s yet", registry.ErrConflict, k.ID, k.Version, strings.Join(k.Missing, " and "))
	}
	q.Annex = k.Annex
	return nil
}

func localNegotiations(r *mux.Router, n *registry.Node) {
	get(r, "/mras/negotiations", listed(n.Negotiations))
	get(r, "/mras/negotiations/{id}", named(n.Negotiation))
	command(r, "/mras/negotiations", n.KeepDraft)
	command(r, "/mras/negotiations/drop", n.DropDraft)
	command(r, "/mras/negotiations/propose", n.Propose)
}

func localLog(r *mux.Router, n *registry.Node) {
	get(r, "/log/head", func(*http.Request) (*registry.LogHead, error) { return n.LogHead(), nil })
	get(r, "/log/entries", func(q *http.Request) (l List[registry.LogEntry], err error) {
		from, errFrom := number(q, "from", 0)
		to, errTo := number(q, "to", -1)
		if err := errors.Join(errFrom, errTo); err != nil {
			return l, err
		}
		return asList(n.LogEntries(from, to))
	})
	command(r, "/log/audit", func(context.Context, struct{}) (*registry.Audit, error) { return n.Audit() })
	command(r, "/log/rebuild", func(context.Context, struct{}) (*Rebuilt, error) { return rebuild(n) })
	command(r, "/log/export", func(_ context.Context, q exportRequest) (*registry.LogHead, error) { return n.ExportLog(q.Dir) })
	get(r, "/log/evidence", func(q *http.Request) (*transparency.Evidence, error) {
		index, err := number(q, "index", -1)
		if err != nil {
			return nil, err
		}
		return n.Evidence(index)
	})
	get(r, "/log/known", func(q *http.Request) (*exchange.Evidence, error) {
		index, errIndex := number(q, "index", -1)
		at, errAt := number(q, "at", n.Ledger().Now().Unix())
		if err := errors.Join(errIndex, errAt); err != nil {
			return nil, err
		}
		return n.KnownEvidence(q.URL.Query().Get("by"), at, index)
	})
	get(r, "/log/proof", func(q *http.Request) (*registry.LogProof, error) {
		index, errIndex := number(q, "index", -1)
		size, errSize := number(q, "size", 0)
		if err := errors.Join(errIndex, errSize); err != nil {
			return nil, err
		}
		return n.LogProof(index, size)
	})
}
