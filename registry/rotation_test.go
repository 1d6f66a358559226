package registry_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
)

var rotating = []string{"federation", "bundle", "issuer", "exchange", "receipt"}

func (o *office) rotate(role string) *registry.Rotation {
	o.t.Helper()
	return got(o.RotateKey(o.t.Context(), registry.RotateKey{Role: role, By: "Desk", Second: "Head"}))(o.t)
}

// held is a bundle that somebody still has, and when its statuses were fetched.
type held struct {
	raw []byte
	at  time.Time
}

// TestRotationRefusesNothingGood: two partners replace all their keys at once.
// At every moment of it, everything valid is recognised with every bundle young
// enough to be relied on, whenever it was fetched.
func TestRotationRefusesNothingGood(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	authorisation := nz.grant(orchards).Case
	anchor := got(jp.Anchor())(t)
	var files [][]byte
	var bundles []held
	judged, moments := 0, 0
	round := func(what string) {
		t.Helper()
		must(t, nz.Tick(t.Context()))
		must(t, jp.Tick(t.Context()))
		got(nz.IssueCredential(t.Context(), registry.IssueCredential{Authorisation: authorisation, By: "Desk"}))(t)
		must(t, nz.Tick(t.Context()))
		files = append(files, nz.export(authorisation))
		now := nz.clock.Now()
		// Bundles fetched before this credential was issued are asked about it too.
		for i, b := range bundles {
			if now.Sub(b.at) > 7*day {
				continue
			}
			verdicts(t, fmt.Sprintf("%s with bundle %d of %v", what, i, b.at), jpOpen(t, b.raw, jp, now), files, now)
			judged += len(files)
		}
		must(t, nz.SyncPeers(t.Context()))
		must(t, jp.SyncPeers(t.Context()))
		raw, _, err := jp.Bundle()
		must(t, err)
		bundles = append(bundles, held{raw, now})
		v, _, err := federation.Open(raw, anchor, nil, now.Unix(), 0)
		must(t, err)
		verdicts(t, what+" with the newest bundle", v, files, now)
		judged, moments = judged+len(files), moments+1
		nz.expect(what+" at home", files[len(files)-1], federation.OwnProgramme)
		nz.provesItsTokens()
		got(nz.HistoricalKeys())(t)
	}
	round("before")
	var switchAt time.Time
	for _, role := range rotating {
		a, b := nz.rotate(role), jp.rotate(role)
		switchAt = time.Unix(a.SwitchAt, 0).UTC()
		if a.Next == nil || a.SwitchAt != b.SwitchAt || switchAt.Sub(nz.clock.Now()) < 7*day || !switchAt.Equal(switchAt.Truncate(day)) {
			t.Fatalf("announced: %+v", a)
		}
	}
	present := nz.signing()
	round("announced")
	for _, at := range []time.Duration{-7 * day, -5 * day, -2 * day, -time.Second, 0, time.Second, keyring.Overlap,
		keyring.Overlap + time.Second, 3 * day, 8 * day} {
		nz.clock.forward(switchAt.Add(at).Sub(nz.clock.Now()))
		round(fmt.Sprintf("%v after the switch", at))
		for role, kid := range nz.signing() {
			if (at < 0) != (kid == present[role]) {
				t.Errorf("%v after the switch the %s key is %s, was %s", at, role, kid, present[role])
			}
		}
	}
	nz.restart()
	jp.restart()
	for _, f := range files {
		nz.expect("after a restart", f, federation.OwnProgramme)
		jp.expect("after a restart", f, federation.ByArrangement)
	}
	t.Logf("figure rotation_verdicts %d verdicts abroad at %d moments of replacing ten keys, none refused", judged, moments)
}

// TestNoticeOfAReplacedKeyStays: what the federation key signed before it was
// replaced, and what the next one signs, both count.
func TestNoticeOfAReplacedKeyStays(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	file := nz.export(nz.grant(orchards).Case)
	notice := func(act string) {
		t.Helper()
		got(nz.GiveNotice(t.Context(), registry.GiveNotice{MRA: "JP-NZ", Act: act, By: "Desk", Second: "Head"}))(t)
		nz.pass(time.Second)
		everybody(t, nz, jp)
	}
	notice("suspend")
	jp.expect("suspended", file, federation.SuspendedArrangement)
	nz.rotate("federation")
	everybody(t, nz, jp)
	nz.pass(9 * day)
	must(t, jp.Tick(t.Context()))
	everybody(t, nz, jp)
	jp.expect("suspended by the key before", file, federation.SuspendedArrangement)
	notice("resume")
	jp.expect("resumed by the next key", file, federation.ByArrangement)
}

