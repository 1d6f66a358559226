package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

var monitoringCases = caseKind[authorisation.Monitoring]{
	view.Monitoring, func(m authorisation.Monitoring) string { return m.Operator },
}

// holders may report; an officer may take down what they say.
var holders = []access.Role{access.Applicant, access.Representative, access.Assessor, access.DecisionMaker}

// A watched authorisation, with what one act does to the clocks of its monitoring.
type watched struct {
	authorisation.By
	of   authorisation.Authorisation
	was  authorisation.Monitoring
	pack *programme.Pack
	work *clockwork
}

// onMonitoring puts a command to the monitoring of an authorisation. One that was
// granted before there was monitoring is watched from then on.
func (n *Node) onMonitoring(ctx context.Context, number, actor string, dryRun bool,
	command func(*watched) (authorisation.Command, error), may ...access.Role) (m authorisation.Monitoring, err error) {
	defer n.lockCase(number)()
	w := &watched{}
	if w.of, err = n.Authorisation(number); err != nil {
		return m, err
	}
	if err := n.match(ctx, number); err != nil {
		return m, err
	}
	if m, err = n.Monitoring(number); err != nil && !errors.Is(err, ErrNotFound) {
		return m, err
	}
	if w.By, err = n.by(ctx, number, actor, may...); err != nil {
		return m, err
	}
	if w.pack, err = n.lawOn(w.of); err != nil {
		return m, err
	}
	if m.Case == "" {
		plan, err := n.watchFrom(w.pack, max(w.of.EffectiveAt, w.of.GrantedAt), w.of.ExpiresAt, false)
		if err != nil {
			return m, err
		}
		open := authorisation.OpenMonitoring{By: w.By, Operator: w.of.Operator, Timed: plan}
		if m, err = enact(ctx, n, monitoringCases, m, open, dryRun); err != nil {
			return m, err
		}
	}
	if m.ClosedAt != 0 && !w.of.Ended() && !dryRun { // a crash came between the two
		if m, err = n.watchAgain(ctx, w.of, m); err != nil {
			return m, err
		}
	}
	for _, c := range m.Due(w.At) {
		if m, err = enact(ctx, n, monitoringCases, m, c, dryRun); err != nil {
			return m, err
		}
	}
	w.was = m
	if w.work, err = n.clockwork(w.pack, m.Clocks, w.At); err != nil {
		return m, err
	}
	c, err := command(w)
	if err != nil {
		return m, err
	}
	return enact(ctx, n, monitoringCases, m, c, dryRun)
}

// watchFrom are the clocks of an authorisation from the day it takes effect: what the
// holder owes every year, when customs looks again, and by when renewal is asked for.
// A re-check follows a first validation, where the programme has one.
func (n *Node) watchFrom(p *programme.Pack, effective, expires int64, young bool) (authorisation.Timed, error) {
	w, err := n.clockwork(p, nil, effective)
	if err != nil {
		return authorisation.Timed{}, err
	}
	m := p.Monitoring
	rules := []string{m.SelfAssessment, m.InternalAudit, m.FirstValidation}
	if m.FirstValidation == "" {
		rules = append(rules, m.Recheck)
	}
	if young {
		rules = append(rules, m.Young)
	}
	for _, rule := range rules {
		w.begin(rule, w.at)
	}
	if expires != 0 {
		w.begin(m.Renewal, time.Unix(expires, 0))
	}
	return w.timed()
}

// begin is start for a rule the programme may not have.
func (w *clockwork) begin(rule string, from time.Time) {
	if rule != "" {
		w.start(rule, from, "")
	}
}

// startUntil begins a clock whose last day is the one of an instant, or the one that
// ends with it, whatever period the rule has.
func (w *clockwork) startUntil(rule string, until int64) {
	zone := w.planner.Calendar.Zone()
	days := int(deadline.DateOf(time.Unix(until-1, 0), zone) - deadline.DateOf(w.at, zone))
	w.add(w.planner.StartFor(rule, w.at, &deadline.Period{N: max(days, 1), Unit: deadline.Days}))
}

// again ends a clock and begins it anew: what was due was done.
func (w *clockwork) again(rule string) {
	if rule == "" {
		return
	}
	w.end(rule)
	w.start(rule, w.at, "")
}

