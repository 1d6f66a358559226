package peer_test

import (
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// TestFollowerWantsTheConfigurationOfTheHead: a configuration that names the
// roster before the head's was fetched while the partner published: no lie, and
// nothing a bundle could be built of.
func TestFollowerWantsTheConfigurationOfTheHead(t *testing.T) {
	f := follow(t)
	before := f.nz.configuration(opened + 2*day)
	raw := f.nz.roster()
	check(f.nz.rosters.Append(raw))
	f.nz.record(opened+2*day, transparency.Key{Roster: raw})
	f.site.publish(f.nz, opened+2*day)
	f.site.put(configurationPath, statement, before)
	if _, err := f.Sync(t.Context(), opened+2*day); !errors.Is(err, peer.ErrUnreachable) || errors.Is(err, peer.ErrAnswer) {
		t.Errorf("a configuration of the roster before: %v", err)
	}
	f.site.publish(f.nz, opened+2*day)
	if v := f.sync(t, opened+2*day); v.Rosters.Current().Seq != 2 {
		t.Errorf("roster %d", v.Rosters.Current().Seq)
	}
}