// TestRotationCutShort: the node stops after the ring was written and before the
// log was. The key signs nothing, and is announced with all its notice at the
// next start.
func TestRotationCutShort(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	before := nz.signing()["issuer"]
	ring := got(keyring.Open(filepath.Join(nz.opts.Dir, "keys.age"), nz.opts.Unlock))(t)
	roster := got(keys.ParseRoster(got(nz.Roster())(t), nil))(t)
	must(t, nz.Close())
	lost := got(ring.Announce(keys.RoleIssuer, roster, start.AddDate(0, 0, 8), start))(t)

	nz.clock.forward(20 * day) // its day would have come
	nz.open()
	rotations := got(nz.Rotations())(t)
	for _, r := range rotations {
		if r.Role == "issuer" && (r.Next == nil || r.Next.ID != lost.JWK.KID() || r.SwitchAt < nz.clock.Now().Add(7*day).Unix()) {
			t.Errorf("taken up as %+v", r)
		}
	}
	if kid := nz.signing()["issuer"]; kid != before {
		t.Errorf("%s signs, which nobody knows", kid)
	}
	size := nz.size()
	nz.restart()
	if nz.size() != size {
		t.Error("another start announced again")
	}
	nz.expect("issued meanwhile", nz.export(nz.grant(orchards).Case), federation.OwnProgramme)
}

// TestRosterIsRenewedInTime: no day comes on which the newest roster has ended.
func TestRosterIsRenewedInTime(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	file := nz.export(nz.grant(orchards).Case)
	seq := func() int64 { return got(nz.Rotations())(t)[0].Roster }
	for range 12 {
		nz.pass(28 * day)
		must(t, jp.Tick(t.Context()))
		must(t, nz.SyncPeers(t.Context()))
		must(t, jp.SyncPeers(t.Context()))
		jp.expect("in the course of a year", file, federation.ByArrangement)
	}
	if seq() != 2 {
		t.Errorf("roster %d after a year, want 2", seq())
	}
}

// TestANodeThatSleptBeyondItsKeys runs all the same, and is as good as new once
// its keys were rotated.
func TestANodeThatSleptBeyondItsKeys(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	file := nz.export(nz.grant(orchards).Case)
	must(t, nz.Close())
	nz.clock.forward(500 * day) // of issuer keys a year is over, of others not
	nz.open()
	if err := nz.Tick(t.Context()); !isAny(err, keyring.ErrNoKey) {
		t.Errorf("it publishes without a key: %v", err)
	}
	if r := nz.rotate("issuer"); r.Present.ID == "" || r.Next != nil {
		t.Errorf("rotated: %+v", r)
	}
	nz.pass(time.Second)
	nz.expect("from before, at home", file, federation.OwnProgramme)
	nz.expect("granted now", nz.export(nz.grant(timber).Case), federation.OwnProgramme)

	must(t, nz.Close())
	nz.clock.forward(900 * day) // and now all of them
	nz.open()
	if _, err := nz.RotateKey(t.Context(), registry.RotateKey{Role: "bundle", By: "Desk", Second: "Head"}); !isAny(err, registry.ErrConflict) {
		t.Errorf("announced by a federation key that ended: %v", err)
	}
	for _, role := range rotating {
		nz.rotate(role)
	}
	nz.pass(time.Second)
	nz.expect("expired meanwhile", file, federation.Expired)
}

// TestAnOldRingIsRestored: the ring is of before a rotation that the log knows.
// The key that is lost signs nothing; another is made, at once.
func TestAnOldRingIsRestored(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ring := filepath.Join(nz.opts.Dir, "keys.age")
	old := got(os.ReadFile(ring))(t)
	nz.rotate("issuer")
	nz.pass(10 * day) // the next key signs
	before := nz.export(nz.grant(orchards).Case)
	must(t, nz.Close())
	must(t, os.WriteFile(ring, old, 0o600))
	nz.open()
	if r := nz.rotate("issuer"); r.Present.ID == "" {
		t.Errorf("nothing signs: %+v", r)
	}
	nz.pass(time.Second)
	nz.expect("signed with the lost key", before, federation.OwnProgramme)
	nz.expect("signed with another", nz.export(nz.grant(timber).Case), federation.OwnProgramme)
}

