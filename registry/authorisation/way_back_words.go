package authorisation

import (
	"fmt"
	"slices"
	"strings"
)

// A MeasureAppeal is against a measure. It does not by itself suspend it (UCC Art. 45).
type MeasureAppeal struct {
	Appeal
	Against    Act      `json:"against"`
	Components []string `json:"components"`
}

type (
	// AppealMeasure notes that an appeal was lodged. Of empty is the one measure there is.
	AppealMeasure struct {
		By
		Of         Act
		Components []string
		Body       string
		Reference  string
		Until      int64 // when the time for it is over; 0 where none runs yet
	}
	// DecideMeasureAppeal notes what became of it. What is upheld is set aside by an act of its own.
	DecideMeasureAppeal struct {
		By
		Reference string
		Outcome   Outcome
	}
	// RectifyAuthorisation puts an obvious error in the words right: of the grant (roles,
	// separated by commas, or scope_text), or of a measure (reason or basis).
	RectifyAuthorisation struct {
		By
		Of         Act // of a measure
		Components []string
		Field      string
		Old        string
		New        string
		Grounds    Grounds
	}
)

func (AppealMeasure) name() string        { return "appeal" }
func (DecideMeasureAppeal) name() string  { return "decide appeal" }
func (RectifyAuthorisation) name() string { return "rectify" }

// The facts.
type (
	AuthorisationAppealed struct {
		Against    Act      `json:"against"`
		Components []string `json:"components"`
		Body       string   `json:"body"`
		Reference  string   `json:"reference"`
	}
	AuthorisationAppealDecided struct {
		Reference string  `json:"reference"`
		Outcome   Outcome `json:"outcome"`
	}
	AuthorisationRectified struct {
		Field      string   `json:"field"`
		Old        string   `json:"old,omitzero"`
		New        string   `json:"new,omitzero"`
		Of         Act      `json:"of,omitzero"`
		Components []string `json:"components,omitempty"`
		Grounds
	}
)

func (AuthorisationAppealed) event() (string, int64) { return "authorisation.appealed", 1 }
func (AuthorisationAppealDecided) event() (string, int64) {
	return "authorisation.appeal_decided", 1
}
func (AuthorisationRectified) event() (string, int64) { return "authorisation.rectified", 1 }

// The fields that are rectified.
const (
	fieldRoles  = "roles"
	fieldScope  = "scope_text"
	fieldReason = "reason"
	fieldBasis  = "basis"
)

func (a Authorisation) appeal(c AppealMeasure) ([]Event, error) {
	of, on, err := a.against(c, c.Of, c.Components)
	if err != nil {
		return nil, err
	}
	if of == ActWithdraw {
		return nil, &TransitionError{a.words(), c.name(), "it was the holder's wish"}
	}
	if c.Until != 0 && c.Until <= c.At {
		return nil, &TransitionError{a.words(), c.name(), "the time for an appeal is over"}
	}
	if a.appealed(c.Reference) >= 0 {
		return nil, &TransitionError{a.words(), c.name(), "appeal " + c.Reference + " is lodged"}
	}
	return one(c.By, c.At, AuthorisationAppealed{of, on, c.Body, c.Reference})
}

// Meant are a measure and the components it is about, as whoever appeals against it
// means them: of that kind or the one there is, about those named or all.
func (a Authorisation) Meant(of Act, named []string) (Act, []string) {
	of, on, err := a.against(AppealMeasure{}, of, named)
	if err != nil {
		return "", nil
	}
	return of, on
}

func (a Authorisation) decideAppeal(c DecideMeasureAppeal) ([]Event, error) {
	if i := a.appealed(c.Reference); i < 0 || a.Appeals[i].Outcome != "" {
		return nil, &TransitionError{a.words(), c.name(), "there is no open appeal " + c.Reference}
	}
	return one(c.By, c.At, AuthorisationAppealDecided{c.Reference, c.Outcome})
}

func (a Authorisation) appealed(reference string) int {
	return slices.IndexFunc(a.Appeals, func(p MeasureAppeal) bool { return p.Reference == reference })
}

