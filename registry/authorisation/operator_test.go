package authorisation

import "testing"

func holder() Holder {
	return Holder{
		LegalName: "Southern Orchards Ltd", Identifiers: []string{"NZ:ses:12345678A"},
		Names:   []Name{{"Latn", "Southern Orchards Ltd"}, {"Jpan", "サザン・オーチャーズ"}},
		Address: Address{"NZ", "Hastings", "4120", "12 Orchard Road"},
	}
}

func of(d int64) By { return By{Case: "OP-1", Actor: "clerk", At: d * day} }

func TestReleasesHoldFromConsentToWithdrawal(t *testing.T) {
	o := do(t, Operator{},
		Register{of(1), holder()},
		GrantRelease{of(2), Publication, ByConsent, nil, 5 * day},
		GrantRelease{of(3), Exchange, ByTerms, []string{"JP", "SG"}, 0},
		WithdrawRelease{of(8), Publication, 10 * day},
		GrantRelease{of(20), Publication, ByConsent, nil, 0},
	)
	for name, tc := range map[string]struct {
		purpose Purpose
		partner string
		day     int64
		want    bool
	}{
		"published before consent began":          {Publication, "", 4, false},
		"published from the first instant":        {Publication, "", 5, true},
		"published until withdrawal":              {Publication, "", 9, true},
		"not published from withdrawal":           {Publication, "", 10, false},
		"published after a second consent":        {Publication, "", 20, true},
		"exchanged with a partner named":          {Exchange, "JP", 3, true},
		"not exchanged with another":              {Exchange, "US", 3, false},
		"not released to everyone":                {Exchange, "", 3, false},
		"not released for what nobody agreed to":  {Presentation, "", 20, false},
		"published to a partner like to everyone": {Publication, "JP", 6, true},
	} {
		if got := o.Released(tc.purpose, tc.partner, tc.day*day); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhatAnOperatorRefuses(t *testing.T) {
	o := do(t, Operator{}, Register{of(1), holder()}, GrantRelease{of(2), Publication, ByConsent, nil, 5 * day})
	nameless, badScript, longName := holder(), holder(), holder()
	nameless.LegalName = ""
	badScript.Names = []Name{{"Latin", "x"}}
	longName.LegalName = string(make([]byte, 300))
	for name, tc := range map[string]struct {
		state   Operator
		command Command
		kind    any
		why     string
	}{
		"registering twice":                {o, Register{of(3), holder()}, &TransitionError{}, "once"},
		"amending nobody":                  {Operator{}, AmendHolder{of(3), holder()}, &TransitionError{}, "first"},
		"a company without name":           {o, AmendHolder{of(3), nameless}, &InputError{}, "legal_name"},
		"a script that is none":            {o, AmendHolder{of(3), badScript}, &InputError{}, "15924"},
		"a name of three hundred bytes":    {o, AmendHolder{of(3), longName}, &InputError{}, "longer"},
		"a second consent while one holds": {o, GrantRelease{of(3), Publication, ByConsent, nil, 0}, &TransitionError{}, "holds already"},
		"withdrawing what was not granted": {o, WithdrawRelease{of(3), Exchange, 0}, &TransitionError{}, "no release"},
		"withdrawing before it began":      {o, WithdrawRelease{of(3), Publication, 4 * day}, &InputError{}, "earlier"},
		"a purpose nobody defined":         {o, GrantRelease{of(3), "marketing", ByConsent, nil, 0}, &InputError{}, "marketing"},
		"a basis nobody defined":           {o, GrantRelease{of(3), Exchange, "habit", nil, 0}, &InputError{}, "habit"},
		"a command for another machine":    {o, Accept{By: of(3)}, &TransitionError{}, "not a command for an operator"},
	} {
		_, err := tc.state.Decide(tc.command)
		wantRefused(t, name, err, tc.kind, tc.why)
	}
}

func TestAmendingReplacesTheHolder(t *testing.T) {
	moved := holder()
	moved.Address.Locality = "Napier"
	before := do(t, Operator{}, Register{of(1), holder()})
	after := do(t, before, AmendHolder{of(2), moved})
	if after.Holder.Address.Locality != "Napier" || before.Holder.Address.Locality != "Hastings" {
		t.Errorf("before %+v, after %+v", before.Holder.Address, after.Holder.Address)
	}
}
