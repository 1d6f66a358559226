package peer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

const (
	maxStatement  = 64 << 10
	maxCheckpoint = 64 << 10
	maxMembers    = 64
	// maxTries is how often a round is begun anew because the partner published meanwhile.
	maxTries = 3
)

// A Follower follows one administration and, where it is a union, its members.
type Follower struct {
	Client *Client
	Mirror *Mirror
	Anchor *bundle.Anchor             // whom to follow, and the root keys that speak for it
	Self   string                     // our own entity id: not followed where a union lists us
	Home   string                     // our own territory: which arrangements to fetch
	MaxLog int64                      // bytes of a log's entries, of each administration; 0 = MaxLogBytes
	Frozen func(entityID string) bool // whom to believe nothing new of, among members; nil = none
	Budget int64                      // bytes a round may cost on the wire; 0 = DefaultBudget

	// Write is called before the mirror is written to, and what it returns after;
	// nil = nobody else reads the mirror meanwhile.
	Write func() (done func())

	// Known is what is known already, as returned by the round before or by
	// [Mirror.Load]; nil = read the mirror. It stays as it is.
	Known *View
	// Brief is for most rounds: documents are fetched only where the log says
	// that there is another. Otherwise all are asked for, whatever the log says.
	Brief bool
}

// DefaultBudget is what a round may cost at most, in bytes on the wire. What is
// left then is fetched in the next one.
const DefaultBudget = 256 << 20

// Sync fetches what is new, verifies all of it and replaces the mirror. At is
// the instant of the fetch, Unix seconds.
//
// A union's member that cannot be followed keeps its mirror as it was and does
// not hold up the union: then there is a view and an error.
func (f *Follower) Sync(ctx context.Context, at int64) (*View, error) {
	w := &walk{client: f.Client, mirror: f.Mirror, subject: pinned(f.Anchor), self: f.Self, home: f.Home, at: at,
		maxLog: cmp.Or(f.MaxLog, MaxLogBytes), known: f.Known, brief: f.Brief, frozen: f.Frozen, write: f.Write,
		budget: f.Client.Traffic().Bytes() + cmp.Or(f.Budget, DefaultBudget)}
	v, err := w.repeat(ctx)
	if err != nil {
		f.Client.Forget()
	}
	return v, err
}

// A subject is whom to follow and why its keys are believed: an anchor pins
// them, or the union states those of its member.
type subject struct {
	entityID  string
	territory string
	pinned    []*keys.PublicKey // nil for a member
	union     *View             // of a member
	statement string            // the union's, about its member
}

func pinned(a *bundle.Anchor) subject {
	return subject{entityID: a.EntityID, territory: a.Territory, pinned: a.Root}
}

// A walk is one round of following one administration.
type walk struct {
	subject
	client *Client
	mirror *Mirror
	self   string
	home   string
	at     int64
	maxLog int64 // bytes
	budget int64 // of the client's traffic, where the round ends
	known  *View
	brief  bool
	frozen func(entityID string) bool
	write  func() (done func())
	filed  filed // of the mirror's entries
}

// ErrMoved says that documents of two published sizes were met: no lie, the
// next round may see all at one size.
var ErrMoved = fmt.Errorf("%w: it published meanwhile", ErrUnreachable)

func (w *walk) repeat(ctx context.Context) (*View, error) {
	for try := 1; ; try++ {
		v, err := w.sync(ctx)
		if try == maxTries || !errors.Is(err, ErrMoved) || v != nil {
			return v, err
		}
	}
}

func (w *walk) sync(ctx context.Context) (*View, error) {
	old, err := w.old()
	if err != nil {
		return nil, err
	}
	cp, err := w.client.Renew(ctx, w.url("log/checkpoint"), "text/plain", maxCheckpoint)
	if err != nil {
		return nil, err
	}
	view, err := w.see(ctx, string(cp), old)
	if err != nil {
		return nil, err
	}
	members, left := w.members(ctx, view, old)
	if err := w.store(view, old); err != nil {
		return nil, fmt.Errorf("store mirror of %s: %w", w.entityID, err)
	}
	view.Members = members
	return view, left
}

// old is what is known; nil before the first round.
func (w *walk) old() (*View, error) {
	if w.known != nil {
		return w.known, nil
	}
	old, err := w.mirror.load(w.subject)
	if errors.Is(err, ErrNoMirror) {
		return nil, nil
	}
	return old, err
}

// see fetches and verifies everything of one published size.
func (w *walk) see(ctx context.Context, cp string, old *View) (*View, error) {
	brief := w.brief && old != nil && old.goodAt(w.at)
	if brief && cp == old.Documents.Checkpoint && w.statement == old.MemberStatement {
		again := old.again(w.at)
		if err := w.vouchedFor(again); err != nil {
			return nil, w.unusable("publications", err)
		}
		return again, nil
	}
	docs, config, err := w.identity(ctx, cp, old, brief)
	if err != nil {
		return nil, err
	}
	log, err := w.log(ctx, docs, config, old)
	if err != nil {
		return nil, err
	}
	look := everything
	if brief {
		look = said(log, old.Log.Size())
		if look.identity {
			if docs, config, err = w.identity(ctx, cp, old, false); err != nil {
				return nil, err
			}
		}
	}
	if r := log.Reduction().Rosters().Current(); r != nil && r.SHA256() != config.Metadata.Registry.RosterSHA256 {
		return nil, ErrMoved // configuration and head are of before and after a new roster
	}
	if err := w.publications(ctx, docs, config, look); err != nil {
		return nil, err
	}
	view, err := open(*docs, log, w.subject, w.at)
	if err != nil {
		return nil, w.unusable("publications", err)
	}
	if err := w.vouchedFor(view); err != nil {
		return nil, w.unusable("publications", err)
	}
	if old == nil || view.Directory != old.Directory || look.identity {
		if err := w.checkDirectory(view); err != nil {
			return nil, err
		}
	}
	return view, w.compareTokens(ctx, view)
}

