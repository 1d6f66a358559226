package registry

import (
	"context"
	"fmt"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
)

// Reassess begins a re-check of the conditions of an authorisation, or ends one with
// its result.
type Reassess struct {
	Authorisation string                  `json:"authorisation"`
	Cause         string                  `json:"cause,omitzero"` // begins one
	Note          string                  `json:"note,omitzero"`
	Result        authorisation.Proposal  `json:"result,omitzero"` // ends it
	Findings      []authorisation.Finding `json:"findings,omitzero"`
	Told          authorisation.Channel   `json:"told,omitzero"` // how the holder was told
	Said          string                  `json:"said,omitzero"` // and what
	By            string                  `json:"by"`
	DryRun        bool                    `json:"dry_run,omitzero"`
}

// Reassess begins or ends a re-check. The next is due as the programme says, counted
// from the end of this one.
func (n *Node) Reassess(ctx context.Context, r Reassess) (authorisation.Monitoring, error) {
	if (r.Cause == "") == (r.Result == "") {
		return authorisation.Monitoring{}, fmt.Errorf("%w: want either a cause, which begins a re-check, or a result, which ends it", ErrInvalid)
	}
	return n.onMonitoring(ctx, r.Authorisation, r.By, r.DryRun, func(w *watched) (authorisation.Command, error) {
		if r.Cause != "" {
			return authorisation.OpenRecheck{By: w.By, Cause: r.Cause, Note: r.Note}, nil
		}
		m := w.pack.Monitoring
		cause := ""
		if w.was.Recheck != nil {
			cause = w.was.Recheck.Cause
		}
		switch cause {
		case "first_validation":
			w.work.end(programme.RuleFirstValidation)
		case "young":
			w.work.end(programme.RuleYoungMonitoring)
		}
		if _, waits := w.work.clocks.Open(programme.RuleFirstValidation); !waits {
			w.work.again(m.Recheck)
		}
		timed, err := w.work.timed()
		return authorisation.CloseRecheck{By: w.By, Result: r.Result, Findings: r.Findings, Told: r.Told, Said: r.Said, Timed: timed}, err
	}, append([]access.Role{access.Validator}, officers...)...)
}

// RecordCheck is what a register of others says of a holder.
type RecordCheck struct {
	Authorisation string `json:"authorisation"`
	What          string `json:"what"`    // criminal_record, infringements, insolvency, arrears, sanctions
	Finding       string `json:"finding"` // clear, doubt
	Source        string `json:"source"`
	Note          string `json:"note,omitzero"`
	By            string `json:"by"`
	DryRun        bool   `json:"dry_run,omitzero"`
}

// RecordCheck keeps the finding, not the extract.
func (n *Node) RecordCheck(ctx context.Context, r RecordCheck) (authorisation.Monitoring, error) {
	return n.onMonitoring(ctx, r.Authorisation, r.By, r.DryRun, func(w *watched) (authorisation.Command, error) {
		return authorisation.RecordCheck{By: w.By, Check: authorisation.Check{What: r.What, Finding: r.Finding, Source: r.Source, Note: r.Note}}, nil
	}, officers...)
}

// AskAction asks a holder to put something right; Close says that it was done.
type AskAction struct {
	Authorisation string                 `json:"authorisation"`
	Criterion     string                 `json:"criterion,omitzero"`
	Site          string                 `json:"site,omitzero"`
	Severity      authorisation.Severity `json:"severity,omitzero"`
	What          string                 `json:"what,omitzero"`
	Owner         string                 `json:"owner,omitzero"`
	Due           int64                  `json:"due,omitzero"` // 0: as the programme says

	Close    string   `json:"close,omitzero"` // number of the action that was done
	Note     string   `json:"note,omitzero"`
	Evidence []string `json:"evidence,omitzero"` // digests

	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// AskAction asks for a corrective action, or closes one.
func (n *Node) AskAction(ctx context.Context, r AskAction) (authorisation.Monitoring, error) {
	return n.onMonitoring(ctx, r.Authorisation, r.By, r.DryRun, func(w *watched) (authorisation.Command, error) {
		if r.Close != "" {
			w.work.end(authorisation.ActionClock(r.Close))
			timed, err := w.work.timed()
			return authorisation.FinishAction{By: w.By, ID: r.Close, Note: r.Note, Evidence: r.Evidence, Timed: timed}, err
		}
		a := authorisation.CorrectiveAction{Criterion: r.Criterion, Site: r.Site, Severity: r.Severity, What: r.What, Owner: r.Owner, Due: r.Due}
		clock := authorisation.ActionClock(w.was.NextAction())
		if a.Due == 0 {
			w.work.start(clock, w.work.at, "")
		} else {
			w.work.startUntil(clock, a.Due)
		}
		timed, err := w.work.timed()
		if k, ok := w.work.clocks.Open(clock); ok {
			a.Due = k.Due
		}
		return authorisation.AskAction{By: w.By, Action: a, Timed: timed}, err
	}, append([]access.Role{access.Validator}, officers...)...)
}
