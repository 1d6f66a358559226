package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/files"
	"github.com/aeo-registry/aeo/registry/ledger"
)

const sealLog = "Seal log 2026\nK 4711 issued 5 January\n"

// submitted is an application that nobody has looked at.
func (o *office) submitted(tr trader) authorisation.Application {
	o.t.Helper()
	op, err := o.Operator(tr.identifier)
	if err != nil {
		op = o.register(tr)
	}
	return got(o.SubmitApplication(o.t.Context(), registry.SubmitApplication{Operator: op.Case, Type: tr.kind, Roles: tr.roles, By: tr.name}))(o.t)
}

func (o *office) evidence(number, content string) authorisation.Evidence {
	o.t.Helper()
	a := got(o.AddEvidence(o.t.Context(), registry.AddEvidence{Application: number, Title: "seal log", Criteria: []string{"G"}, By: "J. Tamihana"},
		[]byte(content)))(o.t)
	return a.Evidence[len(a.Evidence)-1]
}

func (o *office) fileOf(e authorisation.Evidence) string {
	o.t.Helper()
	found := got(filepath.Glob(filepath.Join(o.opts.Dir, "files", "*", e.File)))(o.t)
	if len(found) != 1 {
		o.t.Fatalf("%s is at %v", e.File, found)
	}
	return found[0]
}

