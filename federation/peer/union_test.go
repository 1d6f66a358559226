package peer_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/trust"
)

// A unionFollowing is Japan following the union EU and its member DE.
type unionFollowing struct {
	*peer.Follower
	eu, de         *administration
	euSite, deSite site
}

func followUnion(t testing.TB) *unionFollowing {
	t.Helper()
	f := &unionFollowing{
		eu:     newAdministration("EU", "EU", "aeo.customs.eu.example", "eu"),
		de:     newAdministration("EU", "DE", "aeo.customs.de.example", "de"),
		euSite: site{}, deSite: site{},
	}
	f.eu.members, f.de.superiors = []string{f.de.entity()}, []string{f.eu.entity()}
	n := newNetwork(t)
	n.serve(f.eu.host, f.euSite)
	n.serve(f.de.host, f.deSite)
	f.Follower = &peer.Follower{
		Client: n.client(), Mirror: peer.NewMirror(filepath.Join(t.TempDir(), "mirror")),
		Anchor: f.eu.anchor(t), Self: self, Home: "JP",
	}
	f.publish(opened + day)
	v, err := f.Sync(t.Context(), opened+day)
	if err != nil || len(v.Members) != 1 || v.Members[0].EntityID != f.de.entity() {
		t.Fatalf("first round: %+v, %v", v, err)
	}
	return f
}

func (f *unionFollowing) publish(at int64) {
	f.euSite.publish(f.eu, at)
	f.euSite.publishMember(f.eu, f.de, at)
	f.deSite.publish(f.de, at)
}

func TestMembersAreReadBack(t *testing.T) {
	f := followUnion(t)
	v, err := f.Mirror.Load(f.Anchor)
	if err != nil || len(v.Members) != 1 || v.Members[0].Checkpoint.Size != f.de.log.Size() {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestMemberIsFollowedAgainAfterTheUnionsWordRanOut(t *testing.T) {
	f := followUnion(t)
	const later = opened + 12*day // statements live seven days
	f.de.suspend(later, 1)
	f.publish(later)
	v, err := f.Sync(t.Context(), later)
	if err != nil || len(v.Members) != 1 || v.Members[0].Checkpoint.Size != f.de.log.Size() {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestMemberThatFailsHoldsNobodyUp(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(f *unionFollowing)
		want  error
	}{
		"it serves nothing": {func(f *unionFollowing) { clear(f.deSite) }, peer.ErrNotFound},
		"it shows another history": {func(f *unionFollowing) {
			f.deSite.publish(newAdministration("EU", "DE", f.de.host, "de"), opened+2*day)
		}, peer.ErrRollback},
		"its union says nothing about it": {func(f *unionFollowing) { f.euSite.publish(f.eu, opened+2*day) }, peer.ErrNotFound},
		"it left the union": {func(f *unionFollowing) {
			f.de.superiors = nil
			f.deSite.publish(f.de, opened+2*day)
		}, trust.ErrChain},
		"its union vouches for other keys": {func(f *unionFollowing) {
			other := newAdministration("EU", "DE", f.de.host, "other")
			other.superiors = f.de.superiors
			f.euSite.publishMember(f.eu, other, opened+2*day)
		}, trust.ErrChain},
		"a stranger speaks for its union": {func(f *unionFollowing) {
			stranger := newAdministration("EU", "EU", f.eu.host, "stranger")
			f.euSite.publishMember(stranger, f.de, opened+2*day)
		}, trust.ErrChain},
	} {
		t.Run(name, func(t *testing.T) {
			f := followUnion(t)
			f.de.suspend(opened+day, 1)
			f.publish(opened + day)
			if _, err := f.Sync(t.Context(), opened+day); err != nil {
				t.Fatal(err)
			}
			f.eu.suspend(opened+2*day, 1)
			f.publish(opened + 2*day)
			c.serve(f)
			v, err := f.Sync(t.Context(), opened+2*day)
			if !errors.Is(err, c.want) || v == nil {
				t.Fatalf("got %+v, %v; want a view and %v", v, err, c.want)
			}
			if v.Checkpoint.Size != f.eu.log.Size() {
				t.Errorf("the union stands at %d, want %d", v.Checkpoint.Size, f.eu.log.Size())
			}
			if len(v.Members) != 1 || v.Members[0].FetchedAt != opened+day {
				t.Errorf("members %+v, want the one seen before", v.Members)
			}
		})
	}
}

func TestMembersOfMembersAreNotFollowed(t *testing.T) {
	f := followUnion(t)
	f.de.members = []string{f.eu.entity()}
	f.publish(opened + day)
	v, err := f.Sync(t.Context(), opened+day)
	if err != nil || len(v.Members) != 1 || v.Members[0].Members != nil {
		t.Errorf("got %+v, %v", v, err)
	}
	if v, err = f.Mirror.Load(f.Anchor); err != nil || len(v.Members) != 1 || v.Members[0].Members != nil {
		t.Errorf("read back %+v, %v", v, err)
	}
}
