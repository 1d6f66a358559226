package witness_test

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func TestWitnessAnswers(t *testing.T) {
	l := newLog(t).grow(20, "")
	fork, stranger := l.fork(6), &log{t: t, key: signer(t, "us.example/log", keys.NoteEd25519, 2)}
	stranger.grow(5, "")
	otherKey := &log{t: t, key: signer(t, "nz.example/log", keys.NoteEd25519, 3)}
	otherKey.grow(12, "")
	spoiled := func(r *witness.Request) *witness.Request { r.Proof[0][0] ^= 1; return r }
	for name, c := range map[string]struct {
		r    *witness.Request
		want int
	}{
		"the next tree, proven":                       {l.request(10, 20), 200},
		"the same tree again: a heartbeat":            {l.request(10, 10), 200},
		"old is larger than the checkpoint":           {l.request(12, 11), 400},
		"a checkpoint that is none":                   {&witness.Request{Old: 10, Checkpoint: []byte("nz.example/log\n10\n")}, 400},
		"a checkpoint with an extension line":         {&witness.Request{Old: 10, Checkpoint: extended(t, l)}, 400},
		"no signature by the log":                     {otherKey.request(10, 12), 403},
		"an unknown log":                              {stranger.request(0, 5), 404},
		"old is not what was cosigned":                {l.request(9, 20), 409},
		"old is not what was cosigned, and is larger": {l.request(15, 20), 409},
		"as if nothing was cosigned":                  {l.request(0, 20), 409},
		"a proof that does not hold":                  {spoiled(l.request(10, 20)), 422},
		"no proof":                                    {&witness.Request{Old: 10, Checkpoint: l.checkpoint(20)}, 422},
		"a proof where none is needed":                {&witness.Request{Old: 10, Checkpoint: l.checkpoint(10), Proof: make(tlog.TreeProof, 1)}, 422},
		"a tree that does not extend the one before":  {fork.request(10, 20), 422},
		"another root at the same size":               {fork.request(10, 10), 422},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, l)
			first, err := p.Add(l.request(0, 10))
			must(t, err)
			p.now.Add(60)
			cosig, err := p.Add(c.r)
			if got := status(err); got != c.want {
				t.Fatalf("status %d, want %d: %v", got, c.want, err)
			}
			raw, err := p.Last(witness.Name(l.key.Name()))
			must(t, err)
			if c.want != 200 {
				if kept := transparency.Cosignatures(raw, textOf(raw), p.key.VKey); len(kept) != 1 || kept[0].Line != first.Line {
					t.Errorf("a refused checkpoint was kept: %s", raw)
				}
				return
			}
			if kept := transparency.Cosignatures(raw, textOf(raw), p.key.VKey); len(kept) != 1 || kept[0].Line != cosig.Line || kept[0].At != start+60 {
				t.Errorf("kept %s, answered %s", raw, cosig.Line)
			}
		})
	}
}

func extended(t *testing.T, l *log) []byte {
	cp := &transparency.Checkpoint{Origin: l.key.Name(), Size: 10, Root: l.root(10)}
	text := cp.Text() + "extension\n"
	sig, err := l.key.Sign([]byte(text))
	must(t, err)
	return noteOf(text, l.key, sig)
}

// textOf is a note's text without its signatures.
func textOf(raw []byte) string {
	text, _, _ := strings.Cut(string(raw), "\n\n")
	return text + "\n"
}

func TestFirstCheckpointNeedsNoProofAndSaysZero(t *testing.T) {
	l := newLog(t).grow(7, "")
	p := newPost(t, l)
	_, err := p.Add(l.request(3, 7))
	var r *witness.Refusal
	if !errors.As(err, &r) || r.Status != 409 || r.Size != 0 {
		t.Errorf("%v, want 409 and size 0", err)
	}
	if _, err := p.Add(&witness.Request{Checkpoint: l.checkpoint(7), Proof: make(tlog.TreeProof, 1)}); status(err) != 422 {
		t.Errorf("a proof from the empty tree: %v", err)
	}
	if _, err := p.Last(witness.Name(l.key.Name())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was kept: %v", err)
	}
	for _, name := range []string{"", "..", "../x", strings.Repeat("A", 64), strings.Repeat("0", 63)} {
		if _, err := p.Last(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Last(%q): %v", name, err)
		}
	}
}

// TestEmptyLogIsCosigned: logs exist that publish before their first entry.
func TestEmptyLogIsCosigned(t *testing.T) {
	l := newLog(t)
	p := newPost(t, l)
	for _, r := range []*witness.Request{l.request(0, 0), l.request(0, 0), l.grow(3, "").request(0, 3)} {
		_, err := p.Add(r)
		must(t, err)
	}
	if _, err := p.Add(l.request(0, 0)); status(err) != 409 {
		t.Errorf("empty again: %v", err)
	}
}

