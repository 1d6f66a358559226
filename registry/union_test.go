package registry_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

var (
	lyon   = trader{"Lyon Chimie SA", "FR7654321", "AEOF", []string{"exporter"}}
	tulips = trader{"Tulpen BV", "NL1234567", "AEOF", []string{"exporter"}}
)

// unionAndPartner is the EU with Germany and France, and New Zealand, which has
// an arrangement with the union.
func unionAndPartner(t *testing.T) (eu, de, fr, nz *office) {
	t.Helper()
	c := newClock()
	eu, de, fr, nz = found(t, c, "EU", ""), found(t, c, "EU", "DE"), found(t, c, "EU", "FR"), found(t, c, "NZ", "")
	all := []*office{eu, de, fr, nz}
	for _, o := range all {
		o.serve()
	}
	eu.meet(de)
	eu.meet(fr)
	de.meet(eu, fr)
	fr.meet(eu, de)
	nz.meet(eu, de, fr)
	eu.meet(nz)
	everybody(t, all...)
	half := got(eu.SignAnnex(t.Context(), registry.SignAnnex{Document: unionDraft(t, eu, nz), By: "Desk", Second: "Head"}))(t)
	whole := got(nz.SignAnnex(t.Context(), registry.SignAnnex{Annex: half, By: "Desk", Second: "Head"}))(t)
	got(eu.ImportAnnex(t.Context(), whole))(t)
	got(nz.ImportAnnex(t.Context(), whole))(t)
	everybody(t, all...)
	everybody(t, all...)
	return eu, de, fr, nz
}

func unionDraft(t *testing.T, eu, nz *office) *mra.Document {
	t.Helper()
	doc := draft(t, nz, nz)
	doc.ID, doc.Parties = "EU-NZ", []mra.Party{got(eu.NewParty())(t), got(nz.NewParty())(t)}
	r := doc.Recognitions[1]
	r.By, r.Of, r.Programme, r.AuthorisationType = "NZ", "EU", "EU-AEO", "AEOS"
	doc.Recognitions = []mra.Recognition{r}
	return doc
}

