package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

var visitCases = caseKind[authorisation.Visit]{
	view.Visit, func(v authorisation.Visit) string { return v.Operator },
}

// Who may do what about a visit.
var (
	planners   = []access.Role{access.Assessor, access.Validator}
	validators = []access.Role{access.Validator, access.Assessor}
)

// PlanVisit is the wish to look at sites.
type PlanVisit struct {
	For      string                    `json:"for"`               // the application, or the authorisation that is checked again
	Mode     string                    `json:"mode,omitzero"`     // on_site (also where empty), remote or joint
	Sites    []string                  `json:"sites,omitzero"`    // empty: all the application names
	Criteria []string                  `json:"criteria,omitzero"` // or groups; empty: all that are judged per site
	From     string                    `json:"from"`              // 2006-01-02, first day
	Until    string                    `json:"until,omitzero"`    // last day; empty: the first
	Team     []string                  `json:"team"`              // validators, the lead first
	Partner  *authorisation.VisitGuest `json:"partner,omitzero"`  // of a joint visit
	By       string                    `json:"by"`
	DryRun   bool                      `json:"dry_run,omitzero"`
}

// PlanVisit opens a visit.
func (n *Node) PlanVisit(ctx context.Context, r PlanVisit) (v authorisation.Visit, err error) {
	app, err := n.visited(r.For)
	if err != nil {
		return v, err
	}
	plan, err := n.visitPlan(app, r)
	if err != nil {
		return v, err
	}
	if err := n.mayWork(app.Wish.Operator, validators, plan.Team...); err != nil {
		return v, err
	}
	err = n.openCase(n.series("VIS"), func(number string) (bool, error) {
		by, err := n.byFor(ctx, number, app.Wish.Operator, r.By, planners...)
		if err != nil {
			return false, err
		}
		v, err = enact(ctx, n, visitCases, v, authorisation.PlanVisit{By: by, Operator: app.Wish.Operator, Subject: r.For, Plan: plan}, r.DryRun)
		return !r.DryRun, err
	})
	return v, err
}

// visited is the application whose sites a visit is about: the one named, or the one
// that led to the authorisation named.
func (n *Node) visited(number string) (app authorisation.Application, err error) {
	app, err = readCase(n, number, view.Application)
	if !errors.Is(err, ErrNotFound) {
		return app, err
	}
	held, err := readCase(n, number, view.Authorisation)
	if err != nil {
		return app, err
	}
	return readCase(n, held.Application, view.Application)
}

func (n *Node) visitPlan(app authorisation.Application, r PlanVisit) (p authorisation.VisitPlan, err error) {
	if app.Case == r.For && app.State.Final() {
		return p, fmt.Errorf("%w: %s is decided", ErrConflict, app.Case)
	}
	pack := n.lawOf(app)
	p = authorisation.VisitPlan{Mode: r.Mode, Sites: slices.Concat([]string{}, r.Sites), Team: r.Team, With: r.Partner}
	if p.Mode == "" {
		p.Mode = authorisation.OnSite
	}
	if len(p.Sites) == 0 {
		p.Sites = append(p.Sites, sitesOf(app)...)
	}
	for _, s := range p.Sites {
		if !slices.Contains(sitesOf(app), s) {
			return p, fmt.Errorf("%w: %.60q is no site of %s", ErrInvalid, s, app.Case)
		}
	}
	if p.From, p.Until, err = visitDays(pack, r.From, r.Until); err != nil {
		return p, err
	}
	p.Items, err = visitItems(pack, app, p.Sites, r.Criteria)
	return p, err
}

func sitesOf(app authorisation.Application) (ids []string) {
	for _, s := range app.Wish.Sites {
		ids = append(ids, s.ID)
	}
	return ids
}

// visitItems are the criteria asked for, or those that are judged per site, or all
// where none is, each at each site where it is judged there.
func visitItems(pack *programme.Pack, app authorisation.Application, sites, codes []string) (items []authorisation.VisitItem, err error) {
	perSite := func(code string) bool { return asked(pack, code).PerSite }
	var criteria []string
	for _, code := range codes {
		under := pack.Expand(code, app.Wish.Requirements)
		if len(under) == 0 {
			return nil, fmt.Errorf("%w: %.60q is neither a criterion of %s nor a group of them", ErrInvalid, code, app.Case)
		}
		for _, c := range under {
			if !slices.Contains(criteria, c) {
				criteria = append(criteria, c)
			}
		}
	}
	if len(codes) == 0 {
		for _, code := range app.Wish.Requirements {
			if perSite(code) {
				criteria = append(criteria, code)
			}
		}
	}
	if len(criteria) == 0 {
		criteria = app.Wish.Requirements
	}
	for _, code := range criteria {
		if !perSite(code) || len(sites) == 0 {
			items = append(items, authorisation.VisitItem{Criterion: code})
			continue
		}
		for _, site := range sites {
			items = append(items, authorisation.VisitItem{Criterion: code, Site: site})
		}
	}
	return items, nil
}

