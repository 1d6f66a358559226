package peer

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	maxDocument     = 1 << 20
	maxEntryBundle  = 256 * (2 + transparency.MaxLeaf)
	maxArrangements = 1024
	maxMembers      = 64
	// maxLog bounds how many entries are taken from a partner.
	maxLog = 1 << 24
)

// A Follower follows one administration and, where it is a union, its members.
type Follower struct {
	Client    *Client
	Mirror    *Mirror
	EntityID  string
	Pinned    []*keys.PublicKey // root keys from the anchor; nil for a member of a union
	Self      string            // our own entity id: whose statement to ask for
	Territory string            // our own territory: which arrangements to fetch

	vouched string // a member's followers: the union's statement about it
}

// Sync fetches what is new, verifies all of it and replaces the mirror. at is
// the instant of the fetch, Unix seconds.
func (f *Follower) Sync(ctx context.Context, at int64) (*View, error) {
	old, err := f.Mirror.Load(f.Pinned, at)
	if err != nil && !errors.Is(err, ErrNoMirror) {
		return nil, err
	}
	docs, config, err := f.identity(ctx, at)
	if err != nil {
		return nil, err
	}
	log, err := f.log(ctx, docs, config, old)
	if err != nil {
		return nil, err
	}
	if err := f.publications(ctx, docs, config); err != nil {
		return nil, err
	}
	view, err := open(*docs, log, f.Pinned, at)
	if err != nil {
		return nil, err
	}
	if err := f.compareTokens(ctx, view, at); err != nil {
		return nil, err
	}
	if view.Members, err = f.members(ctx, view, at); err != nil {
		return nil, err
	}
	if err := f.Mirror.Store(view); err != nil {
		return nil, fmt.Errorf("store mirror of %s: %w", f.EntityID, err)
	}
	return view, nil
}

func (f *Follower) url(parts ...string) string {
	return f.EntityID + path.Join("/", path.Join(parts...))
}

// identity fetches who the administration says it is and its newest published head.
func (f *Follower) identity(ctx context.Context, at int64) (*Documents, *trust.Signed, error) {
	raw, err := f.Client.Get(ctx, f.url(".well-known/openid-federation"), "application/entity-statement+jwt", 64<<10)
	if err != nil {
		return nil, nil, err
	}
	config, err := trust.Parse(raw)
	if err != nil {
		return nil, nil, err
	}
	if config.Iss != f.EntityID || config.Metadata == nil || config.Metadata.Registry == nil {
		return nil, nil, fmt.Errorf("%w: %s answers as %.200q", ErrIdentity, f.EntityID, config.Iss)
	}
	cp, err := f.Client.Get(ctx, f.url("log/checkpoint"), "text/plain", 64<<10)
	if err != nil {
		return nil, nil, err
	}
	return &Documents{Schema: mirrorSchema, EntityID: f.EntityID, FetchedAt: at,
		Configuration: string(raw), MemberStatement: f.vouched, Checkpoint: string(cp)}, config, nil
}

// log brings the copy of the log up to the fetched checkpoint. The copy in the
// old view is extended, never rewritten: an honest log only grows.
func (f *Follower) log(ctx context.Context, docs *Documents, config *trust.Signed, old *View) (*transparency.Copy, error) {
	ref := config.Metadata.Registry.Log
	key, err := keys.ParseVKey(ref.VKey)
	if err != nil {
		return nil, fmt.Errorf("log key of %s: %w", f.EntityID, err)
	}
	cp, err := transparency.ParseCheckpoint([]byte(docs.Checkpoint), key)
	if err != nil {
		return nil, err
	}
	if cp.Size > maxLog {
		return nil, fmt.Errorf("%w: a log of %d entries, at most %d are followed", ErrAnswer, cp.Size, maxLog)
	}
	log := transparency.NewCopy(trust.Host(f.EntityID) + "/log")
	if old != nil {
		if err := f.extends(cp, old); err != nil {
			return nil, err
		}
		log = old.Log
	}
	for log.Size() < cp.Size {
		if err := f.entries(ctx, log, cp.Size); err != nil {
			return nil, err
		}
	}
	if err := matches(cp, log); err != nil {
		if old != nil {
			return nil, f.evidence(cp, old, err)
		}
		return nil, err
	}
	return log, nil
}

