package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

var assessmentCases = caseKind[authorisation.Assessment]{
	view.Assessment, func(a authorisation.Assessment) string { return a.Operator },
}

// Who may do what in an assessment.
var (
	applicants = []access.Role{access.Applicant, access.Representative, access.Assessor}
	assessors  = []access.Role{access.Assessor, access.Validator}
	readers    = []access.Role{access.Applicant, access.Representative, access.Assessor, access.Validator, access.DecisionMaker, access.Auditor}
)

// A beside is what an act on the assessment of an application is decided on.
type beside struct {
	authorisation.Assessment
	app authorisation.Application
	by  authorisation.By
}

// onAssessment puts a command to the assessment of an application, which is opened
// with the first. Both share the number, and so the lock.
func (n *Node) onAssessment(ctx context.Context, number, actor string, dryRun bool,
	command func(beside) (authorisation.Command, error), may ...access.Role) (authorisation.Assessment, error) {
	defer n.lockCase(number)()
	a, app, err := n.assessmentOf(number)
	if err != nil {
		return a, err
	}
	if err := n.match(ctx, number); err != nil {
		return a, err
	}
	by, err := n.by(ctx, number, actor, may...)
	if err != nil {
		return a, err
	}
	var events []authorisation.Event
	state := a
	if a.Case == "" {
		if state, events, err = n.opened(app, by); err != nil {
			return a, err
		}
	}
	c, err := command(beside{state, app, by})
	if err != nil {
		return a, err
	}
	more, err := decide(state, c)
	if err != nil || len(more) == 0 {
		return a, err
	}
	return record(ctx, n, assessmentCases, a, append(events, more...), dryRun)
}

// assessmentOf reads an application and what was gathered beside it; the zero
// assessment where nothing was.
func (n *Node) assessmentOf(number string) (a authorisation.Assessment, app authorisation.Application, err error) {
	if app, err = readCase(n, number, view.Application); err != nil {
		return a, app, err
	}
	a, err = readCase(n, number, view.Assessment)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return a, app, err
}

// lawOf is the programme an application goes by.
func (n *Node) lawOf(app authorisation.Application) *programme.Pack {
	return n.packOf(app.Wish.Authority, app.Pack)
}

// opened is the assessment of an application as the programme asks for it.
func (n *Node) opened(app authorisation.Application, by authorisation.By) (a authorisation.Assessment, events []authorisation.Event, err error) {
	pack := n.lawOf(app)
	open := authorisation.OpenAssessment{By: by, Operator: app.Wish.Operator}
	for _, code := range app.Wish.Requirements {
		open.Criteria = append(open.Criteria, asked(pack, code))
	}
	for _, s := range app.Wish.Sites {
		open.Sites = append(open.Sites, s.ID)
	}
	if events, err = decide(a, open); err != nil {
		return a, nil, err
	}
	a, err = applyAll(a, events)
	return a, events, err
}

// asked is what a criterion counts. One that the programme no longer has, or a group
// of applications made before there were criteria, has to be met.
func asked(pack *programme.Pack, code string) authorisation.Asked {
	q, known := pack.Criterion(code)
	if !known {
		return authorisation.Asked{Code: code, Group: code}
	}
	return authorisation.Asked{Code: code, Group: q.Group, Weight: weightOf(q), PerSite: q.PerSite}
}

// weightOf: advised criteria hinder nothing; a major finding in compliance or in
// security hinders a grant whatever the result.
func weightOf(q programme.Criterion) authorisation.Weight {
	switch {
	case !q.Must:
		return authorisation.Should
	case q.Security || q.Group == "A":
		return authorisation.Grave
	}
	return authorisation.Must
}

// undecided refuses what is only of use before the decision.
func (b beside) undecided() error {
	if b.app.State.Final() {
		return fmt.Errorf("%w: %s is decided", ErrConflict, b.app.Case)
	}
	return nil
}

// Assessment reads what was gathered beside an application. Scores of a sample are
// not shown before both are in.
func (n *Node) Assessment(number string) (authorisation.Assessment, error) {
	a, app, err := n.assessmentOf(number)
	if err == nil && a.Case == "" {
		a, _, err = n.opened(app, authorisation.By{Case: number, Actor: "nobody", At: n.now().Unix()})
		a.OpenedAt, a.DecidedAt = 0, 0
	}
	a, _ = a.Blind(app)
	return a, err
}

// blind takes from applications the scores of samples that only one of two has given yet.
func (n *Node) blind(apps []authorisation.Application) error {
	var scoring []string
	err := n.ledger.View(func(tx ledger.Projection) (err error) {
		scoring, err = view.Scoring(tx)
		return err
	})
	if err != nil {
		return err
	}
	for i, app := range apps {
		if _, sampled := slices.BinarySearch(scoring, app.Case); !sampled {
			continue
		}
		a, _, err := n.assessmentOf(app.Case)
		if err != nil {
			return err
		}
		_, apps[i] = a.Blind(app)
	}
	return nil
}

// Blinded is what of a case is shown to whoever acted on it: scores of a sample are
// not, until both were given.
func (n *Node) Blinded(answer any) (any, error) {
	switch a := answer.(type) {
	case authorisation.Application:
		one := []authorisation.Application{a}
		err := n.blind(one)
		return one[0], err
	case authorisation.Assessment:
		app, err := n.Application(a.Case)
		if errors.Is(err, ErrNotFound) { // a dry run of what would open it
			return a, nil
		}
		a, _ = a.Blind(app)
		return a, err
	}
	return answer, nil
}

// mayAccept refuses an application whose questionnaire was begun and is not complete.
// One that was handed in on paper was not begun here.
func (n *Node) mayAccept(app authorisation.Application) error {
	a, _, err := n.assessmentOf(app.Case)
	if err != nil || len(a.Responses) == 0 {
		return err
	}
	if open := a.Unanswered(); len(open) > 0 {
		return fmt.Errorf("%w: the questionnaire is not complete: %d questions are open, the first is %s", ErrConflict, len(open), open[0])
	}
	return nil
}

// mayAssess refuses findings that rest on what is not there, and by who scored a
// second time. It writes the digests they name in full.
func (n *Node) mayAssess(app authorisation.Application, by authorisation.By, findings []authorisation.Finding) error {
	a, _, err := n.assessmentOf(app.Case)
	if err != nil {
		return err
	}
	if err := a.MayJudge(by); err != nil {
		return fmt.Errorf("%w: %w", ErrNotAllowed, err)
	}
	for i, f := range findings {
		f.Evidence = inFull(a, f.Evidence)
		findings[i] = f
		if err := a.Supports(f, by.At); err != nil {
			return invalid(err)
		}
		if f.Site != "" && !slices.ContainsFunc(app.Wish.Sites, func(s authorisation.Site) bool { return s.ID == f.Site }) {
			return fmt.Errorf("%w: finding %s: %.60q is no site of this application", ErrInvalid, f.Requirement, f.Site)
		}
	}
	return nil
}

// mayDecide refuses a decision by who scored, and a grant while something gathered
// beside the application stands against it.
func (n *Node) mayDecide(app authorisation.Application, by authorisation.By, grant bool) error {
	a, _, err := n.assessmentOf(app.Case)
	if err != nil {
		return err
	}
	if err := a.MayJudge(by); err != nil {
		return fmt.Errorf("%w: %w", ErrNotAllowed, err)
	}
	if err := n.visitedBy(app.Case, by); err != nil {
		return err
	}
	if against := a.Obstacles(app, by.At); grant && len(against) > 0 {
		return fmt.Errorf("%w: no grant yet: %s", ErrConflict, against[0])
	}
	return nil
}