func TestAQuestionnaireFromTheFirstQuestionToAcceptance(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	app := nz.submitted(orchards)
	before := nz.size()
	q := got(nz.Questionnaire(app.Case))(t)
	if q.Open < 30 || q.Open != len(app.Wish.Requirements) || nz.size() != before {
		t.Fatalf("%d questions for %d criteria; the log grew by %d", q.Open, len(app.Wish.Requirements), nz.size()-before)
	}
	got(nz.AssignSection(ctx, registry.AssignSection{Application: app.Case, Section: "G", Person: "J. Tamihana", By: "M. Hemi"}))(t)
	var own, others []authorisation.Response
	for _, s := range q.Sections {
		for _, asks := range s.Questions {
			if asks.Question == "" || len(asks.Evidence) == 0 {
				t.Errorf("%s has no question, or expects no evidence", asks.Criterion)
			}
			r := authorisation.Response{Criterion: asks.Criterion, Answer: authorisation.SaysYes, Text: "as written down"}
			if s.Group == "G" {
				others = append(others, r)
			} else {
				own = append(own, r)
			}
		}
	}
	if _, err := nz.AnswerQuestionnaire(ctx, registry.AnswerQuestionnaire{Application: app.Case, Responses: others, By: "Somebody"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("an answer in a colleague's section: %v", err)
	}
	got(nz.AnswerQuestionnaire(ctx, registry.AnswerQuestionnaire{Application: app.Case, Responses: own, By: "M. Hemi"}))(t)
	if _, err := nz.AcceptApplication(ctx, registry.AcceptApplication{Application: app.Case, By: "Desk"}); !errors.Is(err, registry.ErrConflict) || !strings.Contains(err.Error(), "questionnaire is not complete") {
		t.Errorf("accepted with open questions: %v", err)
	}
	got(nz.AnswerQuestionnaire(ctx, registry.AnswerQuestionnaire{Application: app.Case, Responses: others, By: "J. Tamihana"}))(t)
	got(nz.AcceptApplication(ctx, registry.AcceptApplication{Application: app.Case, By: "Desk"}))(t)

	// A second application of the same company is not asked again.
	again := nz.submitted(orchards)
	if earlier := got(nz.Questionnaire(again.Case))(t).Sections[0].Questions[0].Earlier; earlier == nil || earlier.From != app.Case {
		t.Errorf("the questionnaire knows nothing of the first: %+v", earlier)
	}
	a := got(nz.AnswerQuestionnaire(ctx, registry.AnswerQuestionnaire{Application: again.Case, Prefill: true, By: "M. Hemi"}))(t)
	if len(a.Unanswered()) != 0 || a.Responses[0].From != app.Case {
		t.Errorf("%d are open after all was taken over", len(a.Unanswered()))
	}
	must(t, nz.Tick(ctx))
	if report := got(nz.Audit())(t); report.Differing != 0 {
		t.Errorf("the audit finds %+v", report.Differences)
	}
}

func TestEvidenceIsSealedReadOnRecordAndInTheBackup(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	app := nz.submitted(orchards)
	e := nz.evidence(app.Case, sealLog)
	if e.MediaType != files.Text || len(e.Criteria) < 5 || e.By != "J. Tamihana" {
		t.Errorf("registered as %+v", e)
	}
	if raw, err := os.ReadFile(nz.fileOf(e)); err != nil || bytes.Contains(raw, []byte("K 4711")) {
		t.Errorf("on the disk in clear, or not there: %v", err)
	}
	if _, content, err := nz.ReadEvidence(ctx, registry.ReadEvidence{Application: app.Case, SHA256: e.SHA256[:8], Purpose: "validation", By: "Assessor"}); err != nil || string(content) != sealLog {
		t.Errorf("read %q, %v", content, err)
	}
	if e = got(nz.Assessment(app.Case))(t).Evidence[0]; e.Read != 1 || e.Readers[0].By != "Assessor" || e.Readers[0].Purpose != "validation" {
		t.Errorf("the reading is recorded as %+v", e.Readers)
	}
	for name, tc := range map[string]struct {
		r    registry.AddEvidence
		in   []byte
		want error
	}{
		"the same file again":             {registry.AddEvidence{Application: app.Case, Title: "x", By: "A"}, []byte(sealLog), registry.ErrConflict},
		"a page that says it is a report": {registry.AddEvidence{Application: app.Case, Title: "report.pdf", By: "A"}, []byte("<html><script>"), registry.ErrInvalid},
		"more than a file may have":       {registry.AddEvidence{Application: app.Case, Title: "x", By: "A"}, make([]byte, files.MaxFile+1), registry.ErrInvalid},
		"a criterion nobody asked about":  {registry.AddEvidence{Application: app.Case, Title: "x", Criteria: []string{"Z-1"}, By: "A"}, []byte("y"), registry.ErrInvalid},
		"an application nobody made":      {registry.AddEvidence{Application: "NZ-APP-000099", Title: "x", By: "A"}, []byte("y"), registry.ErrNotFound},
	} {
		if _, err := nz.AddEvidence(ctx, tc.r, tc.in); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left := got(os.ReadDir(filepath.Join(nz.opts.Dir, "files", files.Staged)))(t); len(left) != 0 {
		t.Errorf("what was refused stays: %v", left)
	}

	node, keys := saved(t, nz)
	opts := nz.elsewhere()
	got(registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(node), SubjectKeys: bytes.NewReader(keys)}))(t)
	must(t, nz.Close())
	nz.opts = opts
	nz.open()
	if health := got(nz.CheckFiles())(t); health.Files != 1 || len(health.Missing)+len(health.Damaged)+health.Unreadable != 0 {
		t.Errorf("after the restore: %+v", health)
	}
	// What cannot be recorded is not read.
	if _, content, err := nz.ReadEvidence(ctx, registry.ReadEvidence{Application: app.Case, SHA256: e.SHA256, By: "Assessor"}); !errors.Is(err, ledger.ErrUnproven) || content != nil {
		t.Errorf("read before the log is proven: %v", err)
	}
}

// A crash may come after the file is durable and before its event, or after the
// event and before the file is in its place: the first leaves nothing, the second
// loses nothing.
func TestACrashWhileEvidenceIsAdded(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	app := nz.submitted(orchards)
	e := nz.evidence(app.Case, sealLog)
	place := nz.fileOf(e)
	stagedDir := filepath.Join(nz.opts.Dir, "files", files.Staged)
	must(t, os.Rename(place, filepath.Join(stagedDir, e.File)))
	must(t, os.WriteFile(filepath.Join(stagedDir, strings.Repeat("0", 64)), []byte("of no event"), 0o600))
	nz.restart()
	if nz.fileOf(e) != place {
		t.Error("the file is not in its place")
	}
	if left := got(os.ReadDir(stagedDir))(t); len(left) != 0 {
		t.Errorf("%v stay staged", left)
	}
	if health := got(nz.CheckFiles())(t); health.Files != 1 || len(health.Missing)+len(health.Damaged) != 0 {
		t.Errorf("the check says %+v", health)
	}
	raw := got(os.ReadFile(place))(t)
	raw[len(raw)-1] ^= 1
	must(t, os.WriteFile(place, raw, 0o600))
	if health := got(nz.CheckFiles())(t); len(health.Damaged) != 1 || health.Damaged[0] != app.Case+" "+e.SHA256 {
		t.Errorf("a flipped bit: %+v", health)
	}
	if a := got(nz.Audit())(t); a.Files != 1 || a.Differing != 1 || !strings.Contains(a.Differences[0].What, e.SHA256) {
		t.Errorf("the audit says %+v", a)
	}
	must(t, os.Remove(place))
	if health := got(nz.CheckFiles())(t); len(health.Missing) != 1 {
		t.Errorf("a file that is gone: %+v", health)
	}
}

