package registry_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/google/go-cmp/cmp"
)

// queued are the numbers in the queue with what they wait for.
func (o *office) queued(of registry.QueueOf) []string {
	list := []string{}
	items, _, err := o.Queue(of, registry.Page{})
	must(o.t, err)
	for _, i := range items {
		list = append(list, i.Number+" "+i.What)
	}
	return list
}

// TestTheQueueHoldsAllThatWaits: reports and re-checks of holders, and visits, beside
// the applications. What is due in a year is not in the way.
func TestTheQueueHoldsAllThatWaits(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	is := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(append([]string{}, want...), nz.queued(registry.QueueOf{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	a := nz.grant(orchards)
	is("granted")
	got(nz.Report(ctx, registry.ReportToCustoms{Authorisation: a.Case, Kind: authorisation.ReportIncident, Text: "A seal is broken.", By: orchards.name}))(t)
	got(nz.Reassess(ctx, registry.Reassess{Authorisation: a.Case, Cause: "incident", By: "Assessor"}))(t)
	is("reported", a.Case+" acknowledge", a.Case+" reassess") // an incident waits from the moment it is told
	if mine := nz.queued(registry.QueueOf{Officer: "assessor"}); len(mine) != 1 || mine[0] != a.Case+" reassess" {
		t.Errorf("of the assessor: %q", mine)
	}
	got(nz.AcknowledgeReport(ctx, registry.AcknowledgeReport{Authorisation: a.Case, Report: 1, By: "Desk"}))(t)
	got(nz.Reassess(ctx, registry.Reassess{Authorisation: a.Case, Result: authorisation.Keep, Told: authorisation.ByPortal, Said: "All is well.", By: "Assessor"}))(t)
	is("answered")
	nz.clock.forward(350 * day)
	nz.Tick(ctx) // what was published is too old by now
	is("a year later", a.Case+" self_assessment", a.Case+" internal_audit")
	got(nz.Withdraw(ctx, registry.Measure{Authorisation: a.Case, By: "Desk"}))(t)
	is("withdrawn")
	if audit := got(nz.Audit())(t); audit.Differing != 0 {
		t.Errorf("the log gives other rows: %+v", audit.Differences)
	}
}

// Nothing makes a draft lapse: the queue shows each with no date, and since when it lies.
func TestTheQueueHoldsDrafts(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	o := got(nz.RegisterOperator(t.Context(), registry.RegisterOperator{By: "Desk",
		Holder: authorisation.Holder{LegalName: orchards.name, Identifiers: []string{orchards.identifier}}}))(t)
	draft := got(nz.DraftApplication(t.Context(), registry.SubmitApplication{Operator: o.Case, Type: "SES", Roles: []string{"exporter"}, By: orchards.name}))(t)
	items, _, err := nz.Queue(registry.QueueOf{}, registry.Page{})
	must(t, err)
	if len(items) != 1 || items[0].Number != draft.Case || items[0].What != "draft" || items[0].Due != 0 || items[0].Since != draft.DecidedAt {
		t.Errorf("%+v", items)
	}
	got(nz.SubmitApplication(t.Context(), registry.SubmitApplication{Application: draft.Case, By: orchards.name}))(t)
	if list := nz.queued(registry.QueueOf{}); !cmp.Equal(list, []string{draft.Case + " accept"}) {
		t.Errorf("sent in: %q", list)
	}
}

func TestTheQueueHoldsVisits(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	app, v := de.planned()
	if list := de.queued(registry.QueueOf{Officer: v.Plan.Team[0]}); !cmp.Equal(list, []string{v.Case + " visit"}) {
		t.Errorf("planned for %s: %q", app.Case, list)
	}
	got(de.ImportVisit(t.Context(), registry.ImportVisit{Visit: v.Case, File: de.taken(v, v.Plan.Team[0]), By: v.Plan.Team[0]}))(t)
	if list := de.queued(registry.QueueOf{Officer: v.Plan.Team[0]}); !cmp.Equal(list, []string{v.Case + " sign_off"}) {
		t.Errorf("reported: %q", list)
	}
	got(de.SignOffVisit(t.Context(), registry.SignOffVisit{Visit: v.Case, By: v.Plan.Team[0]}))(t)
	if list := de.queued(registry.QueueOf{Officer: v.Plan.Team[0]}); len(list) > 0 {
		t.Errorf("signed off: %q", list)
	}
}

func TestTheQueueHoldsWhatWaitsForASecondPerson(t *testing.T) {
	s := staffed(t)
	number := s.person("Dov Decider")
	_, asked := s.ChangeRole(s.as(s.admin), registry.ChangeRole{Account: number, Role: access.DecisionMaker})
	soon := registry.QueueOf{Within: 30 * 24 * time.Hour}
	if list := s.queued(soon); !cmp.Equal(list, []string{"NZ-APR-000001 approve"}) {
		t.Errorf("asked for: %q (%v)", list, asked)
	}
	s.agreed(s.second, asked)
	if list := s.queued(soon); len(list) > 0 {
		t.Errorf("agreed to: %q", list)
	}
}

// TestWhatIsMine: an account finds in one list, due first, what it has and what it
// may agree to; whatever the size of the pages, nothing twice and nothing left out.
func TestWhatIsMine(t *testing.T) {
	s := staffed(t)
	both := s.person("Mo Officer", access.MRAOfficer)
	desk := s.person("Asa Assessor", access.Assessor)
	var asked error
	for i, name := range []string{"Dov Decider", "Eve Decider", "Fay Decider"} {
		number := s.person(name)
		s.clock.forward(time.Duration(i) * time.Hour)
		_, asked = s.ChangeRole(s.as(s.admin), registry.ChangeRole{Account: number, Role: access.DecisionMaker})
	}
	for _, tr := range []trader{orchards, timber} {
		o := s.operator(desk, tr)
		a := got(s.SubmitApplication(s.as(desk), registry.SubmitApplication{Operator: o.Case, Type: "SES", Roles: []string{"exporter"}}))(t)
		to := desk
		if tr.name == timber.name {
			to = s.second
		}
		if _, err := s.AssignApplication(s.as(desk), registry.AssignApplication{Application: a.Case, Officer: to}); err != nil && to == desk {
			t.Fatal(err)
		}
	}
	mine := func(account string) registry.QueueOf { return registry.QueueOf{Account: account} }
	for account, want := range map[string][]string{
		s.admin:  {},
		s.second: {"NZ-APR-000002 approve", "NZ-APR-000003 approve", "NZ-APR-000004 approve"},
		desk:     {"NZ-APP-000001 accept"},
		both:     {},
	} {
		whole := s.queued(mine(account))
		if account == s.second && len(whole) == 4 { // where an administrator may be given a case
			want = append(want, "NZ-APP-000002 accept")
		}
		if diff := cmp.Diff(want, whole); diff != "" {
			t.Errorf("%s (-want +got):\n%s", account, diff)
		}
		paged := []string{}
		for p := (registry.Page{Limit: 1}); ; {
			items, next, err := s.Queue(mine(account), p)
			must(t, err)
			for _, i := range items {
				paged = append(paged, i.Number+" "+i.What)
			}
			if p.Cursor = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(whole, paged); diff != "" {
			t.Errorf("%s, page by page (-whole +paged):\n%s", account, diff)
		}
	}
	_, next, err := s.Queue(mine(s.second), registry.Page{Limit: 1})
	must(t, err)
	_, _, err = s.Queue(mine(desk), registry.Page{Cursor: next})
	wants(t, "another's cursor", err, registry.ErrInvalid)
	_, _, err = s.Queue(registry.QueueOf{Account: desk, Officer: desk}, registry.Page{})
	wants(t, "two at once", err, registry.ErrInvalid)
	s.agreed(s.second, asked)
	if list := s.queued(mine(s.second)); slices.Contains(list, "NZ-APR-000004 approve") {
		t.Errorf("agreed to: %q", list)
	}
}
