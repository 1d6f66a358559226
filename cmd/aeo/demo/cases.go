package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A docket collects the cases of a demo. A case that needs a node the demo
// does not have is left out, by name.
type docket struct {
	*story
	forge   *forger
	list    []*Case
	leftOut []string
}

// cases are all questions asked once the nodes are off.
func (s *story) cases(f *forger, unionStatement []byte) (list []*Case, leftOut []string, err error) {
	d := &docket{story: s, forge: f}
	d.recognition()
	d.arrangementStates()
	d.statusStates()
	d.time()
	d.lookups()
	d.lists()
	d.wholeLife()
	for _, group := range []func() error{d.alterations, d.receipts, d.forgeries, d.damagedBundles, func() error { return d.union(unionStatement) }} {
		if err := group(); err != nil {
			return nil, nil, err
		}
	}
	if len(d.leftOut) > 0 {
		fmt.Fprintf(s.out, "Left out, for want of their nodes:\n  %s\n\n", strings.Join(d.leftOut, "\n  "))
	}
	return d.list, d.leftOut, nil
}

// verify adds a case: the file shown to the verifier of an administration.
func (d *docket) verify(name, file, verifier, verdict, reason string, args ...string) *Case {
	return d.add(&Case{Name: name, Command: "verify", Input: file, Args: args, Bundle: bundleOf(verifier), Anchor: anchorOf(verifier),
		Expect: Outcome{verdict, reason}}, verifier)
}

// check adds a case: an identifier looked up by the verifier of an administration.
func (d *docket) check(name, identifier, verifier, verdict, reason string, args ...string) {
	d.add(&Case{Name: name, Command: "check", Input: identifier, Args: args, Bundle: bundleOf(verifier), Anchor: anchorOf(verifier),
		Expect: Outcome{verdict, reason}}, verifier)
}

func (d *docket) add(c *Case, needs string) *Case {
	if c.Args == nil {
		c.Args = []string{}
	}
	missing := d.sitesMissing(needs)
	for _, co := range append([]company{sensorik}, companies...) {
		missing = missing || credentialOf(co.file) == c.Input && d.sitesMissing(co.at)
	}
	if missing {
		d.without(c.Name)
		return c
	}
	d.list = append(d.list, c)
	return c
}

// without notes cases that cannot be made for want of their nodes.
func (d *docket) without(names ...string) { d.leftOut = append(d.leftOut, names...) }

// sitesMissing: the world is stopped by now, what it had stands in order.
func (d *docket) sitesMissing(code string) bool { return !slices.Contains(d.order, code) }

func credentialOf(file string) string { return "credentials/" + file + ".aeo" }

// day is an instant so many days from the present, as a flag takes it.
func (d *docket) day(days int) string {
	return d.present.AddDate(0, 0, days).UTC().Format(time.RFC3339)
}

// recognition: who recognises whom, as what, for which role and direction.
func (d *docket) recognition() {
	orchards, sakura, rhein := credentialOf("southern-orchards"), credentialOf("sakura-precision"), credentialOf("rhein-maschinenbau")
	d.verify("recognised: NZ exporter in Japan, as AEO exporter", orchards, "JP", "recognised", "by_arrangement")
	d.verify("recognised: JP exporter in New Zealand, as SES partner", sakura, "NZ", "recognised", "by_arrangement")
	d.verify("recognised: through the EU's member Germany in Japan", rhein, "JP", "recognised", "by_arrangement")
	d.verify("recognised: one of several components in a file", rhein, "US", "recognised", "by_arrangement")
	d.verify("recognised: US tier 3 in the EU", credentialOf("prairie-instruments"), "EU", "recognised", "by_arrangement")
	d.verify("own programme: NZ in New Zealand", orchards, "NZ", "recognised", "own_programme")
	d.verify("own programme: DE asked as Germany", rhein, "EU", "recognised", "own_programme", "--as", "DE")
	d.verify("role: recognised as exporter", orchards, "JP", "recognised", "by_arrangement", "--role", "exporter")
	d.verify("role: not recognised as packer", orchards, "JP", "not_recognised", "role", "--role", "packer")
	d.verify("direction: recognised for import", orchards, "JP", "recognised", "by_arrangement", "--direction", "import")
	d.verify("direction: not covered for export", orchards, "JP", "not_recognised", "direction", "--direction", "export")
	d.verify("type: US tier 1 is not recognised in the EU", credentialOf("lakeside-freight"), "EU", "not_recognised", "type")
	d.verify("type: a Japanese broker is not recognised in New Zealand", credentialOf("minato-brokers"), "NZ", "not_recognised", "type")
	d.verify("status only: in force, recognition not asked", orchards, "JP", "in_force", "ok", "--status-only")
}

