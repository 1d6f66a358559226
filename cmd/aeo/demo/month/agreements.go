package month

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry"
)

// An agreement is one arrangement of the month. Who has one with whom follows
// the real ones; dates and texts are invented.
type agreement struct {
	id      string
	parties []string
	begins  map[string]int // day of the month from which a party takes part; see from
}

// inEffect is the day on which the arrangements between two take effect.
const inEffect = 4

func between(a, b string) agreement {
	return agreement{id: a + "-" + b, parties: []string{a, b}}
}

// agreements are the arrangements of the whole month.
var agreements = []agreement{
	between("JP", "NZ"), between("EU", "JP"), between("EU", "US"), between("JP", "SG"), between("SG", "US"), between("NZ", "US"),
	between("CN", "SG"), between("CN", "JP"), between("CN", "NZ"), between("CN", "EU"), between("CN", "KR"), between("KR", "US"), between("KR", "SG"),
	between("EU", "GB"), between("GB", "US"), between("CN", "GB"), between("CH", "EU"), between("CH", "CN"), between("CA", "EU"), between("CA", "US"),
	between("AU", "CN"), between("AU", "NZ"), between("AU", "SG"), between("CN", "HK"), between("BR", "US"), between("BR", "CN"),
	between("BR", "UY"), between("US", "UY"), between("MX", "US"), between("BR", "MX"),
	asean,
}

// asean is the arrangement of more than two: who joined later is recognised,
// and recognises, from then on.
var asean = agreement{id: "AAMRA", parties: []string{"SG", "MY", "TH", "ID", "PH"},
	begins: map[string]int{"SG": inEffect, "MY": inEffect, "TH": 12, "ID": 16, "PH": 24}}

// from is the day from which one party recognises another's holders.
func (a agreement) from(by, of string) int {
	return max(inEffect, a.begins[by], a.begins[of])
}

// here are the agreements with the parties this month has nodes for.
func (w *world) agreements() []agreement {
	var out []agreement
	for _, a := range agreements {
		a.parties = slices.DeleteFunc(slices.Clone(a.parties), func(p string) bool { return w.nodes[p] == nil })
		if len(a.parties) > 1 {
			out = append(out, a)
		}
	}
	return out
}

// partners are the territories a place shares an arrangement with.
func (w *world) partners(territory string) []string {
	var out []string
	for _, a := range w.agreements() {
		if !slices.Contains(a.parties, territory) {
			continue
		}
		for _, p := range a.parties {
			if p != territory && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// holder is the place that decides on a territory's company: for a union, its member.
func (w *world) holder(territory string) *node {
	for _, code := range w.order {
		if n := w.nodes[code]; n.territory == territory && n.company.name != "" {
			return n
		}
	}
	return nil
}

// rule is what one party of an agreement recognises of another's company, as
// `aeo mra draft --recognise` takes it.
func (w *world) rule(by, of string, from time.Time, extra ...string) (string, error) {
	h := w.holder(of)
	pack, _, _, err := offered(of)
	if err != nil {
		return "", err
	}
	_, _, as, err := offered(by)
	if err != nil {
		return "", err
	}
	kind := h.company.kind
	if h.company.component != "" {
		kind = h.company.component
	}
	rule := []string{"by=" + by, "of=" + of, "programme=" + pack.Code, "type=" + kind, "roles=" + strings.Join(h.company.roles, "+"),
		"direction=import", "as=" + as, "from=" + from.UTC().Format(time.DateOnly)}
	return strings.Join(append(rule, extra...), ","), nil
}

// draft writes the draft of an agreement and returns its file.
func (s *story) draft(a agreement, extra ...string) (string, error) {
	file := s.path("arrangements", a.id+".draft.json")
	args := []string{"mra", "draft", a.id, "--title", "Arrangement " + a.id + " (demonstration)", "--citation", "invented for the demonstration",
		"--notice-days", "5", "--out", file}
	for _, by := range a.parties {
		args = append(args, "--party", s.path("arrangements", by+".party.json"))
		for _, of := range a.parties {
			if by == of {
				continue
			}
			rule, err := s.rule(by, of, s.day(a.from(by, of)), extra...)
			if err != nil {
				return "", err
			}
			args = append(args, "--recognise", rule)
		}
	}
	_, err := s.aeo("", args...)
	return file, err
}

// conclude has all parties sign a draft, one after the other, and import it.
func (s *story) conclude(a agreement, draft string) error {
	file := draft
	for _, code := range a.parties {
		n := s.nodes[code]
		out := s.path("arrangements", fmt.Sprintf("%s.%s.json", strings.TrimSuffix(filepath.Base(draft), ".draft.json"), code))
		if _, err := s.aeo(code, "mra", "sign", file, "--by", n.desk, "--second", n.decides, "--out", out); err != nil {
			return err
		}
		file = out
	}
	for _, code := range a.parties {
		if _, err := s.aeo(code, "mra", "import", file); err != nil {
			return err
		}
	}
	return nil
}

// countersign has two parties sign the draft the first of them keeps, over the
// exchange channel, and import what both then hold.
func (s *story) countersign(id, first, second string) error {
	var p registry.Proposed
	for _, code := range []string{first, second} {
		n := s.nodes[code]
		p = registry.Proposed{}
		if err := s.read(code, &p, "mra", "sign", id, "--send", "--by", n.desk, "--second", n.decides); err != nil {
			return err
		}
	}
	s.fact(len(p.Sent) == 1 && p.Sent[0].To == first && len(p.Sent[0].Signed) == 2, "countersigned",
		"%s version %d went from desk to desk and came back signed by %s", id, p.Negotiation.Version, strings.Join(p.Negotiation.Parties, " and "))
	for _, code := range []string{first, second} {
		if _, err := s.aeo(code, "mra", "import", id); err != nil {
			return err
		}
	}
	return nil
}
