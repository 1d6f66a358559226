package authorisation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// asked is what the application of [wish] is assessed on in these tests.
func asked() []Asked {
	return []Asked{{Code: "39A", Group: "A", Weight: Grave}, {Code: "39E", Group: "G", PerSite: true}, {Code: "39D", Group: "G", Weight: Should}}
}

// assessment is opened on the third day, with two sites and one file.
func assessment(t *testing.T) Assessment {
	return do(t, Assessment{}, OpenAssessment{by("trader", 3), "OP-1", asked(), []string{"S-1", "S-2"}},
		AddEvidence{by("trader", 3), evidence(aDigest)})
}

func evidence(digest string) Evidence {
	return Evidence{SHA256: digest, File: digest, Size: 10, MediaType: "text/plain", Title: "seal log", Criteria: []string{"39E"}}
}

func TestWhatAnAssessmentRefuses(t *testing.T) {
	a := assessment(t)
	other := strings.Repeat("cd", 32)
	yes := Response{Criterion: "39A", Answer: SaysYes}
	assigned := do(t, a, AssignSection{by("boss", 4), "G", "guard"})
	sampled := do(t, a, DrawSample{by("chief", 4), []string{"39A"}, 10, aDigest})
	action := RequireAction{by("assessor", 4), "39E", "S-1", Minor, "number the seals", "guard", 30 * day, false}
	acting := do(t, a, action)
	certificate := HeldCertificate{"ISO-28000", "NZ 771", "a body", 90 * day, []string{"39E"}, nil}
	major := action
	major.Severity, major.Condition = Major, true
	for name, tc := range map[string]struct {
		state   Assessment
		command Command
		kind    any
		why     string
	}{
		"an act before it is opened":               {Assessment{}, Respond{by("trader", 5), []Response{yes}}, &TransitionError{}, "opened once"},
		"a second opening":                         {a, OpenAssessment{by("trader", 5), "OP-1", asked(), nil}, &TransitionError{}, "opened once"},
		"an answer that is none":                   {a, Respond{by("trader", 5), []Response{{Criterion: "39A", Answer: "maybe"}}}, &InputError{}, "maybe"},
		"a no without a reason":                    {a, Respond{by("trader", 5), []Response{{Criterion: "39A", Answer: SaysNo}}}, &InputError{}, "explanation"},
		"a question that is not asked":             {a, Respond{by("trader", 5), []Response{{Criterion: "X-1", Answer: SaysYes}}}, &InputError{}, "no criterion"},
		"a question per site, without a site":      {a, Respond{by("trader", 5), []Response{{Criterion: "39E", Answer: SaysYes}}}, &InputError{}, "each site"},
		"a site that is not there":                 {a, Respond{by("trader", 5), []Response{{Criterion: "39E", Site: "S-3", Answer: SaysYes}}}, &InputError{}, "no site"},
		"an answer given twice at once":            {a, Respond{by("trader", 5), []Response{yes, yes}}, &InputError{}, "twice"},
		"an answer with evidence nobody has":       {a, Respond{by("trader", 5), []Response{{Criterion: "39A", Answer: SaysYes, Evidence: []string{other}}}}, &InputError{}, "register"},
		"no answer at all":                         {a, Respond{by("trader", 5), nil}, &InputError{}, "responses"},
		"an answer in another's section":           {assigned, Respond{by("trader", 5), []Response{{Criterion: "39D", Answer: SaysYes}}}, &TransitionError{}, "assigned to guard"},
		"a section nobody knows":                   {a, AssignSection{by("boss", 5), "Z", "guard"}, &InputError{}, "no section"},
		"a file that is there":                     {a, AddEvidence{by("trader", 5), evidence(aDigest)}, &TransitionError{}, "already"},
		"a file larger than the register":          {a, AddEvidence{by("trader", 5), Evidence{SHA256: other, File: other, Size: MaxEvidenceBytes, MediaType: "text/plain", Title: "x"}}, &TransitionError{}, "full"},
		"a file about nothing that is asked":       {a, AddEvidence{by("trader", 5), Evidence{SHA256: other, File: other, Size: 1, MediaType: "text/plain", Title: "x", Criteria: []string{"X-1"}}}, &InputError{}, "no criterion"},
		"a file to be kept until yesterday":        {a, AddEvidence{by("trader", 5), Evidence{SHA256: other, File: other, Size: 1, MediaType: "text/plain", Title: "x", KeepUntil: 4 * day}}, &InputError{}, "keep_until"},
		"a title that turns the text around":       {a, AddEvidence{by("trader", 5), Evidence{SHA256: other, File: other, Size: 1, MediaType: "text/plain", Title: "gpj.\u202egol"}}, &InputError{}, "control"},
		"the reading of a file nobody has":         {a, ReadEvidence{by("assessor", 5), other, ""}, &InputError{}, "register"},
		"a certificate that has expired":           {a, RegisterCertificate{by("clerk", 90), certificate}, &InputError{}, "expired"},
		"a certificate registered twice":           {do(t, a, RegisterCertificate{by("clerk", 5), certificate}), RegisterCertificate{by("clerk", 5), certificate}, &TransitionError{}, "already"},
		"an old company as a young one":            {a, JudgeYoung{by("assessor", 5), Young{EstablishedOn: day, Until: 5 * day}}, &InputError{}, "not young"},
		"an alternative basis without a note":      {a, JudgeYoung{by("assessor", 5), Young{EstablishedOn: day, Until: 9 * day, Basis: InvestorRecord}}, &InputError{}, "note"},
		"a second sample":                          {sampled, DrawSample{by("chief", 5), []string{"39E"}, 10, aDigest}, &TransitionError{}, "already"},
		"a score without a sample":                 {a, SecondScore{by("second", 5), findings(Met), nil}, &TransitionError{}, "no sample"},
		"a score outside the sample":               {sampled, SecondScore{by("second", 5), findings(Met, Met), nil}, &InputError{}, "not in the sample"},
		"a second score by the first assessor":     {sampled, SecondScore{by("Assessor", 5), findings(Met), []string{"assessor"}}, ErrFourEyes, "assessed"},
		"a score given twice":                      {do(t, sampled, SecondScore{by("second", 5), findings(Met), nil}), SecondScore{by("third", 5), findings(Met), nil}, &TransitionError{}, "scored already"},
		"a condition of what is major":             {a, major, &InputError{}, "before a grant"},
		"an action due yesterday":                  {a, RequireAction{by("assessor", 31), "39E", "S-1", Minor, "x", "guard", 30 * day, false}, &InputError{}, "due"},
		"an action closed without evidence":        {acting, CloseAction{by("assessor", 5), "CA-1", nil, "seen"}, &InputError{}, "evidence"},
		"an action closed by who had to act":       {acting, CloseAction{by("guard", 5), "CA-1", []string{aDigest}, ""}, ErrFourEyes, "owner"},
		"an action nobody knows":                   {acting, CloseAction{by("assessor", 5), "CA-2", []string{aDigest}, ""}, &InputError{}, "CA-2"},
		"an action closed twice":                   {do(t, acting, CloseAction{by("assessor", 5), "CA-1", []string{aDigest}, ""}), CloseAction{by("assessor", 6), "CA-1", []string{aDigest}, ""}, &TransitionError{}, "closed"},
		"an extension that makes the time shorter": {acting, ExtendAction{by("assessor", 5), "CA-1", 29 * day, grounds()}, &InputError{}, "later"},
		"a command of the application":             {a, Accept{By: by("clerk", 5)}, &TransitionError{}, "not a command"},
	} {
		_, err := tc.state.Decide(tc.command)
		wantRefused(t, name, err, tc.kind, tc.why)
	}
}

