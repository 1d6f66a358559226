package authorisation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aeo-registry/aeo/credential/statuslist"
)

const list1 = "https://aeo.customs.de.example/status/1"

// settleStatus records what is due until nothing is, as a node does, and returns
// every change in order.
func settleStatus(t *testing.T, a Authorisation, d int64) (Authorisation, []StatusChange) {
	t.Helper()
	var all []StatusChange
	for {
		due := a.StatusDue(d * day)
		if len(due) == 0 {
			return a, all
		}
		all = append(all, due...)
		a = do(t, a, SetStatus{By{Case: "AUT-1", Actor: Scheduler, At: d * day}, due})
	}
}

func change(idx int64, v statuslist.Value, d int64) StatusChange {
	return StatusChange{list1, idx, v, d * day}
}

func TestStatusFollowsTheAuthorisation(t *testing.T) {
	effective := authorisationIn(t, Effective) // indices 0 (AEOC) and 1 (AEOS)
	second := Revoke{By: on(210), Second: "second", Grounds: grounds()}
	for name, tc := range map[string]struct {
		state    Authorisation
		commands []Command
		want     []StatusChange
	}{
		"nothing happened": {effective, nil, nil},
		"a suspension of one component": {effective, []Command{Suspend{By: on(200), Components: []string{"AEOS"}, Grounds: grounds()}},
			[]StatusChange{change(1, statuslist.Suspended, 200)}},
		"a suspension for later": {effective, []Command{Suspend{By: on(200), From: 500 * day, Grounds: grounds()}}, nil},
		"a suspension and its end, both missed": {effective, []Command{
			Suspend{By: on(200), From: 202 * day, Components: []string{"AEOC"}, Grounds: grounds()},
			Reinstate{By: on(201), From: 205 * day, Components: []string{"AEOC"}}},
			[]StatusChange{change(0, statuslist.Suspended, 202), change(0, statuslist.Valid, 205)}},
		"a revocation of what is suspended": {effective, []Command{Suspend{By: on(200), Components: []string{"AEOC"}, Grounds: grounds()}, second},
			[]StatusChange{change(0, statuslist.Suspended, 200), change(1, statuslist.Ended, 210), change(0, statuslist.Ended, 210)}},
		"an annulment from the original date": {effective, []Command{Annul{By: on(200), Second: "second", Grounds: grounds()}},
			[]StatusChange{change(0, statuslist.Ended, 105), change(1, statuslist.Ended, 105)}},
		"an annulment before it took effect": {granted(t, 300), []Command{Annul{By: on(200), Second: "second", Grounds: grounds()}}, nil},
		"a new credential for changed content": {effective, []Command{
			IssueCredential{on(200), credential("AEOS", 7, 2, 200)},
			SupersedeCredential{on(201), credential("AEOS", 1, 1, 105).SHA256, credential("AEOS", 7, 2, 200).SHA256}},
			[]StatusChange{change(1, statuslist.Superseded, 201)}},
		"an end reaches old and new alike": {effective, []Command{
			IssueCredential{on(200), credential("AEOS", 7, 2, 200)},
			SupersedeCredential{on(201), credential("AEOS", 1, 1, 105).SHA256, credential("AEOS", 7, 2, 200).SHA256},
			Suspend{By: on(202), Components: []string{"AEOS"}, Grounds: grounds()},
			Revoke{By: on(203), Components: []string{"AEOS"}, Second: "second", Grounds: grounds()}},
			[]StatusChange{change(1, statuslist.Superseded, 201), change(7, statuslist.Suspended, 202),
				change(1, statuslist.Ended, 203), change(7, statuslist.Ended, 203)}},
	} {
		a := do(t, tc.state, tc.commands...)
		a = do(t, a, a.Due(220*day)...)
		_, got := settleStatus(t, a, 220)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExpiredCredentialsAreLeftAlone(t *testing.T) {
	a := do(t, authorisationIn(t, Effective), IssueCredential{on(200), credential("AEOC", 5, 2, 200)})
	a = do(t, a, Revoke{By: on(805), Second: "second", Grounds: grounds()}) // the first two expire on day 805
	if diff := cmp.Diff([]StatusChange{change(5, statuslist.Ended, 805)}, a.StatusDue(805*day)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	annulled := do(t, authorisationIn(t, Effective), IssueCredential{on(200), credential("AEOC", 5, 2, 200)},
		Annul{By: on(805), Second: "second", Grounds: grounds()})
	if diff := cmp.Diff([]StatusChange{change(5, statuslist.Ended, 105)}, annulled.StatusDue(805*day)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCredentialsThatMayNotBeIssued(t *testing.T) {
	a := authorisationIn(t, Effective)
	edit := func(f func(*CredentialIssued)) IssueCredential {
		d := credential("AEOC", 5, 2, 200)
		f(&d)
		return IssueCredential{on(200), d}
	}
	for name, tc := range map[string]struct {
		state   Authorisation
		command Command
		kind    any
		why     string
	}{
		"for a component that is not there":  {a, edit(func(d *CredentialIssued) { d.Component = "AEOX" }), &TransitionError{}, "AEOX"},
		"under an index that is taken":       {a, edit(func(d *CredentialIssued) { d.Idx = 1 }), &TransitionError{}, "taken"},
		"under a digest that is taken":       {a, edit(func(d *CredentialIssued) { d.SHA256 = a.Credentials[0].SHA256 }), &TransitionError{}, "taken"},
		"out of sequence":                    {a, edit(func(d *CredentialIssued) { d.Sequence = 3 }), &InputError{}, "want 2"},
		"before the authorisation":           {a, edit(func(d *CredentialIssued) { d.NotBefore = 104 * day }), &InputError{}, "not_before"},
		"expired from the start":             {a, edit(func(d *CredentialIssued) { d.NotBefore, d.Expires = 110*day, 120*day }), &InputError{}, "past"},
		"ending before it begins":            {a, edit(func(d *CredentialIssued) { d.NotBefore, d.Expires = 400*day, 300*day }), &InputError{}, "expires"},
		"for more than two years":            {a, edit(func(d *CredentialIssued) { d.Expires = 932 * day }), &InputError{}, "two years"},
		"under an index outside any list":    {a, edit(func(d *CredentialIssued) { d.Idx = statuslist.MaxSize }), &InputError{}, "idx"},
		"with a digest that is none":         {a, edit(func(d *CredentialIssued) { d.SHA256 = "AB" }), &InputError{}, "sha256"},
		"while suspended":                    {authorisationIn(t, Suspended), edit(func(*CredentialIssued) {}), &TransitionError{}, "is suspended"},
		"after the end":                      {authorisationIn(t, Ended), edit(func(*CredentialIssued) {}), &TransitionError{}, "is ended"},
		"superseding by itself":              {a, SupersedeCredential{on(200), a.Credentials[0].SHA256, a.Credentials[0].SHA256}, &TransitionError{}, "newer"},
		"superseding by another component's": {a, SupersedeCredential{on(200), a.Credentials[0].SHA256, a.Credentials[1].SHA256}, &TransitionError{}, "newer"},
		"superseding what is not there":      {a, SupersedeCredential{on(200), credential("AEOC", 9, 1, 1).SHA256, a.Credentials[1].SHA256}, &TransitionError{}, "no such"},
		"a status nobody owes":               {a, SetStatus{on(200), []StatusChange{change(0, statuslist.Ended, 200)}}, &TransitionError{}, "not due"},
		"a status of another list":           {a, SetStatus{on(200), []StatusChange{{"https://x.example/status/1", 0, statuslist.Ended, day}}}, &TransitionError{}, "not due"},
		"no status at all":                   {a, SetStatus{on(200), nil}, &InputError{}, "changes"},
	} {
		_, err := tc.state.Decide(tc.command)
		wantRefused(t, name, err, tc.kind, tc.why)
	}
}

func TestAStatusIsRecordedOnce(t *testing.T) {
	a := do(t, authorisationIn(t, Effective), Suspend{By: on(200), Components: []string{"AEOC"}, Grounds: grounds()})
	set := SetStatus{on(200), []StatusChange{change(0, statuslist.Suspended, 200)}}
	a = do(t, a, set)
	_, err := a.Decide(set)
	wantRefused(t, "recording it again", err, &TransitionError{}, "not due")
	set.Changes = append(set.Changes, set.Changes...)
	_, err = authorisationIn(t, Suspended).Decide(set)
	wantRefused(t, "recording it twice at once", err, &TransitionError{}, "not due")
}

func TestTheLiveCredential(t *testing.T) {
	a := authorisationIn(t, Effective)
	if c, ok := a.Live("AEOS"); !ok || c.Idx != 1 {
		t.Errorf("live credential %+v, %v", c, ok)
	}
	a = do(t, a, IssueCredential{on(200), credential("AEOS", 7, 2, 200)})
	if c, ok := a.Live("AEOS"); !ok || c.Idx != 7 {
		t.Errorf("live credential after another was issued %+v, %v", c, ok)
	}
	if _, ok := authorisationIn(t, Ended).Live("AEOS"); ok {
		t.Error("a credential lives on after the end")
	}
	if _, ok := a.Live("AEOX"); ok {
		t.Error("a component that is not there has a credential")
	}
}

// A credential that is good for a stay alone is not enough once the component is in force
// for longer, or from an earlier day on: another is owed until it is issued.
func TestWhatAStayLeavesIsOwed(t *testing.T) {
	stay := StayMeasure{By: on(210), Who: ByCourt, Until: 300 * day, Grounds: grounds()}
	ended := do(t, authorisationIn(t, Effective), Revoke{By: on(200), Second: "second", Grounds: grounds()})
	stayed := do(t, ended, stay)
	forIt := credential("AEOC", 2, 2, 210)
	forIt.Expires = 300 * day
	other := credential("AEOS", 3, 2, 210)
	other.Expires = 300 * day
	stayed = do(t, stayed, IssueCredential{on(210), forIt}, IssueCredential{on(210), other})
	longer := stay
	longer.By, longer.Until = on(220), 400*day
	aside := SetAsideMeasure{By: on(220), Who: ByCourt, Grounds: grounds()}
	asideSince := aside
	asideSince.From = 210 * day
	for name, c := range map[string]struct {
		state Authorisation
		want  int
	}{
		"ended":                    {ended, 0},
		"stayed, and issued":       {stayed, 0},
		"stayed, not issued":       {do(t, ended, stay), 2},
		"prolonged":                {do(t, stayed, longer), 2},
		"the same once more":       {do(t, stayed, StayMeasure{By: on(220), Who: ByCourt, From: 210 * day, Until: 300 * day, Grounds: grounds()}), 0},
		"set aside":                {do(t, stayed, aside), 2},
		"set aside from then on":   {do(t, stayed, asideSince), 2},
		"and revoked once more":    {do(t, stayed, aside, Revoke{By: on(230), Second: "second", Grounds: grounds()}), 0},
		"set aside, and one of it": {do(t, stayed, aside, IssueCredential{on(221), credential("AEOC", 4, 3, 105)}), 1},
	} {
		if got := c.state.Unissued(); len(got) != c.want {
			t.Errorf("%s: owed are %v", name, got)
		}
	}
}
