package registry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/google/go-cmp/cmp"
)

// holidaysWith are the holidays in force of a year with one more day.
func (o *office) holidaysWith(year int, day string) string {
	o.t.Helper()
	var h deadline.Holidays
	must(o.t, json.Unmarshal(got(o.ExportProgramme("", year))(o.t), &h))
	h.Days = append(h.Days, deadline.Holiday{Date: day, Name: "a day of mourning"})
	slices.SortFunc(h.Days, func(a, b deadline.Holiday) int { return strings.Compare(a.Date, b.Date) })
	return string(got(json.Marshal(h))(o.t))
}

// happened are the events of a case, in order: when each took effect, and what it is.
func (o *office) happened(number string) (out []string) {
	o.t.Helper()
	zone := got(time.LoadLocation("Europe/Berlin"))(o.t)
	must(o.t, o.Ledger().Records(0, func(r ledger.Record) error {
		if e, err := authorisation.UnmarshalEvent(r.Payload); err == nil && e.Case == number {
			out = append(out, time.Unix(e.EffectiveAt, 0).In(zone).Format("2006-01-02 15:04 ")+e.Type())
		}
		return nil
	}))
	return out
}

func (o *office) moves(content string) []registry.Move {
	o.t.Helper()
	c := got(o.CheckProgramme(o.t.Context(), registry.CheckDocument{Content: content}))(o.t)
	if len(c.Problems) > 0 {
		o.t.Fatal(c.Problems)
	}
	return c.Moves
}

// A holiday is published late, comes in force while the node is off, and falls on the
// last day of a period that ends while it is off too. Each is recorded as of its
// instant and in its order: what is due moves first, and silence accepts a day later.
func TestALateHolidayMovesWhatIsDueEvenInDowntime(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	a := de.applied(rhein) // with 1 April the thirty days are over
	late := de.holidaysWith(2026, "2026-04-01")
	moves := de.moves(late)
	if len(moves) != 1 || moves[0].Case != a.Case || moves[0].New-moves[0].Old != int64(day/time.Second) {
		t.Errorf("%+v", moves)
	}
	sha256 := de.approve(late)
	got(de.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: sha256, From: "2026-03-10", By: "Rangi", Second: "Walker"}))(t)
	if at := due(t, de.application(a.Case).Application, "acceptance"); at != "2026-04-02 00:00" {
		t.Errorf("moved before its day: %s", at)
	}
	must(t, de.Close())
	de.clock.forward(50 * day)
	de.open()
	f := de.application(a.Case)
	if f.State != authorisation.Accepted || !f.Deemed {
		t.Errorf("%s, deemed %t", f.State, f.Deemed)
	}
	want := []string{
		"2026-03-02 15:00 application.submitted",
		"2026-03-10 00:00 application.period_changed",
		"2026-04-03 00:00 application.time_passed",
		"2026-03-02 15:00 application.accepted",
	}
	if diff := cmp.Diff(want, de.happened(a.Case)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	size := de.size()
	de.restart()
	if de.size() != size || len(de.moves(late)) != 0 {
		t.Error("it moves once more")
	}
}

// Rules of the day an application began stay with it, unless new ones say that they
// reach what runs; then a diff says so before, and an event afterwards.
func TestWhichRulesARunningCaseGoesBy(t *testing.T) {
	const thirty, twenty = `"period": {"n": 30, "unit": "days"},
      "roll": true,
      "outcome": "deemed_accepted"`, `"period": {"n": 20, "unit": "days"},
      "roll": true,
      "outcome": "deemed_accepted"`
	for name, tc := range map[string]struct {
		transitional string
		moves        int
		due          string
	}{
		"kept":     {`"transitional": "keep"`, 0, "2026-04-02 00:00"},
		"replaced": {`"transitional": "new"`, 1, "2026-03-24 00:00"}, // the 22nd is a Sunday
	} {
		de := found(t, newClock(), "EU", "DE")
		a := de.applied(rhein)
		next := strings.Replace(de.edited(thirty, twenty), `"transitional": "keep"`, tc.transitional, 1)
		if moves := de.moves(next); len(moves) != tc.moves {
			t.Errorf("%s: %+v", name, moves)
		}
		got(de.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: de.approve(next), From: "2026-03-02", By: "Rangi", Second: "Walker"}))(t)
		other := rhein
		other.name, other.identifier = "Elbe Logistik GmbH", "DE7654321"
		b := de.applied(other)
		for range 2 { // and once more after a restart
			if at := due(t, de.application(a.Case).Application, "acceptance"); at != tc.due {
				t.Errorf("%s: due %s, want %s", name, at, tc.due)
			}
			if at := due(t, de.application(b.Case).Application, "acceptance"); at != "2026-03-24 00:00" {
				t.Errorf("%s: what began later is due %s", name, at)
			}
			de.restart()
		}
	}
}

