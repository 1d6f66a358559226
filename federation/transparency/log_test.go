package transparency_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	origin = "aeo.customs.nz.example/log"
	iss    = "https://aeo.customs.nz.example"
	list0  = iss + "/status/0"
	list1  = iss + "/status/1"
	opened = 1_800_000_000 // instant of the first state leaf of test logs
)

// An administration holds the keys a test log needs.
type administration struct {
	root    *keys.Signer
	log     *keys.NoteSigner
	rosters [][]byte // a chain of two
}

// newZealand is made once: signing is the slow part of these tests.
var newZealand = sync.OnceValue(func() *administration {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	root, err := keys.NewSigner(key)
	if err != nil {
		panic(err)
	}
	log, err := keys.NewNoteSigner(origin, keys.NoteEd25519, ed25519.NewKeyFromSeed([]byte("a log key for tests, 32 bytes...")))
	if err != nil {
		panic(err)
	}
	a := &administration{root: root, log: log}
	for seq := range int64(2) {
		r := keys.Roster{
			Iss: iss, Seq: seq + 1, Iat: opened + seq, Exp: opened + seq + 86400,
			Root: []*keys.PublicKey{root.Public()}, Keys: []keys.RosterKey{},
		}
		if seq > 0 {
			r.PrevSHA256 = keys.SHA256Hex(a.rosters[seq-1])
		}
		a.rosters = append(a.rosters, a.sign(r))
	}
	return a
})

// sign makes a roster's general JSON serialization out of a compact JWS.
func (a *administration) sign(r keys.Roster) []byte {
	payload, err := jcs.Marshal(r)
	if err != nil {
		panic(err)
	}
	compact, err := keys.Sign(keys.KindRoster, payload, a.root)
	if err != nil {
		panic(err)
	}
	part := strings.Split(string(compact), ".")
	raw, err := jcs.Marshal(map[string]any{
		"payload":    part[1],
		"signatures": []map[string]string{{"protected": part[0], "signature": part[2]}},
	})
	if err != nil {
		panic(err)
	}
	return raw
}

func (a *administration) genesis() transparency.Genesis {
	return transparency.Genesis{
		Origin: origin, Territory: "NZ", Authority: "NZ", Profile: transparency.Profile,
		RosterSHA256: keys.SHA256Hex(a.rosters[0]),
	}
}

func (a *administration) key(seq int) transparency.Key {
	return transparency.Key{Roster: a.rosters[seq-1]}
}

// A fataler is a test, a fuzz run or a rapid run.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// A testLog is an honest log in memory.
type testLog struct {
	t       fataler
	entries [][]byte
	hashes  storedHashes
	replay  *transparency.Replay
	states  []int64 // indices of the state leaves
}

type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		out[i] = s[n]
	}
	return out, nil
}

// newLog opens a log whose first batch opens the lists.
func newLog(t fataler, uris ...string) *testLog {
	t.Helper()
	l := &testLog{t: t, replay: transparency.NewReplay(origin)}
	first := []transparency.Leaf{newZealand().genesis(), newZealand().key(1)}
	for _, uri := range uris {
		first = append(first, openingOf(uri))
	}
	l.batch(opened, first...)
	return l
}

func openingOf(uri string) transparency.List {
	return transparency.List{URI: uri, Bits: statuslist.Bits, Size: statuslist.MinSize}
}

// batch appends the leaves, arranged, and the state leaf that follows from them.
func (l *testLog) batch(at int64, leaves ...transparency.Leaf) {
	l.t.Helper()
	raws, err := transparency.Arrange(leaves)
	if err != nil {
		l.t.Fatalf("arranging a batch: %v", err)
	}
	for _, raw := range raws {
		l.add(raw)
	}
	l.add(marshal(l.t, l.replay.Reduction.Next(at)))
	l.states = append(l.states, l.size()-1)
}

func (l *testLog) add(raw []byte) {
	l.t.Helper()
	if _, err := l.replay.Add(raw); err != nil {
		l.t.Fatalf("adding %s: %v", raw, err)
	}
	hashes, err := tlog.StoredHashes(int64(len(l.entries)), raw, l.hashes)
	if err != nil {
		l.t.Fatalf("hashing: %v", err)
	}
	l.entries, l.hashes = append(l.entries, raw), append(l.hashes, hashes...)
}

func (l *testLog) size() int64 { return int64(len(l.entries)) }

// status is a change with the prev that makes it right.
func (l *testLog) status(uri string, idx int64, v statuslist.Value, effectiveAt int64) transparency.Status {
	s := transparency.Status{URI: uri, Idx: idx, Value: v, EffectiveAt: effectiveAt}
	if last, _, ok := l.replay.Reduction.Last(uri, idx); ok {
		s.Prev = &last
	}
	return s
}

func (l *testLog) root(size int64) tlog.Hash {
	l.t.Helper()
	root, err := tlog.TreeHash(size, l.hashes)
	if err != nil {
		l.t.Fatalf("root: %v", err)
	}
	return root
}

func (l *testLog) checkpoint(size int64) *transparency.Checkpoint {
	l.t.Helper()
	raw, err := transparency.SignCheckpoint(size, l.root(size), newZealand().log)
	if err != nil {
		l.t.Fatalf("signing: %v", err)
	}
	cp, err := transparency.ParseCheckpoint(raw, newZealand().log.VKey)
	if err != nil {
		l.t.Fatalf("reading back: %v", err)
	}
	return cp
}

func (l *testLog) prove(index, size int64) *transparency.Inclusion {
	l.t.Helper()
	proof, err := tlog.ProveRecord(size, index, l.hashes)
	if err != nil {
		l.t.Fatalf("proving: %v", err)
	}
	return &transparency.Inclusion{Index: index, Leaf: l.entries[index], Proof: proof}
}

func (l *testLog) proveTree(older, newer int64) tlog.TreeProof {
	l.t.Helper()
	proof, err := tlog.ProveTree(newer, older, l.hashes)
	if err != nil {
		l.t.Fatalf("proving: %v", err)
	}
	return proof
}

func marshal(t fataler, l transparency.Leaf) []byte {
	t.Helper()
	raw, err := transparency.MarshalLeaf(l)
	if err != nil {
		t.Fatalf("marshalling %#v: %v", l, err)
	}
	return raw
}

func digest(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d", n))
	return hex.EncodeToString(sum[:])
}

// wantError compares an error with the piece of text it must hold; "" is none.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("unexpected: %v", err)
	case want != "" && err == nil:
		t.Errorf("accepted, want an error with %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("error %q, want one with %q", err, want)
	}
}
