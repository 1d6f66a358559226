package mra_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
)

// A member of a plurilateral arrangement of testdata/plurilateral.txt.
type member struct{ territory, zone, kind, effect string }

type plurilateral struct {
	id, signed string
	members    []member
}

func plurilaterals(t testing.TB) map[string]*plurilateral {
	t.Helper()
	raw, err := os.ReadFile("testdata/plurilateral.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*plurilateral{}
	var p *plurilateral
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "#":
		case f[0] == "arrangement":
			p = &plurilateral{id: f[1], signed: f[2]}
			all[p.id] = p
		default:
			p.members = append(p.members, member{f[0], f[1], f[2], f[3]})
		}
	}
	return all
}

// begins is the first day of an ordered pair: that of the later of the two.
func begins(by, of member) string {
	if by.effect == "-" || of.effect == "-" {
		return "-"
	}
	return max(by.effect, of.effect)
}

func (m member) rule(of member, from string) mra.Recognition {
	r := rule(m.territory, of.territory, from)
	r.Programme, r.AuthorisationType = of.territory+"-AEO", of.kind
	return r
}

// text is the annex with a rule for each ordered pair whose day is known.
func (p *plurilateral) text(t testing.TB) mra.Document {
	var territories []string
	var rules []mra.Recognition
	for _, by := range p.members {
		territories = append(territories, by.territory)
		for _, of := range p.members {
			if from := begins(by, of); by != of && from != "-" {
				rules = append(rules, by.rule(of, from))
			}
		}
	}
	d := document(t, p.id, territories, rules...)
	d.SignedOn = p.signed
	for i, m := range p.members {
		d.Parties[i].TimeZone = m.zone
	}
	return d
}

func (p *plurilateral) member(territory string) *member {
	return &p.members[slices.IndexFunc(p.members, func(m member) bool { return m.territory == territory })]
}

func asksOf(by, of member, at time.Time) mra.Query {
	return mra.Query{By: by.territory, Of: of.territory, Programme: of.territory + "-AEO", Type: of.kind, Held: []string{"exporter"}, At: at}
}