// TestForgedLinesAreNeverKept: sunlight once stored a line it could not verify
// and could not go on from it.
func TestForgedLinesAreNeverKept(t *testing.T) {
	l := newLog(t).grow(7, "")
	p := newPost(t, l)
	other := signer(t, "us.example/witness", keys.NoteCosignature, 5)
	forged, err := transparency.NewCosignature("of something else\n", p.key, start+1_000_000)
	must(t, err)
	foreign, err := transparency.NewCosignature(textOf(l.checkpoint(5)), other, start)
	must(t, err)
	raw := append(l.checkpoint(5), forged.Line+foreign.Line...)
	_, err = p.Add(&witness.Request{Checkpoint: raw})
	must(t, err)
	kept, err := p.Last(witness.Name(l.key.Name()))
	must(t, err)
	if strings.Contains(string(kept), forged.Line) || strings.Contains(string(kept), "us.example") || strings.Count(string(kept), "— ") != 2 {
		t.Errorf("kept more than the log's line and ours:\n%s", kept)
	}
	if c, err := p.Add(l.request(5, 7)); err != nil || c.At != start {
		t.Errorf("after forged lines: %v at %d", err, c.At)
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	l := newLog(t).grow(9, "")
	p := newPost(t, l)
	_, err := p.Add(l.request(0, 5))
	must(t, err)
	p.now.Store(start - 3600)
	p.open(l) // a restart remembers
	p.key = signer(t, "jp.example/witness", keys.NoteCosignature, 10)
	for _, size := range []int64{5, 9} {
		c, err := p.Add(l.request(5, size))
		must(t, err)
		if c.At != start {
			t.Errorf("size %d cosigned at %d, before it at %d", size, c.At, int64(start))
		}
	}
}

func TestContradictionIsKeptAndRefused(t *testing.T) {
	l := newLog(t).grow(12, "")
	fork := l.fork(4)
	p := newPost(t, l)
	_, err := p.Add(l.request(0, 12))
	must(t, err)
	for range 2 {
		if _, err := p.Add(fork.request(12, 12)); status(err) != 422 {
			t.Fatalf("another root at the same size: %v", err)
		}
	}
	dir := filepath.Join(p.dir, witness.Name(l.key.Name()), "evidence-1")
	for name, root := range map[string]tlog.Hash{"seen.checkpoint": l.root(12), "now.checkpoint": fork.root(12)} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		if cp, err := transparency.ParseCheckpoint(raw, l.key.VKey); err != nil || cp.Root != root {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "evidence-*")); len(all) != 1 || p.alarms.Load() != 2 {
		t.Errorf("one contradiction was kept as %v, %d alarms", all, p.alarms.Load())
	}
	if _, err := p.Add(l.request(12, 12)); err != nil {
		t.Errorf("the history seen first goes on: %v", err)
	}
}

func TestAuditorVouchesForWhatItReplayed(t *testing.T) {
	l := newLog(t).grow(12, "")
	fork := l.fork(4)
	root := func(l *log) func(int64) (string, error) {
		return func(size int64) (string, error) { return l.root(size).String(), nil }
	}
	p := newPost(t, l)
	for _, size := range []int64{5, 5, 11} {
		_, err := p.Vouch(l.checkpoint(size), l.key.VKey, root(l))
		must(t, err)
	}
	for _, c := range []struct {
		name string
		l    *log
		size int64
		want int
	}{{"smaller", l, 9, 409}, {"same size, other root", fork, 11, 422}, {"does not extend", fork, 12, 422}, {"extends", l, 12, 200}} {
		if _, err := p.Vouch(c.l.checkpoint(c.size), l.key.VKey, root(c.l)); status(err) != c.want {
			t.Errorf("%s: %v, want %d", c.name, err, c.want)
		}
	}
}

func TestDamagedMemoryIsNoFirstTime(t *testing.T) {
	l := newLog(t).grow(12, "")
	p := newPost(t, l)
	_, err := p.Add(l.request(0, 5))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(p.dir, witness.Name(l.key.Name()), "checkpoint"), []byte("x"), 0o600))
	for _, old := range []int64{0, 5} {
		if _, err := p.Add(l.request(old, 12)); status(err) != 500 {
			t.Errorf("old %d: %v", old, err)
		}
	}
}