// TestNoticesAcrossARotation: partners that last heard of each other when the
// exchange keys were announced understand each other right before, at and after
// the switch, whichever of them has switched.
func TestNoticesAcrossARotation(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	rounds(t, nz, jp)
	switchAt := time.Unix(nz.rotate("exchange").SwitchAt, 0)
	nz.clock.forward(day) // Japan's key follows a day later
	jp.rotate("exchange")
	rounds(t, nz, jp)
	for _, after := range []time.Duration{-time.Second, 0, day - time.Second, day, day + time.Second} {
		nz.clock.forward(switchAt.Add(after).Sub(nz.clock.Now()))
		want := federation.StatusSuspended
		if jp.reason(file, time.Time{}) == want {
			want = federation.ByArrangement
			got(nz.Reinstate(t.Context(), nz.measure(a.Case)))(t)
		} else {
			got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
		}
		nz.NotifyDue(t.Context())
		if s := got(nz.Peer("JP"))(t).Notices; s.Received != nz.clock.Now().Unix() || s.Fault != "" {
			t.Errorf("%v after the switch: %+v", after, s)
		}
		jp.FollowDue(t.Context())
		jp.expect(after.String()+" after the switch", file, want)
		jp.NotifyDue(t.Context())
		if s := got(nz.Peer("JP"))(t).Notices; s.KnownSize != s.Size || s.Lag != 0 {
			t.Errorf("%v after the switch Japan said: %+v", after, s)
		}
	}
}

// TestFollowingDuringRotation: partners that follow while rosters are published
// see each head with the configuration that goes with it.
func TestFollowingDuringRotation(t *testing.T) {
	nz, jp := partners(t)
	done := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			// Whoever meets a publication three times in a row tries again later.
			if err := jp.SyncPeers(context.Background()); err != nil && !errors.Is(err, peer.ErrUnreachable) {
				done <- err
				return
			}
		}
	}()
	for _, role := range rotating {
		nz.rotate(role)
	}
	close(stop)
	must(t, <-done)
	must(t, jp.SyncPeers(t.Context()))
}

// TestRootsChange: a root that a ceremony put into the ring is introduced by the
// one before, which then goes. Partners that pin either follow, and what was
// signed under the old one stays.
func TestRootsChange(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	file := nz.export(nz.grant(orchards).Case)
	ceremony := func(what string, do func(*keyring.Ring) error) {
		t.Helper()
		must(t, nz.Close())
		ring := got(keyring.Open(filepath.Join(nz.opts.Dir, "keys.age"), nz.opts.Unlock))(t)
		must(t, do(ring))
		nz.open()
		nz.serve()
		meets(jp, got(nz.Anchor())(t), nz)
		nz.pass(time.Second)
		must(t, jp.SyncPeers(t.Context()))
		jp.expect(what, file, federation.ByArrangement)
		nz.expect(what+" at home", file, federation.OwnProgramme)
	}
	var old, next *keys.PublicKey
	ceremony("with two roots", func(r *keyring.Ring) error {
		old = r.Entries()[0].JWK
		e, err := r.Generate(keys.RoleRoot, nz.clock.Now())
		next = e.JWK
		return err
	})
	ceremony("with the next root alone", func(r *keyring.Ring) error {
		return r.Revoke(old.KID(), nz.clock.Now(), "superseded")
	})
	roster := got(nz.Roster())(t)
	doc := got(keys.ParseGeneral(keys.KindRoster, roster))(t)
	if !doc.SignedBy(next) || doc.SignedBy(old) {
		t.Error("the roster is not signed by the next root alone")
	}
	// Somebody who gets to know New Zealand only now pins the next root.
	sg := found(t, nz.clock, "SG", "")
	pin := *got(nz.Anchor())(t)
	pin.Root = []*keys.PublicKey{next}
	meets(sg, &pin, nz)
	must(t, sg.SyncPeers(t.Context()))
	sg.expect("under a pin on the next root", file, federation.NoArrangement)
}

