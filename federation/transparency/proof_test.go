package transparency_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

// grownLog has a credential leaf and three heads.
func grownLog(t fataler) (l *testLog, credential int64) {
	t.Helper()
	l = newLog(t, list0)
	credential = l.size()
	l.batch(opened+1, transparency.Credential{SHA256: digest(1)})
	l.batch(opened+2, l.status(list0, 1, statuslist.Ended, opened), transparency.Case{SHA256: digest(2)})
	return l, credential
}

func TestEveryLeafIsProvenInEveryLaterHead(t *testing.T) {
	l, _ := grownLog(t)
	for _, s := range l.states {
		for i := range s + 1 {
			leaf, err := transparency.CheckInclusion(l.checkpoint(s+1), l.prove(i, s+1))
			if err != nil {
				t.Fatalf("leaf %d at %d: %v", i, s+1, err)
			}
			if diff := cmp.Diff(mustParse(t, l.entries[i]), leaf); diff != "" {
				t.Errorf("leaf %d:\n%s", i, diff)
			}
		}
	}
}

func TestStateOf(t *testing.T) {
	l, credential := grownLog(t)
	head := l.checkpoint(l.size())
	state, err := transparency.StateOf(head, l.prove(l.size()-1, l.size()))
	if err != nil || state.Applied != l.size()-1 || state.At != opened+2 {
		t.Fatalf("state %+v, %v", state, err)
	}
	for name, c := range map[string]struct {
		change  func(*transparency.Inclusion)
		refused string
	}{
		"a leaf that is not the last":  {func(i *transparency.Inclusion) { *i = *l.prove(l.states[0], l.size()) }, "does not end"},
		"a leaf beyond the tree":       {func(i *transparency.Inclusion) { i.Index++ }, "does not end"},
		"another state in its place":   {func(i *transparency.Inclusion) { i.Leaf = l.entries[l.states[0]] }, "invalid transparency proof"},
		"the same leaf spelled apart":  {func(i *transparency.Inclusion) { i.Leaf = []byte(" " + string(i.Leaf)) }, "invalid transparency proof"},
		"a proof with a hash too many": {func(i *transparency.Inclusion) { i.Proof = append(i.Proof, tlog.Hash{}) }, "proof"},
		"a proof with a hash too few":  {func(i *transparency.Inclusion) { i.Proof = i.Proof[1:] }, "proof"},
	} {
		t.Run(name, func(t *testing.T) {
			i := l.prove(l.size()-1, l.size())
			c.change(i)
			_, err := transparency.StateOf(head, i)
			wantError(t, err, c.refused)
			if !errors.Is(err, transparency.ErrProof) {
				t.Errorf("error %v is no ErrProof", err)
			}
		})
	}
	cut := credential + 1 // a head no honest log signs
	_, err = transparency.StateOf(l.checkpoint(cut), l.prove(credential, cut))
	wantError(t, err, "no state leaf")
}

func TestAProvenLeafThatIsNoneAccusesTheLog(t *testing.T) {
	for name, raw := range map[string]string{
		"an unknown t":                  `{"t":"revoke"}`,
		"a state that miscounts itself": `{"applied":7,"at":1,"lists":[],"roster_sha256":"` + digest(0) + `","t":"state"}`,
	} {
		t.Run(name, func(t *testing.T) {
			cp := &transparency.Checkpoint{Origin: origin, Size: 1, Root: tlog.RecordHash([]byte(raw))}
			_, err := transparency.StateOf(cp, &transparency.Inclusion{Leaf: []byte(raw)})
			if !errors.Is(err, transparency.ErrFaulty) {
				t.Errorf("error %v, want ErrFaulty", err)
			}
		})
	}
}

func TestCheckConsistency(t *testing.T) {
	l, _ := grownLog(t)
	old, head, empty := l.checkpoint(l.states[0]+1), l.checkpoint(l.size()), l.checkpoint(0)
	other, elsewhere := *head, *old
	other.Root[0]++
	elsewhere.Origin = "aeo.customs.au.example/log"
	proof := l.proveTree(old.Size, head.Size)
	wrong := append(tlog.TreeProof{{1}}, proof[1:]...)
	for name, c := range map[string]struct {
		proof        tlog.TreeProof
		older, newer *transparency.Checkpoint
		refused      string
	}{
		"a later head":                    {proof, old, head, ""},
		"the same head":                   {nil, head, head, ""},
		"any head after the empty tree":   {nil, empty, head, ""},
		"the empty tree twice":            {nil, empty, empty, ""},
		"a proof where none is needed":    {proof, empty, head, "none are needed"},
		"a proof for the same head":       {proof, head, head, "none are needed"},
		"an older head":                   {proof, head, old, "cannot extend"},
		"two roots for one size":          {nil, head, &other, "signed two trees"},
		"another root for a later size":   {proof, old, &other, "invalid transparency proof"},
		"a proof with one hash exchanged": {wrong, old, head, "invalid transparency proof"},
		"no proof":                        {nil, old, head, "proof"},
		"heads of two logs":               {proof, &elsewhere, head, "two logs"},
	} {
		t.Run(name, func(t *testing.T) {
			err := transparency.CheckConsistency(c.proof, c.older, c.newer)
			wantError(t, err, c.refused)
			var split *transparency.SplitViewError
			if isSplit := errors.As(err, &split); isSplit != (c.newer == &other && c.older == head) {
				t.Errorf("split view: %v", isSplit)
			}
			if err != nil && split == nil && !errors.Is(err, transparency.ErrProof) {
				t.Errorf("error %v is no ErrProof", err)
			}
		})
	}
}

