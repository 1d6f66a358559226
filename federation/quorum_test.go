package federation_test

import (
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// quorum is Japan's bundle under the default policy: its own auditor and one
// other administration.
func (w *world) quorum() *recipe {
	r := w.japan(0)
	var logs []*keys.VKey
	var others []bundle.Cosigners
	for _, a := range []*administration{w.jp, w.nz, w.sg, w.kr, w.ca, w.us, w.eu, w.de} {
		logs = append(logs, a.noteSigner(keys.RoleLog).VKey)
		if a != w.jp {
			others = append(others, bundle.Cosigners{Name: a.territory + a.authority,
				Keys: []*keys.VKey{a.noteSigner(keys.RoleAuditor).VKey, a.noteSigner(keys.RoleWitness).VKey}})
		}
	}
	r.members[bundle.PathPolicy] = bundle.NewPolicy(bundle.DefaultQuorum(logs, w.jp.noteSigner(keys.RoleAuditor).VKey, others), nil).Marshal()
	return r
}

// line is what a cosigner says of New Zealand's head.
func (w *world) line(by *administration, role keys.Role, at int64) transparency.Cosignature {
	return must(transparency.NewCosignature(w.nz.checkpoint().Text(), by.noteSigner(role), at))
}

func TestStatusIsAsOldAsTheQuorum(t *testing.T) {
	w := theWorld()
	for name, c := range map[string]struct {
		lines   []transparency.Cosignature
		now     int64
		want    federation.Reason
		asOf    int64
		caveats string
	}{
		"nobody: the builder's word": {nil, built + 3600, federation.ByArrangement, built, "not_cosigned"},
		"too few: the builder's word": {[]transparency.Cosignature{w.line(w.jp, keys.RoleAuditor, built-60)},
			built + 3600, federation.ByArrangement, built, "not_cosigned"},
		"enough": {[]transparency.Cosignature{w.line(w.jp, keys.RoleAuditor, built-60), w.line(w.sg, keys.RoleWitness, built-3600)},
			built + 3600, federation.ByArrangement, built - 3600, ""},
		"enough, of which the other is old": {[]transparency.Cosignature{w.line(w.jp, keys.RoleAuditor, built), w.line(w.sg, keys.RoleWitness, built-2*day)},
			built + 3600, federation.ByArrangement, built - 2*day, "stale"},
		"enough, of which the other is too old": {[]transparency.Cosignature{w.line(w.jp, keys.RoleAuditor, built), w.line(w.sg, keys.RoleWitness, built-4*day)},
			built, federation.StatusStale, built - 4*day, ""},
		"a clock ahead makes nothing younger than the bundle": {[]transparency.Cosignature{w.line(w.jp, keys.RoleAuditor, built+200), w.line(w.sg, keys.RoleWitness, built+200)},
			built + 3600, federation.ByArrangement, built, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.quorum()
			cp := w.nz.checkpoint()
			r.members["p/nz/checkpoint"] = cp.WithCosignatures(w.nz.noteSigner(keys.RoleLog).VKey, c.lines...)
			d := r.open(w.jp).Verify(file(w.sdjwt["orchards"]), federation.Question{Now: c.now})
			wantReason(t, d, c.want)
			if d.StatusAsOf != c.asOf || caveats(d) != c.caveats {
				t.Errorf("as of %d with caveats %q, want %d and %q", d.StatusAsOf, caveats(d), c.asOf, c.caveats)
			}
			if d.Cosigned == nil || len(d.Cosigned.By) != len(c.lines) || (d.Cosigned.Quorum == bundle.QuorumMet) != (len(c.lines) == 2) {
				t.Errorf("cosigned %+v", d.Cosigned)
			}
		})
	}
}

func TestTransparencyAsksForAQuorum(t *testing.T) {
	w := theWorld()
	orchards := w.sdjwt["orchards"]
	two := []transparency.Cosignature{w.line(w.jp, keys.RoleAuditor, built-60), w.line(w.sg, keys.RoleWitness, built-60)}
	log := w.nz.noteSigner(keys.RoleLog).VKey
	genuine := must(transparency.ParseReceipt(receipt(w.nz.log, w.nz, orchards)))
	cosigned := *genuine
	cosigned.Checkpoint = w.nz.checkpoint().WithCosignatures(log, two...)
	older := func(lines ...transparency.Cosignature) []byte { // of a head before the newest
		size := w.nz.log.Size() - 1
		root := must(tlog.TreeHash(size, w.nz.log))
		note := must(transparency.SignCheckpoint(size, root, w.nz.noteSigner(keys.RoleLog)))
		return (&transparency.Receipt{Index: genuine.Index, Proof: must(tlog.ProveRecord(size, genuine.Index, w.nz.log)), Checkpoint: note}).Format()
	}
	high := now()
	high.Level = federation.LevelTransparency
	for name, c := range map[string]struct {
		receipt []byte
		lines   []transparency.Cosignature // in the bundle
		want    federation.Reason
	}{
		"the bundle's head is cosigned and the receipt's the same": {genuine.Format(), two, federation.ByArrangement},
		"the receipt's head is cosigned, the bundle's is not":      {cosigned.Format(), nil, federation.ByArrangement},
		"neither":                       {genuine.Format(), two[:1], federation.QuorumMissing},
		"an older head nobody cosigned": {older(), two, federation.QuorumMissing},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.quorum()
			r.members["p/nz/checkpoint"] = w.nz.checkpoint().WithCosignatures(log, c.lines...)
			d := r.open(w.jp).Verify(credential.FormatFile([][]byte{orchards}, [][]byte{c.receipt}), high)
			wantReason(t, d, c.want)
			for _, row := range d.Checks {
				if row.Result == federation.Failed && !strings.Contains(row.Detail, "cosigned") {
					t.Errorf("%s: %s", row.ID, row.Detail)
				}
			}
		})
	}
}