func TestAQuestionnaireIsCompleteWhenEverySiteAnswered(t *testing.T) {
	a := do(t, assessment(t), AssignSection{by("boss", 4), "G", "guard"},
		Respond{by("trader", 5), []Response{{Criterion: "39A", Answer: SaysYes}}},
		Respond{by("guard", 6), []Response{{Criterion: "39E", Site: "S-1", Answer: SaysYes, Evidence: []string{aDigest}}}})
	if diff := cmp.Diff([]string{"39E@S-2", "39D"}, a.Unanswered()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a = do(t, a, Respond{by("guard", 7), []Response{{Criterion: "39E", Site: "S-2", Answer: SaysPartly, Text: "gate open by day"}, {Criterion: "39D", Answer: SaysNotApplicable, Text: "none"}}},
		Respond{by("boss", 8), []Response{{Criterion: "39E", Site: "S-2", Answer: SaysYes}}})
	if len(a.Unanswered()) != 0 || len(a.Responses) != 4 || a.Responses[2].By != "boss" {
		t.Errorf("unanswered %v, responses %+v", a.Unanswered(), a.Responses)
	}
}

func TestManyAnswersAreSeveralEvents(t *testing.T) {
	var questions []Asked
	var list []Response
	for i := range 200 {
		questions = append(questions, Asked{Code: fmt.Sprintf("Q-%d", i), Group: "Q"})
		list = append(list, Response{Criterion: questions[i].Code, Answer: SaysNo, Text: strings.Repeat(`"`, maxAnswer)})
	}
	a := do(t, Assessment{}, OpenAssessment{by("trader", 3), "OP-1", questions, nil})
	events, err := a.Decide(Respond{by("trader", 4), list})
	if err != nil || len(events) < 10 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if a = applied(t, a, events); len(a.Unanswered()) != 0 {
		t.Errorf("%d are unanswered", len(a.Unanswered()))
	}
}

// TestAScoreOfAllIsOneOfEachSite, in either direction.
func TestAScoreOfAllIsOneOfEachSite(t *testing.T) {
	whole := Finding{Requirement: "39A", Result: Met}
	here, there := whole, whole
	here.Site, there.Site = "S-1", "S-2"
	for _, tc := range []struct {
		first, second []Finding
		want          int
	}{
		{[]Finding{whole}, []Finding{whole}, 0}, {[]Finding{here, there}, []Finding{whole}, 0}, {[]Finding{whole}, []Finding{here}, 0},
		{[]Finding{whole, here}, []Finding{there}, 1}, {[]Finding{here}, []Finding{there}, 2}, {[]Finding{here}, nil, 1}, {nil, nil, 1},
	} {
		a, app := Assessment{Sample: &Sample{Criteria: []string{"39A"}}}, Application{}
		for _, f := range tc.first {
			app.Findings = append(app.Findings, Assessed{Finding: f})
		}
		for _, f := range tc.second {
			a.Second = append(a.Second, Assessed{Finding: f})
		}
		if out := a.outstanding(app); len(out) != tc.want {
			t.Errorf("%v and %v: outstanding %q, want %d", tc.first, tc.second, out, tc.want)
		}
	}
}

func TestNeitherScoreIsSeenBeforeBothAreIn(t *testing.T) {
	a := do(t, assessment(t), DrawSample{by("chief", 4), []string{"39A"}, 10, aDigest})
	app := do(t, applicationIn(t, Accepted), Assess{by("assessor", 3), findings(Met, Partly)})
	if _, seen := a.Blind(app); len(seen.Findings) != 1 || seen.Findings[0].Requirement != "39E" {
		t.Errorf("the first score is seen: %+v", seen.Findings)
	}
	if got := a.Obstacles(app, 9*day); len(got) != 1 || !strings.Contains(got[0], "second score of 39A") {
		t.Errorf("obstacles %q", got)
	}
	a = do(t, a, SecondScore{by("second", 5), []Finding{{Requirement: "39A", Result: Partly, Note: "one late return"}}, app.Assessors})
	if early, _ := a.Blind(Application{}); len(early.Second) != 0 {
		t.Errorf("the second score is seen: %+v", early.Second)
	}
	both, seen := a.Blind(app)
	if len(both.Second) != 1 || len(seen.Findings) != 2 || len(a.Obstacles(app, 9*day)) != 0 {
		t.Errorf("both are in and %+v, %+v, %q", both.Second, seen.Findings, a.Obstacles(app, 9*day))
	}
	want := []Pair{{Case: "APP-1", Criterion: "39A", First: Met, FirstBy: "assessor", Second: Partly, SecondBy: "second"}}
	if diff := cmp.Diff(want, a.Pairs(app)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a.MayJudge(by("Second", 9)) == nil || a.MayJudge(by("decider", 9)) != nil {
		t.Error("who scored may decide, or nobody may")
	}
}

func TestWhatAGrantWaitsFor(t *testing.T) {
	examined := applicationIn(t, UnderExamination)
	resting := do(t, applicationIn(t, Accepted), Assess{by("assessor", 3), []Finding{{Requirement: "39A", Result: Met}, {Requirement: "39E", Result: Met, Certificate: "NZ 771"}}})
	certificate := RegisterCertificate{by("clerk", 4), HeldCertificate{"ISO-28000", "NZ 771", "a body", 20 * day, []string{"39E"}, nil}}
	action := RequireAction{by("assessor", 4), "39E", "S-1", Minor, "number the seals", "guard", 30 * day, false}
	condition := action
	condition.Condition = true
	young := Young{EstablishedOn: day, Until: 900 * day}
	judged := young
	judged.Basis, judged.Note = RepresentativeRecord, "ten years with another exporter"
	for name, tc := range map[string]struct {
		app      Application
		commands []Command
		at       int64
		why      string
	}{
		"nothing":                              {examined, nil, 9, ""},
		"an open action":                       {examined, []Command{action}, 9, "CA-1 is open"},
		"an action that was closed":            {examined, []Command{action, CloseAction{by("assessor", 5), "CA-1", []string{aDigest}, ""}}, 9, ""},
		"an action that is a condition":        {examined, []Command{condition}, 9, ""},
		"a young company without a basis":      {examined, []Command{JudgeYoung{by("assessor", 4), young}}, 9, "no alternative basis"},
		"a young company with one":             {examined, []Command{JudgeYoung{by("assessor", 4), young}, JudgeYoung{by("assessor", 5), judged}}, 9, ""},
		"a certificate that is not there":      {resting, nil, 9, "not registered"},
		"a certificate in force":               {resting, []Command{certificate}, 9, ""},
		"a certificate that expired meanwhile": {resting, []Command{certificate}, 20, "expired"},
	} {
		got := do(t, assessment(t), tc.commands...).Obstacles(tc.app, tc.at*day)
		if tc.why == "" && len(got) != 0 || tc.why != "" && (len(got) != 1 || !strings.Contains(got[0], tc.why)) {
			t.Errorf("%s: %q, want %q", name, got, tc.why)
		}
	}
}

// Whatever sequence of commands comes: the events alone give the state, an action
// is overdue only after it was due and told once, nobody closes their own, and of
// each file the number of readings is that of the events.
func TestAssessmentsUnderAnySequenceOfCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, log := step(t, Assessment{}, nil, []Event{{Case: "APP-1", Actor: "trader", DecidedAt: 1000, EffectiveAt: 1000,
			Data: AssessmentOpened{"OP-1", asked(), []string{"S-1", "S-2"}}}})
		now, read := int64(1000), int64(0)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now += rapid.Int64Range(-1, 4).Draw(t, "pause")
			b := By{Case: "APP-1", Actor: officer(t), At: now}
			d := strings.Repeat(rapid.SampledFrom([]string{"ab", "cd"}).Draw(t, "digest"), 32)
			site := rapid.SampledFrom([]string{"", "S-1", "S-2", "S-3"}).Draw(t, "site")
			id := rapid.SampledFrom([]string{"CA-1", "CA-2", "CA-3"}).Draw(t, "id")
			c := rapid.SampledFrom([]Command{
				Respond{b, []Response{{Criterion: "39E", Site: site, Answer: SaysYes}}}, AssignSection{b, "G", "jan"},
				AddEvidence{b, evidence(d)}, ReadEvidence{b, d, ""}, CloseAction{b, id, []string{d}, ""}, PassDue{b}, PassDue{By{Case: "APP-1", Actor: Scheduler, At: now}},
				RequireAction{b, "39E", site, Minor, "put it right", "anna", now + 5, false}, ExtendAction{b, id, now + 9, grounds()},
				DrawSample{b, []string{"39A"}, 10, aDigest}, SecondScore{b, findings(Met), []string{"rewi"}}, JudgeYoung{b, Young{EstablishedOn: 10, Until: now + 1}},
			}).Draw(t, "command")
			list, err := a.Decide(c)
			if err != nil {
				checkTyped(t, err)
				continue
			}
			for _, e := range list {
				switch d := e.Data.(type) {
				case AssessmentActionOverdue:
					if d.Due > now {
						t.Fatalf("%s is overdue at %d", d.ID, now)
					}
				case AssessmentActionClosed:
					if spelt(e.Actor) == "anna" {
						t.Fatal("closed by who had to act")
					}
				case AssessmentSecondScored:
					if e.Actor == "rewi" {
						t.Fatal("scored again by who assessed")
					}
				case AssessmentEvidenceRead:
					read++
				}
			}
			a, log = step(t, a, log, list)
			if _, clock := c.(PassDue); clock {
				if at, ok := a.Wakes(); ok && at <= now {
					t.Fatalf("after the clock acted something was due at %d", at)
				}
			}
		}
		var counted int64
		for _, e := range a.Evidence {
			counted += e.Read
		}
		if counted != read || len(slices.Compact(a.Unanswered())) > 4 {
			t.Fatalf("%d readings counted, %d in the log", counted, read)
		}
		checkReplay(t, a, log)
	})
}

