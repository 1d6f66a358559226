package authorisation

import (
	"fmt"
	"slices"
)

// An Answer is what somebody who was consulted said.
type Answer string

// The answers.
const (
	AgreesConsultation Answer = "no_objection"
	Objects            Answer = "objection"
	SilentConsultation Answer = "silence" // the time was over, and that means no objection
)

// A Consultation is of a member of a union, or of another agency.
type Consultation struct {
	Consulted string `json:"consulted"` // a member's code, or a name of the pack
	// Mandatory: no grant before the answer, or before what silence means.
	Mandatory bool `json:"mandatory,omitzero"`
	// Binding: an objection with documents obliges to refuse (a criterion is not met:
	// UCC Art. 39, IA 2015/2447 Art. 14(1)).
	Binding   bool     `json:"binding,omitzero"`
	Question  string   `json:"question,omitzero"`
	At        int64    `json:"at"`
	Answer    Answer   `json:"answer,omitzero"`
	Documents []string `json:"documents,omitzero"` // SHA-256
	Note      string   `json:"note,omitzero"`
	AnswerAt  int64    `json:"answer_at,omitzero"`
}

// Consult and its answer.
type (
	Consult struct {
		By
		Consulted string
		Mandatory bool
		Binding   bool
		Question  string
		Timed
	}
	// AnswerConsultation may come after silence was taken for an answer, until the decision.
	AnswerConsultation struct {
		By
		Consulted string
		Answer    Answer
		Documents []string
		Note      string
		Timed
	}
)

func (Consult) name() string                      { return "consult" }
func (AnswerConsultation) name() string           { return "answer consultation" }
func (Consult) in() []ApplicationState            { return examined }
func (AnswerConsultation) in() []ApplicationState { return examined }

func (c Consult) decide(a Application) ([]Event, error) {
	if a.consults(c.Consulted) {
		return nil, &TransitionError{a.State.words(), c.name(), c.Consulted + " is consulted already"}
	}
	return one(c.By, c.At, ApplicationConsulted{c.Consulted, c.Mandatory, c.Binding, c.Question, c.Timed})
}

func (c AnswerConsultation) decide(a Application) ([]Event, error) {
	if !a.consults(c.Consulted) {
		return nil, &TransitionError{a.State.words(), c.name(), c.Consulted + " was not consulted, or has answered"}
	}
	if c.Answer == SilentConsultation {
		return nil, &InputError{"answer", "silence is the clock's"}
	}
	return one(c.By, c.At, ApplicationConsultationAnswered{c.Consulted, c.Answer, c.Documents, c.Note, c.Timed})
}

// consults reports whether somebody is consulted and has not spoken.
func (a Application) consults(who string) bool {
	return slices.ContainsFunc(a.Consultations, func(c Consultation) bool { return c.Consulted == who && c.open() })
}

func (c Consultation) open() bool { return c.Answer == "" || c.Answer == SilentConsultation }

// agreed holds where everybody who has to be asked was, and nobody's answer obliges
// to refuse.
func (a Application) agreed(need []string) error {
	for _, who := range need {
		if !slices.ContainsFunc(a.Consultations, func(c Consultation) bool { return c.Consulted == who }) {
			return fmt.Errorf("%s is to be consulted first", who)
		}
	}
	for i, c := range a.Consultations {
		later := slices.ContainsFunc(a.Consultations[i+1:], func(l Consultation) bool { return l.Consulted == c.Consulted })
		switch {
		case later:
		case c.Mandatory && c.Answer == "":
			return fmt.Errorf("%s was consulted and has not answered", c.Consulted)
		case c.Binding && c.Answer == Objects && len(c.Documents) > 0:
			return fmt.Errorf("%s objects, with documents: that obliges to refuse", c.Consulted)
		}
	}
	return nil
}

// Facts about consultations.
type (
	ApplicationConsulted struct {
		Consulted string `json:"consulted"`
		Mandatory bool   `json:"mandatory,omitzero"`
		Binding   bool   `json:"binding,omitzero"`
		Question  string `json:"question,omitzero"`
		Timed
	}
	ApplicationConsultationAnswered struct {
		Consulted string   `json:"consulted"`
		Answer    Answer   `json:"answer"`
		Documents []string `json:"documents,omitzero"`
		Note      string   `json:"note,omitzero"`
		Timed
	}
)

func (ApplicationConsulted) event() (string, int64) { return "application.consulted", 1 }
func (ApplicationConsultationAnswered) event() (string, int64) {
	return "application.consultation_answered", 1
}

var consultForms = map[string]form{
	"application.consulted/1":             read[ApplicationConsulted],
	"application.consultation_answered/1": read[ApplicationConsultationAnswered],
}

func (d ApplicationConsulted) change(a *Application, e Event) error {
	a.Consultations = append(slices.Clone(a.Consultations), Consultation{
		Consulted: d.Consulted, Mandatory: d.Mandatory, Binding: d.Binding, Question: d.Question, At: e.DecidedAt})
	return nil
}

func (d ApplicationConsultationAnswered) change(a *Application, e Event) error {
	a.Consultations = slices.Clone(a.Consultations)
	for i := range slices.Backward(a.Consultations) {
		if c := &a.Consultations[i]; c.Consulted == d.Consulted && c.open() {
			c.Answer, c.Documents, c.Note, c.AnswerAt = d.Answer, d.Documents, d.Note, e.EffectiveAt
			return nil
		}
	}
	return fmt.Errorf("%s was not consulted, or has answered", d.Consulted)
}

func (d ApplicationConsulted) check() error {
	return first(code("consulted", d.Consulted), optional("question", d.Question, maxNote), d.Timed.check())
}

func (d ApplicationConsultationAnswered) check() error {
	return first(code("consulted", d.Consulted), oneOf("answer", d.Answer, d.Answer.Values()...),
		digests("documents", d.Documents), optional("note", d.Note, maxNote), d.Timed.check())
}