// arrangementStates: the same credentials where the arrangement does not carry them.
func (d *docket) arrangementStates() {
	merlion := credentialOf("merlion-components")
	d.verify("arrangement: signed, not yet in effect", credentialOf("southern-orchards"), "SG", "not_recognised", "not_yet_in_effect")
	d.verify("arrangement: ended by Singapore's notice", merlion, "JP", "not_recognised", "ended")
	d.verify("arrangement: the day before the notice it still holds", merlion, "JP", "recognised", "by_arrangement", "--at", d.day(-11))
	d.verify("arrangement: suspended by the United States", merlion, "US", "not_recognised", "suspended_arrangement")
	d.verify("arrangement: none between the EU and New Zealand", credentialOf("rhein-maschinenbau"), "NZ", "not_recognised", "no_arrangement")
	d.verify("arrangement: data must have been exchanged", credentialOf("southern-orchards"), "US", "not_recognised", "not_exchanged")
	d.verify("not transitive: JP-EU and EU-US make no JP-US", credentialOf("prairie-instruments"), "JP", "not_recognised", "no_arrangement")
}

// statusStates: what became of the authorisations.
func (d *docket) statusStates() {
	d.verify("suspended", credentialOf("kauri-timber"), "JP", "suspended", "suspended")
	d.verify("suspended: in force before", credentialOf("kauri-timber"), "JP", "recognised", "by_arrangement", "--at", d.day(-51))
	d.verify("reinstated", credentialOf("tasman-dairy"), "JP", "recognised", "by_arrangement")
	d.verify("reinstated: suspended in between", credentialOf("tasman-dairy"), "JP", "suspended", "suspended", "--at", d.day(-40))
	d.verify("ended: revoked", credentialOf("harbour-wool"), "JP", "not_in_force", "ended")
	d.verify("annulled", credentialOf("coromandel-honey"), "JP", "not_in_force", "annulled")
	d.verify("annulled: also for a day before, though it was not known then", credentialOf("coromandel-honey"), "JP", "not_in_force", "annulled", "--at", d.day(-40))
	d.verify("not yet effective: the fifth day has not come", credentialOf("elbe-optik"), "JP", "not_in_force", "not_yet")
	d.verify("expired: issued for three weeks", credentialOf("waikato-machinery"), "JP", "not_in_force", "expired")
	d.verify("newer credential exists", "cases/otago-fruit-old.aeo", "JP", "cannot_tell", "newer_credential_exists")
	d.verify("newer credential: the new one", credentialOf("otago-fruit"), "JP", "recognised", "by_arrangement")
}

// time: how old the answer may be, and clocks that are wrong.
func (d *docket) time() {
	orchards := credentialOf("southern-orchards")
	d.verify("stale within the agreed limit: a caveat", orchards, "JP", "recognised", "by_arrangement", "--now", d.day(3))
	d.verify("stale beyond the agreed limit", orchards, "JP", "cannot_tell", "status_stale", "--now", d.day(9))
	d.verify("stale for who asks for less", orchards, "JP", "cannot_tell", "status_stale", "--now", d.day(2), "--max-age", "6h")
	d.verify("a past question does not age", orchards, "JP", "recognised", "by_arrangement", "--now", d.day(9), "--at", d.day(-20))
	d.verify("bundle expired", orchards, "JP", "cannot_tell", "bundle_expired", "--now", d.day(32))
	d.verify("clock before the bundle", orchards, "JP", "cannot_tell", "clock_before_bundle", "--now", d.day(-2))
	d.verify("a question about the future", orchards, "JP", "cannot_tell", "at_after_bundle", "--at", d.day(400))
	if d.old["JP-short"] != "" {
		d.verify("before the history: a bundle that goes back two weeks", orchards, "JP", "cannot_tell", "at_before_history", "--at", d.day(-100)).Bundle = d.old["JP-short"]
		d.verify("within the short history", orchards, "JP", "recognised", "by_arrangement", "--at", d.day(-7)).Bundle = d.old["JP-short"]
	}
	d.verify("rolled-back: the newest bundle first", orchards, "JP", "recognised", "by_arrangement")
	d.verify("rolled-back: then an older one", orchards, "JP", "cannot_tell", "bundle_rolled_back").Bundle = d.old["JP-older"]
}

// lookups: identifiers in the signed directories.
func (d *docket) lookups() {
	d.check("look-up: listed and recognised", "NZ:ses:12345678A", "JP", "recognised", "by_arrangement")
	d.check("look-up: listed and suspended", "NZ:ses:23456789B", "JP", "suspended", "suspended")
	if member := "look-up: in the union's member"; d.sitesMissing("DE") {
		d.without(member)
	} else {
		d.check(member, "EU:eori:DE1234567", "JP", "recognised", "by_arrangement")
	}
	d.check("look-up: holds a status, did not consent to be listed", "NZ:ses:34567890C", "JP", "cannot_tell", "not_listed")
	d.check("look-up: unknown number, the same answer", "NZ:ses:99999999Z", "JP", "cannot_tell", "not_listed")
	d.check("look-up: needs a role it is not listed for", "NZ:ses:12345678A", "JP", "not_recognised", "role", "--role", "broker")
}