func TestAGrantWaitsForWhatIsBesideTheApplication(t *testing.T) {
	c := newClock()
	eu := found(t, c, "EU", "")
	ctx := t.Context()
	app := eu.examined(rhein)
	grant := func() error {
		_, err := eu.DecideApplication(ctx, registry.DecideApplication{Application: app.Case, Grant: true, Without: unvisited, By: "Decider", DryRun: true})
		return err
	}
	waits := func(why string) {
		t.Helper()
		if err := grant(); !errors.Is(err, registry.ErrConflict) || !strings.Contains(err.Error(), why) {
			t.Errorf("a grant: %v, want %q", err, why)
		}
	}
	must(t, grant())
	got(eu.JudgeYoung(ctx, registry.JudgeYoung{Application: app.Case, Established: "2025-02-01", By: "Assessor"}))(t)
	waits("no alternative basis")
	if _, err := eu.JudgeYoung(ctx, registry.JudgeYoung{Application: app.Case, Established: "2015-02-01", By: "Assessor"}); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("eleven years are young: %v", err)
	}
	got(eu.JudgeYoung(ctx, registry.JudgeYoung{Application: app.Case, Established: "2025-02-01", Basis: authorisation.InvestorRecord, Note: "parent, AEOF since 2009", By: "Assessor"}))(t)
	must(t, grant())

	a := got(eu.RequireAction(ctx, registry.RequireAction{Application: app.Case, Criterion: "G-2", Severity: authorisation.Minor, What: "number the seals", Owner: "K. Weber", By: "Assessor"}))(t)
	waits("CA-1 is open")
	eu.pass(time.Unix(a.Actions[0].Due, 0).Sub(c.Now()) - time.Second)
	if act := got(eu.Assessment(app.Case))(t).Actions[0]; act.OverdueAt != 0 {
		t.Error("overdue a second before it was due")
	}
	eu.pass(time.Second)
	if act := got(eu.Assessment(app.Case))(t).Actions[0]; act.OverdueAt != act.Due {
		t.Errorf("due at %d, overdue at %d", act.Due, act.OverdueAt)
	}
	queued := func() (out []registry.QueueItem) {
		items, _, err := eu.Queue(registry.QueueOf{}, registry.Page{Limit: 50})
		must(t, err)
		for _, i := range items {
			if i.What == "corrective_action" {
				out = append(out, i)
			}
		}
		return out
	}
	if in := queued(); len(in) != 1 || !in[0].Overdue || in[0].Number != app.Case {
		t.Errorf("the queue says %+v", in)
	}
	e := got(eu.AddEvidence(ctx, registry.AddEvidence{Application: app.Case, Title: "numbered seals", Criteria: []string{"G-2"}, By: "K. Weber"}, []byte(sealLog)))(t).Evidence[0]
	got(eu.CloseAction(ctx, registry.CloseAction{Application: app.Case, Action: "CA-1", Evidence: []string{e.SHA256[:8]}, By: "Assessor"}))(t)
	must(t, grant())
	if in := queued(); len(in) != 0 {
		t.Errorf("the queue still says %+v", in)
	}

	certificate := registry.RegisterCertificate{Application: app.Case, Code: "ISO-28000", Number: "DE 771", Issuer: "a body", ValidUntil: c.Now().Add(10 * day).Format(time.DateOnly), By: "K. Weber"}
	rests := registry.AssessApplication{Application: app.Case, By: "Assessor", Findings: []authorisation.Finding{{Requirement: "I-1", Result: authorisation.Met, Certificate: "DE 771"}}}
	if _, err := eu.AssessApplication(ctx, rests); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("a finding rests on a certificate nobody registered: %v", err)
	}
	got(eu.RegisterCertificate(ctx, certificate))(t)
	got(eu.AssessApplication(ctx, rests))(t)
	must(t, grant())
	eu.pass(11 * day)
	waits("expired")
}