// meets lets an office follow another under an anchor of its own.
func meets(o *office, a *bundle.Anchor, other *office) {
	o.t.Helper()
	got(o.AddPeer(o.t.Context(), registry.AddPeer{Anchor: a.Marshal(), By: "Desk", Dial: map[string]string{other.Config().Host(): other.addr},
		CA: string(got(os.ReadFile(filepath.Join(other.opts.Dir, "tls", "ca.pem")))(o.t))}))(o.t)
}

// TestRotationRefusals are what RotateKey does not do, and leave the log as it is.
func TestRotationRefusals(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	size := nz.size()
	for name, c := range map[string]struct {
		r    registry.RotateKey
		want error
	}{
		"one person":        {registry.RotateKey{Role: "issuer", By: "Desk"}, registry.ErrNotAllowed},
		"the log":           {registry.RotateKey{Role: "log"}, registry.ErrConflict},
		"the witness":       {registry.RotateKey{Role: "witness"}, registry.ErrConflict},
		"the auditor":       {registry.RotateKey{Role: "auditor"}, registry.ErrConflict},
		"the root":          {registry.RotateKey{Role: "root"}, registry.ErrConflict},
		"no role":           {registry.RotateKey{}, registry.ErrInvalid},
		"too short":         {registry.RotateKey{Role: "issuer", AnnounceFor: 3600}, registry.ErrConflict},
		"years ahead":       {registry.RotateKey{Role: "issuer", AnnounceFor: 400 * 24 * 3600}, registry.ErrInvalid},
		"before the moment": {registry.RotateKey{Role: "issuer", AnnounceFor: -1}, registry.ErrInvalid},
	} {
		if name != "one person" {
			c.r.By, c.r.Second = "Desk", "Head"
		}
		if _, err := nz.RotateKey(t.Context(), c.r); !isAny(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	dry := got(nz.RotateKey(t.Context(), registry.RotateKey{Role: "issuer", By: "Desk", Second: "Head", DryRun: true}))(t)
	if dry.SwitchAt == 0 || dry.Next != nil || nz.size() != size {
		t.Errorf("a dry run: %+v, log of %d, was %d", dry, nz.size(), size)
	}
	nz.rotate("issuer")
	if _, err := nz.RotateKey(t.Context(), registry.RotateKey{Role: "issuer", By: "Desk", Second: "Head"}); !isAny(err, registry.ErrConflict) {
		t.Errorf("announced twice: %v", err)
	}
	// A year later, near the end of the key, the next begins as it ends.
	nz.pass(300 * day)
	last := got(nz.RotateKey(t.Context(), registry.RotateKey{Role: "issuer", AnnounceFor: 170 * 24 * 3600, By: "Desk", Second: "Head"}))(t)
	if last.SwitchAt > last.Present.SignUntil {
		t.Errorf("nothing signs meanwhile: %+v", last)
	}
}

// verdicts wants every file recognised by the arrangement.
func verdicts(t *testing.T, what string, v *federation.Verifier, files [][]byte, now time.Time) {
	t.Helper()
	for i, f := range files {
		if d := v.Verify(f, federation.Question{Now: now.Unix()}); d.Reason != federation.ByArrangement {
			t.Errorf("%s: credential %d: %s %+v", what, i, d.Reason, d.Checks)
		}
	}
}

// jpOpen opens a bundle as it was fetched.
func jpOpen(t *testing.T, raw []byte, o *office, now time.Time) *federation.Verifier {
	t.Helper()
	v, _, err := federation.Open(raw, got(o.Anchor())(t), nil, now.Unix(), 0)
	must(t, err)
	return v
}

// signing is the id of the key of each role that signs now.
func (o *office) signing() map[string]string {
	out := map[string]string{}
	for _, r := range got(o.Rotations())(o.t) {
		out[r.Role] = r.Present.ID
	}
	return out
}

// provesItsTokens compares the published tokens with the published log, as
// verifiers that are online do.
func (o *office) provesItsTokens() {
	o.t.Helper()
	p := o.Ledger().Published()
	for _, uri := range o.StatusLists() {
		if err := transparency.MatchToken(got(o.StatusToken(uri))(o.t), uri, p.Reduction, p.Checkpoint); err != nil {
			o.t.Error(err)
		}
	}
}
