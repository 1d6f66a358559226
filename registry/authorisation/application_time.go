package authorisation

import (
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// What silence means, by the word a rule of the programme has for it. A rule with
// another word, or none, only falls due.
const (
	DeemedAccepted = "deemed_accepted" // of acceptance: the application is accepted
	NoAnswer       = "not_accepted"    // of information: the application is not accepted
	LapsesBySilent = "lapsed"          // of information: the application lapses
	NoObjection    = "no_objection"    // of a consultation
	DeemedReceived = "deemed_received" // of service: the decision counts as received
)

// The names of the rules whose clocks the procedure watches.
const (
	RuleAcceptance   = "acceptance"
	RuleInformation  = "information"
	RuleDecision     = "decision"
	RuleConsultation = "consultation" // of one that is consulted: "consultation#FR"
	RuleHearing      = "hearing"
	RuleService      = "service"
	RuleAppeal       = "appeal"
)

// PassTime records the first thing the clock on the wall brought about: a warning, or
// that something was due and what silence means then. Change is the first of
// [deadline.Clocks.Fallen]; Clocks are those that run, or run on, because of it.
type PassTime struct {
	By
	Change deadline.Change
	// AcceptedAt is as of when silence accepts, as the programme says.
	AcceptedAt int64
	Timed
}

func (PassTime) name() string { return "let time pass" }
func (PassTime) byClock()     {}
func (PassTime) in() []ApplicationState {
	return append(slices.Clone(undecided), NotAccepted, DecidedGrant, DecidedRefuse)
}

// Wakes is when something is next due, or to be told, though nobody acts.
func (a Application) Wakes() (at int64, ok bool) { return a.Clocks.Wakes() }

func lapses(c deadline.Change) bool { return c.Do == deadline.Lapse }

func (c PassTime) decide(a Application) ([]Event, error) {
	fallen := a.Clocks.Fallen(c.At)
	if len(fallen) == 0 || !same(fallen[0], c.Change) {
		return nil, &TransitionError{a.State.words(), c.name(), "that is not what is due first"}
	}
	if c.Actor != Scheduler {
		return nil, &InputError{"actor", "time passes by itself"}
	}
	list := []Event{{Case: c.Case, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: c.Change.At,
		Data: ApplicationTimePassed{Timed{append([]deadline.Change{c.Change}, c.silent(a)...)}}}}
	if lapses(c.Change) {
		if what := c.silence(a); what != nil {
			e := Event{Case: c.Case, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: c.Change.At, Data: what}
			if _, ok := what.(ApplicationAccepted); ok {
				if e.EffectiveAt = c.AcceptedAt; e.EffectiveAt < a.SubmittedAt || e.EffectiveAt > c.Change.At {
					return nil, &InputError{"accepted_at", "an application is accepted between its submission and the end of that time"}
				}
			}
			list = append(list, e)
		}
	}
	return events(list...)
}

// silent are the clocks that change though nothing else does.
func (c PassTime) silent(a Application) []deadline.Change {
	if lapses(c.Change) && c.silence(a) != nil {
		return nil
	}
	return c.Clocks
}

// silence is what it means that nobody acted in time; nil where nothing follows by itself.
func (c PassTime) silence(a Application) Data {
	k, _ := a.Clocks.Open(c.Change.Rule)
	rule, item, _ := strings.Cut(c.Change.Rule, "#")
	switch {
	case rule == RuleAcceptance && c.Change.Outcome == DeemedAccepted && a.State == Submitted:
		return ApplicationAccepted{true, c.Timed}
	case rule == RuleInformation && c.Change.Outcome == NoAnswer && a.State == InfoRequested:
		return ApplicationNotAccepted{Grounds{"information-not-given", basisOf(k)}, a.ends(c.At)}
	case rule == RuleInformation && c.Change.Outcome == LapsesBySilent && a.State == InfoRequested:
		return ApplicationLapsed{rule, a.ends(c.At)}
	case rule == RuleConsultation && c.Change.Outcome == NoObjection && a.consults(item):
		return ApplicationConsultationAnswered{Consulted: item, Answer: SilentConsultation, Timed: c.Timed}
	case rule == RuleService && c.Change.Outcome == DeemedReceived && a.Service.pending():
		return ApplicationServed{Channel: a.Service.Channel, SentAt: a.Service.SentAt, ReceivedAt: c.Change.At, Deemed: true, Proof: a.Service.Proof, Timed: c.Timed}
	}
	return nil
}

func basisOf(k deadline.Clock) string {
	if k.Basis == "" {
		return "the rules of the programme"
	}
	return k.Basis
}

func same(a, b deadline.Change) bool {
	return a.Rule == b.Rule && a.Do == b.Do && a.At == b.At && a.Due == b.Due && a.Outcome == b.Outcome
}

// ChangePeriod extends a period for a reason the programme names, lets it stand
// still, or lets it run again. It is told to the applicant; Asked says that the
// applicant wished it (UCC Art. 22(3)).
type ChangePeriod struct {
	By
	Asked bool
	Timed
}

func (ChangePeriod) name() string           { return "change period" }
func (ChangePeriod) in() []ApplicationState { return undecided }

func (c ChangePeriod) decide(Application) ([]Event, error) {
	if len(c.Clocks) == 0 {
		return nil, &InputError{"clocks", "no period is changed"}
	}
	return one(c.By, c.At, ApplicationPeriodChanged{c.Asked, c.Timed})
}

// Facts about time.
type (
	// ApplicationTimePassed: somebody is warned, or a period is over. It takes effect
	// when that was so, whenever it was recorded.
	ApplicationTimePassed    struct{ Timed }
	ApplicationPeriodChanged struct {
		Asked bool `json:"asked,omitzero"`
		Timed
	}
	ApplicationLapsed struct {
		Rule string `json:"rule"`
		Timed
	}
)

func (ApplicationTimePassed) event() (string, int64)    { return "application.time_passed", 1 }
func (ApplicationPeriodChanged) event() (string, int64) { return "application.period_changed", 1 }
func (ApplicationLapsed) event() (string, int64)        { return "application.lapsed", 1 }

var timeForms = map[string]form{
	"application.time_passed/1":    read[ApplicationTimePassed],
	"application.period_changed/1": read[ApplicationPeriodChanged],
	"application.lapsed/1":         read[ApplicationLapsed],
}

func (d ApplicationTimePassed) change(a *Application, e Event) error {
	for _, ch := range d.Clocks {
		if !lapses(ch) {
			continue
		}
		switch ch.Rule {
		case RuleInformation:
			if a.Request.open() {
				r := *a.Request
				r.LapsedAt = e.EffectiveAt
				a.Request = &r
			}
		case RuleHearing:
			a.heard(func(h *HearingRecord) { h.OverAt = e.EffectiveAt })
		}
	}
	return nil
}

func (ApplicationPeriodChanged) change(*Application, Event) error { return nil }

func (ApplicationLapsed) change(a *Application, _ Event) error {
	a.State = Lapsed
	return nil
}

func (d ApplicationTimePassed) check() error {
	if len(d.Clocks) == 0 {
		return &InputError{"clocks", "missing"}
	}
	return d.Timed.check()
}

func (d ApplicationPeriodChanged) check() error { return ApplicationTimePassed{d.Timed}.check() }
func (d ApplicationLapsed) check() error        { return first(code("rule", d.Rule), d.Timed.check()) }

// Overdue reports whether the decision should have been taken before, and since when.
func (a Application) Overdue() (since int64, overdue bool) {
	k, ok := a.Clocks.Open(RuleDecision)
	return k.LapsedAt, ok && k.LapsedAt != 0
}
