package authorisation

import (
	"fmt"
	"slices"
	"strings"
)

// The commands for an authorisation. Components empty means all that the act can
// still touch; From is when the act takes effect, 0 means at once.
type (
	// TakeEffect is the clock's: see [Authorisation.Due].
	TakeEffect struct{ By }
	Reinstate  struct {
		By
		Components []string
		From       int64
	}
	// Revoke takes two officers. It may be deferred (UCC Art. 28(4)).
	Revoke struct {
		By
		Components []string
		From       int64
		Second     string
		Heard      Heard
		Grounds    Grounds
		OnReceipt  bool // From is when it is deemed received; see [ServeMeasure]
	}
	// Annul takes two officers and reaches back to the original effective date (UCC
	// Art. 27(3)): at once, or OnReceipt once From has come.
	Annul struct {
		By
		Components []string
		From       int64 // when it is deemed received; see [ServeMeasure]
		Second     string
		Heard      Heard
		Grounds    Grounds
		OnReceipt  bool
	}
	// Withdraw is the holder's wish, recorded by an officer: no grounds, no bar.
	Withdraw struct {
		By
		Components []string
		From       int64
	}
	// Amend replaces the roles and the scope, at once.
	Amend struct {
		By
		Roles     []string
		ScopeText string
		Heard     Heard
		Grounds   Grounds
	}
)

func (TakeEffect) name() string { return "take effect" }
func (Reinstate) name() string  { return "reinstate" }
func (Revoke) name() string     { return "revoke" }
func (Annul) name() string      { return "annul" }
func (Withdraw) name() string   { return "withdraw" }
func (Amend) name() string      { return "amend" }

// Facts about an authorisation. Components are always spelt out.
type (
	AuthorisationGranted struct {
		Application string   `json:"application"`
		Operator    string   `json:"operator"`
		Programme   string   `json:"programme"`
		Type        string   `json:"type"`
		Components  []string `json:"components"`
		Roles       []string `json:"roles"`
		ExpiresAt   int64    `json:"expires_at,omitzero"`
		Authority   string   `json:"authority,omitzero"` // as in [Wish]
	}
	AuthorisationTookEffect struct {
		Component string `json:"component"`
		Act       Act    `json:"act"`
	}
	AuthorisationReinstated struct {
		Components []string `json:"components"`
	}
	AuthorisationRevoked struct {
		Components []string `json:"components"`
		Second     string   `json:"second"`
		Grounds
		Heard          // of version 2
		OnReceipt bool `json:"on_receipt,omitzero"` // of version 3
	}
	// AuthorisationAnnulled takes effect on the original effective date; of version 3
	// when it is received, and reaches back from then on.
	AuthorisationAnnulled struct {
		Components []string `json:"components"`
		Second     string   `json:"second"`
		Grounds
		Heard          // of version 2
		OnReceipt bool `json:"on_receipt,omitzero"` // of version 3
	}
	AuthorisationWithdrawn struct {
		Components []string `json:"components"`
	}
	AuthorisationAmended struct {
		Roles     []string `json:"roles"`
		ScopeText string   `json:"scope_text,omitzero"`
		Grounds
		Heard // of version 2
	}
)

func (d AuthorisationGranted) event() (string, int64) {
	return "authorisation.granted", withAuthority(d.Authority)
}
func (AuthorisationTookEffect) event() (string, int64) { return "authorisation.took_effect", 1 }
func (AuthorisationReinstated) event() (string, int64) { return "authorisation.reinstated", 1 }
func (d AuthorisationRevoked) event() (string, int64) {
	if d.OnReceipt {
		return "authorisation.revoked", 3
	}
	return "authorisation.revoked", d.version()
}
func (d AuthorisationAnnulled) event() (string, int64) {
	if d.OnReceipt {
		return "authorisation.annulled", 3
	}
	return "authorisation.annulled", d.version()
}
func (AuthorisationWithdrawn) event() (string, int64) { return "authorisation.withdrawn", 1 }
func (d AuthorisationAmended) event() (string, int64) { return "authorisation.amended", d.version() }

// version is that of a form which says something of the hearing; the first knew none.
func (h Heard) version() int64 {
	if h == (Heard{}) {
		return 1
	}
	return 2
}

var authorisationForms = map[string]form{
	"authorisation.granted/1":     read[AuthorisationGranted],
	"authorisation.granted/2":     read[AuthorisationGranted],
	"authorisation.took_effect/1": read[AuthorisationTookEffect],
	"authorisation.reinstated/1":  read[AuthorisationReinstated],
	"authorisation.revoked/1":     read[AuthorisationRevoked],
	"authorisation.revoked/2":     read[AuthorisationRevoked],
	"authorisation.revoked/3":     read[AuthorisationRevoked],
	"authorisation.annulled/1":    read[AuthorisationAnnulled],
	"authorisation.annulled/2":    read[AuthorisationAnnulled],
	"authorisation.annulled/3":    read[AuthorisationAnnulled],
	"authorisation.withdrawn/1":   read[AuthorisationWithdrawn],
	"authorisation.amended/1":     read[AuthorisationAmended],
	"authorisation.amended/2":     read[AuthorisationAmended],
}

