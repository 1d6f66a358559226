package authorisation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// A Task is something in a case that waits for somebody.
type Task struct {
	What     string              `json:"what"`              // "accept", or the rule of the clock that runs
	Due      int64               `json:"due,omitzero"`      // Unix seconds; 0 where there is no deadline, or its clock stands still
	Warned   bool                `json:"warned,omitzero"`   // it is late enough for the programme to warn
	Standing []deadline.Standing `json:"standing,omitzero"` // since when its clock stands still, and why
	Officer  string              `json:"officer,omitzero"`  // who has it; empty where nobody was named
	Office   string              `json:"office,omitzero"`
	Since    int64               `json:"since,omitzero"`    // when it was last worked on, where no deadline runs
	From     int64               `json:"from,omitzero"`     // when it begins, where it is planned for a time
	Act      string              `json:"act,omitzero"`      // what a second person is asked to agree to: the path of the API
	AskedBy  string              `json:"asked_by,omitzero"` // who asks them
}

// A Facet is a property cases are looked for by. A case may have several of one name.
type Facet struct{ Name, Value string }

// The names of facets.
const (
	ByState   = "state"
	ByType    = "type"
	ByHolder  = "holder" // number of the operator
	ByOfficer = "officer"
	ByOffice  = "office"
	ByDue     = "due" // [DueFacet] of what is due first
	ByName    = "name"
)

// DueFacet is an instant as a facet, in the order of time.
func DueFacet(at int64) string { return fmt.Sprintf("%019d", at) }

// with adds a facet that has a value.
func with(list []Facet, name, value string) []Facet {
	if value == "" {
		return list
	}
	return append(list, Facet{name, value})
}

// tasksOf are what clocks run for, each of somebody who has the case.
func tasksOf(clocks deadline.Clocks, officer, office string) (out []Task) {
	for _, k := range clocks {
		if k.EndedAt != 0 || k.LapsedAt != 0 && k.Outcome != "" {
			continue // done, or silence was the answer
		}
		warned := slices.ContainsFunc(k.History, func(c deadline.Change) bool { return c.Do == deadline.Warn })
		out = append(out, Task{What: k.Rule, Due: k.Due, Warned: warned || k.LapsedAt != 0, Standing: k.Standing, Officer: officer, Office: office})
	}
	return out
}

// steps are what an application waits for in a state, and the clock that runs for it.
var steps = map[ApplicationState]struct{ what, rule string }{
	Submitted:        {"accept", RuleAcceptance},
	InfoRequested:    {"information", RuleInformation},
	Accepted:         {"examine", RuleDecision},
	UnderExamination: {"decide", RuleDecision},
	Hearing:          {"hearing", RuleHearing},
}

// Tasks are what the application waits for: its next step first.
func (a Application) Tasks() []Task {
	list := tasksOf(a.Clocks, a.Officer, a.Office)
	if a.State == Draft { // nothing makes it lapse: old ones are to be seen
		return []Task{{What: "draft", Since: a.DecidedAt, Officer: a.Officer, Office: a.Office}}
	}
	step, waits := steps[a.State]
	if !waits {
		return list
	}
	i := slices.IndexFunc(list, func(t Task) bool { return t.What == step.rule })
	if i < 0 {
		return slices.Insert(list, 0, Task{What: step.what, Officer: a.Officer, Office: a.Office})
	}
	next := list[i]
	next.What = step.what
	return slices.Insert(slices.Delete(list, i, i+1), 0, next)
}

// Facets are what applications are looked for by.
func (a Application) Facets() []Facet {
	list := []Facet{{ByState, string(a.State)}, {ByType, a.Wish.Type}, {ByHolder, a.Wish.Operator}}
	list = with(with(list, ByOffice, a.Office), ByOfficer, Folded(a.Officer))
	due := int64(0)
	for _, t := range tasksOf(a.Clocks, "", "") {
		if t.Due != 0 && (due == 0 || t.Due < due) {
			due = t.Due
		}
	}
	if due != 0 {
		list = with(list, ByDue, DueFacet(due))
	}
	return list
}

// Tasks are what clocks of the authorisation run for, and whom to tell what became of
// it, since when it did.
func (a Authorisation) Tasks() []Task {
	list := tasksOf(a.Clocks, "", "")
	var since int64
	for _, r := range a.Resting {
		if r.Tell != nil && (since == 0 || r.Tell.Since < since) {
			since = r.Tell.Since
		}
	}
	if since != 0 {
		list = append(list, Task{What: "tell_authorities", Due: since})
	}
	return list
}

// Tasks are what the monitoring of an authorisation waits for: answers to the holder's
// reports, those of incidents and held goods since they came in; the end of a re-check;
// and what is due so soon that the programme warns of it.
func (m Monitoring) Tasks() (out []Task) {
	if m.ClosedAt != 0 {
		return nil
	}
	checked := m.Recheck != nil && m.Recheck.ClosedAt == 0
	for _, t := range tasksOf(m.Clocks, "", "") {
		rule, _ := clockOf(t.What)
		if (t.Warned || rule == RuleAction) && !(checked && rule == RuleRecheck) {
			out = append(out, t)
		}
	}
	if checked {
		k, _ := m.Clocks.Open(RuleRecheck)
		out = append(out, Task{What: "reassess", Due: k.Due, Officer: m.Recheck.By})
	}
	for _, r := range m.Reports {
		if r.Open() {
			t := Task{What: "acknowledge", Warned: r.Late(), Office: r.Office}
			if r.Kind == ReportIncident || r.Kind == ReportCargo {
				t.Due = r.At // goods are held, or a site is not safe, until somebody answers
			}
			out = append(out, t)
		}
	}
	return out
}

// Tasks are a visit to be made by each of the team, or the lead's word on what it found.
func (v Visit) Tasks() (out []Task) {
	switch v.State {
	case VisitPlanned:
		for _, who := range v.Plan.Team {
			out = append(out, Task{What: "visit", From: v.Plan.From, Due: v.Plan.Until, Officer: who})
		}
		return out
	case VisitReported:
		return []Task{{What: "sign_off", Officer: v.Plan.Team[0]}}
	}
	return nil
}

// Tasks are the second person's answer, and once they agreed that it be carried out.
func (a Approval) Tasks() []Task {
	switch a.State {
	case ApprovalProposed:
		return []Task{{What: "approve", Due: a.ExpiresAt, Act: a.What, AskedBy: a.By}}
	case ApprovalGiven: // a crash came in between
		return []Task{{What: "approve", Due: a.ExpiresAt, Officer: a.Second}}
	}
	return nil
}

// Facets are what authorisations are looked for by: every state one of its components is in.
func (a Authorisation) Facets() []Facet {
	list := make([]Facet, 0, 4)
	list = append(list, Facet{ByHolder, a.Operator}, Facet{ByType, a.Type})
	for _, c := range a.Components {
		if f := (Facet{ByState, string(c.State)}); !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// Facets are what operators are looked for by: each name, in small letters.
func (o Operator) Facets() []Facet {
	list := []Facet{{ByName, Folded(o.Holder.LegalName)}}
	for _, n := range o.Holder.Names {
		if f := (Facet{ByName, Folded(n.Value)}); !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// Folded is a name as it is looked for: whatever the case of its letters and the
// space in it.
func Folded(name string) string { return strings.Join(strings.Fields(strings.ToLower(name)), " ") }
