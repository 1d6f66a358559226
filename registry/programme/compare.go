package programme

import (
	"fmt"
	"slices"
	"strings"
)

// A Comparison is two programmes side by side: what two administrations look at
// before they draft an arrangement (SAFE Framework, mutual recognition, first
// steps). It finds what differs; what that means is for people to judge.
type Comparison struct {
	Schema      string          `json:"schema"` // aeo.comparison/1
	A           *Profile        `json:"a"`
	B           *Profile        `json:"b"`
	Roles       []RolePair      `json:"roles"`
	Criteria    []CriteriaPair  `json:"criteria"`
	Differences []string        `json:"differences"`
	Suggested   []SuggestedRule `json:"suggested"`
}

// A RolePair is what a role is called on each side; empty where it has none.
type RolePair struct {
	Role Role   `json:"role"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// A CriteriaPair is what each side examines under a letter of the SAFE
// criteria, or with no letter what one has beyond them.
type CriteriaPair struct {
	SAFE string   `json:"safe"`
	A    []string `json:"a"` // code and title
	B    []string `json:"b"`
}

// A SuggestedRule is a recognition to begin a draft from: a type with the security
// part, which its programme lets be recognised abroad.
type SuggestedRule struct {
	By        string   `json:"by"`
	Of        string   `json:"of"`
	Programme string   `json:"programme"`
	Type      string   `json:"type"`
	Roles     []string `json:"roles"`
	As        string   `json:"as"`
}

// safe are the letters of the SAFE criteria (SAFE Framework, Annex IV).
const safe = "ABCDEFGHIJKLM"

// Compare puts two programmes side by side.
func Compare(a, b *Profile) *Comparison {
	c := &Comparison{Schema: "aeo.comparison/1", A: a, B: b, Roles: []RolePair{}, Criteria: []CriteriaPair{}, Differences: []string{}, Suggested: []SuggestedRule{}}
	for _, role := range Roles() {
		if p := (RolePair{role, a.roleTitle(role), b.roleTitle(role)}); p.A != "" || p.B != "" {
			c.Roles = append(c.Roles, p)
		}
	}
	for _, letter := range append(strings.Split(safe, ""), "") {
		if p := (CriteriaPair{letter, a.examined(letter), b.examined(letter)}); len(p.A)+len(p.B) > 0 || letter != "" {
			c.Criteria = append(c.Criteria, p)
		}
	}
	c.differ()
	c.Suggested = append(a.suggest(b), b.suggest(a)...)
	return c
}

func (p *Profile) roleTitle(role Role) string {
	for _, r := range p.Roles {
		if r.Code == role {
			return r.Title
		}
	}
	return ""
}

// examined are the requirements under a letter; for none, those beyond SAFE.
func (p *Profile) examined(letter string) []string {
	out := []string{}
	for _, r := range p.Requirements {
		if letter == "" && len(r.SAFE) > 0 || letter != "" && !slices.Contains(r.SAFE, letter) {
			continue
		}
		text := r.Code + " " + r.Title
		if len(r.Types) > 0 {
			text += " (" + strings.Join(r.Types, ", ") + " only)"
		}
		out = append(out, text)
	}
	return out
}

// differ says in words what a drafter would stumble over.
func (c *Comparison) differ() {
	say := func(format string, args ...any) { c.Differences = append(c.Differences, fmt.Sprintf(format, args...)) }
	for _, r := range c.Roles {
		switch {
		case r.A == "":
			say("only %s has the role %s", c.B.Territory, r.Role)
		case r.B == "":
			say("only %s has the role %s", c.A.Territory, r.Role)
		}
	}
	for _, r := range c.Criteria {
		switch {
		case r.SAFE == "":
			say("beyond SAFE: %s", strings.Join(append(prefixed(c.A.Territory, r.A), prefixed(c.B.Territory, r.B)...), "; "))
		case len(r.A) == 0 && len(r.B) > 0:
			say("only %s examines SAFE %s", c.B.Territory, r.SAFE)
		case len(r.B) == 0 && len(r.A) > 0:
			say("only %s examines SAFE %s", c.A.Territory, r.SAFE)
		}
	}
	for _, sides := range [][2]*Profile{{c.A, c.B}, {c.B, c.A}} {
		if len(sides[0].recognisable()) == 0 {
			say("%s has no type with the security part that may be recognised abroad", sides[0].Territory)
		}
		for _, t := range sides[0].Types {
			if !t.MRAEligible && len(t.Components) == 0 {
				say("%s %s may not be recognised abroad", sides[0].Territory, t.Code)
			}
		}
	}
	if a, b := c.A.ValidityWords(), c.B.ValidityWords(); a != b {
		say("validity: %s %s, %s %s", c.A.Territory, a, c.B.Territory, b)
	}
	if c.A.SuspensionShownTo != c.B.SuspensionShownTo {
		say("a suspension is shown in words to: %s %s, %s %s", c.A.Territory, c.A.SuspensionShownTo, c.B.Territory, c.B.SuspensionShownTo)
	}
}

func prefixed(territory string, texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, territory+" "+t)
	}
	return out
}

// ValidityWords is for how long an authorisation is given.
func (p *Profile) ValidityWords() string {
	if p.Validity.Years == 0 {
		return p.Validity.Rule
	}
	return fmt.Sprintf("%s, %d years", p.Validity.Rule, p.Validity.Years)
}

// recognisable are the types a partner could recognise: with the security part,
// eligible, and no sum of others, for it is components that are authorised.
func (p *Profile) recognisable() []ProfileType {
	var out []ProfileType
	for _, t := range p.Types {
		if t.Security && t.MRAEligible && len(t.Components) == 0 {
			out = append(out, t)
		}
	}
	return out
}

// suggest is how p would recognise the security types of another programme: each
// role as p's own type that gives it, as the type that shares most where several
// do. A role that p knows of no type is left out, unless all are.
func (p *Profile) suggest(of *Profile) []SuggestedRule {
	own := p.recognisable()
	if len(own) == 0 {
		return nil
	}
	var out []SuggestedRule
	for _, t := range of.recognisable() {
		best := slices.SortedStableFunc(slices.Values(own), func(a, b ProfileType) int { return shared(b.Roles, t.Roles) - shared(a.Roles, t.Roles) })
		begin := len(out)
		for _, role := range t.Roles {
			as := slices.IndexFunc(best, func(o ProfileType) bool { return slices.Contains(o.Roles, role) })
			switch {
			case shared(best[0].Roles, t.Roles) == 0:
				as = 0
			case as < 0:
				continue
			}
			i := slices.IndexFunc(out[begin:], func(r SuggestedRule) bool { return r.As == best[as].Code })
			if i < 0 {
				out = append(out, SuggestedRule{By: p.Territory, Of: of.Territory, Programme: of.Code, Type: t.Code, As: best[as].Code})
				i = len(out) - 1 - begin
			}
			out[begin+i].Roles = append(out[begin+i].Roles, string(role))
		}
	}
	return out
}

func shared(a, b []Role) (n int) {
	for _, r := range a {
		if slices.Contains(b, r) {
			n++
		}
	}
	return n
}
