package registry_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// copied is a second directory of an office that is closed, as a snapshot of its
// machine is; it is not open yet.
func (o *office) copied() *office {
	o.t.Helper()
	c := *o
	c.opts.Dir = filepath.Join(o.t.TempDir(), "copy")
	must(o.t, os.CopyFS(c.opts.Dir, os.DirFS(o.opts.Dir)))
	must(o.t, filepath.WalkDir(c.opts.Dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return os.Chmod(name, 0o600)
	}))
	return &c
}

func (o *office) signsNothing(what string) {
	o.t.Helper()
	if err := o.Ledger().ReadOnly(); !errors.Is(err, ledger.ErrUnproven) {
		o.t.Errorf("%s: read only because of %v", what, err)
	}
	if _, err := o.RegisterOperator(o.t.Context(), registry.RegisterOperator{}); err == nil {
		o.t.Errorf("%s: it went on", what)
	}
	if kept, _ := filepath.Glob(filepath.Join(o.opts.Dir, "doubt", "evidence-*")); len(kept) == 0 {
		o.t.Errorf("%s: no evidence was kept", what)
	}
}

// twins are New Zealand and a copy of it, both running under one key, with Japan
// as the one witness. The second signed another history from the size they share.
func twins(t *testing.T) (first, second, jp *office) {
	first, jp = partners(t)
	must(t, first.Close())
	second = first.copied()
	first.open()
	t.Cleanup(func() { first.Close() })
	second.open()
	t.Cleanup(func() { second.Close() })
	first.serve()
	second.serve()
	jp.meet(first)
	return first, second, jp
}

// TestDuplicatedNodesBothStop: the second is refused by the witness, which then
// holds the proof that stops the first.
func TestDuplicatedNodesBothStop(t *testing.T) {
	first, second, jp := twins(t)
	first.grant(orchards)
	first.gather()
	second.grant(timber)
	if err := second.Gather(t.Context()); !errors.Is(err, registry.ErrDoubted) {
		t.Errorf("the second: %v", err)
	}
	second.signsNothing("the second")
	if err := jp.SyncPeers(t.Context()); !errors.Is(err, peer.ErrSplitView) {
		t.Errorf("the partner that has seen both: %v", err)
	}
	if s := got(jp.Peer("NZ"))(t); s.Following == nil || len(s.Following.Frozen) != 1 || s.Following.State != registry.StateFrozen {
		t.Errorf("the partner goes on: %+v", s.Following)
	}
	raw := got(jp.Contradiction(witness.Name("aeo.nz.example/log")))(t)
	shown := got(got(transparency.ParseEvidence(raw))(t).Check(got(first.Anchor())(t).Root))(t)
	if shown.Kind != transparency.KindContradiction || shown.A.Root == shown.B.Root {
		t.Errorf("evidence %+v", shown)
	}
	if err := first.Gather(t.Context()); !errors.Is(err, registry.ErrDoubted) {
		t.Errorf("the first: %v", err)
	}
	first.signsNothing("the first")
	first.restart()
	first.signsNothing("the first, started again")
	t.Logf("figure cosigned_doubt 2 of 2 nodes under one key stopped")
}

// TestStaleCopyStops: an old copy with its own old head file opens without a
// complaint; the witness knows better.
func TestStaleCopyStops(t *testing.T) {
	nz, jp := partners(t)
	must(t, nz.Close())
	stale := nz.copied()
	nz.open()
	nz.serve()
	jp.meet(nz)
	nz.grant(orchards)
	nz.gather()
	must(t, jp.SyncPeers(t.Context()))
	must(t, nz.Close())
	stale.open()
	t.Cleanup(func() { stale.Close() })
	if err := stale.Gather(t.Context()); !errors.Is(err, registry.ErrDoubted) {
		t.Errorf("%v", err)
	}
	stale.signsNothing("the old copy")

	// What the witness holds is what recovery has to reach.
	must(t, stale.Close())
	note := filepath.Join(t.TempDir(), "checkpoint")
	must(t, os.WriteFile(note, got(jp.WitnessedCheckpoint(witness.Name("aeo.nz.example/log")))(t), 0o600))
	if _, err := registry.Recover(stale.opts, registry.RecoverRequest{From: []string{note}}); !errors.Is(err, ledger.ErrBehind) {
		t.Errorf("recovered without the leaves: %v", err)
	}
	rec := got(registry.Recover(stale.opts, registry.RecoverRequest{Forget: true,
		From: []string{note, filepath.Join(jp.opts.Dir, "peers", "aeo.nz.example", "mirror")}}))(t)
	if rec.Size != nz.size() {
		t.Errorf("recovered %d leaves of %d", rec.Size, nz.size())
	}
	stale.open()
	must(t, stale.Ledger().ReadOnly())
}

