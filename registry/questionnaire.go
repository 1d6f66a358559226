package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// A Questionnaire is the self-assessment of an applicant: what the programme asks,
// and what was answered so far.
type Questionnaire struct {
	Application string               `json:"application"`
	Programme   string               `json:"programme"`
	Type        string               `json:"type"`
	Roles       []string             `json:"roles"`
	Sites       []authorisation.Site `json:"sites,omitzero"`
	Sections    []QuestionSection    `json:"sections"`
	Open        int                  `json:"open"` // questions without an answer
}

// A QuestionSection is a group of criteria.
type QuestionSection struct {
	Group     string     `json:"group"`
	Title     string     `json:"title"`
	Person    string     `json:"person,omitzero"` // the colleague who answers it
	Questions []Question `json:"questions"`
}

// A Question is a criterion as the applicant is asked about it, once or for each site.
type Question struct {
	Criterion string                   `json:"criterion"`
	Site      string                   `json:"site,omitzero"`
	Question  string                   `json:"question"`
	Must      bool                     `json:"must"`
	Evidence  []string                 `json:"evidence,omitzero"` // what is expected
	Answer    *authorisation.Responded `json:"answer,omitzero"`
	Earlier   *authorisation.Response  `json:"earlier,omitzero"` // what was answered in an earlier case
}

// Questionnaire is the questionnaire of an application, with what the operator
// answered before where a question is open: nobody is asked twice.
func (n *Node) Questionnaire(number string) (q Questionnaire, err error) {
	a, err := n.Assessment(number)
	if err != nil {
		return q, err
	}
	app, err := readCase(n, number, view.Application)
	if err != nil {
		return q, err
	}
	earlier, err := n.earlier(a)
	if err != nil {
		return q, err
	}
	pack := n.lawOf(app)
	q = Questionnaire{Application: number, Programme: app.Wish.Programme, Type: app.Wish.Type, Roles: app.Wish.Roles, Sites: app.Wish.Sites, Sections: []QuestionSection{}}
	for _, c := range a.Criteria {
		i := slices.IndexFunc(q.Sections, func(s QuestionSection) bool { return s.Group == c.Group })
		if i < 0 {
			i = len(q.Sections)
			q.Sections = append(q.Sections, QuestionSection{Group: c.Group, Title: pack.GroupTitle(c.Group)})
			for _, s := range a.Sections {
				if s.Group == c.Group {
					q.Sections[i].Person = s.Person
				}
			}
		}
		sites := a.Sites
		if !c.PerSite || len(sites) == 0 {
			sites = []string{""}
		}
		for _, site := range sites {
			asks := Question{Criterion: c.Code, Site: site, Must: c.Weight != authorisation.Should}
			if known, ok := pack.Criterion(c.Code); ok {
				asks.Question, asks.Evidence = known.Question, known.Evidence
			}
			if asks.Answer = find(a.Responses, c.Code, site); asks.Answer == nil {
				q.Open++
				asks.Earlier = earlier[c.Code+"@"+site]
			}
			q.Sections[i].Questions = append(q.Sections[i].Questions, asks)
		}
	}
	return q, nil
}

func find(list []authorisation.Responded, criterion, site string) *authorisation.Responded {
	for i := range list {
		if list[i].Criterion == criterion && list[i].Site == site {
			return &list[i]
		}
	}
	return nil
}

// earlier are the newest answers of the same operator in other cases, by criterion
// and site. Files stay with their case.
func (n *Node) earlier(a authorisation.Assessment) (map[string]*authorisation.Response, error) {
	out := map[string]*authorisation.Response{}
	err := n.ledger.View(func(tx ledger.Projection) error {
		numbers, err := view.AssessedOf(tx, a.Operator)
		if err != nil {
			return err
		}
		for _, number := range numbers { // in order, so that the newest case is last
			if number == a.Case {
				continue
			}
			old, err := view.Assessment(tx, number)
			if err != nil {
				return err
			}
			for _, r := range old.Responses {
				r.From, r.Evidence = number, nil
				out[r.Criterion+"@"+r.Site] = &r.Response
			}
		}
		return nil
	})
	return out, err
}

// AnswerQuestionnaire gives answers, for the applicant.
type AnswerQuestionnaire struct {
	Application string                   `json:"application"`
	Responses   []authorisation.Response `json:"responses,omitzero"`
	// Prefill takes over what was answered in earlier cases wherever a question is open.
	Prefill bool   `json:"prefill,omitzero"`
	By      string `json:"by"`
	DryRun  bool   `json:"dry_run,omitzero"`
}

// AnswerQuestionnaire records answers. A later answer takes the place of an earlier one.
func (n *Node) AnswerQuestionnaire(ctx context.Context, r AnswerQuestionnaire) (authorisation.Assessment, error) {
	return n.onAssessment(ctx, r.Application, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
		if err := b.undecided(); err != nil {
			return nil, err
		}
		responses := slices.Clone(r.Responses)
		for i, s := range responses {
			if s.From != "" {
				return nil, fmt.Errorf("%w: answer to %.60s: where it was taken over from is not given by hand", ErrInvalid, s.Criterion)
			}
			responses[i].Evidence = inFull(b.Assessment, s.Evidence)
		}
		if r.Prefill {
			earlier, err := n.earlier(b.Assessment)
			if err != nil {
				return nil, err
			}
			more := takenOver(b.Assessment, earlier, responses)
			if len(more)+len(responses) == 0 {
				return nil, fmt.Errorf("%w: nothing that is open was answered in an earlier case", ErrConflict)
			}
			responses = append(responses, more...)
		}
		return authorisation.Respond{By: b.by, Responses: responses}, nil
	}, applicants...)
}

// takenOver are the earlier answers to what is open and not answered now.
func takenOver(a authorisation.Assessment, earlier map[string]*authorisation.Response, given []authorisation.Response) (out []authorisation.Response) {
	for _, place := range a.Unanswered() {
		now := func(r authorisation.Response) bool { return place == r.Criterion || place == r.Criterion+"@"+r.Site }
		for key, old := range earlier {
			if (key == place || key == place+"@") && !slices.ContainsFunc(given, now) {
				out = append(out, *old)
			}
		}
	}
	return out
}

// AssignSection gives a section of the questionnaire to a colleague of the applicant.
type AssignSection struct {
	Application string `json:"application"`
	Section     string `json:"section"` // a letter of SAFE, or a group of the pack
	Person      string `json:"person"`  // name or account
	By          string `json:"by"`
	DryRun      bool   `json:"dry_run,omitzero"`
}

// AssignSection lets only that colleague, and who assigned it, answer the section.
func (n *Node) AssignSection(ctx context.Context, r AssignSection) (authorisation.Assessment, error) {
	return n.onAssessment(ctx, r.Application, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
		return authorisation.AssignSection{By: b.by, Group: r.Section, Person: r.Person}, b.undecided()
	}, applicants...)
}