func TestASampleIsScoredTwiceAndBlind(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	app := nz.examined(orchards)
	drawn := got(nz.DrawSample(ctx, registry.DrawSample{Application: app.Case, By: "Chief"}))(t)
	if n := len(drawn[0].Criteria); n != (len(app.Wish.Requirements)+4)/5 {
		t.Fatalf("%d of %d are drawn", n, len(app.Wish.Requirements))
	}
	listed, _, err := nz.FindApplications(registry.Wanted{}, registry.Page{Limit: 10})
	must(t, err)
	for _, seen := range append(listed, got(nz.Application(app.Case))(t)) {
		if len(seen.Findings) != len(app.Findings)-len(drawn[0].Criteria) {
			t.Errorf("%d of %d findings are seen", len(seen.Findings), len(app.Findings))
		}
	}
	score := registry.SecondScore{Application: app.Case, By: "Second"}
	for _, code := range drawn[0].Criteria {
		score.Findings = append(score.Findings, authorisation.Finding{Requirement: code, Result: authorisation.Partly, Note: "stricter"})
	}
	byFirst := score
	byFirst.By = "ASSESSOR"
	if _, err := nz.SecondScore(ctx, byFirst); !errors.Is(err, registry.ErrNotAllowed) {
		t.Errorf("the first assessor scores again: %v", err)
	}
	if _, err := nz.DecideApplication(ctx, registry.DecideApplication{Application: app.Case, Grant: true, By: "Decider"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("granted before both scores are in: %v", err)
	}
	got(nz.SecondScore(ctx, score))(t)
	if seen := got(nz.Application(app.Case))(t); len(seen.Findings) != len(app.Findings) {
		t.Errorf("both are in, and %d of %d findings are seen", len(seen.Findings), len(app.Findings))
	}
	report := got(nz.ScoringReport())(t)
	if report.Pairs != len(score.Findings) || len(report.Disagreements) != report.Pairs || report.Outstanding != 0 {
		t.Errorf("the report says %+v", report)
	}
	for _, s := range report.Assessors {
		if want := map[string]int{"Assessor": 100, "Second": -100}[s.Who]; s.Lean != want || s.Apart != 100 || s.Agree != 0 {
			t.Errorf("spread %+v", s)
		}
	}
	if _, err := nz.DecideApplication(ctx, registry.DecideApplication{Application: app.Case, Grant: true, By: "second"}); !errors.Is(err, registry.ErrNotAllowed) {
		t.Errorf("granted by who scored: %v", err)
	}
	got(nz.DecideApplication(ctx, registry.DecideApplication{Application: app.Case, Grant: true, By: "Decider"}))(t)
}

// Who erases a trader erases its files, here and in every backup: without the key
// they are noise.
func TestAnErasedTradersFilesCannotBeRead(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	app := nz.submitted(orchards)
	e := nz.evidence(app.Case, sealLog)
	must(t, nz.Ledger().EraseSubject(app.Wish.Operator))
	if health := got(nz.CheckFiles())(t); health.Files != 1 || health.Unreadable != 1 {
		t.Errorf("the check says %+v", health)
	}
	_, content, err := nz.ReadEvidence(t.Context(), registry.ReadEvidence{Application: app.Case, SHA256: e.SHA256, By: "Assessor"})
	if !errors.Is(err, ledger.ErrErased) || content != nil {
		t.Errorf("%q, %v", content, err)
	}
}

// What is kept past its date is told, and stays until somebody decides.
func TestEvidenceKeptPastItsDate(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	app := nz.applied(orchards)
	until := nz.clock.Now().Add(10 * day)
	for i, keep := range []int64{0, until.Unix(), until.Add(day).Unix()} {
		got(nz.AddEvidence(t.Context(), registry.AddEvidence{Application: app.Case, Title: fmt.Sprint("log ", i), KeepUntil: keep, By: "Orchards"}, []byte(fmt.Sprint("seal log ", i))))(t)
	}
	nz.pass(10 * day)
	if h := got(nz.CheckFiles())(t); h.Files != 3 || len(h.Past) != 1 || h.Past[0].Title != "log 1" || h.Past[0].KeepUntil != until.Unix() {
		t.Errorf("%+v", h)
	}
}
