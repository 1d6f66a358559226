package registry_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// cosignersIn names who cosigned a note, of a log known to the office.
func cosignersIn(t *testing.T, note []byte, offices ...*office) string {
	t.Helper()
	text, _, _ := strings.Cut(string(note), "\n\n")
	var cosigners []*keys.VKey
	for _, o := range offices {
		for _, k := range o.Keys() {
			if k.Role == keys.RoleWitness || k.Role == keys.RoleAuditor {
				cosigners = append(cosigners, got(keys.ParseVKey(k.VKey))(t))
			}
		}
	}
	var names []string
	for _, c := range transparency.Cosignatures(note, text+"\n", cosigners...) {
		names = append(names, strings.TrimPrefix(c.Key.Name(), "aeo.")+"@"+time.Unix(c.At, 0).UTC().Format("02.15:04"))
	}
	return strings.Join(names, " ")
}

func (o *office) published() []byte { return got(o.PublishedCheckpoint())(o.t) }

func (o *office) gather() {
	o.t.Helper()
	must(o.t, o.Gather(o.t.Context()))
}

// checkpointIn is the checkpoint a bundle has of an administration.
func checkpointIn(t *testing.T, o, of *office) []byte {
	t.Helper()
	raw, _, err := o.Bundle()
	must(t, err)
	b := got(bundle.Open(raw, got(o.Anchor())(t)))(t)
	return got(b.Administration(of.Config().EntityID))(t).Checkpoint.Raw
}

func TestPartnersCosignEachOther(t *testing.T) {
	nz, jp := partners(t)
	nz.grant(orchards)
	if c := cosignersIn(t, nz.published(), nz, jp); c != "" {
		t.Errorf("published with lines before anybody was asked: %s", c)
	}
	must(t, jp.SyncPeers(t.Context()))
	nz.gather()
	if c := cosignersIn(t, nz.published(), nz, jp); c != "jp.example/witness@02.14:00 jp.example/auditor@02.14:00" {
		t.Errorf("cosigned by %q", c)
	}
	if c := cosignersIn(t, checkpointIn(t, jp, nz), nz, jp); c != "jp.example/auditor@02.14:00" {
		t.Errorf("in Japan's bundle cosigned by %q", c)
	}
	nz.restart()
	nz.serve()
	jp.meet(nz)
	if c := cosignersIn(t, nz.published(), nz, jp); c != "jp.example/witness@02.14:00 jp.example/auditor@02.14:00" {
		t.Errorf("after a restart cosigned by %q", c)
	}
	nz.clock.forward(time.Hour)
	must(t, jp.SyncPeers(t.Context()))
	nz.gather()
	if c := cosignersIn(t, nz.published(), nz, jp); c != "jp.example/witness@02.15:00 jp.example/auditor@02.15:00" {
		t.Errorf("after the heartbeat cosigned by %q", c)
	}
	must(t, nz.SyncPeers(t.Context()))
	if c := cosignersIn(t, checkpointIn(t, nz, nz), nz, jp); !strings.Contains(c, "witness@02.15:00") {
		t.Errorf("in its own bundle cosigned by %q", c)
	}
	for _, s := range got(nz.Cosigners())(t) {
		if s.EntityID != jp.Config().EntityID || s.At != nz.clock.Now().Unix() || s.Size != nz.size() {
			t.Errorf("cosigner %+v", s)
		}
	}
	nz.release(orchards) // the next size: nothing of the last stays on it
	if c := cosignersIn(t, nz.published(), nz, jp); c != "" {
		t.Errorf("a new checkpoint has the lines of the last: %s", c)
	}
	nz.gather()
	if c := cosignersIn(t, nz.published(), nz, jp); !strings.HasPrefix(c, "jp.example/witness") {
		t.Errorf("the next size: cosigned by %q", c)
	}
}

