package transparency_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/log.json anew")

// A logVector is a whole small log for other implementations to replay: its
// key, its leaves, every head it signed, and a history from each state leaf.
type logVector struct {
	VKey        string                  `json:"vkey"`
	Leaves      []json.RawMessage       `json:"leaves"`
	Checkpoints []string                `json:"checkpoints"`
	Receipt     string                  `json:"receipt"` // of the credential leaf
	Histories   []*transparency.History `json:"histories"`
}

func TestVectorLog(t *testing.T) {
	const file = "testdata/log.json"
	if *rewrite {
		raw, err := json.MarshalIndent(makeVector(t), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var v logVector
	readJSON(t, &v, file)
	key, err := keys.ParseVKey(v.VKey)
	if err != nil {
		t.Fatal(err)
	}
	p, heads := transparency.NewReplay(key.Name()), v.Checkpoints
	for _, raw := range v.Leaves {
		if _, err := p.Add(compact(t, raw)); err != nil {
			t.Fatal(err)
		}
		if p.Reduction.Open() {
			continue
		}
		cp, err := transparency.ParseCheckpoint([]byte(heads[0]), key)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Matches(cp); err != nil {
			t.Fatal(err)
		}
		heads = heads[1:]
	}
	if len(heads) != 0 {
		t.Errorf("%d heads without their leaves", len(heads))
	}
	checkVectorProofs(t, &v, key)
}

func checkVectorProofs(t *testing.T, v *logVector, key *keys.VKey) {
	t.Helper()
	r, err := transparency.ParseReceipt([]byte(v.Receipt))
	if err != nil {
		t.Fatal(err)
	}
	credential := mustParse(t, compact(t, v.Leaves[r.Index])).(transparency.Credential)
	cp, err := r.Verify(credential.SHA256, key)
	if err != nil {
		t.Fatal(err)
	}
	current := mustParse(t, compact(t, v.Leaves[len(v.Leaves)-1])).(transparency.State)
	for i, h := range v.Histories {
		h.Base.State.Leaf = compact(t, json.RawMessage(h.Base.State.Leaf))
		if _, err := h.Open(cp, &current); err != nil {
			t.Errorf("history %d: %v", i, err)
		}
	}
}

// compact undoes the indentation of the file; the members keep their order.
func compact(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	out, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func makeVector(t *testing.T) logVector {
	t.Helper()
	l := newLog(t, list0)
	credential := l.size()
	l.batch(opened+5, transparency.Credential{SHA256: digest(1)})
	l.batch(opened+10, l.status(list0, 1, 2, opened+5), l.status(list0, 2, 1, opened+10), newZealand().key(2), openingOf(list1))
	l.batch(opened+20, l.status(list0, 1, 0, opened+15), l.status(list1, 7, 3, opened+20), transparency.Case{SHA256: digest(2)})
	head := l.checkpoint(l.size())
	receipt := transparency.Receipt{Index: credential, Proof: l.prove(credential, l.size()).Proof, Checkpoint: head.Raw}
	v := logVector{VKey: newZealand().log.String(), Receipt: string(receipt.Format())}
	for _, raw := range l.entries {
		v.Leaves = append(v.Leaves, raw)
	}
	for _, s := range l.states {
		v.Checkpoints = append(v.Checkpoints, string(l.checkpoint(s+1).Raw))
		h, err := transparency.MakeHistory(*l.prove(s, l.size()), nil, l.replay.Reduction)
		if err != nil {
			t.Fatal(err)
		}
		v.Histories = append(v.Histories, h)
	}
	return v
}