// settleMonitoring records what fell due in the monitoring of an authorisation. Once
// that has ended, nothing is watched any more.
func (n *Node) settleMonitoring(ctx context.Context, number string) error {
	defer n.lockCase(number)()
	m, err := readCase(n, number, view.Monitoring)
	if err != nil {
		return err
	}
	a, err := readCase(n, number, view.Authorisation)
	if err != nil {
		return err
	}
	due := m.Due(n.now().Unix())
	if a.Ended() && m.ClosedAt == 0 {
		due = []authorisation.Command{authorisation.CloseMonitoring{By: authorisation.By{Case: number, Actor: authorisation.Scheduler, At: n.now().Unix()}}}
	}
	for _, c := range due {
		if m, err = enact(ctx, n, monitoringCases, m, c, false); err != nil {
			return err
		}
	}
	return nil
}

// rewatch goes on with the monitoring of what had ended and is in force again.
func (n *Node) rewatch(ctx context.Context, a authorisation.Authorisation) error {
	if a.Ended() {
		return nil
	}
	defer n.lockCase(a.Case)()
	m, err := readCase(n, a.Case, view.Monitoring)
	if errors.Is(err, ErrNotFound) || err == nil && m.ClosedAt == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = n.watchAgain(ctx, a, m)
	return err
}

// watchAgain records it for an authorisation whose lock is held. What is due is
// counted from now, as nothing could be done meanwhile.
func (n *Node) watchAgain(ctx context.Context, a authorisation.Authorisation, m authorisation.Monitoring) (authorisation.Monitoring, error) {
	now := n.now().Unix()
	pack, err := n.lawOn(a)
	if err != nil {
		return m, err
	}
	plan, err := n.watchFrom(pack, max(now, a.EffectiveAt), a.ExpiresAt, false)
	if err != nil {
		return m, err
	}
	by := authorisation.By{Case: a.Case, Actor: authorisation.Scheduler, At: max(now, m.DecidedAt)}
	return enact(ctx, n, monitoringCases, m, authorisation.ReopenMonitoring{By: by, Timed: plan}, false)
}

// unwatch closes the monitoring of what has ended.
func (n *Node) unwatch(ctx context.Context, a authorisation.Authorisation) error {
	if !a.Ended() {
		return nil
	}
	err := n.settleMonitoring(ctx, a.Case)
	if errors.Is(err, ErrNotFound) {
		return nil // granted before anything was watched
	}
	return err
}

// Monitoring reads what is watched of one authorisation.
func (n *Node) Monitoring(number string) (authorisation.Monitoring, error) {
	return readCase(n, number, view.Monitoring)
}

// FindMonitorings is a page of what is watched of all authorisations.
func (n *Node) FindMonitorings(p Page) ([]authorisation.Monitoring, string, error) {
	return page[authorisation.Monitoring](n, view.KindMonitoring, view.Query{}, p)
}

// PlanMonitoring sets the risk class of a holder, or when it is looked at again.
type PlanMonitoring struct {
	Authorisation string `json:"authorisation"`
	Risk          string `json:"risk,omitzero"`
	// RecheckBy brings the next re-check forward (Unix seconds); nothing puts it off.
	RecheckBy int64  `json:"recheck_by,omitzero"`
	Note      string `json:"note,omitzero"`
	By        string `json:"by"`
	DryRun    bool   `json:"dry_run,omitzero"`
}

// PlanMonitoring changes the plan.
func (n *Node) PlanMonitoring(ctx context.Context, r PlanMonitoring) (authorisation.Monitoring, error) {
	return n.onMonitoring(ctx, r.Authorisation, r.By, r.DryRun, func(w *watched) (authorisation.Command, error) {
		if r.RecheckBy != 0 {
			k, runs := w.work.clocks.Open(programme.RuleRecheck)
			switch {
			case r.RecheckBy <= w.At:
				return nil, fmt.Errorf("%w: recheck_by: not after now", ErrInvalid)
			case runs && k.Due < r.RecheckBy:
				return nil, fmt.Errorf("%w: a re-check is due earlier than that", ErrConflict)
			}
			w.work.end(programme.RuleRecheck)
			w.work.startUntil(programme.RuleRecheck, r.RecheckBy)
		}
		timed, err := w.work.timed()
		return authorisation.PlanMonitoring{By: w.By, Risk: r.Risk, Note: r.Note, Timed: timed}, err
	}, officers...)
}