// TestStaleCopyWithoutAHeadFileSignsNothingAtAll: then the witness is asked first.
func TestStaleCopyWithoutAHeadFileSignsNothingAtAll(t *testing.T) {
	nz, jp := partners(t)
	must(t, nz.Close())
	stale := nz.copied()
	nz.open()
	nz.serve()
	jp.meet(nz)
	nz.grant(orchards)
	nz.gather()
	must(t, nz.Close())
	must(t, os.RemoveAll(filepath.Join(stale.opts.Dir, "log-head")))
	nz.clock.forward(40 * day) // there would be documents to renew
	stale.open()
	t.Cleanup(func() { stale.Close() })
	size := stale.size()
	stale.signsNothing("the old copy")
	if err := stale.Tick(t.Context()); !errors.Is(err, ledger.ErrReadOnly) || stale.size() != size {
		t.Errorf("%v, %d leaves of %d", err, stale.size(), size)
	}
}

// TestMissingHeadFileOfTheNewestStore delays nothing but the start.
func TestMissingHeadFileOfTheNewestStore(t *testing.T) {
	nz, jp := partners(t)
	nz.grant(orchards)
	nz.gather()
	must(t, nz.Close())
	must(t, os.RemoveAll(filepath.Join(nz.opts.Dir, "log-head")))
	nz.open()
	if err := nz.Ledger().ReadOnly(); err != nil {
		t.Error(err)
	}
	nz.serve()
	jp.meet(nz)
	nz.grant(timber)
}

// TestWitnessTimeSettlesAClockThatJumped.
func TestWitnessTimeSettlesAClockThatJumped(t *testing.T) {
	nz, jp := partners(t)
	must(t, nz.Close())
	nz.opts.Elapsed = func() time.Duration { return 0 }
	theirs := nz.clock
	nz.clock = newClock()
	nz.opts.Now = nz.clock.Now
	nz.open()
	nz.serve()
	jp.meet(nz)
	nz.clock.forward(3 * day)
	nz.gather()
	if err := nz.Tick(t.Context()); !errors.Is(err, ledger.ErrClock) {
		t.Errorf("a witness that shows another time: %v", err)
	}
	theirs.forward(3 * day)
	nz.gather()
	must(t, nz.Tick(t.Context()))
	nz.grant(orchards)
}

// TestNobodyWaitsAfterACommonOutage: each publishes by itself, and all are
// cosigned as soon as they reach each other.
func TestNobodyWaitsAfterACommonOutage(t *testing.T) {
	nz, jp := partners(t)
	for _, o := range []*office{nz, jp} { // nobody listens where they are looked for
		o.addr = "127.0.0.1:1"
	}
	nz.meet(jp)
	jp.meet(nz)
	must(t, errors.Join(nz.Close(), jp.Close()))
	nz.clock.forward(2 * day)
	nz.open()
	jp.open()
	for _, o := range []*office{nz, jp} {
		if err := o.Gather(t.Context()); err == nil {
			t.Error("cosigned while nobody could be reached")
		}
	}
	nz.grant(orchards)
	jp.pass(time.Second)
	for _, o := range []*office{nz, jp} {
		if o.LogHead().PublishedSize != o.size() {
			t.Errorf("%s has published %d of %d", o.Config().Territory, o.LogHead().PublishedSize, o.size())
		}
		o.serve()
	}
	nz.meet(jp)
	jp.meet(nz)
	everybody(t, nz, jp)
	nz.gather()
	jp.gather()
	for _, pair := range [][2]*office{{nz, jp}, {jp, nz}} {
		if c := cosignersIn(t, pair[0].published(), pair[1]); c == "" {
			t.Errorf("%s is not cosigned", pair[0].Config().Territory)
		}
	}
}
