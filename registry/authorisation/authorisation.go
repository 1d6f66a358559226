package authorisation

import (
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// A State is where a component of an authorisation stands.
type State string

// The states of a component. Ended is final unless what ended it is stayed or set aside.
const (
	PendingEffect State = "pending_effect"
	Effective     State = "effective"
	Suspended     State = "suspended"
	Ended         State = "ended"
)

// Issuable reports whether a component in that state is given credentials.
func (s State) Issuable() bool { return s == PendingEffect || s == Effective }

// An Act changes the state of a component when its time has come.
type Act string

// The acts. Those that end a component name the kind of its end.
const (
	ActTakeEffect Act = "take_effect"
	ActSuspend    Act = "suspend"
	ActReinstate  Act = "reinstate"
	ActRevoke     Act = "revoke"
	ActAnnul      Act = "annul"
	ActWithdraw   Act = "withdraw"
	ActExpire     Act = "expire"
)

// Ends reports whether the act ends a component for good.
func (a Act) Ends() bool {
	switch a {
	case ActRevoke, ActAnnul, ActWithdraw, ActExpire:
		return true
	}
	return false
}

// A Pending act was decided and takes effect later.
type Pending struct {
	Act  Act   `json:"act"`
	From int64 `json:"from"`
}

// A Component is what is authorised, suspended and ended separately: for an AEOF
// its AEOC and its AEOS (UCC Art. 38(3), DA Art. 30).
type Component struct {
	Code    string    `json:"code"`
	State   State     `json:"state"`
	Since   int64     `json:"since"`             // when State took effect in law
	End     Act       `json:"end,omitzero"`      // how it ended
	EndedAt int64     `json:"ended_at,omitzero"` // when; of an annulment, whose end reaches back, when it was decided
	Pending []Pending `json:"pending"`           // by time; at most one of each act

	Suspension *Suspension `json:"suspension,omitzero"` // why it is suspended, or is to be

	Measures    []Taken `json:"measures,omitempty"`     // at most one of each act
	Stayed      *Stay   `json:"stayed,omitzero"`        // the measure that has no effect for a time
	InForceFrom int64   `json:"in_force_from,omitzero"` // where it came back from an end only later than that end
	Owed        bool    `json:"owed,omitzero"`          // another credential is: the newest was issued for a stay, or tells of a suspension that was set aside
}

// An Authorisation is the state of what a grant created. The zero Authorisation
// does not exist yet.
type Authorisation struct {
	Case        string       `json:"case"` // the authorisation number
	Application string       `json:"application"`
	Operator    string       `json:"operator"`
	Programme   string       `json:"programme"`
	Authority   string       `json:"authority,omitzero"` // the member of a union that decided; see [Wish]
	Type        string       `json:"type"`
	Roles       []string     `json:"roles"`
	ScopeText   string       `json:"scope_text,omitzero"`
	GrantedBy   string       `json:"granted_by"`
	GrantedAt   int64        `json:"granted_at"`
	EffectiveAt int64        `json:"effective_at"` // the original effective date; never changes
	ExpiresAt   int64        `json:"expires_at,omitzero"`
	Components  []Component  `json:"components"`
	Credentials []Credential `json:"credentials"`
	DecidedAt   int64        `json:"decided_at"`

	Clocks  deadline.Clocks `json:"clocks,omitempty"`  // what is due; see [ClockName]
	Appeals []MeasureAppeal `json:"appeals,omitempty"` // against measures, in the order they were lodged
	Resting []Resting       `json:"resting,omitempty"` // decisions of others that rest on it

	Imported *Imported `json:"imported,omitzero"` // where it was taken over from; nil: it was granted here
}

// Component returns the component of that code.
func (a Authorisation) Component(code string) (Component, bool) {
	i := a.component(code)
	if i < 0 {
		return Component{}, false
	}
	return a.Components[i], true
}

// Ended reports whether no component is left.
func (a Authorisation) Ended() bool {
	return a.Case != "" && !slices.ContainsFunc(a.Components, func(c Component) bool { return c.State != Ended })
}

func (a Authorisation) component(code string) int {
	return slices.IndexFunc(a.Components, func(c Component) bool { return c.Code == code })
}

// words tell a person where the authorisation stands.
func (a Authorisation) words() string {
	if a.Case == "" {
		return "not granted"
	}
	words := ""
	for i, c := range a.Components {
		if i > 0 {
			words += ", "
		}
		words += c.Code + " " + string(c.State)
	}
	return words
}

// Decide answers a command with the events it brings about. Acts that fell due
// before the command take effect first, so no decision rests on a state that was
// no longer true.
func (a Authorisation) Decide(c Command) ([]Event, error) {
	if err := admit(c, a.words(), a.Case, a.DecidedAt); err != nil {
		return nil, err
	}
	importing, imports := c.(Import)
	switch {
	case a.Case == "" && imports:
		return importing.taken()
	case a.Case == "":
		return nil, &TransitionError{a.words(), c.name(), "a grant opens an authorisation"}
	}
	due := a.effects(c.by().At)
	if _, only := c.(TakeEffect); only {
		if len(due) == 0 {
			return nil, &TransitionError{a.words(), c.name(), "nothing is due"}
		}
		return events(due...)
	}
	current := a
	for _, e := range due {
		next, err := current.Apply(e)
		if err != nil {
			return nil, err
		}
		current = next
	}
	list, err := current.answer(c)
	if err != nil {
		return nil, err
	}
	return append(due, list...), nil
}

func (a Authorisation) answer(c Command) ([]Event, error) {
	switch c := c.(type) {
	case Suspend:
		return a.suspend(c)
	case Renew:
		return a.renew(c)
	case StayMeasure:
		return a.stay(c)
	case AppealMeasure:
		return a.appeal(c)
	case DecideMeasureAppeal:
		return a.decideAppeal(c)
	case RectifyAuthorisation:
		return a.rectify(c)
	case LiftStay:
		return a.liftStay(c)
	case SetAsideMeasure:
		return a.setAside(c)
	case Confirm:
		return a.confirm(c)
	case ChangeClocks:
		return a.changeClocks(c)
	case ServeMeasure:
		return a.serve(c)
	case ReportRemedy:
		return a.remedy(c)
	case RegisterDecision:
		return a.registerDecision(c)
	case TellAuthorities:
		return a.tellAuthorities(c)
	case EndDecision:
		return a.endDecision(c)
	case Reinstate:
		return a.act(c, ActReinstate, c.Components, c.From, func(on []string) Data { return AuthorisationReinstated{on} })
	case Revoke:
		if err := twoOfficers(c.By, c.Second); err != nil {
			return nil, fmt.Errorf("revoke: %w", err)
		}
		if err := c.Heard.before(c.At); err != nil {
			return nil, err
		}
		return a.act(c, ActRevoke, c.Components, c.From, func(on []string) Data { return AuthorisationRevoked{on, c.Second, c.Grounds, c.Heard, c.OnReceipt} })
	case Annul:
		return a.annul(c)
	case Withdraw:
		return a.act(c, ActWithdraw, c.Components, c.From, func(on []string) Data { return AuthorisationWithdrawn{on} })
	case Amend:
		return a.amend(c)
	case IssueCredential:
		return a.issue(c)
	case SupersedeCredential:
		return a.supersede(c)
	case SetStatus:
		return a.setStatus(c)
	}
	return nil, &TransitionError{a.words(), c.name(), "not a command for an authorisation"}
}

// Apply returns the state after an event.
func (a Authorisation) Apply(e Event) (Authorisation, error) {
	if err := follows(e, a.Case, a.DecidedAt); err != nil {
		return a, err
	}
	a = a.clone()
	if err := a.change(e); err != nil {
		return a, fmt.Errorf("applying %s: %w", e.Type(), err)
	}
	a.DecidedAt = e.DecidedAt
	return a, nil
}

// change applies an event, and notes whom to tell where it turned a component.
func (a *Authorisation) change(e Event) error {
	if len(a.Resting) == 0 {
		return a.fact(e)
	}
	was := slices.Clone(a.Components)
	if err := a.fact(e); err != nil {
		return err
	}
	a.tell(was, e)
	return nil
}

func (a *Authorisation) fact(e Event) error {
	switch d := e.Data.(type) {
	case AuthorisationGranted:
		a.open(d, e)
		return nil
	case AuthorisationImported:
		a.open(AuthorisationGranted{Operator: d.Operator, Programme: d.Programme, Type: d.Type, Components: d.Components,
			Roles: d.Roles, ExpiresAt: d.ExpiresAt, Authority: d.Authority}, e)
		a.Imported = &d.Imported
		return nil
	case AuthorisationTookEffect:
		if i := a.component(d.Component); i >= 0 && d.Act == ActAnnul && !a.Components[i].stayed(ActAnnul) {
			return a.reachBack(i, e.EffectiveAt)
		}
		return a.settle([]string{d.Component}, d.Act, e.EffectiveAt, e.EffectiveAt)
	case AuthorisationSuspended:
		return a.suspended(d, e)
	case AuthorisationRenewed:
		a.renewed(d)
		return nil
	case AuthorisationConfirmed:
		return a.confirmed(d, e)
	case AuthorisationClocksChanged:
		return a.clocksChanged(d)
	case AuthorisationRemedied:
		return a.remedied(d, e)
	case AuthorisationDecisionRegistered:
		a.decisionRegistered(d, e)
		return nil
	case AuthorisationDecisionsTold:
		return a.decisionsTold(d, e)
	case AuthorisationDecisionEnded:
		return a.decisionEnded(d, e)
	case AuthorisationServed:
		return a.served(d, e)
	case AuthorisationFellDue:
		return a.fellDue(d.Change)
	case AuthorisationReinstated:
		return a.schedule(d.Components, ActReinstate, e)
	case AuthorisationStayed:
		return a.stayMeasure(d, e)
	case AuthorisationAppealed:
		a.appealLodged(d, e)
		return nil
	case AuthorisationAppealDecided:
		return a.appealDecided(d, e)
	case AuthorisationRectified:
		return a.rectified(d)
	case AuthorisationStayLifted:
		return a.stayLifted(d, e)
	case AuthorisationSetAside:
		return a.putAside(d, e)
	case AuthorisationRevoked:
		a.took(d.Components, Taken{Act: ActRevoke, Grounds: d.Grounds, Served: d.Served, By: e.Actor, Second: d.Second, DecidedAt: e.DecidedAt, From: e.EffectiveAt, OnReceipt: d.OnReceipt})
		return a.schedule(d.Components, ActRevoke, e)
	case AuthorisationAnnulled:
		a.took(d.Components, Taken{Act: ActAnnul, Grounds: d.Grounds, Served: d.Served, By: e.Actor, Second: d.Second, DecidedAt: e.DecidedAt, From: e.EffectiveAt, OnReceipt: d.OnReceipt})
		if d.OnReceipt {
			return a.schedule(d.Components, ActAnnul, e)
		}
		return a.settle(d.Components, ActAnnul, e.EffectiveAt, e.DecidedAt)
	case AuthorisationWithdrawn:
		a.took(d.Components, Taken{Act: ActWithdraw, By: e.Actor, DecidedAt: e.DecidedAt, From: e.EffectiveAt})
		return a.schedule(d.Components, ActWithdraw, e)
	case AuthorisationAmended:
		a.Roles, a.ScopeText = d.Roles, d.ScopeText
		return nil
	case CredentialIssued:
		a.Credentials = append(a.Credentials, Credential{CredentialIssued: d})
		if i := a.component(d.Component); i >= 0 {
			a.Components[i].Owed = false
		}
		return nil
	case CredentialSuperseded:
		return a.replace(d, e.EffectiveAt)
	case CredentialStatusSet:
		return a.published(d.Changes)
	}
	return ErrUnknownEvent
}

func (a *Authorisation) open(d AuthorisationGranted, e Event) {
	*a = Authorisation{
		Case: e.Case, Application: d.Application, Operator: d.Operator, Programme: d.Programme, Type: d.Type, Authority: d.Authority,
		Roles: d.Roles, GrantedBy: e.Actor, GrantedAt: e.DecidedAt, EffectiveAt: e.EffectiveAt, ExpiresAt: d.ExpiresAt,
	}
	for _, code := range d.Components {
		c := Component{Code: code, State: PendingEffect, Since: e.DecidedAt}
		if e.EffectiveAt <= e.DecidedAt {
			c.State, c.Since = Effective, e.EffectiveAt
		} else {
			c.await(ActTakeEffect, e.EffectiveAt)
		}
		if d.ExpiresAt != 0 {
			c.await(ActExpire, d.ExpiresAt)
		}
		a.Components = append(a.Components, c)
	}
}

// clone keeps the state that events are applied to out of reach of the next one.
func (a Authorisation) clone() Authorisation {
	a.Components = slices.Clone(a.Components)
	for i := range a.Components {
		a.Components[i].Pending = slices.Clone(a.Components[i].Pending)
		a.Components[i].Measures = slices.Clone(a.Components[i].Measures)
	}
	a.Resting = slices.Clone(a.Resting)
	a.Credentials = slices.Clone(a.Credentials)
	for i := range a.Credentials {
		a.Credentials[i].Due = slices.Clone(a.Credentials[i].Due)
	}
	return a
}
