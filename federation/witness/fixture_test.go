package witness_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

const start = 1_772_000_000

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// signer makes a note key whose seed is one byte repeated.
func signer(t testing.TB, name string, typ, seed byte) *keys.NoteSigner {
	t.Helper()
	s, err := keys.NewNoteSigner(name, typ, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	must(t, err)
	return s
}

// A log holds leaves of any content, as a witness does not look at them.
type log struct {
	t      testing.TB
	key    *keys.NoteSigner
	hashes []tlog.Hash
	size   int64
}

func newLog(t testing.TB) *log {
	return &log{t: t, key: signer(t, "nz.example/log", keys.NoteEd25519, 1)}
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = l.hashes[at]
	}
	return out, nil
}

func (l *log) grow(to int64, salt string) *log {
	for ; l.size < to; l.size++ {
		h, err := tlog.StoredHashes(l.size, fmt.Appendf(nil, "%s %d", salt, l.size), l)
		must(l.t, err)
		l.hashes = append(l.hashes, h...)
	}
	return l
}

// fork is another log of the same key that went other ways after a size.
func (l *log) fork(size int64) *log {
	return (&log{t: l.t, key: l.key}).grow(size, "").grow(l.size, "other")
}

func (l *log) root(size int64) tlog.Hash {
	root, err := tlog.TreeHash(size, l)
	must(l.t, err)
	return root
}

func (l *log) checkpoint(size int64) []byte {
	raw, err := transparency.SignCheckpoint(size, l.root(size), l.key)
	must(l.t, err)
	return raw
}

func (l *log) request(old, size int64) *witness.Request {
	r := &witness.Request{Old: old, Checkpoint: l.checkpoint(size)}
	if 0 < old && old < size {
		var err error
		r.Proof, err = tlog.ProveTree(size, old, l)
		must(l.t, err)
	}
	return r
}

// A post is a witness with its key and clock.
type post struct {
	*witness.Cosigner
	dir    string
	key    *keys.NoteSigner
	now    atomic.Int64
	alarms atomic.Int64
}

func newPost(t testing.TB, logs ...*log) *post {
	p := &post{dir: t.TempDir(), key: signer(t, "jp.example/witness", keys.NoteCosignature, 9)}
	p.now.Store(start)
	p.open(logs...)
	return p
}

// open starts the witness again on its directory.
func (p *post) open(logs ...*log) {
	p.Cosigner = witness.New(witness.Options{
		Dir:    p.dir,
		Signer: func() (*keys.NoteSigner, error) { return p.key, nil },
		Now:    func() time.Time { return time.Unix(p.now.Load(), 0) },
		Log: func(origin string) *keys.VKey {
			for _, l := range logs {
				if l.key.Name() == origin {
					return l.key.VKey
				}
			}
			return nil
		},
		Alarm: func(string, string, error) { p.alarms.Add(1) },
	})
}

// status is how a request was answered, 200 for a cosignature.
func status(err error) int {
	var r *witness.Refusal
	switch {
	case err == nil:
		return 200
	case errors.As(err, &r):
		return r.Status
	}
	return 500
}