// A company grows up while its application is examined, a certificate is prolonged
// under its number, and a sample is scored bit by bit.
func TestAnAssessmentOutlivesWhatItBeganWith(t *testing.T) {
	young := do(t, assessment(t), JudgeYoung{by("assessor", 4), Young{EstablishedOn: 1 * day, Until: 20 * day}})
	for at, want := range map[int64]int{19: 1, 20: 0} {
		if got := young.Obstacles(Application{}, at*day); len(got) != want {
			t.Errorf("on day %d: %v", at, got)
		}
	}

	held := HeldCertificate{"ISO-28000", "NZ 771", "a body", 90 * day, []string{"39E"}, nil}
	longer, other := held, held
	longer.ValidUntil, other.ValidUntil, other.Issuer = 400*day, 400*day, "another body"
	a := do(t, assessment(t), RegisterCertificate{by("trader", 4), held})
	_, err := a.Decide(RegisterCertificate{by("trader", 80), other})
	wantRefused(t, "of another body", err, &TransitionError{}, "registered already")
	a = do(t, a, RegisterCertificate{by("trader", 80), longer})
	if err := a.Supports(Finding{Requirement: "39E", Certificate: "NZ 771"}, 100*day); err != nil || len(a.Certificates) != 1 {
		t.Errorf("prolonged: %v, %+v", err, a.Certificates)
	}

	sampled := do(t, a, DrawSample{by("chief", 81), []string{"39A", "39D"}, 10, aDigest}, SecondScore{By: by("colleague", 82), Findings: findings(Met)})
	if tasks := sampled.Tasks(); len(tasks) != 1 || tasks[0].What != "score" {
		t.Errorf("one of two is scored: %+v", tasks)
	}
}
