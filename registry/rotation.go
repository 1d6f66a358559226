package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
)

const (
	daySeconds = 24 * 3600
	// maxListed is how many keys a roster of 16 KiB and a statement have room for.
	maxListed        = 32
	maxListedOneRole = 16
	// maxSeq leaves renewals for sixty years in the 256 rosters a bundle carries.
	maxSeq = 192
	// maxAnnounce bounds how far ahead a key is announced, in seconds.
	maxAnnounce = 180 * daySeconds
)

// RotateKey is a request to replace a key in the ordinary way: the next key is
// announced, so that every partner knows it before it signs; from the switch on
// it signs, and the one before ends soon after. What that one signed stays good.
type RotateKey struct {
	Role string `json:"role"` // federation, bundle, issuer, exchange, receipt
	// AnnounceFor is how long in advance, in seconds; the switch is at the next
	// midnight UTC after that. 0 = as long as any partner may rely on a bundle.
	AnnounceFor int64 `json:"announce_for,omitzero"`
	// Short allows to announce for less: partners that have not synchronised
	// meanwhile cannot tell, until they do, what the new key signed.
	Short  bool   `json:"short,omitzero"`
	By     string `json:"by"`
	Second string `json:"second"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// A Rotation is how the keys of a role follow each other. Times are Unix seconds.
type Rotation struct {
	Role     string     `json:"role"`
	Roster   int64      `json:"roster"` // number of the roster that says so; 0 in a dry run
	Present  KeyStatus  `json:"present"`
	Next     *KeyStatus `json:"next,omitzero"`      // announced; nil where none is
	SwitchAt int64      `json:"switch_at,omitzero"` // when the next begins to sign
	OldUntil int64      `json:"old_until,omitzero"` // when a key that was replaced ends signing
}

// RotateKey announces the next key of a role. From then on the node does all by
// itself: it signs with the next key once its time has come.
func (n *Node) RotateKey(ctx context.Context, r RotateKey) (*Rotation, error) {
	if err := n.jointly(ctx, "keys/rotate", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	role := keys.Role(r.Role)
	n.federating.Lock()
	defer n.federating.Unlock()
	now := n.now()
	from, err := n.plan(role, r, now)
	if err != nil {
		return nil, err
	}
	if r.DryRun {
		out, err := n.rotation(role, now)
		if err != nil {
			return nil, err
		}
		out.Roster, out.SwitchAt, out.OldUntil = 0, from.Unix(), from.Add(keyring.Overlap).Unix()
		return out, nil
	}
	if err := n.announce(ctx, role, from, now); err != nil {
		return nil, err
	}
	n.opts.Log.Info("key announced", "role", r.Role, "from", from, "by", r.By, "second", r.Second)
	if err := n.unlessKeysEnded(n.refresh(ctx)); err != nil {
		return nil, err
	}
	return n.rotation(role, now)
}

// plan is when the next key of the role would begin to sign, if it may.
func (n *Node) plan(role keys.Role, r RotateKey, now time.Time) (time.Time, error) {
	none := time.Time{}
	switch {
	case role == keys.RoleLog || role == keys.RoleWitness || role == keys.RoleAuditor:
		return none, fmt.Errorf("%w: others know the log, the witness and the auditor by their keys: another key is another %s", ErrConflict, role)
	case role == keys.RoleRoot:
		return none, fmt.Errorf("%w: root keys change in a ceremony, not on a running node", ErrConflict)
	case !keyring.Rotates(role):
		return none, fmt.Errorf("%w: there is no key of role %.20q", ErrInvalid, role)
	case r.AnnounceFor < 0 || r.AnnounceFor > maxAnnounce:
		return none, fmt.Errorf("%w: a key is announced for at most %d days", ErrInvalid, maxAnnounce/daySeconds)
	}
	least, err := n.announceAtLeast()
	if err != nil {
		return none, err
	}
	if r.AnnounceFor != 0 && r.AnnounceFor < least && !r.Short {
		return none, fmt.Errorf("%w: partners may rely on what they fetched %d days ago: a key announced for less would be unknown to them when it signs",
			ErrConflict, least/daySeconds)
	}
	if err := n.mayAnnounce(role, now); err != nil {
		return none, err
	}
	return n.rotationStart(role, r.AnnounceFor, now)
}

// mayAnnounce finds what stands in the way of another key of the role before
// anything is written.
func (n *Node) mayAnnounce(role keys.Role, now time.Time) error {
	if err := errors.Join(n.ledger.ReadOnly(), n.rootHere(now)); err != nil {
		return err
	}
	if _, err := n.signer(keys.RoleFederation, now); role != keys.RoleFederation && err != nil {
		return fmt.Errorf("%w: no federation key may sign that there is a new key: rotate that one first", ErrConflict)
	}
	for _, k := range n.KeyList() {
		if k.Role == string(role) && k.State == KeyAnnounced {
			return fmt.Errorf("%w: the next %s key is announced already, it signs from %s", ErrConflict, role, time.Unix(k.NotBefore, 0).UTC().Format(time.DateOnly))
		}
	}
	roster, err := n.currentRoster()
	if err != nil {
		return err
	}
	ofRole := 0
	for _, k := range roster.Keys {
		if k.Role == role {
			ofRole++
		}
	}
	if roster.Seq >= maxSeq {
		return fmt.Errorf("%w: this is roster %d; what is left of a chain of 256 is for its renewals", ErrConflict, roster.Seq)
	}
	if ofRole >= maxListedOneRole || len(roster.Keys) >= maxListed {
		return fmt.Errorf("%w: the roster lists %d keys, %d of role %s, and has no room for more until some expire", ErrConflict, len(roster.Keys), ofRole, role)
	}
	return nil
}

// announceAtLeast is how long anybody may rely on what was fetched before, in
// seconds: what arrangements are silent about, or the longest of ours.
func (n *Node) announceAtLeast() (int64, error) {
	least := mra.DefaultFreshness().HonourUntil
	annexes, _, err := n.arrangementDocuments()
	if err != nil {
		return 0, err
	}
	for _, a := range annexes {
		if a.Freshness != nil {
			least = max(least, a.Freshness.HonourUntil)
		}
	}
	return least, nil
}

// rotationStart is the midnight UTC from which a key announced now signs. It is
// earlier where nothing would sign meanwhile, since a key that is unknown to
// some is better than none.
func (n *Node) rotationStart(role keys.Role, announceFor int64, now time.Time) (time.Time, error) {
	least, err := n.announceAtLeast()
	if err != nil {
		return time.Time{}, err
	}
	at := now.Unix() + cmp.Or(announceFor, least)
	from := time.Unix(at, 0).UTC().Truncate(24 * time.Hour)
	if from.Unix() < at {
		from = from.AddDate(0, 0, 1)
	}
	last := int64(0)
	for _, k := range n.KeyList() { // of the ring: a restored one may lack what the roster lists
		if k.Role == string(role) && (k.State == KeyCurrent || k.State == KeyEnding) {
			last = max(last, k.SignUntil)
		}
	}
	if last < from.Unix() {
		from = time.Unix(max(last, now.Unix()), 0).UTC().Truncate(24 * time.Hour)
	}
	return from, nil
}

// announce makes the next key of a role and logs the roster that lists it. The
// ring is written first: a node that stops in between has a key that signs
// nothing, and takes the rotation up when it starts.
func (n *Node) announce(ctx context.Context, role keys.Role, from, now time.Time) error {
	roster, err := n.currentRoster()
	if err != nil {
		return err
	}
	if _, err := n.ring.Announce(role, roster, from, now); err != nil {
		if errors.Is(err, keyring.ErrAnnounced) || errors.Is(err, keyring.ErrNoKey) {
			return fmt.Errorf("%w: %w", ErrConflict, err)
		}
		return err
	}
	return n.newRoster(ctx, now)
}

// Rotations is how the keys of every role that rotates follow each other.
func (n *Node) Rotations() ([]*Rotation, error) {
	out := []*Rotation{}
	for _, role := range []keys.Role{keys.RoleFederation, keys.RoleBundle, keys.RoleIssuer, keys.RoleExchange, keys.RoleReceipt} {
		r, err := n.rotation(role, n.now())
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (n *Node) rotation(role keys.Role, now time.Time) (*Rotation, error) {
	roster, err := n.currentRoster()
	if err != nil {
		return nil, err
	}
	r := &Rotation{Role: string(role), Roster: roster.Seq}
	for _, k := range n.KeyList() {
		switch {
		case k.Role != string(role):
		case k.State == KeyAnnounced:
			r.Next, r.SwitchAt = &k, k.NotBefore
		case k.State == KeyCurrent:
			r.Present = k
		case k.State == KeyEnding:
			r.OldUntil = max(r.OldUntil, k.SignUntil)
		}
	}
	if r.Next != nil {
		r.OldUntil = r.Present.SignUntil
	}
	return r, nil
}
