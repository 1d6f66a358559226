package authorisation

import (
	"fmt"
	"slices"
)

// What an applicant says of a criterion.
const (
	SaysYes           = "yes"
	SaysNo            = "no"
	SaysPartly        = "partly"
	SaysNotApplicable = "not_applicable"
)

// A Section is a group of criteria that a colleague of the applicant answers.
type Section struct {
	Group  string `json:"group"`
	Person string `json:"person"`
	By     string `json:"by"` // who assigned it
}

// A Response answers the question of a criterion, for a site where it is asked per site.
type Response struct {
	Criterion string   `json:"criterion"`
	Site      string   `json:"site,omitzero"`
	Answer    string   `json:"answer"`
	Text      string   `json:"text,omitzero"`
	Evidence  []string `json:"evidence,omitzero"` // digests in the register
	From      string   `json:"from,omitzero"`     // the earlier case it was taken over from
}

// A Responded response names who answered and when.
type Responded struct {
	Response
	By string `json:"by"`
	At int64  `json:"at"`
}

const (
	maxAnswer    = 2000  // bytes of a text
	maxResponses = 1024  // of an assessment
	maxWritten   = 48000 // bytes of answers in one event, generously counted
)

// Commands for the questionnaire.
type (
	AssignSection struct {
		By
		Group  string
		Person string
	}
	Respond struct {
		By
		Responses []Response
	}
)

// Facts about the questionnaire.
type (
	AssessmentSectionAssigned struct {
		Group  string `json:"group"`
		Person string `json:"person"`
	}
	AssessmentAnswered struct {
		Responses []Response `json:"responses"`
	}
)

func (AssignSection) name() string                       { return "assign section" }
func (Respond) name() string                             { return "answer questionnaire" }
func (AssessmentSectionAssigned) event() (string, int64) { return "assessment.section_assigned", 1 }
func (AssessmentAnswered) event() (string, int64)        { return "assessment.answered", 1 }

func (c AssignSection) decide(a Assessment) ([]Event, error) {
	if !slices.ContainsFunc(a.Criteria, func(q Asked) bool { return q.Group == c.Group }) {
		return nil, &InputError{"section", fmt.Sprintf("%.60q is no section of this questionnaire", c.Group)}
	}
	return one(c.By, c.At, AssessmentSectionAssigned{c.Group, c.Person})
}

// decide writes as many events as the answers need: one holds at most a leaf's bytes.
func (c Respond) decide(a Assessment) ([]Event, error) {
	places := map[string]bool{}
	for _, r := range c.Responses {
		if err := a.admits(r, c.By); err != nil {
			return nil, err
		}
		if places[r.place()] {
			return nil, &InputError{"responses", r.place() + " is answered twice"}
		}
		places[r.place()] = true
	}
	for _, r := range a.Responses {
		places[r.place()] = true
	}
	if len(places) > maxResponses {
		return nil, &InputError{"responses", fmt.Sprintf("more than %d in all", maxResponses)}
	}
	var list []Event
	for rest := c.Responses; ; {
		n, bytes := 0, 0
		for n < len(rest) && (n == 0 || bytes+rest[n].written() <= maxWritten) {
			bytes += rest[n].written()
			n++
		}
		more, err := one(c.By, c.At, AssessmentAnswered{rest[:n:n]})
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
		if rest = rest[n:]; len(rest) == 0 {
			return list, nil
		}
	}
}

// written is more than the bytes a response takes.
func (r Response) written() int { return 300 + 2*len(r.Text) + 80*len(r.Evidence) }

func (r Response) place() string { return r.Criterion + "@" + r.Site }

// admits holds where the question is asked, the evidence is there, and the section
// is nobody else's.
func (a Assessment) admits(r Response, by By) error {
	if err := first(r.check(), a.concerns("responses", r.Criterion, r.Site), a.holds("responses", r.Evidence)); err != nil {
		return err
	}
	q, _ := a.asked(r.Criterion)
	for _, s := range a.Sections {
		if s.Group == q.Group && !by.is(s.Person) && !by.is(s.By) {
			return &TransitionError{a.words(), "answer questionnaire", fmt.Sprintf("section %s is assigned to %s", s.Group, s.Person)}
		}
	}
	return nil
}

// Unanswered are the criteria, with @ and the site where they are asked per site,
// that have no response.
func (a Assessment) Unanswered() []string {
	answered := map[string]bool{}
	for _, r := range a.Responses {
		answered[r.place()] = true
	}
	out := []string{}
	for _, q := range a.Criteria {
		for _, place := range a.places(q) {
			if !answered[place] {
				out = append(out, trimPlace(place))
			}
		}
	}
	return out
}

// places are where a criterion is asked.
func (a Assessment) places(q Asked) []string {
	if !q.PerSite || len(a.Sites) == 0 {
		return []string{q.Code + "@"}
	}
	var out []string
	for _, s := range a.Sites {
		out = append(out, q.Code+"@"+s)
	}
	return out
}

func trimPlace(place string) string {
	if place != "" && place[len(place)-1] == '@' {
		return place[:len(place)-1]
	}
	return place
}

func (d AssessmentSectionAssigned) check() error {
	return first(code("section", d.Group), text("person", d.Person, maxName))
}

func (d AssessmentAnswered) check() error {
	if len(d.Responses) == 0 || len(d.Responses) > maxResponses {
		return &InputError{"responses", fmt.Sprintf("want 1 to %d", maxResponses)}
	}
	for _, r := range d.Responses {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

func (r Response) check() error {
	err := first(
		code("criterion", r.Criterion), optionalCode("site", r.Site), optionalCode("from", r.From), digests("evidence of "+r.Criterion, r.Evidence),
		oneOf("answer to "+r.Criterion, r.Answer, SaysYes, SaysNo, SaysPartly, SaysNotApplicable), optional("text of "+r.Criterion, r.Text, maxAnswer),
	)
	if err == nil && r.Answer != SaysYes && r.Text == "" {
		return &InputError{"text of " + r.Criterion, fmt.Sprintf("%s needs an explanation", r.Answer)}
	}
	return err
}

func (d AssessmentSectionAssigned) change(a *Assessment, e Event) error {
	next := slices.DeleteFunc(slices.Clone(a.Sections), func(s Section) bool { return s.Group == d.Group })
	a.Sections = append(next, Section{d.Group, d.Person, e.Actor})
	return nil
}

func (d AssessmentAnswered) change(a *Assessment, e Event) error {
	next := slices.Clone(a.Responses)
	for _, r := range d.Responses {
		is := Responded{r, e.Actor, e.DecidedAt}
		if i := slices.IndexFunc(next, func(old Responded) bool { return old.place() == r.place() }); i >= 0 {
			next[i] = is
		} else {
			next = append(next, is)
		}
	}
	a.Responses = next
	return nil
}
