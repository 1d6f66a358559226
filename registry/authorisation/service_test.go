package authorisation

import "testing"

func posted(sent, received int64) Service {
	return Service{Channel: ByPost, SentAt: sent * day, ReceivedAt: received * day, Proof: "RR 1"}
}

// A revocation of day 200 is posted and deemed received on day 204.
func TestAMeasureFollowsItsReceipt(t *testing.T) {
	effective := authorisationIn(t, Effective)
	revoked := do(t, effective, Revoke{By: on(200), From: 204 * day, Second: "second", Grounds: grounds(), OnReceipt: true})
	deferred := do(t, effective, Revoke{By: on(200), From: 300 * day, Second: "second", Grounds: grounds()})
	suspended := do(t, effective, Suspend{By: on(200), From: 204 * day, Ground: OnDoubt, Grounds: grounds(), OnReceipt: true})
	for name, c := range map[string]struct {
		state Authorisation
		serve ServeMeasure
		on    int64
		want  string
		since int64
	}{
		"received before":           {revoked, ServeMeasure{By: on(203), Service: posted(200, 202)}, 203, "ended ended", 202},
		"received that day":         {revoked, ServeMeasure{By: on(202), Service: posted(200, 202)}, 202, "ended ended", 202},
		"not known to be":           {revoked, ServeMeasure{By: on(203), Service: posted(200, 0)}, 204, "ended ended", 204},
		"sent anew":                 {revoked, ServeMeasure{By: on(203), Service: posted(203, 0), DeemedAt: 207 * day}, 206, "effective effective", 105},
		"and deemed received then":  {revoked, ServeMeasure{By: on(203), Service: posted(203, 0), DeemedAt: 207 * day}, 207, "ended ended", 207},
		"after it was deemed":       {revoked, ServeMeasure{By: on(206), Service: posted(200, 206)}, 206, "ended ended", 204},
		"of what was deferred":      {deferred, ServeMeasure{By: on(203), Service: posted(200, 202)}, 299, "effective effective", 105},
		"of a suspension":           {suspended, ServeMeasure{By: on(203), Service: posted(200, 201)}, 203, "suspended suspended", 201},
		"of a part of it":           {suspended, ServeMeasure{By: on(203), Components: []string{"AEOC"}, Service: posted(200, 201)}, 203, "suspended effective", 201},
		"of what is stayed already": {do(t, revoked, StayMeasure{By: on(201), Who: ByCourt, Grounds: grounds(), From: 0, Until: 300 * day}), ServeMeasure{By: on(203), Service: posted(200, 202)}, 203, "effective effective", 105},
	} {
		a := tick(t, do(t, c.state, c.serve), c.on)
		if got := states(a); got != c.want || a.Components[0].Since != c.since*day {
			t.Errorf("%s: on day %d %s since day %d, want %s since day %d", name, c.on, got, a.Components[0].Since/day, c.want, c.since)
		}
		for _, m := range a.Components[0].Measures {
			if m.Service == nil || m.Service.Proof != "RR 1" {
				t.Errorf("%s: the service is not kept: %+v", name, m)
			}
		}
	}
	for name, c := range map[string]struct {
		state Authorisation
		put   Command
		kind  any
		why   string
	}{
		"where nothing was decided": {effective, ServeMeasure{By: on(203), Service: posted(200, 202)}, &TransitionError{}, "no such measure"},
		"of the future":             {revoked, ServeMeasure{By: on(203), Service: posted(200, 204)}, &InputError{}, "future"},
		"before it was sent":        {revoked, ServeMeasure{By: on(203), Service: posted(202, 201)}, &InputError{}, "earlier"},
		"before it was decided":     {revoked, ServeMeasure{By: on(203), Service: posted(199, 202)}, &InputError{}, "decided"},
		"by pigeon":                 {revoked, ServeMeasure{By: on(203), Service: Service{Channel: "pigeon", SentAt: 200 * day}}, &InputError{}, "channel"},
		"of another measure":        {revoked, ServeMeasure{By: on(203), Of: ActSuspend, Service: posted(200, 202)}, &TransitionError{}, "no such measure"},
	} {
		_, err := c.state.Decide(c.put)
		wantRefused(t, name, err, c.kind, c.why)
	}
}

// When a measure was received is said once: periods count from it.
func TestAReceiptIsSaidOnce(t *testing.T) {
	a := do(t, authorisationIn(t, Effective), Revoke{By: on(200), Second: "second", Grounds: grounds()}, ServeMeasure{By: on(203), Service: posted(200, 202)})
	_, err := a.Decide(ServeMeasure{By: on(230), Service: posted(228, 230)})
	wantRefused(t, "received again", err, &TransitionError{}, "it was received")
}

// An annulment that is posted takes effect when it was received, and reaches back then:
// until then the holder has its status, and whoever sets it aside takes all of it back.
func TestAnAnnulmentFollowsItsReceipt(t *testing.T) {
	effective := authorisationIn(t, Effective) // since day 105
	annul := Annul{By: on(200), From: 204 * day, Second: "second", Grounds: grounds(), OnReceipt: true}
	annulled := do(t, effective, annul)
	deferred := do(t, effective, Revoke{By: on(190), From: 202 * day, Second: "second", Grounds: grounds()}, annul)
	for name, c := range map[string]struct {
		state Authorisation
		then  []Command
		on    int64
		want  string
		ended int64
	}{
		"before it is deemed received": {annulled, nil, 203, "effective effective", 0},
		"once it is":                   {annulled, nil, 204, "ended ended", 204},
		"received earlier":             {annulled, []Command{ServeMeasure{By: on(203), Service: posted(200, 202)}}, 203, "ended ended", 202},
		"sent anew":                    {annulled, []Command{ServeMeasure{By: on(203), Service: posted(203, 0), DeemedAt: 207 * day}}, 206, "effective effective", 0},
		"in the place of a revocation": {deferred, nil, 203, "effective effective", 0},
		"suspended until then":         {do(t, effective, doubted(Lift)), []Command{Annul{By: on(201), From: 300 * day, Second: "second", Grounds: grounds(), OnReceipt: true}}, 299, "suspended suspended", 0},
	} {
		a := tick(t, do(t, c.state, c.then...), c.on)
		if got := states(a); got != c.want || a.Components[0].EndedAt != c.ended*day {
			t.Errorf("%s: on day %d %s, ended on day %d", name, c.on, got, a.Components[0].EndedAt/day)
		}
		if c.ended != 0 && (a.Components[0].Since != 105*day || a.StatusDue(c.on * day)[0].EffectiveAt != 105*day) {
			t.Errorf("%s: it does not reach back: %+v", name, a.Components[0])
		}
	}
	for name, c := range map[string]Command{
		"withdrawn meanwhile": Withdraw{By: on(201)}, "revoked meanwhile": Revoke{By: on(201), Second: "second", Grounds: grounds()},
	} {
		_, err := annulled.Decide(c)
		wantRefused(t, name, err, &TransitionError{}, "is to be annulled")
	}
	ended := tick(t, annulled, 204)
	aside := SetAsideMeasure{By: on(210), Who: ByCourt, Grounds: grounds()}
	if a := do(t, ended, aside); states(a) != "effective effective" || a.Components[0].Since != 105*day || a.Components[0].InForceFrom != 0 {
		t.Errorf("set aside after: %+v", a.Components[0])
	}
	aside.By = on(201)
	if a := tick(t, do(t, annulled, aside), 300); states(a) != "effective effective" {
		t.Errorf("set aside before: %s", states(a))
	}
}