// visitDays is from the first instant of the first day to that after the last.
func visitDays(pack *programme.Pack, first, last string) (from, until int64, err error) {
	if last == "" {
		last = first
	}
	begin, err := time.ParseInLocation(time.DateOnly, first, pack.Zone())
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %.40q is no day such as 2026-11-23", ErrInvalid, first)
	}
	until, err = endOf(pack, last)
	return begin.Unix(), until, err
}

// onVisit puts a command to a visit.
func (n *Node) onVisit(ctx context.Context, number, actor string, dryRun bool,
	command func(authorisation.Visit, authorisation.By) (authorisation.Command, error), may ...access.Role) (authorisation.Visit, error) {
	return act(ctx, n, visitCases, number, dryRun, func(v authorisation.Visit) (authorisation.Command, error) {
		by, err := n.by(ctx, number, actor, may...)
		if err != nil {
			return nil, err
		}
		return command(v, by)
	})
}

// MoveVisit is the wish to visit on other days, or with another team.
type MoveVisit struct {
	Visit  string   `json:"visit"`
	From   string   `json:"from"`
	Until  string   `json:"until,omitzero"`
	Team   []string `json:"team,omitzero"` // empty: as before
	Reason string   `json:"reason"`
	By     string   `json:"by"`
	DryRun bool     `json:"dry_run,omitzero"`
}

// MoveVisit changes days and team of a visit of which nothing is reported yet.
func (n *Node) MoveVisit(ctx context.Context, r MoveVisit) (authorisation.Visit, error) {
	return n.onVisit(ctx, r.Visit, r.By, r.DryRun, func(v authorisation.Visit, by authorisation.By) (authorisation.Command, error) {
		app, err := n.visited(v.Subject)
		if err != nil {
			return nil, err
		}
		if err := n.mayWork(v.Operator, validators, r.Team...); err != nil {
			return nil, err
		}
		from, until, err := visitDays(n.lawOf(app), r.From, r.Until)
		return authorisation.MoveVisit{By: by, From: from, Until: until, Team: r.Team, Reason: r.Reason}, err
	}, planners...)
}

// CancelVisit is the wish not to visit.
type CancelVisit struct {
	Visit  string `json:"visit"`
	Reason string `json:"reason"`
	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// CancelVisit ends a visit of which nothing is reported.
func (n *Node) CancelVisit(ctx context.Context, r CancelVisit) (authorisation.Visit, error) {
	return n.onVisit(ctx, r.Visit, r.By, r.DryRun, func(_ authorisation.Visit, by authorisation.By) (authorisation.Command, error) {
		return authorisation.CancelVisit{By: by, Reason: r.Reason}, nil
	}, planners...)
}

// Visit reads one visit.
func (n *Node) Visit(number string) (authorisation.Visit, error) {
	return readCase(n, number, view.Visit)
}

// Visits lists all visits.
func (n *Node) Visits() (out []authorisation.Visit, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		out, err = view.Visits(tx)
		return err
	})
	return out, err
}

// FindVisits is a page of all visits.
func (n *Node) FindVisits(p Page) ([]authorisation.Visit, string, error) {
	return page[authorisation.Visit](n, view.KindVisit, view.Query{}, p)
}

func (n *Node) visitsFor(number string) (out []authorisation.Visit, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		out, err = view.VisitsFor(tx, number)
		return err
	})
	return out, err
}

// unvisited says in words which visit still stands against granting components of an
// application; "" where none does. Where the programme wants a visit each site has
// to be in one that is signed off; where it leaves that to the risk, one that was
// planned has to be made, or cancelled with a reason.
func (n *Node) unvisited(app authorisation.Application, pack *programme.Pack, components []string) (string, error) {
	visits, err := n.visitsFor(app.Case)
	if err != nil {
		return "", err
	}
	for _, v := range visits {
		if v.Open() {
			return "visit " + v.Case + " is not signed off: what it looks at", nil
		}
	}
	if !slices.ContainsFunc(components, func(c string) bool { return pack.Procedure.Visit[c] == programme.VisitRequired }) {
		return "", nil
	}
	made := func(covers func(authorisation.Visit) bool) bool {
		return slices.ContainsFunc(visits, func(v authorisation.Visit) bool { return v.State == authorisation.VisitSignedOff && covers(v) })
	}
	if len(app.Wish.Sites) == 0 && !made(func(authorisation.Visit) bool { return true }) {
		return "the applicant's site", nil
	}
	for _, s := range app.Wish.Sites {
		if !made(func(v authorisation.Visit) bool { return slices.Contains(v.Plan.Sites, s.ID) }) {
			return "site " + s.ID, nil
		}
	}
	return "", nil
}

// visitedBy refuses a decision by who visited a site for it.
func (n *Node) visitedBy(number string, by authorisation.By) error {
	visits, err := n.visitsFor(number)
	if err != nil {
		return err
	}
	for _, v := range visits {
		if v.Made(by) && v.State != authorisation.VisitCancelled {
			return fmt.Errorf("%w: %w: %s is of the team of visit %s", ErrNotAllowed, authorisation.ErrFourEyes, by.Actor, v.Case)
		}
	}
	return nil
}