// writing is called before the mirror is written to.
func (w *walk) writing() (done func()) {
	if w.write == nil {
		return func() {}
	}
	return w.write()
}

// goodAt reports whether what an administration says of itself still holds.
func (v *View) goodAt(at int64) bool { return at < v.Config.Exp && at < v.Rosters.Current().Exp }

// again is the view of an administration that published nothing since.
func (v *View) again(at int64) *View {
	again := *v
	again.FetchedAt, again.Members = at, nil
	return &again
}

// store replaces the mirror, or the one instant where nothing else is new.
func (w *walk) store(v, old *View) error {
	defer w.writing()()
	if old != nil && v.digest == old.digest {
		return w.mirror.storeSeen(v)
	}
	return w.mirror.storeFrom(v, &w.filed)
}

func (w *walk) url(parts ...string) string {
	return w.entityID + path.Join("/", path.Join(parts...))
}

// unusable says that something the administration published is not what it should be.
func (w *walk) unusable(what string, err error) error {
	return fmt.Errorf("%s of %s: %w: %w", what, w.entityID, ErrAnswer, err)
}

// identity is who the administration says it is, as known where the round is
// brief, with the newest published head.
func (w *walk) identity(ctx context.Context, cp string, old *View, brief bool) (*Documents, *trust.Signed, error) {
	docs := &Documents{}
	if brief {
		*docs = old.Documents
	}
	docs.Schema, docs.EntityID, docs.FetchedAt = mirrorSchema, w.entityID, w.at
	docs.MemberStatement, docs.Checkpoint = w.statement, cp
	if brief {
		return docs, old.Config, nil
	}
	raw, err := w.client.Renew(ctx, w.url(".well-known/openid-federation"), "application/entity-statement+jwt", maxStatement)
	if err != nil {
		return nil, nil, err
	}
	config, err := trust.Parse(raw)
	if err != nil {
		return nil, nil, w.unusable("entity configuration", err)
	}
	if err := w.checkIdentity(config); err != nil {
		return nil, nil, err
	}
	if old != nil && w.brief {
		docs.Programmes, docs.Arrangements, docs.Directory = old.Programmes, old.Arrangements, old.Directory
	}
	docs.Configuration = string(raw)
	return docs, config, nil
}

// members follows the members a union names, each vouched for by the union's
// statement. Where that fails for one, what was known of it stays.
func (w *walk) members(ctx context.Context, union, old *View) (views []*View, left error) {
	if w.union != nil {
		return nil, nil // a member has no members
	}
	ids := union.Config.Metadata.Registry.Members
	if len(ids) > maxMembers {
		return nil, w.unusable("members", fmt.Errorf("%d, at most %d are followed", len(ids), maxMembers))
	}
	for _, id := range ids {
		if id == w.self {
			continue
		}
		v, err := w.member(ctx, union, id)
		if err != nil {
			left = errors.Join(left, fmt.Errorf("member %s: %w", id, err))
			v = old.member(id)
		}
		if v != nil {
			views = append(views, v)
		}
	}
	return views, left
}

func (w *walk) member(ctx context.Context, union *View, id string) (*View, error) {
	if w.frozen != nil && w.frozen(id) {
		return nil, fmt.Errorf("%w: frozen", ErrSplitView)
	}
	raw, err := w.client.Renew(ctx, w.url("federation/fetch")+"?sub="+id, "application/entity-statement+jwt", maxStatement)
	if err != nil {
		return nil, err
	}
	m := &walk{client: w.client, mirror: w.mirror.Member(trust.Host(id)), self: w.self, home: w.home, at: w.at, maxLog: w.maxLog,
		budget: w.budget, known: w.known.member(id), brief: w.brief, write: w.write,
		subject: subject{entityID: id, territory: w.territory, union: union, statement: string(raw)}}
	return m.repeat(ctx)
}

// member finds a member of a union in its view, which may be nil.
func (v *View) member(id string) *View {
	if v == nil {
		return nil
	}
	if i := slices.IndexFunc(v.Members, func(m *View) bool { return m.EntityID == id }); i >= 0 {
		return v.Members[i]
	}
	return nil
}

// logKey is the key the log is read with: the one seen before, since another
// key is another log, else the one the configuration names.
func (w *walk) logKey(config *trust.Signed, old *View) (*keys.VKey, error) {
	if old != nil {
		return old.Rosters.Note(keys.RoleLog)
	}
	key, err := keys.ParseVKey(config.Metadata.Registry.Log.VKey)
	if err != nil {
		return nil, w.unusable("log key", err)
	}
	return key, nil
}

func (w *walk) origin() string { return trust.Host(w.entityID) + "/log" }

// newCopy starts an empty copy of the administration's log.
func (w *walk) newCopy() *transparency.Copy { return transparency.NewCopy(w.origin()) }