func (AuthorisationGranted) opens() {}

func (TakeEffect) byClock() {}

// twoOfficers holds for what ends an authorisation against the holder's will.
func twoOfficers(by By, second string) error {
	if second == "" {
		return fmt.Errorf("%w: a second officer must be named", ErrFourEyes)
	}
	if by.is(second) || samePerson(second, Scheduler) {
		return fmt.Errorf("%w: %s is not a second officer", ErrFourEyes, second)
	}
	return nil
}

// act decides one of the measures on the components it can touch.
func (a Authorisation) act(c Command, act Act, codes []string, at int64, fact func(on []string) Data) ([]Event, error) {
	effective := from(c.by(), at)
	if effective < c.by().At {
		return nil, &InputError{"from", "earlier than the decision"}
	}
	on, err := a.touch(c, act, codes)
	if err != nil {
		return nil, err
	}
	return one(c.by(), effective, fact(on))
}

func (a Authorisation) annul(c Annul) ([]Event, error) {
	if err := twoOfficers(c.By, c.Second); err != nil {
		return nil, fmt.Errorf("annul: %w", err)
	}
	if err := c.Heard.before(c.At); err != nil {
		return nil, err
	}
	on, err := a.touch(c, ActAnnul, c.Components)
	if err != nil {
		return nil, err
	}
	effective := a.EffectiveAt
	if c.OnReceipt {
		if effective = c.From; effective <= c.At {
			return nil, &InputError{"from", "not later than the decision"}
		}
	}
	return one(c.By, effective, AuthorisationAnnulled{on, c.Second, c.Grounds, c.Heard, c.OnReceipt})
}

func (a Authorisation) amend(c Amend) ([]Event, error) {
	if a.Ended() {
		return nil, &TransitionError{a.words(), c.name(), "nothing is left to amend"}
	}
	if err := c.Heard.before(c.At); err != nil {
		return nil, err
	}
	return one(c.By, c.At, AuthorisationAmended{c.Roles, c.ScopeText, c.Grounds, c.Heard})
}

// touch lists the components an act falls on: those named, each of which must admit
// it, or all that do.
func (a Authorisation) touch(c Command, act Act, named []string) ([]string, error) {
	var on, why []string
	for _, component := range a.Components {
		if len(named) > 0 && !slices.Contains(named, component.Code) {
			continue
		}
		if reason := component.refuses(act); reason != "" {
			why = append(why, component.Code+" "+reason)
			continue
		}
		on = append(on, component.Code)
	}
	for _, code := range named {
		if a.component(code) < 0 {
			why = append(why, "there is no component "+code)
		}
	}
	if len(on) == 0 || len(named) > 0 && len(why) > 0 {
		return nil, &TransitionError{a.words(), c.name(), strings.Join(why, "; ")}
	}
	return on, nil
}

// refuses is the table of what may be decided about a component; empty means it may.
func (c Component) refuses(act Act) string {
	switch {
	case c.State == Ended:
		return "has ended"
	case act == ActSuspend && c.State != Effective:
		return "is not in effect"
	case act == ActReinstate && c.State != Suspended && !c.awaits(ActSuspend):
		return "is not suspended, nor to be suspended"
	case act == ActWithdraw && c.awaits(ActRevoke):
		return "is to be revoked"
	case (act == ActWithdraw || act == ActRevoke) && c.awaits(ActAnnul) && !c.stayed(ActAnnul):
		return "is to be annulled"
	}
	return ""
}

func (d AuthorisationGranted) check() error {
	err := first(
		code("application", d.Application), code("operator", d.Operator), code("programme", d.Programme), code("type", d.Type),
		codes("components", d.Components, 1), codes("roles", d.Roles, 1), member(d.Authority),
	)
	if err == nil && d.ExpiresAt != 0 {
		return instant("expires_at", d.ExpiresAt)
	}
	return err
}

func (d AuthorisationTookEffect) check() error {
	return first(code("component", d.Component), oneOf("act", d.Act,
		ActTakeEffect, ActSuspend, ActReinstate, ActRevoke, ActAnnul, ActWithdraw, ActExpire))
}

func (d AuthorisationReinstated) check() error { return codes("components", d.Components, 1) }

func (d AuthorisationRevoked) check() error {
	return first(codes("components", d.Components, 1), text("second", d.Second, maxName), d.Grounds.check(), d.Heard.check())
}

func (d AuthorisationAnnulled) check() error {
	return first(codes("components", d.Components, 1), text("second", d.Second, maxName), d.Grounds.check(), d.Heard.check())
}

func (d AuthorisationWithdrawn) check() error { return codes("components", d.Components, 1) }

func (d AuthorisationAmended) check() error {
	return first(codes("roles", d.Roles, 1), optional("scope_text", d.ScopeText, maxNote), d.Grounds.check(), d.Heard.check())
}