func (a Authorisation) rectify(c RectifyAuthorisation) ([]Event, error) {
	d := AuthorisationRectified{Field: c.Field, Old: c.Old, New: c.New, Grounds: c.Grounds}
	says, at := a.ScopeText, a.EffectiveAt
	switch c.Field {
	case fieldRoles:
		says = strings.Join(a.Roles, ",")
	case fieldReason, fieldBasis:
		var err error
		if d.Of, d.Components, err = a.against(c, c.Of, c.Components); err != nil {
			return nil, err
		}
		t, _ := a.Components[a.component(d.Components[0])].taken(d.Of)
		if says = t.Reason; c.Field == fieldBasis {
			says = t.Basis
		}
		at = min(t.From, c.At)
	}
	if (c.Field == fieldRoles || c.Field == fieldScope) && a.Ended() {
		return nil, &TransitionError{a.words(), c.name(), "nothing is left to put right"}
	}
	if says != c.Old {
		return nil, &TransitionError{a.words(), c.name(), "it does not say that in " + fmt.Sprintf("%.40q", c.Field)}
	}
	return one(c.By, at, d)
}

func (a *Authorisation) appealLodged(d AuthorisationAppealed, e Event) {
	a.Appeals = append(slices.Clone(a.Appeals), MeasureAppeal{Appeal{Body: d.Body, Reference: d.Reference, At: e.DecidedAt}, d.Against, d.Components})
}

func (a *Authorisation) appealDecided(d AuthorisationAppealDecided, e Event) error {
	i := a.appealed(d.Reference)
	if i < 0 {
		return fmt.Errorf("there is no appeal %s", d.Reference)
	}
	a.Appeals = slices.Clone(a.Appeals)
	a.Appeals[i].Outcome, a.Appeals[i].DecidedAt = d.Outcome, e.DecidedAt
	return nil
}

func (a *Authorisation) rectified(d AuthorisationRectified) error {
	switch d.Field {
	case fieldRoles:
		a.Roles = strings.Split(d.New, ",")
		return nil
	case fieldScope:
		a.ScopeText = d.New
		return nil
	}
	put := func(g Grounds) Grounds {
		switch {
		case d.Field == fieldReason && g.Reason == d.Old:
			g.Reason = d.New
		case d.Field == fieldBasis && g.Basis == d.Old:
			g.Basis = d.New
		}
		return g
	}
	for _, code := range d.Components {
		i := a.component(code)
		if i < 0 {
			return fmt.Errorf("no component %s", code)
		}
		c := &a.Components[i]
		for j := range c.Measures {
			if c.Measures[j].Act == d.Of {
				c.Measures[j].Grounds = put(c.Measures[j].Grounds)
			}
		}
		if c.Suspension != nil && d.Of == ActSuspend {
			s := *c.Suspension
			s.Grounds = put(s.Grounds)
			c.Suspension = &s
		}
	}
	return nil
}

func (d AuthorisationAppealed) check() error {
	return first(oneOf("against", d.Against, ActSuspend, ActRevoke, ActAnnul), codes("components", d.Components, 1),
		text("body", d.Body, maxName), text("reference", d.Reference, maxLine))
}

func (d AuthorisationAppealDecided) check() error {
	return first(text("reference", d.Reference, maxLine), oneOf("outcome", d.Outcome, d.Outcome.Values()...))
}

func (d AuthorisationRectified) check() error {
	if err := first(oneOf("field", d.Field, fieldRoles, fieldScope, fieldReason, fieldBasis), d.Grounds.check()); err != nil {
		return err
	}
	switch d.Field {
	case fieldRoles:
		return first(codes("old", strings.Split(d.Old, ","), 1), codes("new", strings.Split(d.New, ","), 1), d.ofGrant())
	case fieldScope:
		return first(optional("old", d.Old, maxNote), optional("new", d.New, maxNote), d.ofGrant())
	case fieldReason:
		return first(code("old", d.Old), code("new", d.New), d.ofMeasure())
	}
	return first(text("old", d.Old, maxLine), text("new", d.New, maxLine), d.ofMeasure())
}

func (d AuthorisationRectified) ofGrant() error {
	if d.Of != "" || len(d.Components) > 0 {
		return &InputError{"of", "the words of the grant are of no measure"}
	}
	return nil
}

func (d AuthorisationRectified) ofMeasure() error {
	return first(oneOf("of", d.Of, ActSuspend, ActRevoke, ActAnnul), codes("components", d.Components, 1))
}