// TestOneHistoryWhateverComes: whatever is asked, in whatever order and at
// once, what was cosigned is one growing history with times that do not decrease.
func TestOneHistoryWhateverComes(t *testing.T) {
	l := newLog(t).grow(40, "")
	fork := l.fork(17)
	asked, cosigned := 0, 0
	defer func() {
		t.Logf("figure cosigned_history %d requests, %d cosigned, one history each time", asked, cosigned)
	}()
	rapid.Check(t, func(rt *rapid.T) {
		p := newPost(t, l)
		var mu sync.Mutex
		var granted []transparency.Cosignature
		type ask struct {
			forked    bool
			old, size int64
		}
		asks := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ask {
			size := rapid.Int64Range(1, 40).Draw(t, "size")
			return ask{rapid.Bool().Draw(t, "forked"), rapid.Int64Range(0, size).Draw(t, "old"), size}
		}), 1, 12).Draw(rt, "asks")
		var wg sync.WaitGroup
		for _, a := range asks {
			from := l
			if a.forked {
				from = fork
			}
			wg.Go(func() {
				r := from.request(a.old, a.size)
				c, err := p.Add(r)
				var refused *witness.Refusal
				if errors.As(err, &refused) && refused.Status == 409 && refused.Size <= a.size { // as a client goes on
					r = from.request(refused.Size, a.size)
					c, err = p.Add(r)
				}
				if err == nil {
					mu.Lock()
					granted = append(granted, c)
					mu.Unlock()
					if len(transparency.Cosignatures([]byte(c.Line), textOf(r.Checkpoint), p.key.VKey)) != 1 {
						t.Errorf("the cosignature is not over what was asked")
					}
				}
			})
			p.now.Add(rapid.Int64Range(-5, 5).Draw(rt, "tick"))
		}
		wg.Wait()
		asked, cosigned = asked+len(asks), cosigned+len(granted)
		oneHistory(rt, p, granted, l, fork)
	})
}

func oneHistory(t *rapid.T, p *post, granted []transparency.Cosignature, l, fork *log) {
	sides := map[bool]bool{}
	for _, c := range granted {
		for size := int64(1); size <= l.size; size++ {
			for _, side := range []*log{l, fork} {
				if len(transparency.Cosignatures([]byte(c.Line), textOf(side.checkpoint(size)), p.key.VKey)) == 1 && l.root(size) != fork.root(size) {
					sides[side == l] = true
				}
			}
		}
	}
	if len(sides) > 1 {
		t.Fatalf("two histories were cosigned")
	}
}

// TestReviewTellsWhatAWitnessAloneCannot: with the whole log at hand, a head that
// was refused for a bad proof is one of the log after all, or evidence.
func TestReviewTellsWhatAWitnessAloneCannot(t *testing.T) {
	identity := filepath.Join(t.TempDir(), "identity.txt")
	must(t, keyring.CreateIdentity(identity))
	unlock, err := keyring.IdentityFile(identity)
	must(t, err)
	ring, err := keyring.Create(filepath.Join(t.TempDir(), "keys.age"), unlock, "nz.example", time.Unix(start, 0), rand.Reader)
	must(t, err)
	roster, err := ring.SignRoster("https://nz.example", nil, time.Unix(start, 0))
	must(t, err)
	key, err := ring.NoteSigner(keys.RoleLog)
	must(t, err)
	l := (&log{t: t, key: key}).grow(20, "")
	fork := l.fork(4)
	head := func(size int64) *transparency.Checkpoint {
		cp, err := transparency.ParseCheckpoint(l.checkpoint(size), l.key.VKey)
		must(t, err)
		return cp
	}
	name := witness.Name(l.key.Name())
	for what, c := range map[string]struct {
		r     *witness.Request
		split bool
	}{
		"an older head of the log":               {l.request(0, 8), false},
		"an older head of another history":       {fork.request(0, 8), true},
		"a larger head of another history":       {fork.request(10, 12), true},
		"another head of the size cosigned":      {fork.request(10, 10), true},
		"a larger head of the log, badly proven": {&witness.Request{Old: 10, Checkpoint: l.checkpoint(12)}, false},
	} {
		p := newPost(t, l)
		_, err := p.Add(l.request(0, 10))
		must(t, err)
		if _, err := p.Add(c.r); err == nil {
			t.Fatalf("%s was cosigned", what)
		}
		if c.r.Old > 0 && !strings.Contains(what, "size") {
			must(t, p.Review(head(c.r.Old), l.key.VKey, [][]byte{roster}, l)) // too early to tell of what is larger
		}
		var split *transparency.SplitViewError
		if err := p.Review(head(20), l.key.VKey, [][]byte{roster}, l); errors.As(err, &split) != c.split || err != nil && !c.split {
			t.Errorf("%s: %v", what, err)
		}
		raw, err := p.Contradiction(name)
		if !c.split {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: evidence %s, %v", what, raw, err)
			}
			continue
		}
		must(t, err)
		e, err := transparency.ParseEvidence(raw)
		must(t, err)
		if shown, err := e.Check(nil); err != nil || shown.Kind != transparency.KindContradiction || shown.Origin != l.key.Name() {
			t.Errorf("%s: shown %+v, %v", what, shown, err)
		}
		must(t, p.Review(head(20), l.key.VKey, [][]byte{roster}, l)) // it is said once; the evidence stays
	}
}