// TestOneCosignerThatFailsDelaysNobody: what the others say is published.
func TestOneCosignerThatFailsDelaysNobody(t *testing.T) {
	c := newClock()
	nz, jp, sg := found(t, c, "NZ", ""), found(t, c, "JP", ""), found(t, c, "SG", "")
	for _, o := range []*office{nz, jp, sg} {
		o.serve()
	}
	sg.serveBy(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/witness") {
				http.Error(w, "down", http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	for _, pair := range [][2]*office{{nz, jp}, {nz, sg}, {jp, nz}, {sg, nz}} {
		pair[0].meet(pair[1])
	}
	everybody(t, nz, jp, sg)
	if err := nz.Gather(t.Context()); err == nil {
		t.Error("a witness that is down is not told")
	}
	if by := cosignersIn(t, nz.published(), jp, sg); by != "jp.example/witness@02.14:00 jp.example/auditor@02.14:00 sg.example/auditor@02.14:00" {
		t.Errorf("cosigned by %q", by)
	}
}

// TestWitnessServesWhatItCosigned over the wire, as others will read it.
func TestWitnessServesWhatItCosigned(t *testing.T) {
	nz, jp := partners(t)
	nz.gather()
	name := witness.Name("aeo.nz.example/log")
	if c := cosignersIn(t, got(jp.WitnessedCheckpoint(name))(t), jp); c != "jp.example/witness@02.14:00" {
		t.Errorf("witness: %q", c)
	}
	if c := cosignersIn(t, got(jp.AuditedCheckpoint(name))(t), jp); c != "jp.example/auditor@02.14:00" {
		t.Errorf("auditor: %q", c)
	}
}

// TestQuorumInTheBundle: our own auditor alone where nobody else cosigns the log,
// one other administration from the day one did.
func TestQuorumInTheBundle(t *testing.T) {
	c := newClock()
	nz, jp, sg := found(t, c, "NZ", ""), found(t, c, "JP", ""), found(t, c, "SG", "")
	for _, o := range []*office{nz, jp, sg} {
		o.serve()
	}
	for _, pair := range [][2]*office{{nz, jp}, {jp, nz}, {jp, sg}, {sg, jp}} {
		pair[0].meet(pair[1])
	}
	everybody(t, nz, jp, sg)
	agree(t, nz, jp)
	a := nz.grant(orchards)
	must(t, jp.SyncPeers(t.Context()))
	question := func(level federation.Level) *federation.Decision {
		return jp.verifier().Verify(nz.export(a.Case), federation.Question{Now: c.Now().Unix(), Level: level})
	}
	expect := func(what string, d *federation.Decision, reason federation.Reason, quorum string, by int) {
		t.Helper()
		if d.Reason != reason || d.Cosigned == nil || d.Cosigned.Quorum != quorum || len(d.Cosigned.By) != by {
			t.Errorf("%s: %s, %+v", what, d.Reason, d.Cosigned)
		}
	}
	expect("our auditor alone", question(federation.LevelTransparency), federation.ByArrangement, bundle.QuorumMet, 1)

	nz.meet(sg)
	sg.meet(nz)
	everybody(t, nz, sg)
	nz.gather()
	must(t, jp.SyncPeers(t.Context()))
	expect("one other too", question(federation.LevelTransparency), federation.ByArrangement, bundle.QuorumMet, 3)
	if d := question(federation.LevelStatus); d.StatusAsOf != c.Now().Unix() || len(d.Caveats) != 0 {
		t.Errorf("as of %d with %v", d.StatusAsOf, d.Caveats)
	}

	c.forward(2 * time.Hour) // the others are silent; our auditor goes on
	must(t, jp.SyncPeers(t.Context()))
	if d := question(federation.LevelStatus); d.Reason != federation.ByArrangement || d.StatusAsOf != c.Now().Unix()-2*3600 {
		t.Errorf("%s as of %d", d.Reason, d.StatusAsOf)
	}
	nz.release(orchards) // a new head, which nobody else has seen
	must(t, jp.SyncPeers(t.Context()))
	d := question(federation.LevelTransparency)
	expect("nobody else yet", d, federation.QuorumMissing, bundle.QuorumMissing, 1)
	if d := question(federation.LevelStatus); d.Reason != federation.ByArrangement || d.StatusAsOf != c.Now().Unix() || len(d.Caveats) != 1 {
		t.Errorf("%s as of %d with %v", d.Reason, d.StatusAsOf, d.Caveats)
	}
}

// TestBundlesProveThatLogsGrew for who remembers an earlier one.
func TestBundlesProveThatLogsGrew(t *testing.T) {
	nz, jp := partners(t)
	remember := func(m *bundle.Memory) bundle.Memory {
		t.Helper()
		raw, _, err := jp.Bundle()
		must(t, err)
		_, next, err := federation.Open(raw, got(jp.Anchor())(t), m, jp.clock.Now().Unix(), 0)
		must(t, err)
		return next
	}
	first := remember(nil)
	for _, tr := range []trader{orchards, timber} {
		nz.grant(tr)
		must(t, jp.SyncPeers(t.Context()))
	}
	last := remember(&first)
	raw, _, err := jp.Bundle()
	must(t, err)
	b := got(bundle.Open(raw, got(jp.Anchor())(t)))(t)
	for origin, before := range first.Logs {
		a := got(b.Administration("https://" + strings.TrimSuffix(origin, "/log")))(t)
		root := got(tlog.ParseHash(before.Root))(t)
		if !a.Extends(before.Size, root) {
			t.Errorf("%s of size %d is not shown to extend size %d", origin, last.Logs[origin].Size, before.Size)
		}
	}
	forged := first.Logs["aeo.nz.example/log"]
	forged.Root = tlog.Hash{}.String()
	first.Logs[forged.Origin] = forged
	if _, _, err := federation.Open(raw, got(jp.Anchor())(t), &first, jp.clock.Now().Unix(), 0); !errors.Is(err, bundle.ErrSplitView) {
		t.Errorf("who remembers another tree: %v", err)
	}
}

// TestMemberThatJoinedIsAuditedAtOnce: its log is met for the first time in the
// very round that shall cosign it.
func TestMemberThatJoinedIsAuditedAtOnce(t *testing.T) {
	c := newClock()
	jp, eu, de := found(t, c, "JP", ""), found(t, c, "EU", ""), found(t, c, "EU", "DE")
	for _, o := range []*office{jp, eu, de} {
		o.serve()
	}
	jp.meet(eu, de)
	everybody(t, jp)
	eu.meet(de)
	de.meet(eu)
	everybody(t, eu, de, jp)
	if c := cosignersIn(t, got(jp.AuditedCheckpoint(witness.Name("aeo.eude.example/log")))(t), jp); c != "jp.example/auditor@02.14:00" {
		t.Errorf("Germany's log: %q", c)
	}
}
