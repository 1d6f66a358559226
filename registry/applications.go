package registry

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// SubmitApplication is an operator's application for a type of the programme, or the
// draft of one.
type SubmitApplication struct {
	// Application is the number of a draft that is saved anew or sent in: what the
	// request leaves out is as it was saved. Empty opens an application.
	Application string               `json:"application,omitzero"`
	Operator    string               `json:"operator"` // number or identifier
	Type        string               `json:"type"`
	Roles       []string             `json:"roles"`
	Sites       []authorisation.Site `json:"sites,omitzero"`
	// For is the member of a union that decides, on the union's node, which acts
	// for members that have none; empty for the node's own administration.
	For string `json:"for,omitzero"`
	// SuccessorOf is the authorisation of a company whose business the operator took over.
	SuccessorOf string `json:"successor_of,omitzero"`

	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// DraftApplication saves what an operator wants to apply for; nothing runs yet.
func (n *Node) DraftApplication(ctx context.Context, r SubmitApplication) (authorisation.Application, error) {
	return n.enterApplication(ctx, r, func(_ authorisation.Application, by authorisation.By, wish authorisation.Wish) (authorisation.Command, error) {
		return authorisation.SaveDraft{By: by, Wish: wish}, nil
	})
}

// SubmitApplication opens an application or sends in a draft. What must be examined
// follows from the programme, and so does until when the operator may not apply.
func (n *Node) SubmitApplication(ctx context.Context, r SubmitApplication) (authorisation.Application, error) {
	return n.enterApplication(ctx, r, func(_ authorisation.Application, by authorisation.By, wish authorisation.Wish) (authorisation.Command, error) {
		pack := n.packFor(wish.Authority)
		w, err := n.clockwork(pack, nil, by.At)
		if err != nil {
			return nil, err
		}
		w.start(programme.RuleAcceptance, w.at, "")
		timed, err := w.timed()
		if err != nil {
			return nil, err
		}
		bars, err := n.bars(wish.Operator, wish.Components, by.At)
		return authorisation.Submit{By: by, Wish: wish, Pack: digestOf(pack), Bars: bars, Timed: timed}, err
	})
}

// asDrafted fills in what a request leaves out from the draft it names.
func (n *Node) asDrafted(r SubmitApplication) (SubmitApplication, error) {
	a, err := n.Application(r.Application)
	if err != nil {
		return r, err
	}
	r.Operator, r.Type, r.For = cmp.Or(r.Operator, a.Wish.Operator), cmp.Or(r.Type, a.Wish.Type), cmp.Or(r.For, a.Wish.Authority)
	r.SuccessorOf = cmp.Or(r.SuccessorOf, a.Wish.SuccessorOf)
	if len(r.Roles) == 0 {
		r.Roles = a.Wish.Roles
	}
	if len(r.Sites) == 0 {
		r.Sites = a.Wish.Sites
	}
	return r, nil
}

func (n *Node) enterApplication(ctx context.Context, r SubmitApplication,
	command func(authorisation.Application, authorisation.By, authorisation.Wish) (authorisation.Command, error)) (a authorisation.Application, err error) {
	if r.Application != "" {
		if r, err = n.asDrafted(r); err != nil {
			return a, err
		}
	}
	if r.Operator == "" {
		return a, fmt.Errorf("%w: operator: missing", ErrInvalid)
	}
	o, err := n.Operator(r.Operator)
	if err != nil {
		return a, err
	}
	wish, err := n.wish(r)
	if err != nil {
		return a, err
	}
	wish.Operator = o.Case
	if wish.SuccessorOf, err = n.succeeded(r.SuccessorOf, o.Case); err != nil {
		return a, err
	}
	if wish.Authority, err = n.actingFor(r.For); err != nil {
		return a, err
	}
	if r.Application != "" {
		return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
			return command(a, by, wish)
		}, applicants...)
	}
	err = n.openCase(n.series("APP"), func(number string) (bool, error) {
		by, err := n.byFor(ctx, number, o.Case, r.By, applicants...)
		if err != nil {
			return false, err
		}
		c, err := command(a, by, wish)
		if err != nil {
			return false, err
		}
		a, err = enact(ctx, n, applicationCases, a, c, r.DryRun)
		return !r.DryRun, err
	})
	return a, err
}

// succeeded is the authorisation an operator may name as that of its predecessor.
func (n *Node) succeeded(number, operator string) (string, error) {
	if number == "" {
		return "", nil
	}
	old, err := n.Authorisation(number)
	if err != nil {
		return "", err
	}
	if old.Operator == operator {
		return "", fmt.Errorf("%w: successor_of: %s is the operator's own", ErrInvalid, number)
	}
	return old.Case, nil
}

