package authorisation

import (
	"fmt"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// ServeMeasure says how a measure reached the holder. Of one that takes effect on
// receipt and did not yet, the effect follows: it takes effect when it was received,
// or where it was sent anew when it will be deemed so.
type ServeMeasure struct {
	By
	Of         Act // empty: the one there is
	Components []string
	Service    Service
	// DeemedAt is when what was sent and is not known to have arrived counts as
	// received by the rule of the programme; 0 where it has none.
	DeemedAt int64
	// Clocks count the time of a suspension from the other instant.
	Timed
}

func (ServeMeasure) name() string { return "serve" }

// AuthorisationServed is the fact. It takes effect when the measure does.
type AuthorisationServed struct {
	Of         Act      `json:"of"`
	Components []string `json:"components"`
	Channel    Channel  `json:"channel"`
	SentAt     int64    `json:"sent_at"`
	ReceivedAt int64    `json:"received_at,omitzero"`
	Proof      string   `json:"proof,omitzero"`
	Timed
}

func (AuthorisationServed) event() (string, int64) { return "authorisation.served", 1 }

var measureServiceForms = map[string]form{"authorisation.served/1": read[AuthorisationServed]}

// awaitsReceipt reports whether a measure of that kind takes effect when it is received.
func (c Component) awaitsReceipt(of Act) bool {
	t, known := c.taken(of)
	return known && t.OnReceipt && c.awaits(of) && !c.stayed(of)
}

// AwaitReceipt are the components, of those named or of all, on which a measure, of
// that kind or any, takes effect when it is received.
func (a Authorisation) AwaitReceipt(of Act, named []string) (on []string) {
	_, all, err := a.against(ServeMeasure{}, of, named)
	if err != nil {
		return nil
	}
	for _, code := range all {
		c := a.Components[a.component(code)]
		if c.awaitsReceipt(ActSuspend) || c.awaitsReceipt(ActRevoke) || c.awaitsReceipt(ActAnnul) {
			on = append(on, code)
		}
	}
	return on
}

func (a Authorisation) serve(c ServeMeasure) ([]Event, error) {
	of, on, err := a.against(c, c.Of, c.Components)
	if err != nil {
		return nil, err
	}
	if of == ActWithdraw {
		return nil, &TransitionError{a.words(), c.name(), "it was the holder's wish"}
	}
	s := c.Service
	switch {
	case s.SentAt > c.At || s.ReceivedAt > c.At:
		return nil, &InputError{"sent_at or received_at", "in the future"}
	case s.ReceivedAt != 0 && s.ReceivedAt < s.SentAt:
		return nil, &InputError{"received_at", "earlier than it was sent"}
	}
	effective := c.At
	for _, code := range on {
		component := a.Components[a.component(code)]
		t, _ := component.taken(of)
		if t.Service != nil && t.Service.ReceivedAt != 0 {
			return nil, &TransitionError{a.words(), c.name(), "it was received"}
		}
		if s.SentAt < t.DecidedAt {
			return nil, &InputError{"sent_at", "earlier than it was decided"}
		}
		switch {
		case !component.awaitsReceipt(of):
		case s.ReceivedAt != 0:
			effective = s.ReceivedAt
		case c.DeemedAt > c.At:
			effective = c.DeemedAt
		}
	}
	return one(c.By, effective, AuthorisationServed{of, on, s.Channel, s.SentAt, s.ReceivedAt, s.Proof, c.Timed})
}

func (a *Authorisation) served(d AuthorisationServed, e Event) error {
	if err := a.run(d.Clocks...); err != nil {
		return err
	}
	for _, code := range d.Components {
		i := a.component(code)
		if i < 0 {
			return fmt.Errorf("no component %s", code)
		}
		c := &a.Components[i]
		moves := c.awaitsReceipt(d.Of) && (d.ReceivedAt != 0 || e.EffectiveAt > e.DecidedAt)
		for k := range c.Measures {
			if t := &c.Measures[k]; t.Act == d.Of {
				t.Service = &Service{Channel: d.Channel, SentAt: d.SentAt, ReceivedAt: d.ReceivedAt, Proof: d.Proof}
				if moves {
					t.From = e.EffectiveAt
				}
			}
		}
		switch {
		case !moves:
		case e.EffectiveAt > e.DecidedAt:
			c.await(d.Of, e.EffectiveAt)
		case d.Of == ActAnnul:
			if err := a.reachBack(i, e.EffectiveAt); err != nil {
				return err
			}
		default:
			from := max(e.EffectiveAt, c.Since)
			if err := a.settle([]string{code}, d.Of, from, from); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d AuthorisationServed) check() error {
	err := first(oneOf("of", d.Of, ActSuspend, ActRevoke, ActAnnul), codes("components", d.Components, 1),
		oneOf("channel", d.Channel, d.Channel.Values()...), instant("sent_at", d.SentAt), optional("proof", d.Proof, maxLine), d.Timed.check())
	if err == nil && d.ReceivedAt != 0 {
		err = instant("received_at", d.ReceivedAt)
	}
	for _, ch := range d.Clocks {
		if err == nil && ch.Do != deadline.Start && ch.Do != deadline.End {
			err = &InputError{"clocks", "one that neither ends nor starts"}
		}
	}
	return err
}