// extends refuses heads that cannot follow the one seen before.
func (f *Follower) extends(cp *transparency.Checkpoint, old *View) error {
	switch {
	case cp.Origin != old.Checkpoint.Origin:
		return fmt.Errorf("%w: log %.200q was %s before", ErrIdentity, cp.Origin, old.Checkpoint.Origin)
	case cp.Size < old.Checkpoint.Size:
		return fmt.Errorf("%w: size %d, seen %d", ErrRollback, cp.Size, old.Checkpoint.Size)
	case cp.Size == old.Checkpoint.Size && cp.Root != old.Checkpoint.Root:
		return f.evidence(cp, old, fmt.Errorf("two roots at size %d", cp.Size))
	}
	return nil
}

// evidence keeps two signed heads that contradict each other.
func (f *Follower) evidence(cp *transparency.Checkpoint, old *View, cause error) error {
	where, err := f.Mirror.Evidence(old.Checkpoint.Raw, cp.Raw)
	if err != nil {
		return fmt.Errorf("%w: %w; the evidence could not be kept: %w", ErrSplitView, cause, err)
	}
	return fmt.Errorf("%w: %w; both signed checkpoints are in %s", ErrSplitView, cause, where)
}

// entries fetches the entry bundle that follows in the log and adds what is new of it.
func (f *Follower) entries(ctx context.Context, log *transparency.Copy, size int64) error {
	have := log.Size()
	tile := tlog.Tile{H: 8, L: -1, N: have / 256, W: int(min(256, size-have/256*256))}
	raw, err := f.Client.Get(ctx, f.url("log", transparency.TilePath(tile)), "application/octet-stream", maxEntryBundle)
	if err != nil {
		return err
	}
	entries, err := transparency.ParseEntries(raw, tile.W)
	if err != nil {
		return err
	}
	for _, e := range entries[have%256:] {
		if err := log.Add(e); err != nil {
			return fmt.Errorf("log of %s: %w", f.EntityID, err)
		}
	}
	return nil
}

// publications fetches programmes, the directory, the statement about us and the arrangements we are party to.
func (f *Follower) publications(ctx context.Context, docs *Documents, config *trust.Signed) error {
	docs.Programmes = map[string]jsontext.Value{}
	for _, p := range config.Metadata.Registry.Programmes {
		raw, err := f.Client.Get(ctx, f.url("programmes", p.Code), "application/json", maxDocument)
		if err != nil {
			return err
		}
		if err := jcs.CheckCanonical(raw); err != nil || keys.RosterSHA256(raw) != p.SHA256 {
			return fmt.Errorf("%w: programme %.40q is not the one its entity configuration names", ErrAnswer, p.Code)
		}
		docs.Programmes[p.Code] = raw
	}
	dir, err := f.Client.Get(ctx, f.url("directory"), "application/aeo-directory+jwt", int64(keys.KindDirectory.Max()))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	docs.Directory = string(dir)
	if slices.Contains(config.AuthorityHints, f.Self) || config.Metadata.Entity != nil {
		stmt, err := f.statement(ctx, f.Self)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		docs.Statement = string(stmt)
	}
	docs.Arrangements, err = f.arrangements(ctx)
	return err
}

// statement fetches what the administration states about another.
func (f *Follower) statement(ctx context.Context, sub string) ([]byte, error) {
	raw, err := f.Client.Get(ctx, f.url("federation/fetch")+"?sub="+sub, "application/entity-statement+jwt", 64<<10)
	if err != nil {
		return nil, err
	}
	s, err := trust.Parse(raw)
	if err != nil {
		return nil, err
	}
	if s.Iss != f.EntityID || s.Sub != sub {
		return nil, fmt.Errorf("%w: a statement of %.200q about %.200q", ErrIdentity, s.Iss, s.Sub)
	}
	return raw, nil
}