func TestReceiptProvesItsCredential(t *testing.T) {
	l, credential := grownLog(t)
	key := newZealand().log.VKey
	head := l.checkpoint(l.size())
	made := &transparency.Receipt{Index: credential, Proof: l.prove(credential, l.size()).Proof, Checkpoint: head.Raw}
	r, err := transparency.ParseReceipt(made.Format())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, r); diff != "" {
		t.Fatalf("read back:\n%s", diff)
	}
	cp, err := r.Verify(digest(1), key)
	if err != nil || cp.Size != l.size() {
		t.Fatalf("checkpoint %+v, %v", cp, err)
	}
	if _, err := r.Verify(digest(2), key); !errors.Is(err, transparency.ErrProof) {
		t.Errorf("another credential: %v", err)
	}
	if _, err := r.Verify("", key); !errors.Is(err, transparency.ErrLeaf) {
		t.Errorf("no digest: %v", err)
	}
	r.Index = l.size()
	if _, err := r.Verify(digest(1), key); !errors.Is(err, transparency.ErrProof) {
		t.Errorf("an index beyond the tree: %v", err)
	}
	r.Checkpoint = []byte(strings.Replace(string(r.Checkpoint), "\n", "x\n", 1))
	if _, err := r.Verify(digest(1), key); !errors.Is(err, transparency.ErrCheckpoint) {
		t.Errorf("an altered checkpoint: %v", err)
	}
}

func TestParseReceiptRefusesOtherForms(t *testing.T) {
	hash := tlog.Hash{1}.String()
	const magic = "c2sp.org/tlog-proof@v1\n"
	good := magic + "index 3\n" + hash + "\n\ncheckpoint\n"
	if _, err := transparency.ParseReceipt([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ raw, refused string }{
		"nothing":                      {"", "no checkpoint"},
		"no checkpoint":                {magic + "index 3\n\n", "no checkpoint"},
		"no empty line":                {strings.Replace(good, "\n\n", "\n", 1), "no checkpoint"},
		"another version":              {strings.Replace(good, "@v1", "@v2", 1), "first line"},
		"an extra line":                {strings.Replace(good, "index", "extra AAAA\nindex", 1), "extra line is refused"},
		"no index":                     {strings.Replace(good, "index 3\n", "", 1), "not the index"},
		"only the first line":          {magic + "\ncheckpoint\n", "not the index"},
		"an index with a leading zero": {strings.Replace(good, "3", "03", 1), "leading zeros"},
		"a negative index":             {strings.Replace(good, "3", "-3", 1), "leading zeros"},
		"an index beyond 53 bits":      {strings.Replace(good, "3", "9007199254740992", 1), "53 bits"},
		"two spaces before the index":  {strings.Replace(good, " 3", "  3", 1), "leading zeros"},
		"a short hash":                 {strings.Replace(good, hash, "AAAA", 1), "hash 0"},
		"a hash with unused bits set":  {strings.Replace(good, hash, hash[:42]+"B=", 1), "hash 0"},
		"a hash with a trailing space": {strings.Replace(good, hash, hash+" ", 1), "hash 0"},
		"carriage returns":             {strings.ReplaceAll(good, "\n", "\r\n"), "no checkpoint"},
		"64 hashes":                    {strings.Replace(good, hash, strings.TrimSpace(strings.Repeat(hash+"\n", 64)), 1), "at most 63"},
		"more than 16 KiB":             {good + strings.Repeat("x", 16<<10), "at most 16384"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transparency.ParseReceipt([]byte(c.raw))
			wantError(t, err, c.refused)
			if !errors.Is(err, transparency.ErrReceipt) {
				t.Errorf("error %v is no ErrReceipt", err)
			}
		})
	}
}
