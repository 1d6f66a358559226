package transparency_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

// logRosters are rosters that list the test log's key.
func logRosters() [][]byte {
	nz := newZealand()
	return [][]byte{nz.sign(keys.Roster{Iss: iss, Seq: 1, Iat: opened, Exp: opened + 86400, Root: []*keys.PublicKey{nz.root.Public()},
		Keys: []keys.RosterKey{{Role: keys.RoleLog, VKey: nz.log.VKey.String(), Nbf: opened, SignUntil: opened + 86400, Exp: opened + 86400}}})}
}

// twoHistories are two logs that part after their first batch.
func twoHistories(t fataler) (one, other *testLog) {
	one, other = newLog(t, list0), newLog(t, list0)
	one.batch(opened+1, one.status(list0, 1, statuslist.Ended, opened))
	for i := range int64(3) {
		other.batch(opened+1+i, other.status(list0, 10+i, statuslist.Suspended, opened))
	}
	return one, other
}

func inclusionOf(t fataler, index int64) *transparency.Evidence {
	l := newLog(t, list0)
	l.batch(opened+60, l.status(list0, 1, statuslist.Ended, opened))
	e := transparency.NewEvidence(transparency.KindInclusion, logRosters(), l.checkpoint(l.size()).Raw)
	e.Leaves, e.State = []transparency.Inclusion{*l.prove(index, l.size())}, l.prove(l.size()-1, l.size())
	return e
}

func marshalled(t fataler, e *transparency.Evidence) []byte {
	t.Helper()
	raw, err := e.Marshal()
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	return raw
}

func TestEvidenceOfInclusion(t *testing.T) {
	e, err := transparency.ParseEvidence(marshalled(t, inclusionOf(t, 4)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Check([]*keys.PublicKey{newZealand().root.Public()})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Leaves[0].(transparency.Status); !ok || s.At != opened+60 || s.Origin != origin {
		t.Errorf("shows %+v", s)
	}
}

func TestEvidenceOfContradiction(t *testing.T) {
	one, other := twoHistories(t)
	for name, cut := range map[string]int64{"trees of one size": one.size(), "a larger tree that does not extend the smaller": other.size()} {
		t.Run(name, func(t *testing.T) {
			e, err := transparency.Contradict(logRosters(), one.checkpoint(one.size()), other.checkpoint(cut), other.hashes)
			if err != nil {
				t.Fatal(err)
			}
			e, err = transparency.ParseEvidence(marshalled(t, e))
			if err != nil {
				t.Fatal(err)
			}
			if s, err := e.Check(nil); err != nil || s.A.Size != one.size() || s.B.Size != cut {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

// Whoever behaved cannot be accused, and an accusation cannot be altered.
func TestEvidenceRefuses(t *testing.T) {
	one, other := twoHistories(t)
	first := one.states[0] + 1
	if _, err := transparency.Contradict(logRosters(), one.checkpoint(first), other.checkpoint(other.size()), other.hashes); !errors.Is(err, transparency.ErrEvidence) {
		t.Errorf("a log that goes on: %v", err)
	}
	if _, err := transparency.Contradict(logRosters(), one.checkpoint(first), other.checkpoint(first), other.hashes); !errors.Is(err, transparency.ErrEvidence) {
		t.Errorf("one head twice: %v", err)
	}
	for name, change := range map[string]func(e *transparency.Evidence){
		"no key for the log": func(e *transparency.Evidence) { e.Rosters[0] = newZealand().rosters[0] },
		"an altered leaf": func(e *transparency.Evidence) {
			e.Leaves[0].Leaf = bytes.Replace(e.Leaves[0].Leaf, []byte("1"), []byte("2"), 1)
		},
		"another index":              func(e *transparency.Evidence) { e.Leaves[0].Index-- },
		"a state leaf that is none":  func(e *transparency.Evidence) { e.State = &e.Leaves[0] },
		"a checkpoint nobody signed": func(e *transparency.Evidence) { e.Checkpoint = strings.Replace(e.Checkpoint, "\n6\n", "\n7\n", 1) },
		"members of the other kind":  func(e *transparency.Evidence) { e.Other = e.Checkpoint },
		"no roster":                  func(e *transparency.Evidence) { e.Rosters = e.Rosters[:0] },
		"another schema":             func(e *transparency.Evidence) { e.Schema = "aeo.evidence/2" },
	} {
		t.Run(name, func(t *testing.T) {
			e := inclusionOf(t, 4)
			change(e)
			e, err := transparency.ParseEvidence(marshalled(t, e))
			if err == nil {
				_, err = e.Check(nil)
			}
			if !errors.Is(err, transparency.ErrEvidence) {
				t.Errorf("got %v", err)
			}
		})
	}
	e := inclusionOf(t, 4)
	if _, err := e.Check([]*keys.PublicKey{}); !errors.Is(err, transparency.ErrEvidence) {
		t.Errorf("with no root key pinned: %v", err)
	}
}

func FuzzEvidence(f *testing.F) {
	f.Add(marshalled(f, inclusionOf(f, 4)))
	one, other := twoHistories(f)
	e, err := transparency.Contradict(logRosters(), one.checkpoint(one.size()), other.checkpoint(other.size()), other.hashes)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(marshalled(f, e))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := transparency.ParseEvidence(raw)
		if err != nil {
			return
		}
		if again := marshalled(t, e); len(again) == 0 {
			t.Error("it has no form")
		}
		if s, err := e.Check(nil); err == nil && s.A == nil {
			t.Error("shows nothing")
		}
	})
}