// grantFor is a grant that a member of the union decides on the union's node.
func (o *office) grantFor(member string, tr trader) authorisation.Authorisation {
	o.t.Helper()
	ctx := o.t.Context()
	op := o.register(tr)
	a := got(o.SubmitApplication(ctx, registry.SubmitApplication{Operator: op.Case, Type: tr.kind, Roles: tr.roles, For: member, By: tr.name}))(o.t)
	got(o.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(o.t)
	got(o.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"}))(o.t)
	a = got(o.DecideApplication(ctx, registry.DecideApplication{Application: a.Case, Grant: true, Without: unvisited, By: "Decider"}))(o.t)
	o.pass(time.Second)
	return got(o.Authorisation(a.Authorisation))(o.t)
}

// TestUnionActsForItsMembers: one node for all. Who decided is said at home, to
// partners, by credential and by directory; the arrangement with the union covers it.
func TestUnionActsForItsMembers(t *testing.T) {
	eu, de, fr, nz := unionAndPartner(t)
	granted := eu.grantFor("NL", tulips)
	if granted.Authority != "NL" {
		t.Errorf("granted by %q", granted.Authority)
	}
	eu.release(tulips)
	own := eu.grant(trader{"Brussels Forwarding NV", "BE1234567", "AEOF", []string{"exporter"}})
	eu.pass(7 * day)
	for _, o := range []*office{de, fr, nz} {
		must(t, o.Tick(t.Context()))
	}
	everybody(t, eu, de, fr, nz)
	file := eu.export(granted.Case, "AEOS")
	for _, o := range []*office{eu, nz} {
		want := federation.ByArrangement
		if o == eu {
			want = federation.OwnProgramme
		}
		d := o.verifier().Verify(file, federation.Question{Now: o.clock.Now().Unix()})
		if d.Reason != want || d.Issuer.Authority != "EU" || d.Issuer.DecidedBy != "NL" {
			t.Errorf("at %s: %s, issuer %+v", o.Config().Territory, d.Reason, d.Issuer)
		}
		d = o.verifier().Lookup("EU:eori:"+tulips.identifier, federation.Question{Now: o.clock.Now().Unix(), Type: "AEOS"})
		if d.Reason != want || d.Issuer.DecidedBy != "NL" {
			t.Errorf("looked up at %s: %s, issuer %+v", o.Config().Territory, d.Reason, d.Issuer)
		}
		d = o.verifier().Verify(eu.export(own.Case, "AEOS"), federation.Question{Now: o.clock.Now().Unix()})
		if d.Reason != want || d.Issuer.DecidedBy != "" {
			t.Errorf("the union's own at %s: %s, issuer %+v", o.Config().Territory, d.Reason, d.Issuer)
		}
	}
	got(eu.Suspend(t.Context(), eu.measure(granted.Case)))(t)
	eu.pass(time.Second)
	everybody(t, eu, nz)
	nz.expect("suspended", file, federation.StatusSuspended)
	// What was decided before stays after a rebuild and a restart.
	eu.restart()
	if a := got(eu.Authorisation(granted.Case))(t); a.Authority != "NL" {
		t.Errorf("after a restart it was granted by %q", a.Authority)
	}
	eu.expect("after a restart", file, federation.StatusSuspended)
}

func TestWhoDoesNotActForWhom(t *testing.T) {
	eu, de, _, nz := unionAndPartner(t)
	for name, c := range map[string]struct {
		o    *office
		tr   trader
		who  string
		want error
	}{
		"a member with a node of its own": {eu, rhein, "DE", registry.ErrConflict},
		"no member":                       {eu, tulips, "NZ", registry.ErrInvalid},
		"a member for another":            {de, rhein, "NL", registry.ErrInvalid},
		"no union at all":                 {nz, orchards, "AU", registry.ErrInvalid},
	} {
		op := c.o.register(c.tr)
		_, err := c.o.SubmitApplication(t.Context(), registry.SubmitApplication{Operator: op.Case, Type: c.tr.kind, Roles: c.tr.roles, For: c.who, By: "Desk"})
		if !isAny(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOneMemberLost: the union states nothing about one member any more. Its
// credentials alone are no longer believed.
func TestOneMemberLost(t *testing.T) {
	eu, de, fr, nz := unionAndPartner(t)
	german, french, dutch := de.grant(rhein), fr.grant(lyon), eu.grantFor("NL", tulips)
	week := func() {
		t.Helper()
		for range 4 {
			eu.clock.forward(2 * day)
			for _, o := range []*office{eu, de, fr, nz} {
				must(t, o.Tick(t.Context()))
			}
			_ = eu.SyncPeers(t.Context()) // after the removal France has no union to ask
			for _, o := range []*office{de, nz, eu, nz} {
				must(t, o.SyncPeers(t.Context()))
			}
		}
	}
	week()
	files := map[string][]byte{"german": de.export(german.Case, "AEOS"), "french": fr.export(french.Case, "AEOS"), "dutch": eu.export(dutch.Case, "AEOS")}
	for name, f := range files {
		nz.expect(name, f, federation.ByArrangement)
		eu.expect(name, f, federation.OwnProgramme)
	}
	must(t, eu.RemovePeer(t.Context(), fr.Config().EntityID))
	week()
	for name, f := range files {
		abroad, home := federation.ByArrangement, federation.OwnProgramme
		if name == "french" {
			abroad, home = federation.IssuerUnknown, federation.IssuerUnknown
		}
		nz.expect(name+" after the loss", f, abroad)
		eu.expect(name+" after the loss", f, home)
	}
	if s := got(nz.Peer("EU"))(t); slices.Contains(s.Members, fr.Config().EntityID) {
		t.Errorf("members %v", s.Members)
	}
}

// TestMemberRotatesAlone: one member replaces all its keys; nobody else's
// credentials, nor its own, are refused at any moment.
func TestMemberRotatesAlone(t *testing.T) {
	eu, de, fr, nz := unionAndPartner(t)
	german, french, dutch := de.grant(rhein), fr.grant(lyon), eu.grantFor("NL", tulips)
	eu.pass(6 * day)
	all := []*office{de, fr, eu, nz}
	check := func(what string) {
		t.Helper()
		for _, o := range all {
			must(t, o.Tick(t.Context()))
		}
		for _, o := range all {
			must(t, o.SyncPeers(t.Context()))
		}
		must(t, nz.SyncPeers(t.Context()))
		for _, f := range [][]byte{de.export(german.Case, "AEOS"), fr.export(french.Case, "AEOS"), eu.export(dutch.Case, "AEOS")} {
			nz.expect(what, f, federation.ByArrangement)
			eu.expect(what, f, federation.OwnProgramme)
		}
	}
	check("before")
	var at time.Time
	for _, role := range rotating {
		at = time.Unix(de.rotate(role).SwitchAt, 0)
	}
	check("announced")
	for _, after := range []time.Duration{-time.Second, 0, 25 * time.Hour} {
		eu.clock.forward(at.Add(after).Sub(eu.clock.Now()))
		got(de.IssueCredential(t.Context(), registry.IssueCredential{Authorisation: german.Case, By: "Desk"}))(t)
		check("issued anew " + after.String() + " after the switch")
	}
}

// TestMemberThatJoinsLater: who has followed the union for long follows a member
// that it names only now, and vouches for its log from the first look on.
func TestMemberThatJoinsLater(t *testing.T) {
	c := newClock()
	eu, de, nz := found(t, c, "EU", ""), found(t, c, "EU", "DE"), found(t, c, "NZ", "")
	for _, o := range []*office{eu, de, nz} {
		o.serve()
	}
	nz.meet(eu, de)
	must(t, nz.SyncPeers(t.Context()))
	eu.meet(de)
	de.meet(eu)
	everybody(t, eu, de)
	must(t, nz.SyncPeers(t.Context()))
	if s := got(nz.Peer("EU"))(t); !slices.Contains(s.Members, de.Config().EntityID) {
		t.Errorf("members %v", s.Members)
	}
	if _, err := nz.AuditedCheckpoint(witness.Name(de.Config().Host() + "/log")); err != nil {
		t.Errorf("the auditor: %v", err)
	}
}