// ReportToCustoms is what a holder tells.
type ReportToCustoms struct {
	Authorisation string                   `json:"authorisation"`
	Kind          authorisation.ReportKind `json:"kind"`
	Code          string                   `json:"code,omitzero"` // kind of change, as the programme lists them
	Text          string                   `json:"text"`
	HappenedAt    int64                    `json:"happened_at,omitzero"`
	HeldAt        string                   `json:"held_at,omitzero"`
	Result        authorisation.Result     `json:"result,omitzero"`
	Office        string                   `json:"office,omitzero"`
	By            string                   `json:"by"`
	DryRun        bool                     `json:"dry_run,omitzero"`
}

// Report takes a report of a holder in. One that comes late is taken all the same,
// and says so.
func (n *Node) Report(ctx context.Context, r ReportToCustoms) (authorisation.Monitoring, error) {
	return n.onMonitoring(ctx, r.Authorisation, r.By, r.DryRun, func(w *watched) (authorisation.Command, error) {
		report := authorisation.Report{Kind: r.Kind, Code: r.Code, Text: r.Text, HappenedAt: r.HappenedAt, HeldAt: r.HeldAt, Result: r.Result, Office: r.Office}
		if err := w.office(r.Office); err != nil {
			return nil, err
		}
		switch r.Kind {
		case authorisation.ReportChange:
			kind, known := w.pack.ChangeKind(r.Code)
			if !known {
				return nil, fmt.Errorf("%w: code: %.40q is no kind of change of %s (%s)", ErrInvalid, r.Code, w.pack.Code, strings.Join(changeCodes(w.pack), ", "))
			}
			if ch, err := w.work.planner.Start(kind.Rule, time.Unix(max(r.HappenedAt, 1), 0)); err == nil && r.HappenedAt != 0 {
				report.DueAt = ch.Due
			}
		case authorisation.ReportSelfAssessment:
			w.work.again(w.pack.Monitoring.SelfAssessment)
		case authorisation.ReportInternalAudit:
			w.work.again(w.pack.Monitoring.InternalAudit)
		case authorisation.ReportRenewal:
			if k, ok := w.work.clocks.Open(programme.RuleRenewal); ok {
				report.DueAt = k.Due
				w.work.end(programme.RuleRenewal)
			}
		}
		timed, err := w.work.timed()
		return authorisation.ReportToCustoms{By: w.By, Report: report, Timed: timed}, err
	}, holders...)
}

func changeCodes(p *programme.Pack) (codes []string) {
	for _, k := range p.Monitoring.Changes {
		codes = append(codes, k.Code)
	}
	return codes
}

// office admits the offices of the programme, where it lists any.
func (w *watched) office(code string) error {
	list := w.pack.Procedure.Offices
	if code == "" || len(list) == 0 || slices.ContainsFunc(list, func(o programme.Office) bool { return o.Code == code }) {
		return nil
	}
	return fmt.Errorf("%w: office: %.40q is none of %s", ErrInvalid, code, w.pack.Administration)
}

// AcknowledgeReport answers a report of a holder.
type AcknowledgeReport struct {
	Authorisation string                   `json:"authorisation"`
	Report        int64                    `json:"report"`
	Office        string                   `json:"office,omitzero"` // it is passed on to
	Goods         authorisation.GoodsOrder `json:"goods,omitzero"`
	Note          string                   `json:"note,omitzero"`
	By            string                   `json:"by"`
	DryRun        bool                     `json:"dry_run,omitzero"`
}

// Acknowledge tells a holder that a report arrived, who deals with it, and what
// becomes of goods that are held.
func (n *Node) AcknowledgeReport(ctx context.Context, r AcknowledgeReport) (authorisation.Monitoring, error) {
	return n.onMonitoring(ctx, r.Authorisation, r.By, r.DryRun, func(w *watched) (authorisation.Command, error) {
		return authorisation.Acknowledge{By: w.By, Report: r.Report, Office: r.Office, Goods: r.Goods, Note: r.Note}, w.office(r.Office)
	}, officers...)
}
