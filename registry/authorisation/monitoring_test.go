package authorisation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aeo-registry/aeo/registry/deadline"
)

func watch(d int64) By { return By{Case: "AUT-1", Actor: "desk", At: d * day} }

// fence is an action due on a day.
func fence(d int64) CorrectiveAction {
	return CorrectiveAction{Criterion: "I-1", Severity: Minor, What: "A second fence.", Owner: "Head of security", Due: d * day}
}

// monitored is since day 105, with a self-assessment due after a year.
func monitored(t *testing.T) Monitoring {
	t.Helper()
	return do(t, Monitoring{}, OpenMonitoring{watch(105), "OP-1", "low", Timed{[]deadline.Change{
		starting(RuleSelfAssessment, "", 105, 365, 30), starting(RuleRecheck, "", 105, 1095)}}})
}

func TestWhatIsDueOfAHolderIsToldAndDone(t *testing.T) {
	m := monitored(t)
	m = do(t, m, m.Due(441*day)...)
	if at, ok := m.Wakes(); !ok || at != 470*day {
		t.Errorf("after the warning it wakes on day %d", at/day)
	}
	m = do(t, m, m.Due(480*day)...)
	k, _ := m.Clocks.Open(RuleSelfAssessment)
	if k.LapsedAt != 470*day {
		t.Errorf("overdue since day %d", k.LapsedAt/day)
	}
	end, err := m.Clocks.Ends(RuleSelfAssessment, 490*day)
	if err != nil {
		t.Fatal(err)
	}
	m = do(t, m, ReportToCustoms{watch(490), Report{Kind: ReportSelfAssessment, Text: "Two gaps.", Result: ToImprove},
		Timed{[]deadline.Change{end, starting(RuleSelfAssessment, "", 490, 365, 30)}}})
	if k, _ := m.Clocks.Open(RuleSelfAssessment); k.Due != 855*day || k.LapsedAt != 0 {
		t.Errorf("the next: %+v", k)
	}
	if r := m.Reports[0]; !r.Open() || r.ID != 1 {
		t.Errorf("report: %+v", r)
	}
}

func TestReportsAndRechecks(t *testing.T) {
	seal := Report{Kind: ReportCargo, Text: "A seal is broken.", HeldAt: "Shed 4", HappenedAt: 109 * day, DueAt: 110 * day}
	m := do(t, monitored(t), ReportToCustoms{By: watch(110), Report: seal}, Acknowledge{watch(110), 1, "DE-HB", Hold, "We come."},
		Acknowledge{watch(111), 1, "", LetGo, ""}, OpenRecheck{By: watch(112), Cause: "incident"},
		AskAction{By: watch(113), Action: fence(150)})
	r := m.Reports[0]
	if !r.Late() || r.Open() || r.Office != "DE-HB" || len(r.Answers) != 2 || r.Answers[1].Goods != LetGo {
		t.Errorf("report: %+v", r)
	}
	for name, c := range map[string]struct {
		put  Command
		kind any
		why  string
	}{
		"a report of the future":        {ReportToCustoms{By: watch(114), Report: Report{Kind: ReportIncident, Text: "x", HappenedAt: 115 * day}}, &InputError{}, "future"},
		"goods held nowhere":            {ReportToCustoms{By: watch(114), Report: Report{Kind: ReportCargo, Text: "x"}}, &InputError{}, "where"},
		"a change of no kind":           {ReportToCustoms{By: watch(114), Report: Report{Kind: ReportChange, Text: "x"}}, &InputError{}, "code"},
		"an audit without a result":     {ReportToCustoms{By: watch(114), Report: Report{Kind: ReportInternalAudit, Text: "x"}}, &InputError{}, "result"},
		"an incident with a result":     {ReportToCustoms{By: watch(114), Report: Report{Kind: ReportIncident, Text: "x", Result: InOrder}}, &InputError{}, "result"},
		"an answer to no report":        {Acknowledge{watch(114), 9, "", NoOrder, ""}, &TransitionError{}, "report 9"},
		"a second re-check":             {OpenRecheck{By: watch(114), Cause: "law"}, &TransitionError{}, "under way"},
		"all well though not all is":    {CloseRecheck{By: watch(114), Result: Keep, Findings: findings(NotMet), Told: "post", Said: "x"}, &TransitionError{}, "not met"},
		"a re-check nobody was told of": {CloseRecheck{By: watch(114), Result: Keep, Said: "x"}, &InputError{}, "told"},
		"an action that is not there":   {FinishAction{By: watch(114), ID: "CA-2", Note: "x"}, &TransitionError{}, `action "CA-2"`},
		"an action said done by who has to do it": {FinishAction{By: By{Case: "AUT-1", Actor: "Head of Security", At: 114 * day}, ID: "CA-1", Note: "x"},
			ErrFourEyes, "its owner"},
		"an action of yesterday":    {AskAction{By: watch(114), Action: fence(113)}, &InputError{}, "due"},
		"the extract of a register": {RecordCheck{watch(114), Check{What: "criminal_record", Finding: "convicted of theft in 2019", Source: "x"}}, &InputError{}, "finding"},
		"beginning again":           {OpenMonitoring{By: watch(114), Operator: "OP-1"}, &TransitionError{}, "once"},
	} {
		_, err := m.Decide(c.put)
		wantRefused(t, name, err, c.kind, c.why)
	}
	m = do(t, m, CloseRecheck{By: watch(120), Result: ProposeSuspend, Findings: findings(NotMet), Told: "portal", Said: "The fence."},
		FinishAction{By: watch(121), ID: "CA-1", Note: "Seen."}, OpenRecheck{By: watch(122), Cause: "periodic"}, CloseMonitoring{By{Case: "AUT-1", Actor: Scheduler, At: 130 * day}})
	if _, ok := m.Wakes(); ok || m.ClosedAt != 130*day {
		t.Errorf("closed: %+v", m)
	}
	_, err := m.Decide(RecordCheck{watch(131), Check{What: "arrears", Finding: "clear", Source: "ledger"}})
	wantRefused(t, "after the end", err, &TransitionError{}, "ended")
}

