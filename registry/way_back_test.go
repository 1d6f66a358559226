package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

func takeBack(number string, who authorisation.Remedy) registry.TakeBackMeasure {
	return registry.TakeBackMeasure{Authorisation: number, Who: who, Grounds: grounds, By: "Judge's clerk"}
}

// What a court restores is in force from its first day on, by another credential: the
// old one stays ended. Partners see no more than an ordinary credential.
func TestARestoredAuthorisation(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	a := nz.grant(timber)
	nz.release(timber)
	old := nz.export(a.Case)
	agree(t, nz, jp)
	nz.pass(5 * day)
	got(nz.Annul(ctx, nz.measure(a.Case)))(t)
	nz.pass(5 * day)
	jp.pass(time.Second)
	everybody(t, nz, jp)
	jp.expect("annulled", old, federation.Annulled)
	if _, err := nz.IssueCredential(ctx, registry.IssueCredential{Authorisation: a.Case, By: "Desk"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("issued for what had ended: %v", err)
	}

	a = got(nz.SetAsideMeasure(ctx, takeBack(a.Case, authorisation.ByCourt)))(t)
	if c := a.Components[0]; c.State != authorisation.Effective || c.Since != a.EffectiveAt || c.End != "" || len(a.Credentials) != 2 {
		t.Fatalf("set aside: %+v %+v", c, a.Credentials)
	}
	nz.pass(time.Second)
	everybody(t, nz, jp)
	again := nz.export(a.Case)
	for _, o := range []*office{nz, jp} {
		o.expect("the old credential", old, federation.Annulled)
	}
	jp.expect("the new credential", again, federation.ByArrangement)
	d := jp.verifier().Lookup(timber.identifier, federation.Question{Now: jp.clock.Now().Unix()})
	if d.Reason != federation.ByArrangement || d.Holder.EffectiveOn != nz.Pack().LocalDate(time.Unix(a.EffectiveAt, 0)) {
		t.Errorf("the directory: %s %+v", d.Reason, d.Holder)
	}
}
