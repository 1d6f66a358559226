package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// rosterRenew is how long before its end, which is 400 days after its
// beginning, a roster is followed by the next. Everything that rests on one,
// configurations of 30 days above all, ends long before it.
const rosterRenew = 90 * 24 * time.Hour

// signer is the node's key of a role for what will bear the time at. The roster
// says which that is: a key that is announced signs nothing before its time, one
// that no roster lists nothing at all.
func (n *Node) signer(role keys.Role, at time.Time) (*keys.Signer, error) {
	roster, err := n.currentRoster()
	if err != nil {
		return nil, err
	}
	return n.ring.SignerIn(roster, role, at)
}

// currentRoster is the newest roster of the log, which only this process extends.
func (n *Node) currentRoster() (*keys.Roster, error) {
	if r := n.roster.Load(); r != nil {
		return r, nil
	}
	rosters, err := n.rosters()
	if err != nil {
		return nil, err
	}
	n.roster.Store(rosters.Current())
	return rosters.Current(), nil
}

// refreshRoster takes up a rotation that was cut short between ring and log and
// what a ceremony changed of the roots, and renews the roster in time. It needs a root key. Where that is kept elsewhere,
// or anything else is wrong with the keys, the node says so once a day and goes
// on: a suspension does not wait for a roster. The caller holds federating.
func (n *Node) refreshRoster(ctx context.Context) {
	now := n.now()
	err := n.renewRoster(ctx, now)
	if err == nil || now.Sub(n.rosterWarned) < 24*time.Hour {
		return
	}
	n.rosterWarned = now
	n.opts.Log.Warn("the key roster is not renewed", "error", err)
}

func (n *Node) renewRoster(ctx context.Context, now time.Time) error {
	roster, err := n.currentRoster()
	if err != nil {
		return err
	}
	unlisted := n.ring.Unlisted(roster, now)
	if len(unlisted) == 0 && n.ring.RootsOf(roster, now) && roster.Exp-now.Unix() >= int64(rosterRenew/time.Second) {
		return nil
	}
	if err := n.rootHere(now); err != nil {
		return fmt.Errorf("it ends at %s: %w", time.Unix(roster.Exp, 0).UTC().Format(time.RFC3339), err)
	}
	if len(unlisted) == 0 {
		n.opts.Log.Info("the key roster is renewed", "seq", roster.Seq+1)
		return n.newRoster(ctx, now)
	}
	for _, role := range unlisted {
		from, err := n.rotationStart(role, 0, now)
		if err != nil {
			return err
		}
		n.opts.Log.Warn("a rotation was cut short and is announced now", "role", role, "from", from)
		if err := n.announce(ctx, role, from, now); err != nil {
			return err
		}
	}
	return nil
}

// unlessKeysEnded lets a node run whose keys have ended, be it because it was
// off for years: it publishes nothing new, but only where it runs can two people
// rotate its keys.
func (n *Node) unlessKeysEnded(err error) error {
	if !errors.Is(err, keyring.ErrNoKey) {
		return err
	}
	n.opts.Log.Error("nothing is published: aeo key rotate has to announce a key", "error", err)
	return nil
}

// rootHere reports whether a root key may sign rosters on this node.
func (n *Node) rootHere(now time.Time) error {
	_, err := n.ring.Signer(keys.RoleRoot, now)
	if errors.Is(err, keyring.ErrNoKey) {
		return fmt.Errorf("%w: the root key, which signs the roster, is not in this node's key ring", ErrConflict)
	}
	return err
}

// newRoster signs the ring's keys as the next roster and logs it together with
// the entity configuration that names it, so that no published head has one
// without the other. The caller holds federating.
func (n *Node) newRoster(ctx context.Context, now time.Time) error {
	rosters, err := n.rosters()
	if err != nil {
		return err
	}
	raw, err := n.ring.SignRoster(n.config.EntityID, rosters.Current(), now)
	if err != nil {
		return err
	}
	if rosters, err = rosters.With(raw); err != nil {
		return err
	}
	config, err := n.configurationEntry(rosters)
	if err != nil {
		return err
	}
	if _, err := n.ledger.Append(ctx, ledger.Entry{Leaf: transparency.Key{Roster: raw}}, config); err != nil {
		return err
	}
	n.roster.Store(rosters.Current())
	return nil
}

// configurationEntry is the log entry of the entity configuration under the
// newest of the rosters, which need not be in the log yet.
func (n *Node) configurationEntry(rosters *keys.History) (ledger.Entry, error) {
	peers, err := n.loadPeers()
	if err != nil {
		return ledger.Entry{}, err
	}
	s, err := n.configuration(peers, rosters)
	if err != nil {
		return ledger.Entry{}, err
	}
	signer, err := n.ring.SignerIn(rosters.Current(), keys.RoleFederation, time.Unix(s.Iat, 0))
	if err != nil {
		return ledger.Entry{}, err
	}
	signed, err := author.Statement(s, signer)
	if err != nil {
		return ledger.Entry{}, err
	}
	return artefactEntry(view.Configuration, view.Current, signed)
}