func midnight(t testing.TB, date, zone string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation(time.DateOnly, date, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Every ordered pair begins at the midnight of its recognising party on the day
// on which the later of the two came in, and not a second before; the pairs of
// those who have not are in nobody's answer.
func TestASEANPairsBeginOneByOne(t *testing.T) {
	p := plurilaterals(t)["AAMRA"]
	r := register(t, []*mra.Annex{complete(t, p.text(t))})
	inEffect := 0
	for _, by := range p.members {
		for _, of := range p.members {
			if by == of {
				continue
			}
			from := begins(by, of)
			if from == "-" {
				if f := r.Evaluate(asksOf(by, of, instant(t, "2026-01-01T00:00:00Z"))).Failure; f != mra.NoArrangement {
					t.Errorf("%s of %s: %q", by.territory, of.territory, f)
				}
				continue
			}
			inEffect++
			at := midnight(t, from, by.zone)
			before, after := r.Evaluate(asksOf(by, of, at.Add(-time.Second))).Failure, r.Evaluate(asksOf(by, of, at)).Failure
			if before != mra.NotYetInEffect || after != mra.OK {
				t.Errorf("%s of %s around %v: %q, then %q", by.territory, of.territory, at, before, after)
			}
			life := r.Life("AAMRA", mra.Pair{By: by.territory, Of: of.territory})
			if len(life) != 2 || life[0].State != mra.Signed || life[0].On != p.signed || life[1].State != mra.InEffect || life[1].On != from || life[1].From != at.Unix() {
				t.Errorf("%s of %s: %+v", by.territory, of.territory, life)
			}
		}
	}
	if inEffect != 6*5 { // BN MY SG TH ID PH
		t.Errorf("%d ordered pairs", inEffect)
	}
	if pairs := r.Pairs("AAMRA"); len(pairs) != inEffect {
		t.Errorf("%d pairs", len(pairs))
	}
}

// The Philippines' other level is recognised by nobody.
func TestASEANTypes(t *testing.T) {
	p := plurilaterals(t)["AAMRA"]
	r := register(t, []*mra.Annex{complete(t, p.text(t))})
	q := asksOf(*p.member("SG"), *p.member("PH"), instant(t, "2026-01-01T00:00:00Z"))
	q.Type = "LEVEL-1"
	if f := r.Evaluate(q).Failure; f != mra.Type {
		t.Errorf("level 1: %q", f)
	}
}

// A member that joins later does so by a new version, which leaves all other
// pairs as they were; one that is suspended, and one that leaves, take their
// own pairs with them and no others.
func TestASEANMembersComeAndGo(t *testing.T) {
	p := plurilaterals(t)["AAMRA"]
	first := p.text(t)
	p.member("VN").effect = "2026-07-01" // invented
	joined := p.text(t)
	second := next(first, "2026-05-04", joined.Recognitions...)
	suspend := notice(t, mra.Notice{MRA: "AAMRA", Party: "TH", Seq: 1, Act: "suspend", Against: []string{"PH"}, From: unix(t, "2026-08-01T00:00:00Z"), Iat: unix(t, "2026-07-30T00:00:00Z")})
	leave := notice(t, mra.Notice{MRA: "AAMRA", Party: "ID", Seq: 1, Act: "end", From: unix(t, "2026-09-01T00:00:00Z"), Iat: unix(t, "2026-06-15T00:00:00Z")})
	r := register(t, []*mra.Annex{complete(t, first), complete(t, second)}, suspend, leave)
	for _, c := range []struct {
		at   string
		want func(by, of string) mra.State
	}{
		{"2026-06-01T00:00:00Z", func(by, of string) mra.State {
			if by == "VN" || of == "VN" {
				return mra.Signed
			}
			return mra.InEffect
		}},
		{"2026-07-15T00:00:00Z", func(by, of string) mra.State { return mra.InEffect }},
		{"2026-08-15T00:00:00Z", func(by, of string) mra.State {
			if by+of == "THPH" || by+of == "PHTH" {
				return mra.Suspended
			}
			return mra.InEffect
		}},
		{"2026-10-01T00:00:00Z", func(by, of string) mra.State {
			switch {
			case by == "ID" || of == "ID":
				return mra.Terminated
			case by+of == "THPH" || by+of == "PHTH":
				return mra.Suspended
			}
			return mra.InEffect
		}},
	} {
		for _, pair := range r.Pairs("AAMRA") {
			phase, _ := r.State("AAMRA", pair, instant(t, c.at))
			if want := c.want(pair.By, pair.Of); phase.State != want {
				t.Errorf("%s, %s of %s: %s, want %s", c.at, pair.By, pair.Of, phase.State, want)
			}
			f := r.Evaluate(asksOf(*p.member(pair.By), *p.member(pair.Of), instant(t, c.at))).Failure
			if (f == mra.OK) != (phase.State == mra.InEffect) {
				t.Errorf("%s, %s of %s is %s, the verdict %q", c.at, pair.By, pair.Of, phase.State, f)
			}
		}
	}
	phase, _ := r.State("AAMRA", mra.Pair{By: "ID", Of: "SG"}, instant(t, "2026-10-01T00:00:00Z"))
	if phase.Party != "ID" || phase.Early != 12 || phase.On != "2026-09-01" {
		t.Errorf("the end: %+v", phase)
	}
}

// Signed is not usable: of the Latin American arrangement no day of entry into
// effect is known, so nobody recognises anybody under it. What begins is what a
// later version says, pair by pair (its days here are invented; the one of Chile
// has no midnight, for clocks go forward there at that moment).
func TestLatinAmericaIsSignedOnly(t *testing.T) {
	p := plurilaterals(t)["LATAM-RRA"]
	if rules := p.text(t).Recognitions; len(rules) != 0 {
		t.Fatalf("%d rules", len(rules))
	}
	for i := range p.members {
		p.members[i].effect = "2022-09-01"
	}
	p.member("CL").effect = "2022-09-11"
	r := register(t, []*mra.Annex{complete(t, p.text(t))})
	if pairs := r.Pairs("LATAM-RRA"); len(pairs) != 110 {
		t.Errorf("%d ordered pairs", len(pairs))
	}
	for _, c := range []struct {
		by, of, at string
		want       mra.State
	}{
		{"CL", "PE", "2022-09-11T03:59:59Z", mra.Signed},
		{"CL", "PE", "2022-09-11T04:00:00Z", mra.InEffect}, // 01:00 in Santiago, where the day begins
		{"PE", "CL", "2022-09-11T04:59:59Z", mra.Signed},
		{"PE", "CL", "2022-09-11T05:00:00Z", mra.InEffect},
		{"UY", "BR", "2022-09-01T02:59:59Z", mra.Signed},
		{"UY", "BR", "2022-09-01T03:00:00Z", mra.InEffect},
	} {
		if phase, _ := r.State("LATAM-RRA", mra.Pair{By: c.by, Of: c.of}, instant(t, c.at)); phase.State != c.want {
			t.Errorf("%s of %s at %s: %s, want %s", c.by, c.of, c.at, phase.State, c.want)
		}
	}
}
