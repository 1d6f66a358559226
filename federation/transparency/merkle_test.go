package transparency_test

import (
	"encoding/base64"
	"math"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"golang.org/x/mod/sumdb/tlog"
)

// corpusHashes turns the base64 of a vector into hashes; ok is false where one
// has another length, which no reader of ours lets through.
func corpusHashes(texts ...string) (hashes []tlog.Hash, ok bool) {
	for _, text := range texts {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize {
			return nil, false
		}
		hashes = append(hashes, tlog.Hash(raw))
	}
	return hashes, true
}

// TestCorpusInclusion runs vectors of bare leaf hashes: what CheckInclusion
// rests on, without our leaves.
func TestCorpusInclusion(t *testing.T) {
	dir := corpus(t, "merkle")
	var cases []struct {
		LeafIdx, TreeSize    uint64
		Root, LeafHash, Name string
		Proof                []string
		WantErr              bool
	}
	readJSON(t, &cases, dir, "inclusion.json")
	t.Logf("figure vectors_inclusion %d inclusion proofs", len(cases))
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			ends, ok := corpusHashes(c.Root, c.LeafHash)
			proof, ok2 := corpusHashes(c.Proof...)
			if ok && ok2 && c.LeafIdx <= math.MaxInt64 && c.TreeSize <= math.MaxInt64 {
				ok = tlog.CheckRecord(proof, int64(c.TreeSize), ends[0], int64(c.LeafIdx), ends[1]) == nil
			} else {
				ok = false
			}
			if ok == c.WantErr {
				t.Errorf("accepted: %v", ok)
			}
		})
	}
}

func TestCorpusConsistency(t *testing.T) {
	dir := corpus(t, "merkle")
	var cases []struct {
		Size1, Size2             uint64
		Root1, Root2, Name, Desc string
		Proof                    []string
		WantErr                  bool
	}
	readJSON(t, &cases, dir, "consistency.json")
	t.Logf("figure vectors_consistency %d consistency proofs", len(cases))
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			ends, ok := corpusHashes(c.Root1, c.Root2)
			proof, ok2 := corpusHashes(c.Proof...)
			var err error
			if ok = ok && ok2 && c.Size1 <= math.MaxInt64 && c.Size2 <= math.MaxInt64; ok {
				older := transparency.Checkpoint{Size: int64(c.Size1), Root: ends[0]}
				newer := transparency.Checkpoint{Size: int64(c.Size2), Root: ends[1]}
				err = transparency.CheckConsistency(proof, &older, &newer)
				ok = err == nil
			}
			if ok == c.WantErr {
				t.Errorf("%s: accepted: %v (%v), sizes %d %d, %d hashes", c.Desc, ok, err, c.Size1, c.Size2, len(proof))
			}
		})
	}
}
