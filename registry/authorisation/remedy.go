package authorisation

import (
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// Remedied is the holder's word that what was lacking is there now (DA Art. 17(2)).
// Nothing is lifted by it: the authority verifies.
type Remedied struct {
	Text string `json:"text"`
	By   string `json:"by"`
	At   int64  `json:"at"`
}

// ReportRemedy takes that word for components that are suspended until something is
// remedied. Clocks end their time and start that of the authority, each by its name;
// none where the time was over before.
type ReportRemedy struct {
	By
	Components []string
	Text       string
	Timed
}

func (ReportRemedy) name() string { return "report a remedy" }

// AuthorisationRemedied is the fact.
type AuthorisationRemedied struct {
	Components []string `json:"components"`
	Text       string   `json:"text"`
	Timed
}

func (AuthorisationRemedied) event() (string, int64) { return "authorisation.remedied", 1 }

var remedyForms = map[string]form{"authorisation.remedied/1": read[AuthorisationRemedied]}

// Remediable are the components, of those named or of all, whose holder may yet say
// that it is remedied.
func (a Authorisation) Remediable(named []string) (on []string) {
	for _, c := range a.Components {
		s := c.Suspension
		if (len(named) == 0 || slices.Contains(named, c.Code)) && c.State == Suspended && s != nil &&
			s.Ground != OnDoubt && s.Remedied == nil && !c.awaits(ActRevoke, ActAnnul) {
			on = append(on, c.Code)
		}
	}
	return on
}

func (a Authorisation) remedy(c ReportRemedy) ([]Event, error) {
	on := a.Remediable(c.Components)
	if len(on) == 0 || len(on) < len(c.Components) {
		return nil, &TransitionError{a.words(), c.name(), "not suspended until something is remedied, or reported before"}
	}
	if _, err := a.Clocks.Apply(c.Clocks...); err != nil {
		return nil, &TransitionError{a.words(), c.name(), err.Error()}
	}
	return one(c.By, c.At, AuthorisationRemedied{on, c.Text, c.Timed})
}

func (a *Authorisation) remedied(d AuthorisationRemedied, e Event) error {
	for _, code := range d.Components {
		i := a.component(code)
		if i < 0 || a.Components[i].Suspension == nil {
			return fmt.Errorf("component %s is not suspended", code)
		}
		s := *a.Components[i].Suspension
		s.Remedied = &Remedied{d.Text, e.Actor, e.DecidedAt}
		a.Components[i].Suspension = &s
	}
	return a.run(d.Clocks...)
}

func (d AuthorisationRemedied) check() error {
	if err := first(codes("components", d.Components, 1), text("text", d.Text, maxNote), d.Timed.check()); err != nil {
		return err
	}
	for _, ch := range d.Clocks {
		if _, of := clockOf(ch.Rule); ch.Do != deadline.Start && ch.Do != deadline.End || !slices.Contains(d.Components, of) {
			return &InputError{"clocks", "one that neither ends nor starts with the remedy of a component"}
		}
	}
	return nil
}
