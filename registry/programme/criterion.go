package programme

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// CriteriaFormat is the format name of the catalogue of SAFE criteria.
const CriteriaFormat = "aeo.criteria/1"

// MaxCriteria bounds what an application is assessed on.
const MaxCriteria = 256

// A Criterion is one thing an applicant must show, a validator looks at and an
// assessor judges.
type Criterion struct {
	Code     string `json:"code"`  // G-2; of a pack's own, X-1
	Group    string `json:"group"` // letter A to M of SAFE, or a requirement of the pack
	Title    string `json:"title"`
	Question string `json:"question"` // of the self-assessment questionnaire
	// Must tells what a grant needs from what is advised: one that is not met
	// stands in the report and hinders nothing by itself.
	Must  bool   `json:"must"`
	Roles []Role `json:"roles,omitempty"` // whom it is asked of; empty: everyone
	// Types are the components it is examined for. The catalogue does not know
	// them, and a pack names them only where the law asks less than its requirement
	// says (EU: IA 2015/2447 Art. 25(2)); [Pack.CriteriaFor] fills them in.
	Types    []string `json:"types,omitempty"`
	Security bool     `json:"security,omitempty"` // belongs to the security part only
	PerSite  bool     `json:"per_site,omitempty"` // answered and judged for each site
	Evidence []string `json:"evidence"`           // what a validator takes away
	Source   string   `json:"source"`
	Unsure   string   `json:"unsure,omitempty"`
}

// A Group is a heading of criteria.
type Group struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

// A catalogue is the criteria of the SAFE Framework, in our own words.
type catalogue struct {
	Format   string      `json:"format"`
	Source   string      `json:"source"`
	Groups   []Group     `json:"groups"`
	Criteria []Criterion `json:"criteria"`
}

//go:embed safe.json
var safeCriteria []byte

var readCatalogue = sync.OnceValues(func() (*catalogue, error) {
	c := new(catalogue)
	if err := jcs.Unmarshal(safeCriteria, c); err != nil {
		return nil, fmt.Errorf("catalogue of SAFE criteria: %w", err)
	}
	if c.Format != CriteriaFormat {
		return nil, fmt.Errorf("catalogue of SAFE criteria: format is %q, want %q", c.Format, CriteriaFormat)
	}
	for i := range c.Criteria {
		if q := &c.Criteria[i]; q.Source == "" {
			q.Source = c.Source + ", " + q.Group
		}
	}
	if err := checkCriteria(c.Criteria); err != nil {
		return nil, fmt.Errorf("catalogue of SAFE criteria: %w", err)
	}
	if i := slices.IndexFunc(c.Criteria, func(q Criterion) bool { return len(q.Types) > 0 }); i >= 0 {
		return nil, fmt.Errorf("catalogue of SAFE criteria: %s: types are a programme's", c.Criteria[i].Code)
	}
	return c, nil
})

// CriteriaFor returns what an application for a type in these roles is assessed
// on, in the order of the programme's requirements: under each the criteria of
// its SAFE letters and the pack's own.
func (p *Pack) CriteriaFor(typ string, roles []string) ([]Criterion, error) {
	parts, err := p.Components(typ)
	if err != nil {
		return nil, err
	}
	if err := p.CheckRoles(typ, roles); err != nil {
		return nil, err
	}
	var out []Criterion
	for i, r := range p.Requirements {
		for _, c := range p.asked[i] {
			if len(c.Roles) > 0 && !slices.ContainsFunc(c.Roles, func(role Role) bool { return slices.Contains(roles, string(role)) }) {
				continue
			}
			if c.Types = r.examinedFor(c, parts); len(c.Types) > 0 {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// examinedFor are the components for which a criterion counts: those the pack names,
// otherwise all, where criteria of the security part count for security only.
func (r Requirement) examinedFor(c Criterion, parts []Type) []string {
	var types []string
	for _, t := range parts {
		if len(c.Types) > 0 && !slices.Contains(c.Types, t.Code) {
			continue
		}
		if slices.Contains(r.Types, t.Code) || len(r.Types) == 0 && (t.Security || !c.Security) {
			types = append(types, t.Code)
		}
	}
	return types
}

// criteriaOf are the criteria under a requirement. One of the pack takes the place
// of that of the catalogue which has its code.
func (p *Pack) criteriaOf(r Requirement) []Criterion {
	var out []Criterion
	for _, letter := range r.SAFE {
		for _, c := range p.safe().Criteria {
			if c.Group == letter {
				if i := slices.IndexFunc(p.Criteria, func(own Criterion) bool { return own.Code == c.Code }); i >= 0 {
					c = p.Criteria[i]
				}
				out = append(out, c)
			}
		}
	}
	for _, own := range p.Criteria {
		if (own.Group == r.Code || slices.Contains(r.SAFE, own.Group)) && !slices.ContainsFunc(out, func(c Criterion) bool { return c.Code == own.Code }) {
			out = append(out, own)
		}
	}
	return out
}

// safe is the catalogue, which check has read before.
func (*Pack) safe() *catalogue {
	c, err := readCatalogue()
	if err != nil {
		return new(catalogue)
	}
	return c
}

// Criterion returns the criterion of that code, as the programme has it; false
// where it has none.
func (p *Pack) Criterion(code string) (Criterion, bool) {
	for i, r := range p.Requirements {
		for _, c := range p.asked[i] {
			if c.Code == code {
				if len(c.Types) == 0 {
					c.Types = r.Types
				}
				return c, true
			}
		}
	}
	return Criterion{}, false
}

// GroupTitle is the heading of a letter of SAFE or of a requirement; empty where there is none.
func (p *Pack) GroupTitle(code string) string {
	for _, r := range p.Requirements {
		if r.Code == code {
			return r.Title
		}
	}
	for _, g := range p.safe().Groups {
		if g.Code == code {
			return g.Title
		}
	}
	return ""
}

// Expand returns which of the criteria among a code stands for: itself, or all
// under a letter of SAFE (G) or a requirement of the pack (39E). None where it
// stands for nothing.
func (p *Pack) Expand(code string, among []string) []string {
	if slices.Contains(among, code) {
		return []string{code}
	}
	var under []string
	for i, r := range p.Requirements {
		for _, c := range p.asked[i] {
			if r.Code == code || c.Group == code {
				under = append(under, c.Code)
			}
		}
	}
	var out []string
	for _, a := range among {
		if slices.Contains(under, a) {
			out = append(out, a)
		}
	}
	return out
}

// checkCriteria refuses criteria of which something is missing or which share a code.
func checkCriteria(list []Criterion) error {
	for i, c := range list {
		switch {
		case !criterionCode.MatchString(c.Code) || slices.ContainsFunc(list[:i], func(o Criterion) bool { return o.Code == c.Code }):
			return fmt.Errorf("criterion %q: code malformed or repeated", c.Code)
		case c.Title == "" || !strings.HasSuffix(c.Question, "?") || len(c.Evidence) == 0 || c.Source == "" || c.Group == "":
			return fmt.Errorf("criterion %s: group, title, question, evidence or source missing", c.Code)
		}
		for _, r := range c.Roles {
			if !r.Known() {
				return fmt.Errorf("criterion %s: role %q is not one of the SAFE roles", c.Code, r)
			}
		}
	}
	return nil
}
