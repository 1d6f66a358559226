package mra_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
)

func TestRegisterRefuses(t *testing.T) {
	first := jpnz(t, rule("JP", "NZ", "2026-04-01"))
	second := next(first, "2026-06-01", rule("JP", "NZ", "2026-04-01"))
	forked := next(first, "2026-06-01", rule("JP", "NZ", "2026-05-01"))
	halfSigned, err := mra.Parse(sealed(t, keys.KindAnnex, marshal(t, first), "JP root"))
	if err != nil {
		t.Fatal(err)
	}
	earlier := next(first, "2026-01-09", rule("JP", "NZ", "2026-04-01"))
	stranger := next(forked, "2026-07-01", rule("JP", "NZ", "2026-04-01"))
	n := func(party string, seq, iat int64, against ...string) *mra.SignedNotice {
		return notice(t, mra.Notice{Party: party, Seq: seq, Act: "suspend", Iat: iat, From: iat, Against: against})
	}
	otherEntity := mra.Notice{Iss: entityOf("SG"), MRA: "JP-NZ", Party: "NZ", Seq: 1, Act: "end", Against: []string{"JP"}}
	forged, err := mra.ParseNotice(signedNotice(t, otherEntity))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		annexes []*mra.Annex
		notices []*mra.SignedNotice
		want    string
	}{
		{"a version not all have signed", []*mra.Annex{halfSigned}, nil, "not signed by [NZ]"},
		{"a version that follows nothing", []*mra.Annex{complete(t, second)}, nil, "want version 1"},
		{"two versions of one number", []*mra.Annex{complete(t, first), complete(t, second), complete(t, forked)}, nil, "want version 3"},
		{"a version that follows another one", []*mra.Annex{complete(t, first), complete(t, second), complete(t, stranger)}, nil, "prev_sha256"},
		{"a version signed before the one it follows", []*mra.Annex{complete(t, first), complete(t, earlier)}, nil, "signed_on"},
		{"a notice about nothing known", nil, []*mra.SignedNotice{n("JP", 1, 9)}, "no annex"},
		{"a notice that is missing", []*mra.Annex{complete(t, first)}, []*mra.SignedNotice{n("JP", 2, 9)}, "want number 1"},
		{"a gap between notices", []*mra.Annex{complete(t, first)}, []*mra.SignedNotice{n("JP", 1, 9), n("JP", 3, 9)}, "want number 2"},
		{"two notices of one number", []*mra.Annex{complete(t, first)}, []*mra.SignedNotice{n("JP", 1, 9), n("JP", 1, 9)}, "want number 2"},
		{"notices issued out of order", []*mra.Annex{complete(t, first)}, []*mra.SignedNotice{n("JP", 1, 9), n("JP", 2, 8)}, "iat"},
		{"a notice of a stranger", []*mra.Annex{complete(t, first)}, []*mra.SignedNotice{n("SG", 1, 9)}, "who speaks"},
		{"a notice in another's name", []*mra.Annex{complete(t, first)}, []*mra.SignedNotice{forged}, "who speaks"},
		{"a notice against a stranger", []*mra.Annex{complete(t, first)}, []*mra.SignedNotice{n("JP", 1, 9, "SG")}, "no party"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := mra.NewRegister(c.annexes, c.notices)
			if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, mra.ErrAnnex) && !errors.Is(err, mra.ErrNotice) {
				t.Errorf("got %v, want a refusal with %q", err, c.want)
			}
		})
	}
	t.Run("each party numbers its own notices", func(t *testing.T) {
		register(t, []*mra.Annex{complete(t, first), complete(t, second)}, n("NZ", 2, 7), n("JP", 1, 9), n("NZ", 1, 6, "JP"))
	})
}

func TestNoticeForm(t *testing.T) {
	good := mra.Notice{Iss: entityOf("NZ"), MRA: "JP-NZ", Party: "NZ", Seq: 1, Act: "suspend", Against: []string{"JP"}, From: 20, Iat: 10}
	for _, c := range []struct {
		name string
		edit func(n *mra.Notice)
		ok   bool
	}{
		{"a plain notice", func(n *mra.Notice) {}, true},
		{"against everyone", func(n *mra.Notice) { n.Against = []string{"*"} }, true},
		{"against everyone and someone", func(n *mra.Notice) { n.Against = []string{"*", "JP"} }, false},
		{"against nobody", func(n *mra.Notice) { n.Against = nil }, false},
		{"against itself", func(n *mra.Notice) { n.Against = []string{"NZ"} }, false},
		{"against one twice", func(n *mra.Notice) { n.Against = []string{"JP", "JP"} }, false},
		{"an unknown act", func(n *mra.Notice) { n.Act = "amend" }, false},
		{"number 0", func(n *mra.Notice) { n.Seq = 0 }, false},
		{"before 1970", func(n *mra.Notice) { n.From = -1 }, false},
		{"about a path", func(n *mra.Notice) { n.MRA = "../JP" }, false},
		{"of no entity", func(n *mra.Notice) { n.Iss = "NZ" }, false},
		{"of no territory", func(n *mra.Notice) { n.Party = "nz" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := good
			c.edit(&n)
			raw, err := keys.Sign(keys.KindNotice, marshal(t, n), signerFor(t, "NZ federation"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = mra.ParseNotice(raw)
			if (err == nil) != c.ok || err != nil && !errors.Is(err, mra.ErrNotice) {
				t.Errorf("got %v, want accepted = %t", err, c.ok)
			}
		})
	}
}

func TestNoticeSignature(t *testing.T) {
	n := notice(t, mra.Notice{Party: "NZ", Seq: 1, Act: "suspend"})
	if err := n.Verify(signerFor(t, "NZ federation").Public()); err != nil {
		t.Error(err)
	}
	if n.KID() != signerFor(t, "NZ federation").Public().KID() {
		t.Errorf("kid %s", n.KID())
	}
	if err := n.Verify(signerFor(t, "JP federation").Public()); !errors.Is(err, keys.ErrForeignKey) {
		t.Errorf("another key: %v", err)
	}
}

func FuzzParseNotice(f *testing.F) {
	f.Add(notice(f, mra.Notice{Party: "NZ", Seq: 1, Act: "suspend", Against: []string{"JP"}}).Raw())
	f.Add(notice(f, mra.Notice{Party: "JP", Seq: 7, Act: "end", From: 1 << 40, Iat: 1}).Raw())
	f.Add([]byte("e30.e30."))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := mra.ParseNotice(raw)
		if err != nil {
			return
		}
		if err := n.Check(); err != nil || string(n.Raw()) != string(raw) {
			t.Errorf("accepted although %v", err)
		}
	})
}
