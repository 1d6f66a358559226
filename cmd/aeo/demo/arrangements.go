package demo

import (
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
)

// A rule is one line of an annex: who recognises whose status, as what.
type rule struct {
	by, of, programme, kind string
	roles                   []string
	direction, as           string
}

// An arrangement of the demo. Which pairs have one, and what they recognise,
// follows the real ones; their dates and texts are invented.
type arrangement struct {
	id      string
	parties [2]string
	basis   string // of data sharing
	from    int    // days before the present it takes effect; negative = after
	rules   []rule
}

var (
	traders = []string{"exporter", "manufacturer"}
	sesRule = func(by, as string) rule { return rule{by, "NZ", "NZ-SES", "SES", traders, "import", as} }
	jpRule  = func(by, as string) rule {
		return rule{by, "JP", "JP-AEO", "AEO-EXPORTER", []string{"exporter"}, "import", as}
	}
	aeosRule = func(by, as string) rule { return rule{by, "EU", "EU-AEO", "AEOS", traders, "import", as} }
	stpRule  = func(by, as string) rule { return rule{by, "SG", "SG-STP", "STP-PLUS", traders, "import", as} }
	usRule   = func(by, tier, as string) rule { return rule{by, "US", "US-CTPAT", tier, traders, "import", as} }
)

var arrangements = []arrangement{
	{"JP-NZ", [2]string{"JP", "NZ"}, "either", 140, []rule{sesRule("JP", "AEO exporter"), jpRule("NZ", "SES partner")}},
	{"EU-JP", [2]string{"EU", "JP"}, "either", 130, []rule{jpRule("EU", "AEOS"), aeosRule("JP", "AEO exporter")}},
	{"EU-US", [2]string{"EU", "US"}, "either", 130, []rule{usRule("EU", "TIER2", "AEOS"), usRule("EU", "TIER3", "AEOS"), aeosRule("US", "CTPAT tier 2")}},
	{"JP-SG", [2]string{"JP", "SG"}, "either", 120, []rule{stpRule("JP", "AEO exporter"), jpRule("SG", "STP-Plus")}},
	{"SG-US", [2]string{"SG", "US"}, "either", 120, []rule{usRule("SG", "TIER3", "STP-Plus"), stpRule("US", "CTPAT tier 2")}},
	{"NZ-US", [2]string{"NZ", "US"}, "exchange", 110, []rule{sesRule("US", "CTPAT tier 2"), usRule("NZ", "TIER3", "SES partner")}},
	{"NZ-SG", [2]string{"NZ", "SG"}, "either", -45, []rule{sesRule("SG", "STP-Plus"), stpRule("NZ", "SES partner")}},
}

// agree drafts, signs at both desks, and imports an annex at both nodes.
func (w *world) agree(a arrangement, present time.Time, version int64, prev string) (*mra.Document, error) {
	var parties []mra.Party
	for _, code := range a.parties {
		p, err := w.sites[code].node.NewParty()
		if err != nil {
			return nil, err
		}
		parties = append(parties, p)
	}
	doc := a.document(parties, present, w.clock.Now(), version, prev)
	first, second := w.sites[a.parties[0]], w.sites[a.parties[1]]
	signed, err := first.node.SignAnnex(w.ctx, registry.SignAnnex{Document: doc, By: officers[first.code].desk, Second: officers[first.code].decides})
	if err != nil {
		return nil, fmt.Errorf("%s signs %s: %w", first.code, a.id, err)
	}
	signed, err = second.node.SignAnnex(w.ctx, registry.SignAnnex{Annex: signed, By: officers[second.code].desk, Second: officers[second.code].decides})
	if err != nil {
		return nil, fmt.Errorf("%s signs %s: %w", second.code, a.id, err)
	}
	for _, s := range []*site{first, second} {
		if _, err := s.node.ImportAnnex(w.ctx, signed); err != nil {
			return nil, fmt.Errorf("%s imports %s: %w", s.code, a.id, err)
		}
	}
	return doc, nil
}

func (a arrangement) document(parties []mra.Party, present, now time.Time, version int64, prev string) *mra.Document {
	d := &mra.Document{
		ID: a.id, Version: version, PrevSHA256: prev,
		Instrument: mra.Instrument{Title: "Mutual Recognition Arrangement " + a.id + " (demonstration)", Citation: "invented for the demonstration",
			URL: "https://" + hosts[a.parties[0]] + "/mras/" + a.id, Languages: []string{"en"}},
		Parties: parties, SignedOn: now.UTC().Format(time.DateOnly),
		DataSharing: mra.DataSharing{Fields: []string{"legal_name", "identifiers", "roles", "effective_on"}, ReleaseBasis: "consent",
			Basis: a.basis, Retention: "as long as the arrangement lasts and five years", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 5, InTransit: "honour"},
		ReviewOn:    present.AddDate(2, 0, 0).UTC().Format(time.DateOnly),
	}
	for _, r := range a.rules {
		benefits := []string{"fewer inspections", "priority release"}
		if version > 1 {
			benefits = append(benefits, "priority after a disruption")
		}
		d.Recognitions = append(d.Recognitions, mra.Recognition{
			By: r.by, Of: r.of, Programme: r.programme, AuthorisationType: r.kind, Roles: r.roles, Direction: r.direction, As: r.as,
			AppliesWhen: "consignor", DateBasis: "acceptance", Benefits: benefits,
			From: present.AddDate(0, 0, -a.from).UTC().Format(time.DateOnly),
		})
	}
	if version > 1 {
		for i := range d.Recognitions {
			d.Recognitions[i].From = now.AddDate(0, 0, 3).UTC().Format(time.DateOnly)
		}
	}
	return d
}

// notice gives one party's notice about an arrangement.
func (w *world) notice(by, id, act string, from time.Time) error {
	_, err := w.sites[by].node.GiveNotice(w.ctx, registry.GiveNotice{MRA: id, Act: act, From: from.Unix(), By: officers[by].desk, Second: officers[by].decides})
	if err != nil {
		return fmt.Errorf("%s gives notice on %s: %w", by, id, err)
	}
	return nil
}
