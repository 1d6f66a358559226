package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
)

// Canada runs no node in this demo. It mails lists, and New Zealand recognises
// its holders alone.

const listHeading = "identifier,legal_name,authorisation_type,roles,status,effective_on,suspended_since\n"

// firstList is Canada's first.
func (s *story) firstList() string {
	return listHeading + "CA0012345,Maple Instruments Inc,PIP,exporter,in_force," + s.date(-400) + ",\n" +
		"CA0012346,Prairie Grain Co,PIP,exporter,in_force," + s.date(-400) + ",\n" +
		"CA0012347,Saint-Laurent Bois Ltée,PIP,exporter,in_force," + s.date(-400) + ",\n"
}

// secondList suspends one and leaves out another.
func (s *story) secondList(days int) string {
	return strings.Replace(strings.Replace(s.firstList(),
		"Prairie Grain Co,PIP,exporter,in_force,"+s.date(-400)+",", "Prairie Grain Co,PIP,exporter,suspended,"+s.date(-400)+","+s.date(-days-1), 1),
		"CA0012347,Saint-Laurent Bois Ltée,PIP,exporter,in_force,"+s.date(-400)+",\n", "", 1)
}

func (s *story) date(days int) string { return s.present.AddDate(0, 0, days).Format(time.DateOnly) }

// importList has two officers of New Zealand take over a list of Canada's. What
// it speaks of is the day before.
func (s *story) importList(days int, text string) error {
	o := officers["NZ"]
	r, err := s.sites["NZ"].node.ImportList(s.ctx, registry.ImportList{Partner: "CA", File: []byte(text), Format: "csv", Channel: "mail",
		StatedAsOf: s.date(-days - 1), By: o.desk, Second: o.second})
	if err != nil {
		return err
	}
	if !r.Taken {
		return fmt.Errorf("list of Canada: %v", r.Problems)
	}
	return nil
}

// beginAlone: recognition over mailed lists, with nobody's agreement.
func (s *story) beginAlone(days int) error {
	if s.sites["NZ"] == nil {
		return nil
	}
	if err := s.importList(days, s.firstList()); err != nil {
		return err
	}
	o := officers["NZ"]
	const day = 24 * 3600
	if _, err := s.sites["NZ"].node.Recognise(s.ctx, registry.Recognise{ID: "CA-NZ", Partner: "CA", Mailbox: "pip@cbsa.ca.example",
		Title: "Decision on partners of Partners in Protection", Citation: "invented",
		Rules: []mra.Recognition{{Programme: "CA-PIP", AuthorisationType: "PIP", Roles: []string{"exporter"}, Direction: mra.Import, As: "SES partner",
			AppliesWhen: "consignor", DateBasis: "acceptance", Benefits: []string{"fewer inspections"}, From: s.date(-days + 1)}},
		Freshness: &mra.Freshness{Target: day, WarnAfter: 15 * day, HonourUntil: 25 * day}, By: o.desk, Second: o.second}); err != nil {
		return err
	}
	s.say(days, "Canada runs no node and mails a list. New Zealand recognises its exporters alone: two officers take the list over, the root key signs.")
	return nil
}

// newerList is the partner's next mail.
func (s *story) newerList(days int) error {
	if s.sites["NZ"] == nil {
		return nil
	}
	if err := s.importList(days, s.secondList(days)); err != nil {
		return err
	}
	s.say(days, "Canada's next list suspends one company and no longer names another.")
	return nil
}

// borderOf is where a bundle for an administration's own desks lies.
func borderOf(code string) string { return "bundles/" + code + "-border.aeobundle" }

func (s *story) writeBorder() error {
	nz := s.sites["NZ"]
	if nz == nil {
		return nil
	}
	raw, _, err := nz.node.BorderBundle(s.ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, borderOf("NZ")), raw, 0o600)
}

// lists: holders of a partner that only mails lists.
func (d *docket) lists() {
	ask := func(name, identifier, verdict, reason string, args ...string) {
		d.add(&Case{Name: name, Command: "check", Input: identifier, Args: args, Bundle: borderOf("NZ"), Anchor: anchorOf("NZ"),
			Expect: Outcome{verdict, reason}}, "NZ")
	}
	ask("list: recognised, by New Zealand alone", "CA:pip:CA0012345", "recognised", "by_arrangement")
	ask("list: suspended in it", "CA:pip:CA0012346", "suspended", "suspended")
	ask("list: in force on the one before", "CA:pip:CA0012346", "recognised", "by_arrangement", "--at", d.day(-20))
	ask("list: no longer on it", "CA:pip:CA0012347", "not_in_force", "ended")
	ask("list: on none", "CA:pip:CA0099999", "cannot_tell", "not_listed")
	ask("list: too old to rely on", "CA:pip:CA0012345", "cannot_tell", "list_too_old", "--now", d.day(20))
	ask("list: before the first", "CA:pip:CA0012345", "cannot_tell", "at_before_history", "--at", d.day(-60))
	d.check("list: the public bundle knows nothing of it", "CA:pip:CA0012345", "NZ", "cannot_tell", "not_listed")
}