func (n *Node) wish(r SubmitApplication) (authorisation.Wish, error) {
	components, err := n.Pack().Components(r.Type)
	if err != nil {
		return authorisation.Wish{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	criteria, err := n.Pack().CriteriaFor(r.Type, r.Roles)
	if err != nil {
		return authorisation.Wish{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	w := authorisation.Wish{Programme: n.Pack().Code, Type: r.Type, Roles: r.Roles, Sites: r.Sites}
	for _, c := range components {
		w.Components = append(w.Components, c.Code)
	}
	for _, q := range criteria {
		w.Requirements = append(w.Requirements, q.Code)
	}
	return w, nil
}

// onApplication puts a command to an application, after whatever fell due in it.
func (n *Node) onApplication(ctx context.Context, number, actor string, dryRun bool,
	command func(authorisation.Application, authorisation.By) (authorisation.Command, error), may ...access.Role) (authorisation.Application, error) {
	defer n.lockCase(number)()
	a, err := readCase(n, number, view.Application)
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
	if a, err = n.passTime(ctx, a, dryRun); err != nil {
		return a, err
	}
	by.At = n.now().Unix()
	c, err := command(a, by)
	if err != nil {
		return a, err
	}
	return enact(ctx, n, applicationCases, a, c, dryRun)
}

// withClocks puts a command to an application that changes its clocks.
func (n *Node) withClocks(ctx context.Context, number, actor string, dryRun bool,
	command func(authorisation.Application, authorisation.By, *clockwork) (authorisation.Command, error), may ...access.Role) (authorisation.Application, error) {
	return n.onApplication(ctx, number, actor, dryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		w, err := n.clockwork(n.packOf(a.Wish.Authority, a.Pack), a.Clocks, by.At)
		if err != nil {
			return nil, err
		}
		return command(a, by, w)
	}, may...)
}

// AcceptApplication is the answer to a submission.
type AcceptApplication struct {
	Application string                `json:"application"`
	Refuse      bool                  `json:"refuse,omitzero"` // not accepted
	Grounds     authorisation.Grounds `json:"grounds,omitzero"`
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// AcceptApplication accepts an application for examination, or does not. It counts as
// accepted, and the time for the decision runs, from when the programme says: where it
// follows IA 2015/2447 Art. 12(1) from the day the last data came in.
func (n *Node) AcceptApplication(ctx context.Context, r AcceptApplication) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		if r.Refuse {
			return authorisation.NotAccept{By: by, Grounds: r.Grounds}, nil
		}
		if err := n.mayAccept(a); err != nil {
			return nil, err
		}
		if a.CompleteAt == 0 {
			return authorisation.Accept{By: by}, nil // a draft: the machine says why not
		}
		w.end(programme.RuleAcceptance)
		from := n.lawOf(a).Accepted(a.CompleteAt, by.At)
		w.start(programme.RuleDecision, time.Unix(from, 0), "")
		timed, err := w.timed()
		return authorisation.Accept{By: by, EffectiveAt: from, Timed: timed}, err
	}, access.Assessor, access.DecisionMaker)
}

// AssessApplication records what an assessor found.
type AssessApplication struct {
	Application string                  `json:"application"`
	Findings    []authorisation.Finding `json:"findings,omitzero"`
	AllMet      bool                    `json:"all_met,omitzero"` // every criterion not named in findings is met
	By          string                  `json:"by"`
	DryRun      bool                    `json:"dry_run,omitzero"`
}

// AssessApplication records findings, each for a criterion of the application or a
// group of them.
func (n *Node) AssessApplication(ctx context.Context, r AssessApplication) (authorisation.Application, error) {
	return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		findings, err := spelledOut(n.lawOf(a), a.Wish.Requirements, sitesOf(a), r.Findings, r.AllMet)
		if err != nil {
			return nil, err
		}
		return authorisation.Assess{By: by, Findings: findings}, n.mayAssess(a, by, findings)
	}, assessors...)
}

// WithdrawApplication is the applicant's wish to end the procedure.
type WithdrawApplication struct {
	Application string `json:"application"`
	By          string `json:"by"`
	DryRun      bool   `json:"dry_run,omitzero"`
}

// WithdrawApplication ends an application before its decision.
func (n *Node) WithdrawApplication(ctx context.Context, r WithdrawApplication) (authorisation.Application, error) {
	return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		return authorisation.WithdrawApplication{By: by}, nil
	}, applicants...)
}

// Application reads one application.
func (n *Node) Application(number string) (authorisation.Application, error) {
	one := make([]authorisation.Application, 1)
	var err error
	if one[0], err = readCase(n, number, view.Application); err != nil {
		return one[0], err
	}
	err = n.blind(one)
	return one[0], err
}

// An ApplicationFile is an application with what stands between it and a grant.
type ApplicationFile struct {
	authorisation.Application
	Missing []string `json:"missing,omitzero"` // for a grant of all it asks for, in words
}

// ApplicationFile reads an application as the officer who has it wants it.
func (n *Node) ApplicationFile(number string) (f ApplicationFile, err error) {
	if f.Application, err = n.Application(number); err != nil {
		return f, err
	}
	a := f.Application
	needs, err := n.needs(a, n.packOf(a.Wish.Authority, a.Pack), a.Wish.Components, n.now().Unix())
	if err != nil {
		return f, err
	}
	f.Missing = a.Missing(needs)
	if len(f.Missing) > 0 || !a.State.Final() && a.State != authorisation.Draft {
		s, whole, err := n.assessmentOf(number)
		if err != nil {
			return f, err
		}
		f.Missing = append(f.Missing, s.Obstacles(whole, n.now().Unix())...)
	}
	return f, nil
}

// Applications lists all applications.
func (n *Node) Applications() (out []authorisation.Application, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		out, err = view.Applications(tx)
		return err
	})
	if err == nil {
		err = n.blind(out)
	}
	return out, err
}