// Whatever is reported, what waits for an answer is never forgotten, numbers are given
// once, and the events alone give the state.
func TestMonitoringUnderAnySequenceOfCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Monitoring
		var log []Event
		now, reported, answered := int64(1000), map[int64]bool{}, map[int64]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.Int64Range(0, 3).Draw(t, "pause")
			b := By{Case: "AUT-1", Actor: officer(t), At: now}
			id := rapid.Int64Range(1, m.Count+1).Draw(t, "id")
			clocks := Timed{}
			if _, runs := m.Clocks.Open(RuleRecheck); !runs {
				clocks.Clocks = []deadline.Change{{Rule: RuleRecheck, Do: deadline.Start, At: now, Due: now + 4, Basis: "law"}}
			}
			c := rapid.SampledFrom([]Command{
				OpenMonitoring{b, "OP-1", "", clocks}, PlanMonitoring{b, "high", "", clocks},
				ReportToCustoms{b, Report{Kind: ReportIncident, Text: "x"}, Timed{}}, ReportToCustoms{b, Report{Kind: ReportSelfAssessment, Text: "x", Result: InOrder}, clocks},
				Acknowledge{b, id, "", NoOrder, ""}, Acknowledge{b, id, "X", LetGo, ""}, OpenRecheck{b, "law", "", Timed{}},
				CloseRecheck{b, Keep, nil, "post", "fine", Timed{}}, AskAction{b, fence(1), Timed{}}, FinishAction{b, fmt.Sprint("CA-", id), "done", nil, Timed{}},
				WatchTime{By{Case: "AUT-1", Actor: Scheduler, At: now}}, WatchTime{By{Case: "AUT-1", Actor: Scheduler, At: now}},
			}).Draw(t, "command")
			list, err := m.Decide(c)
			if err != nil {
				checkTyped(t, err)
				continue
			}
			m, log = step(t, m, log, list)
			for _, e := range list {
				switch d := e.Data.(type) {
				case MonitoringReported:
					if reported[d.ID] {
						t.Fatalf("report %d twice", d.ID)
					}
					reported[d.ID] = true
				case MonitoringAcknowledged:
					answered[d.Report] = true
				case MonitoringTimePassed:
					if e.EffectiveAt > now || d.Clocks[0].Do == deadline.Lapse && e.EffectiveAt != d.Clocks[0].Due {
						t.Fatalf("due at %d, lapsed at %d", d.Clocks[0].Due, e.EffectiveAt)
					}
				}
			}
			for id := range reported {
				if !answered[id] && m.report(id) < 0 {
					t.Fatalf("report %d is forgotten and nobody answered it", id)
				}
			}
		}
		checkReplay(t, m, log)
	})
}

func TestAnsweredReportsAreKeptForAWhile(t *testing.T) {
	m := monitored(t)
	for i := range int64(50) {
		m = do(t, m, ReportToCustoms{By: watch(200 + i), Report: Report{Kind: ReportIncident, Text: fmt.Sprint("no. ", i)}})
		if i != 3 {
			m = do(t, m, Acknowledge{By: watch(200 + i), Report: i + 1})
		}
	}
	var ids []string
	for _, r := range m.Reports {
		ids = append(ids, fmt.Sprint(r.ID))
	}
	if len(ids) != keptReports+1 || !slices.Contains(ids, "4") || !slices.Contains(ids, "50") || slices.Contains(ids, "5") {
		t.Errorf("kept: %s", strings.Join(ids, " "))
	}
}