func (f *Follower) arrangements(ctx context.Context) (map[string]Arrangement, error) {
	raw, err := f.Client.Get(ctx, f.url("mras"), "application/json", maxDocument)
	if err != nil {
		return nil, err
	}
	var list ArrangementList
	if err := jcs.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("arrangements of %s: %w: %w", f.EntityID, ErrAnswer, err)
	}
	if len(list.Arrangements) > maxArrangements {
		return nil, fmt.Errorf("%w: %d arrangements, at most %d", ErrAnswer, len(list.Arrangements), maxArrangements)
	}
	out := map[string]Arrangement{}
	for _, e := range list.Arrangements {
		if !slices.Contains(e.Parties, f.Territory) || !mra.ValidID(e.ID) {
			continue
		}
		raw, err := f.Client.Get(ctx, f.url("mras", e.ID), "application/json", 8<<20)
		if err != nil {
			return nil, err
		}
		var a Arrangement
		if err := jcs.Unmarshal(raw, &a); err != nil {
			return nil, fmt.Errorf("arrangement %s of %s: %w: %w", e.ID, f.EntityID, ErrAnswer, err)
		}
		out[e.ID] = a
	}
	return out, nil
}

// compareTokens holds every served status list token against the replayed bits.
func (f *Follower) compareTokens(ctx context.Context, v *View, at int64) error {
	r := v.Log.Reduction()
	for _, uri := range r.URIs() {
		rest, ok := strings.CutPrefix(uri, f.EntityID+"/")
		if !ok {
			return fmt.Errorf("%w: status list %.200q is not under %s", transparency.ErrFaulty, uri, f.EntityID)
		}
		raw, err := f.Client.Get(ctx, f.url(rest), "application/statuslist+jwt", int64(keys.KindStatusList.Max()))
		if err != nil {
			return err
		}
		if err := compareToken(raw, uri, v, at); err != nil {
			return err
		}
	}
	return nil
}

func compareToken(raw []byte, uri string, v *View, at int64) error {
	signed, err := statuslist.Parse(raw)
	if err != nil {
		return err
	}
	key := v.Rosters.Key(keys.RoleIssuer, signed.KID())
	if key == nil {
		return fmt.Errorf("%w: the token of %s is signed by no issuer key", ErrTokenDiffers, uri)
	}
	list := v.Log.Reduction().List(uri)
	token, err := signed.Verify(key.JWK, uri, list.Size(), at)
	if err != nil {
		return err
	}
	if !key.MaySignAt(token.Iat) {
		return fmt.Errorf("%w: the token of %s is signed outside its key's window", ErrTokenDiffers, uri)
	}
	if token.Log.Origin != v.Checkpoint.Origin {
		return fmt.Errorf("%w: the token of %s names log %.200q", ErrTokenDiffers, uri, token.Log.Origin)
	}
	if token.Log.Size != v.Checkpoint.Size {
		// Published in between: not a lie, the next round sees both at one size.
		return fmt.Errorf("%w: the token of %s is of size %d, the checkpoint of size %d", ErrUnreachable, uri, token.Log.Size, v.Checkpoint.Size)
	}
	if token.List.Digest(uri) != list.Digest(uri) {
		return fmt.Errorf("%w: %s at size %d", ErrTokenDiffers, uri, token.Log.Size)
	}
	return nil
}

// members follows the members a union names, each vouched for by the union's statement.
func (f *Follower) members(ctx context.Context, union *View, at int64) ([]*View, error) {
	ids := union.Config.Metadata.Registry.Members
	if len(ids) > maxMembers {
		return nil, fmt.Errorf("%w: %d members, at most %d", ErrAnswer, len(ids), maxMembers)
	}
	var out []*View
	for _, id := range ids {
		if id == f.Self {
			continue
		}
		stmt, err := f.statement(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("statement of %s about its member: %w", f.EntityID, err)
		}
		m := &Follower{Client: f.Client, Mirror: f.Mirror.Member(trust.Host(id)), EntityID: id,
			Self: f.Self, Territory: f.Territory, vouched: string(stmt)}
		v, err := m.Sync(ctx, at)
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", id, err)
		}
		out = append(out, v)
	}
	return out, nil
}
