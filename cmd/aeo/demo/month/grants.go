package month

import (
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
)

// holders are the places that have a company.
func (w *world) holders() []string {
	var out []string
	for _, code := range w.order {
		if w.nodes[code].company.name != "" {
			out = append(out, code)
		}
	}
	return out
}

// grants takes every company from registration to a grant.
func (s *story) grants() error {
	cases := make([]string, len(s.order))
	index := map[string]int{}
	for i, code := range s.order {
		index[code] = i
	}
	if err := s.each(s.holders(), func(n *node) error {
		number, err := s.carry(n)
		cases[index[n.code]] = number
		return err
	}); err != nil {
		return err
	}
	for i, code := range s.order {
		if cases[i] != "" {
			s.authorisations[code] = cases[i]
		}
	}
	s.fact(len(s.authorisations) == len(s.holders()), "granted", "%d applications, each assessed by one officer and decided by another", len(s.authorisations))
	return s.credentials()
}

// carry is one company's way: registered, applied, accepted, assessed by one
// officer, decided by another. It returns the authorisation's number.
func (w *world) carry(n *node) (string, error) {
	c := n.company
	add := []string{"operator", "add", "--name", c.name, "--identifier", c.identifier, "--country", n.code, "--by", n.desk}
	if _, err := w.aeo(n.code, add...); err != nil {
		return "", err
	}
	var app struct {
		Case          string `json:"case"`
		Authorisation string `json:"authorisation"`
	}
	submit := []string{"application", "submit", "--operator", c.identifier, "--type", c.kind, "--by", c.name}
	for _, r := range c.roles {
		submit = append(submit, "--role", r)
	}
	if err := w.read(n.code, &app, submit...); err != nil {
		return "", err
	}
	for _, step := range [][]string{
		{"accept", app.Case, "--by", n.desk},
		{"assess", app.Case, "--all-met", "--by", n.desk},
		{"decide", app.Case, "--grant", "--no-visit", "a demonstration: sites are invented too", "--by", n.decides},
	} {
		if err := w.read(n.code, &app, append([]string{"application"}, step...)...); err != nil {
			return "", err
		}
	}
	return app.Authorisation, nil
}

// credentials writes the file each company hands out, with the receipts of the log.
func (s *story) credentials() error {
	return s.each(s.holders(), func(n *node) error {
		if err := s.published(n.code); err != nil {
			return err
		}
		args := []string{"credential", "export", s.authorisations[n.code], "--preset", "counterparty", "--out", s.credential(n.code)}
		if n.company.component != "" {
			args = append(args, "--component", n.company.component)
		}
		_, err := s.aeo(n.code, args...)
		return err
	})
}

// conclusions signs every arrangement of the month.
func (s *story) conclusions() error {
	if err := s.each(s.order, func(n *node) error {
		if n.member() {
			return nil
		}
		_, err := s.aeo(n.code, "mra", "party", "--out", s.path("arrangements", n.code+".party.json"))
		return err
	}); err != nil {
		return err
	}
	signatures := 0
	for _, a := range s.agreements() {
		draft, err := s.draft(a)
		if err != nil {
			return err
		}
		if err := s.conclude(a, draft); err != nil {
			return err
		}
		signatures += len(a.parties)
	}
	s.fact(true, "signed", "%d arrangements with %d signatures, logged by every party; they take effect on day %d", len(s.agreements()), signatures, inEffect)
	return nil
}

// recognised asks the desk of every party of every arrangement about the company
// of every other.
func (s *story) recognised() error {
	type question struct{ at, of string }
	var ask []question
	for _, a := range s.agreements() {
		for _, by := range a.parties {
			for _, of := range a.parties {
				if by != of && a.from(by, of) <= inEffect {
					ask = append(ask, question{by, s.holder(of).code})
				}
			}
		}
	}
	for _, code := range s.order {
		if _, err := s.aeo(code, "bundle", "pull", "--out", s.path("bundles", code+".aeobundle")); err != nil && !s.nodes[code].member() {
			return err
		}
	}
	var wrong []string
	for _, q := range ask {
		a, err := s.verifyWith(s.path("bundles", q.at+".aeobundle"), q.at, q.of, border...)
		if err != nil {
			return err
		}
		if a.Outcome != (demo.Outcome{Verdict: "recognised", Reason: "by_arrangement"}) {
			wrong = append(wrong, fmt.Sprintf("%s in %s: %s", q.of, q.at, a))
		}
	}
	s.fact(len(wrong) == 0 && len(ask) > 0, "recognised", "%d of %d questions at the borders, each answered offline%s",
		len(ask)-len(wrong), len(ask), listed(wrong))
	return nil
}

// joined is the pair that takes part later than the others: the annex is the
// same, the day is the pair's.
func (s *story) joined() error {
	for _, at := range []string{"SG", "MY"} {
		if err := s.expect(at, "TH", "recognised", "by_arrangement"); err != nil {
			return err
		}
		early := s.day(10).Format("2006-01-02T15:04:05Z")
		if err := s.expectAt(at, "TH", early, "not_recognised", "not_yet_in_effect"); err != nil {
			return err
		}
	}
	return nil
}

// expectAt is expect for a day of the past.
func (s *story) expectAt(at, of, day, verdict, reason string) error {
	a, err := s.verify(at, of, append([]string{"--at", day}, border...)...)
	if err != nil {
		return err
	}
	s.fact(a.Outcome == demo.Outcome{Verdict: verdict, Reason: reason},
		fmt.Sprintf("%s at the border of %s, asked about %s", s.nodes[of].company.name, at, strings.TrimSuffix(day, "T00:00:00Z")), "%s", a)
	return nil
}