// A clock that jumps a day back signs nothing; once it is right again all goes on,
// nothing was lost, and the day due is the one it was.
func TestAClockThatJumpsADayBackLosesNoDay(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	a := de.applied(rhein)
	de.pass(29 * day)
	accept := registry.AcceptApplication{Application: a.Case, By: "Desk"}
	de.clock.forward(-day)
	if _, err := de.AcceptApplication(t.Context(), accept); !errors.Is(err, ledger.ErrClock) {
		t.Errorf("accepted a day before the last act: %v", err)
	}
	if at := due(t, de.application(a.Case).Application, "acceptance"); at != "2026-04-02 00:00" {
		t.Errorf("due %s", at)
	}
	de.clock.forward(day)
	got(de.AcceptApplication(t.Context(), accept))(t)
	if f := de.application(a.Case); f.Deemed || due(t, f.Application, "decision") != "2026-07-01 00:00" { // counted from the day all data were in
		t.Errorf("deemed %t, due %s", f.Deemed, due(t, f.Application, "decision"))
	}
}

// The same holds of an authorisation, from the application it was granted on to its
// monitoring and its measures.
func TestWhichRulesAnAuthorisationGoesBy(t *testing.T) {
	for transitional, days := range map[string]int{"keep": 30, "new": 10} {
		de := found(t, newClock(), "EU", "DE")
		a := de.grant(rhein)
		de.pass(6 * day)
		m := de.measure(a.Case)
		m.Second, m.Components = "", []string{"AEOC"}
		got(de.Suspend(t.Context(), m))(t)
		next := edit(t, de.edited(`"transitional": "keep"`, fmt.Sprintf(`"transitional": %q`, transitional)), "suspension_doubt", 10)
		if moves := de.moves(next); len(moves) != map[string]int{"keep": 0, "new": 1}[transitional] {
			t.Errorf("%s: %+v", transitional, moves)
		}
		got(de.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: de.approve(next), From: de.Pack().LocalDate(de.clock.Now()), By: "Rangi", Second: "Walker"}))(t)
		m.Components = []string{"AEOS"}
		a = got(de.Suspend(t.Context(), m))(t)
		for _, clock := range []string{"suspension_doubt#AEOC", "suspension_doubt#AEOS"} {
			k, _ := a.Clocks.Open(clock)
			if left := (k.Due - de.clock.Now().Unix()) / 86400; left < int64(days) || left > int64(days+4) {
				t.Errorf("%s: %s lasts %d days", transitional, clock, left)
			}
		}
	}
}

// edit gives a deadline of a pack another number of its units.
func edit(t testing.TB, pack, rule string, n int) string {
	t.Helper()
	var p map[string]any
	must(t, json.Unmarshal([]byte(pack), &p))
	for _, r := range p["deadlines"].([]any) {
		if d := r.(map[string]any); d["id"] == rule {
			d["period"].(map[string]any)["n"] = n
		}
	}
	return string(got(json.Marshal(p))(t))
}

// From when an application counts as accepted is the programme's to say.
func TestFromWhenAnApplicationIsAccepted(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	next := de.edited(`"accepted_from": "complete"`, `"accepted_from": "acceptance"`)
	got(de.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: de.approve(next), From: "2026-03-02", By: "Rangi", Second: "Walker"}))(t)
	a := de.applied(rhein)
	other := rhein
	other.name, other.identifier = "Elbe Logistik GmbH", "DE7654321"
	b := de.applied(other)
	de.pass(10 * day)
	a = got(de.AcceptApplication(t.Context(), registry.AcceptApplication{Application: a.Case, By: "Desk"}))(t)
	if at := due(t, a, "decision"); a.AcceptedAt != de.clock.Now().Unix() || at != "2026-07-11 00:00" {
		t.Errorf("accepted as of %d, the decision is due %s", a.AcceptedAt, at)
	}
	de.pass(90 * day)
	if f := de.application(b.Case); !f.Deemed || f.AcceptedAt != time.Date(2026, 4, 1, 22, 0, 0, 0, time.UTC).Unix() {
		t.Errorf("by silence: deemed %t, as of %s", f.Deemed, time.Unix(f.AcceptedAt, 0).UTC())
	}
}
