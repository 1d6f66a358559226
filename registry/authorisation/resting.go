package authorisation

import (
	"fmt"
	"slices"
)

// A Resting decision is another one that rests on the status: a guarantee waiver, a
// place of clearance. Where the status is suspended or ends, whoever decided it must
// be told, and acts on it by its own law (DA Art. 30(1)); nothing follows the other
// way by itself (DA Art. 30(2), IA Art. 34(2): it is noted, and may be a cause to re-check).
type Resting struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`               // "guarantee_waiver"
	Authority string `json:"authority"`          // whose decision it is
	Component string `json:"component,omitzero"` // it rests on; empty: on any
	By        string `json:"by"`
	At        int64  `json:"at"`

	Tell   *Turn       `json:"tell,omitzero"` // what its authority is still to be told: the newest
	Told   *Turn       `json:"told,omitzero"` // and was told last
	ToldBy string      `json:"told_by,omitzero"`
	ToldAt int64       `json:"told_at,omitzero"`
	Ended  *RestingEnd `json:"ended,omitzero"`
}

// A Turn of the status.
type Turn struct {
	Act        Act      `json:"act"`
	Components []string `json:"components"`
	From       int64    `json:"from"`  // in law
	Since      int64    `json:"since"` // when it became so: of an annulment the decision
}

// A RestingEnd is how a decision that rested on the status ended.
type RestingEnd struct {
	Outcome string `json:"outcome"`         // revoked, annulled, ended
	OnAEO   bool   `json:"on_aeo,omitzero"` // for a criterion of the status is not met, as that authority sees it
	Note    string `json:"note,omitzero"`
	By      string `json:"by"`
	At      int64  `json:"at"`
}

func (r Resting) touches(component string) bool {
	return r.Ended == nil && (r.Component == "" || r.Component == component)
}

// The commands about decisions that rest on the status.
type (
	RegisterDecision struct {
		By
		ID, Kind, Authority, Component string
	}
	// TellAuthorities says that the authorities of those decisions were told.
	TellAuthorities struct {
		By
		IDs []string // empty: of all that are to be told
	}
	EndDecision struct {
		By
		ID, Outcome, Note string
		OnAEO             bool
	}
)

func (RegisterDecision) name() string { return "register a decision that rests on it" }
func (TellAuthorities) name() string  { return "tell authorities" }
func (EndDecision) name() string      { return "note the end of a decision that rests on it" }

// The facts.
type (
	AuthorisationDecisionRegistered struct {
		ID        string `json:"id"`
		Kind      string `json:"kind"`
		Authority string `json:"authority"`
		Component string `json:"component,omitzero"`
	}
	AuthorisationDecisionsTold struct {
		IDs []string `json:"ids"`
	}
	AuthorisationDecisionEnded struct {
		ID      string `json:"id"`
		Outcome string `json:"outcome"`
		OnAEO   bool   `json:"on_aeo,omitzero"`
		Note    string `json:"note,omitzero"`
	}
)

func (AuthorisationDecisionRegistered) event() (string, int64) {
	return "authorisation.decision_registered", 1
}
func (AuthorisationDecisionsTold) event() (string, int64) {
	return "authorisation.decisions_told", 1
}
func (AuthorisationDecisionEnded) event() (string, int64) { return "authorisation.decision_ended", 1 }

var restingForms = map[string]form{
	"authorisation.decision_registered/1": read[AuthorisationDecisionRegistered],
	"authorisation.decisions_told/1":      read[AuthorisationDecisionsTold],
	"authorisation.decision_ended/1":      read[AuthorisationDecisionEnded],
}

func (a Authorisation) resting(id string) int {
	return slices.IndexFunc(a.Resting, func(r Resting) bool { return r.ID == id })
}

func (a Authorisation) registerDecision(c RegisterDecision) ([]Event, error) {
	why := ""
	switch _, known := a.Component(c.Component); {
	case a.Ended():
		why = "it has ended: nothing rests on it any more"
	case c.Component != "" && !known:
		why = "there is no component " + c.Component
	case a.resting(c.ID) >= 0:
		why = "decision " + c.ID + " is registered"
	case len(a.Resting) >= maxList:
		why = fmt.Sprintf("%d decisions are registered", maxList)
	}
	if why != "" {
		return nil, &TransitionError{a.words(), c.name(), why}
	}
	return one(c.By, c.At, AuthorisationDecisionRegistered{c.ID, c.Kind, c.Authority, c.Component})
}

// Untold are the decisions whose authorities are still to be told.
func (a Authorisation) Untold() (ids []string) {
	for _, r := range a.Resting {
		if r.Tell != nil {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (a Authorisation) tellAuthorities(c TellAuthorities) ([]Event, error) {
	untold := a.Untold()
	ids := c.IDs
	if len(ids) == 0 {
		ids = untold
	}
	for _, id := range ids {
		if !slices.Contains(untold, id) {
			return nil, &TransitionError{a.words(), c.name(), fmt.Sprintf("of decision %.64s nobody is to be told anything", id)}
		}
	}
	if len(ids) == 0 {
		return nil, &TransitionError{a.words(), c.name(), "nobody is to be told anything"}
	}
	return one(c.By, c.At, AuthorisationDecisionsTold{ids})
}

func (a Authorisation) endDecision(c EndDecision) ([]Event, error) {
	if i := a.resting(c.ID); i < 0 || a.Resting[i].Ended != nil {
		return nil, &TransitionError{a.words(), c.name(), fmt.Sprintf("no decision %.64s rests on it", c.ID)}
	}
	return one(c.By, c.At, AuthorisationDecisionEnded{c.ID, c.Outcome, c.OnAEO, c.Note})
}

// decisionRegistered applies the fact. What is suspended by then is to be told as well.
func (a *Authorisation) decisionRegistered(d AuthorisationDecisionRegistered, e Event) {
	a.Resting = append(a.Resting, Resting{ID: d.ID, Kind: d.Kind, Authority: d.Authority, Component: d.Component, By: e.Actor, At: e.DecidedAt})
	for _, c := range a.Components {
		if r := &a.Resting[len(a.Resting)-1]; c.State == Suspended && r.touches(c.Code) {
			r.turned(ActSuspend, c.Code, c.Since, e.DecidedAt)
		}
	}
}

func (a *Authorisation) decisionsTold(d AuthorisationDecisionsTold, e Event) error {
	for _, id := range d.IDs {
		i := a.resting(id)
		if i < 0 || a.Resting[i].Tell == nil {
			return fmt.Errorf("nobody is to be told about decision %s", id)
		}
		r := &a.Resting[i]
		r.Told, r.Tell, r.ToldBy, r.ToldAt = r.Tell, nil, e.Actor, e.DecidedAt
	}
	return nil
}

func (a *Authorisation) decisionEnded(d AuthorisationDecisionEnded, e Event) error {
	i := a.resting(d.ID)
	if i < 0 {
		return fmt.Errorf("no decision %s", d.ID)
	}
	a.Resting[i].Tell, a.Resting[i].Ended = nil, &RestingEnd{d.Outcome, d.OnAEO, d.Note, e.Actor, e.DecidedAt}
	return nil
}

// tell notes what the turns an event brought mean for the decisions that rest on them.
func (a *Authorisation) tell(was []Component, e Event) {
	since := e.DecidedAt
	if e.Actor == Scheduler {
		since = e.EffectiveAt
	}
	for i, c := range a.Components {
		if c.State == was[i].State || was[i].State == PendingEffect && c.State == Effective {
			continue
		}
		act := ActReinstate
		switch c.State {
		case Suspended:
			act = ActSuspend
		case Ended:
			act = c.End
		}
		for k := range a.Resting {
			if r := &a.Resting[k]; r.touches(c.Code) {
				r.turned(act, c.Code, c.Since, since)
			}
		}
	}
}

// turned sets what is to be told: a newer act in place of an older one.
func (r *Resting) turned(act Act, component string, from, since int64) {
	on := []string{component}
	if t := r.Tell; t != nil && t.Act == act && t.From == from && t.Since == since {
		on = append(slices.Clone(t.Components), component)
	}
	r.Tell = &Turn{act, on, from, since}
}

func (d AuthorisationDecisionRegistered) check() error {
	return first(code("id", d.ID), code("kind", d.Kind), text("authority", d.Authority, maxName), optional("component", d.Component, maxCode))
}

func (d AuthorisationDecisionsTold) check() error { return codes("ids", d.IDs, 1) }

func (d AuthorisationDecisionEnded) check() error {
	return first(code("id", d.ID), oneOf("outcome", d.Outcome, "revoked", "annulled", "ended"), optional("note", d.Note, maxNote))
}
