package transparency_test

import (
	"bytes"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
)

func FuzzParseLeaf(f *testing.F) {
	for _, v := range leafVectors(f) {
		f.Add([]byte(v.Leaf))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := transparency.ParseLeaf(raw)
		if err != nil {
			return
		}
		if again := marshal(t, l); !bytes.Equal(again, raw) {
			t.Errorf("%q marshals again as %q", raw, again)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	l, _ := grownLog(f)
	f.Add(l.checkpoint(l.size()).Raw)
	f.Add(l.checkpoint(0).Raw)
	f.Add([]byte(sign(f, origin+"\n01\nAAAA\n")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		cp, err := transparency.ParseCheckpoint(raw, newZealand().log.VKey)
		if err != nil {
			return
		}
		// Nobody else has the key, so only its own checkpoints can pass.
		if cp.Size < 0 || cp.Origin != origin || !bytes.HasPrefix(raw, []byte(cp.Text()+"\n")) {
			t.Errorf("%q read as %+v", raw, cp)
		}
	})
}

func FuzzParseReceipt(f *testing.F) {
	l, credential := grownLog(f)
	r := transparency.Receipt{Index: credential, Proof: l.prove(credential, l.size()).Proof, Checkpoint: l.checkpoint(l.size()).Raw}
	f.Add(r.Format())
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"))
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\ncheckpoint\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := transparency.ParseReceipt(raw)
		if err != nil {
			return
		}
		if again := r.Format(); !bytes.Equal(again, raw) {
			t.Errorf("%q is written as %q", raw, again)
		}
		if cp, err := r.Verify(digest(1), newZealand().log.VKey); err == nil && r.Index >= cp.Size {
			t.Errorf("leaf %d proven in a tree of %d", r.Index, cp.Size)
		}
	})
}

func FuzzParseEntries(f *testing.F) {
	bundle, err := transparency.FormatEntries([][]byte{[]byte("one"), {}, []byte("three")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bundle, 3)
	f.Add([]byte{0, 9, 1}, 1)
	f.Add([]byte{}, 256)
	f.Fuzz(func(t *testing.T, raw []byte, n int) {
		entries, err := transparency.ParseEntries(raw, n)
		if err != nil {
			return
		}
		again, err := transparency.FormatEntries(entries)
		if err != nil || len(entries) != n || !bytes.Equal(again, raw) {
			t.Errorf("%d entries of %x are written as %x, %v", n, raw, again, err)
		}
	})
}

func FuzzParseTilePath(f *testing.F) {
	for _, path := range []string{"tile/0/000", "tile/entries/x001/x234/067.p/255", "tile/63/000.p/1", "tile/0/x000/001"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := transparency.ParseTilePath(path)
		if err != nil {
			return
		}
		if again := transparency.TilePath(tile); again != path || tile.W < 1 || tile.W > 256 || tile.N < 0 || tile.L < -1 || tile.L > 63 {
			t.Errorf("%q read as %+v, written as %q", path, tile, again)
		}
	})
}

func FuzzHistory(f *testing.F) {
	l, _ := story(f)
	cp := l.checkpoint(l.size())
	current, err := transparency.StateOf(cp, l.prove(l.size()-1, l.size()))
	if err != nil {
		f.Fatal(err)
	}
	honest := map[string]bool{}
	for _, s := range l.states {
		h, err := transparency.MakeHistory(*l.prove(s, l.size()), nil, l.replay.Reduction)
		if err != nil {
			f.Fatal(err)
		}
		raw, err := h.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		honest[eventsOf(h)] = true
	}
	f.Add([]byte(`{"base":{"bits":[],"state":{"index":0,"leaf":{},"proof":[]}},"events":[[0,0,0,0,0,0]],"lists":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := transparency.ParseHistory(raw)
		if err != nil {
			return
		}
		if again, err := h.Marshal(); err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%q marshals again as %q, %v", raw, again, err)
		}
		if _, err := h.Open(cp, current); err == nil && !honest[eventsOf(h)] {
			t.Errorf("a history the log does not have opens: %s", raw)
		}
	})
}

func eventsOf(h *transparency.History) string {
	short := transparency.History{Lists: h.Lists, Events: h.Events}
	short.Base.State.Leaf = []byte(`{}`)
	raw, err := short.Marshal()
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
