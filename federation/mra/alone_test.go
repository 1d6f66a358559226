package mra_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
)

// declared is what JP declares alone about NZ, which has no node.
func declared(t testing.TB, rules ...mra.Recognition) mra.Document {
	d := jpnz(t, rules...)
	d.Parties[1] = mra.Party{Territory: "NZ", Root: []*keys.PublicKey{}, TimeZone: "Pacific/Auckland"}
	return d
}

func alone(t testing.TB, d mra.Document) *mra.Annex {
	t.Helper()
	a, err := mra.ParseAlone(sealed(t, keys.KindRecognition, marshal(t, d), "JP root"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestParseAloneRefuses(t *testing.T) {
	good := func() mra.Document { return declared(t, rule("JP", "NZ", "2026-02-01")) }
	if a := alone(t, good()); a.Alone() != "JP" || len(a.Missing()) != 0 {
		t.Errorf("alone %q, missing %v", a.Alone(), a.Missing())
	}
	edited := func(edit func(*mra.Document)) []byte {
		d := good()
		edit(&d)
		return sealed(t, keys.KindRecognition, marshal(t, d), "JP root")
	}
	for name, raw := range map[string][]byte{
		"as an annex":            sealed(t, keys.KindAnnex, marshal(t, good()), "JP root"),
		"signed by another":      sealed(t, keys.KindRecognition, marshal(t, good()), "NZ root"),
		"signed twice":           sealed(t, keys.KindRecognition, marshal(t, good()), "JP root", "JP root"),
		"a rule of the other":    edited(func(d *mra.Document) { d.Recognitions[0].By, d.Recognitions[0].Of = "NZ", "JP" }),
		"a pilot":                edited(func(d *mra.Document) { d.Recognitions[0].Pilot, d.Recognitions[0].Until = true, "2026-03-01" }),
		"keys of the other":      edited(func(d *mra.Document) { d.Parties[1] = party(t, "NZ") }),
		"keys of nobody":         edited(func(d *mra.Document) { d.Parties[0].Root = []*keys.PublicKey{} }),
		"an entity id that none": edited(func(d *mra.Document) { d.Parties[1].EntityID = "http://x" }),
		"no time zone":           edited(func(d *mra.Document) { d.Parties[1].TimeZone = "" }),
		"one party":              edited(func(d *mra.Document) { d.Parties = d.Parties[:1] }),
		"one party twice":        edited(func(d *mra.Document) { d.Parties = append(d.Parties, d.Parties[1]) }),
	} {
		if _, err := mra.ParseAlone(raw); !errors.Is(err, mra.ErrAnnex) && !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := mra.Parse(sealed(t, keys.KindRecognition, marshal(t, good()), "JP root")); err == nil {
		t.Error("a recognition passes as an annex")
	}
}

// TestAloneUntilAgreed follows the ladder: a declaration over lists, the annex
// that takes its place from its date on, its end, and a new declaration.
func TestAloneUntilAgreed(t *testing.T) {
	first := declared(t, rule("JP", "NZ", "2026-02-01"))
	agreed := jpnz(t, rule("JP", "NZ", "2026-06-01"))
	agreed.SignedOn, agreed.Recognitions[0].Until = "2026-05-01", "2026-09-01"
	again := next(first, "2026-09-10", rule("JP", "NZ", "2026-10-01"))
	r := register(t, []*mra.Annex{alone(t, first), complete(t, agreed), alone(t, again)})
	for _, c := range []struct {
		at             string
		listed, shown  mra.Failure
		governed       bool
		aloneInListing bool
	}{
		{"2026-01-20T00:00:00Z", mra.NotYetInEffect, mra.NotYetInEffect, false, true},
		{"2026-03-01T00:00:00Z", mra.OK, mra.NotYetInEffect, false, true},
		{"2026-07-01T00:00:00Z", mra.NoArrangement, mra.OK, true, false},
		{"2026-09-05T00:00:00Z", mra.NoArrangement, mra.Ended, true, false},
		{"2026-11-01T00:00:00Z", mra.OK, mra.Ended, false, true},
	} {
		q := mra.Query{By: "JP", Of: "NZ", Programme: "ses", Type: "SES", Held: []string{"exporter"}, At: instant(t, c.at)}
		if o := r.Evaluate(q); o.Failure != c.shown || o.Annex.Alone() != "" {
			t.Errorf("%s: a credential is %q by %q, want %q", c.at, o.Failure, o.Annex.Alone(), c.shown)
		}
		q.Listed = true
		o := r.Evaluate(q)
		if o.Failure != c.listed || (o.Annex != nil) != c.aloneInListing {
			t.Errorf("%s: a listed holder is %q (%v), want %q", c.at, o.Failure, o.Annex, c.listed)
		}
		if o.Annex != nil && o.Annex.Alone() != "JP" {
			t.Errorf("%s: a listed holder rests on %q", c.at, o.Annex.Alone())
		}
		if got := r.Governed("JP", "NZ", q.At); got != c.governed {
			t.Errorf("%s: governed %t, want %t", c.at, got, c.governed)
		}
	}
	if docs := r.DocumentsAlone(); len(docs) != 1 || docs[0].Version != 2 || len(r.Documents()) != 1 {
		t.Errorf("rungs: %d alone, %d agreed", len(docs), len(r.Documents()))
	}
	if r.Live("JP", "NZ", instant(t, "2026-03-01T00:00:00Z")) {
		t.Error("what one side declares alone makes an arrangement live")
	}
	// nobody else's declaration serves another, and it recognises in one direction
	if o := r.Evaluate(mra.Query{By: "NZ", Of: "JP", Listed: true, At: instant(t, "2026-03-01T00:00:00Z")}); o.Failure != mra.NoArrangement {
		t.Errorf("NZ is served by what JP declares: %q", o.Failure)
	}
}

func TestNoticesAboutADeclaration(t *testing.T) {
	r := register(t, []*mra.Annex{alone(t, declared(t, rule("JP", "NZ", "2026-02-01")))},
		notice(t, mra.Notice{Party: "JP", Seq: 1, Act: mra.ActSuspend, From: unix(t, "2026-03-01T00:00:00Z"), Iat: unix(t, "2026-03-01T00:00:00Z")}))
	q := mra.Query{By: "JP", Of: "NZ", Programme: "ses", Type: "SES", Held: []string{"exporter"}, Listed: true, At: instant(t, "2026-03-02T00:00:00Z")}
	if o := r.Evaluate(q); o.Failure != mra.SuspendedArrangement {
		t.Errorf("suspended by its declarer: %q", o.Failure)
	}
	stranger := notice(t, mra.Notice{Party: "NZ", Seq: 1, Act: mra.ActSuspend, From: 1, Iat: 1})
	if _, err := mra.NewRegister([]*mra.Annex{alone(t, declared(t, rule("JP", "NZ", "2026-02-01")))}, []*mra.SignedNotice{stranger}); err == nil {
		t.Error("another party speaks about what JP declares alone")
	}
}

// TestNoticeAboutBothRungs: a notice against a party of the arrangement that
// the declaration of the same id did not name touches the arrangement alone.
func TestNoticeAboutBothRungs(t *testing.T) {
	agreed := document(t, "JP-NZ", []string{"JP", "NZ", "SG"}, rule("JP", "NZ", "2026-06-01"), rule("JP", "SG", "2026-06-01"))
	n := notice(t, mra.Notice{Party: "JP", Seq: 1, Act: mra.ActSuspend, Against: []string{"SG"}, From: unix(t, "2026-07-01T00:00:00Z"), Iat: unix(t, "2026-07-01T00:00:00Z")})
	r := register(t, []*mra.Annex{alone(t, declared(t, rule("JP", "NZ", "2026-02-01"))), complete(t, agreed)}, n)
	for of, want := range map[string]mra.Failure{"SG": mra.SuspendedArrangement, "NZ": mra.OK} {
		q := asks(t, "2026-07-02T00:00:00Z")
		q.Of = of
		if o := r.Evaluate(q); o.Failure != want {
			t.Errorf("of %s: %q, want %q", of, o.Failure, want)
		}
	}
}

func FuzzParseAlone(f *testing.F) {
	d := declared(f, rule("JP", "NZ", "2026-02-01"))
	f.Add(sealed(f, keys.KindRecognition, marshal(f, d), "JP root"))
	f.Add(sealed(f, keys.KindAnnex, marshal(f, d), "JP root"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := mra.ParseAlone(raw)
		if err != nil {
			return
		}
		if a.Alone() == "" || !bytes.Equal(a.Raw(), raw) {
			t.Fatalf("read as declared by %q", a.Alone())
		}
		if _, err := mra.NewRegister([]*mra.Annex{a}, nil); err != nil && a.Version == 1 {
			t.Fatalf("parsed, and no register takes it: %v", err)
		}
	})
}
