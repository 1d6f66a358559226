package demo

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// story is what happens before everything is switched off.
type story struct {
	*world
	present time.Time
	out     io.Writer
	say     func(day int, format string, args ...any)
	holders map[string]*holder
	old     map[string]string // older bundles kept, by name
	life    *life             // of the one AEO told whole; nil without its node
	facts   []Fact
}

// chapter is one stop of the clock, days before the present.
type chapter struct {
	day  int
	tell tell
}

// tell is what happens at a stop, in order.
type tell []func(*story) error

// chapters are the story in order. Between them the clock jumps; nodes renew
// what ran out meanwhile and fetch from one another.
var chapters = []chapter{
	{150, tell{(*story).begin}},
	{149, tell{(*story).staff, (*story).grants, (*story).apply}},
	{145, tell{(*story).agreements, (*story).complete}},
	{140, tell{(*story).takeEffect}},
	{112, tell{(*story).examine}},
	{105, tell{(*story).grant}},
	{60, tell{(*story).amendment, (*story).report}},
	{50, tell{(*story).suspensions}},
	{45, tell{(*story).keepOldBundle, (*story).remedied}},
	{30, tell{(*story).endings, (*story).annul}},
	{20, tell{(*story).stay}},
	{10, tell{(*story).notices, (*story).court}},
	{1, tell{(*story).lateGrant, (*story).yesterday}},
}

// run tells the whole story and arrives at the present.
func (s *story) run() error {
	for _, c := range chapters {
		if err := s.at(s.present.AddDate(0, 0, -c.day)); err != nil {
			return err
		}
		if err := s.sync(); err != nil {
			return err
		}
		for _, part := range c.tell {
			if err := part(s); err != nil {
				return err
			}
		}
	}
	return s.arrive()
}

func (s *story) begin() error {
	s.say(150, "%d administrations start their nodes: %v. Each opens its log and its status lists.", len(s.order), s.order)
	everyone := []string{"NZ", "JP", "SG", "US", "EU"}
	for _, code := range s.order {
		switch code {
		case "DE":
			if err := s.introduce("DE", "EU"); err != nil {
				return err
			}
			continue
		case "SG": // Singapore has not met the EU
			if err := s.introduce("SG", "NZ", "JP", "US"); err != nil {
				return err
			}
			continue
		case "EU":
			if err := s.introduce("EU", "DE"); err != nil {
				return err
			}
		}
		for _, other := range everyone {
			if other != code && !(code == "EU" && other == "SG") {
				if err := s.introduce(code, other); err != nil {
					return err
				}
			}
		}
	}
	s.say(150, "They exchange anchors and follow each other; Germany joins as a member of the EU. Singapore and the EU have not met.")
	if err := s.tick(); err != nil {
		return err
	}
	return s.meet()
}

func (s *story) grants() error {
	n := 0
	for _, c := range companies {
		if s.sites[c.at] == nil || c.grantDay != 0 {
			continue
		}
		h, err := s.carry(c)
		if err != nil {
			return err
		}
		s.holders[c.file] = h
		n++
	}
	s.say(149, "%d invented companies apply. One officer assesses, another decides (an assessor who tries to decide is refused): %d grants, each in the log.", n, n)
	return nil
}

func (s *story) agreements() error {
	n := 0
	for _, a := range s.agreed() {
		if _, err := s.agree(a, s.present, 1, ""); err != nil {
			return err
		}
		n++
	}
	s.say(145, "%d arrangements: both desks sign the executable annex with their root keys, each node imports it and logs its digest.", n)
	return nil
}

// agreed are the arrangements whose parties are all here.
func (s *story) agreed() []arrangement {
	var out []arrangement
	for _, a := range arrangements {
		if len(s.codes(a.parties[:]...)) == 2 {
			out = append(out, a)
		}
	}
	return out
}

func (s *story) takeEffect() error {
	s.say(140, "The first arrangements take effect. The fifth day after the German decision has passed: the EU authorisations are effective.")
	return nil
}

func (s *story) amendment() error {
	old, err := s.sites["JP"].node.Arrangement("JP-NZ")
	if err != nil {
		return err
	}
	if _, err := s.agree(arrangements[0], s.present, 2, old.SHA256); err != nil {
		return err
	}
	s.say(60, "JP-NZ is amended: version 2, signed by both, replaces version 1 three days later.")
	machinery := s.holders["waikato-machinery"]
	if _, err := s.sites["NZ"].node.IssueCredential(s.ctx, registry.IssueCredential{Authorisation: machinery.authorisation, Days: 21, By: officers["NZ"].desk}); err != nil {
		return err
	}
	if err := s.publishAndSave(machinery, "credentials/waikato-machinery.aeo"); err != nil {
		return err
	}
	s.say(60, "%s gets a credential for three weeks only.", machinery.name)
	return nil
}

// publishAndSave publishes what happened and writes the holder's file with its receipts.
func (s *story) publishAndSave(h *holder, name string, components ...string) error {
	if err := s.sites[h.at].node.Tick(s.ctx); err != nil {
		return err
	}
	return s.save(h, name, components...)
}

var grounds = authorisation.Grounds{Reason: "demo", Basis: "invented for the demonstration"}

// atOnce names law for measures without a hearing.
var atOnce = authorisation.Heard{Without: "invented for the demonstration"}

func (s *story) suspensions() error {
	nz := s.sites["NZ"].node
	for _, file := range []string{"kauri-timber", "tasman-dairy"} {
		m := registry.Measure{Authorisation: s.holders[file].authorisation, Grounds: grounds, Heard: atOnce, By: officers["NZ"].decides}
		if _, err := nz.Suspend(s.ctx, m); err != nil {
			return err
		}
	}
	s.say(50, "New Zealand suspends %s and %s. No reason leaves the house.", s.holders["kauri-timber"].name, s.holders["tasman-dairy"].name)
	return nil
}

// keepOldBundle keeps a bundle for the verifier who has seen a newer one.
func (s *story) keepOldBundle() error {
	raw, _, err := s.sites["JP"].node.Bundle()
	if err != nil {
		return err
	}
	s.old["JP-older"] = "cases/JP-older.aeobundle"
	if err := s.beginAlone(45); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, s.old["JP-older"]), raw, 0o600)
}

func (s *story) endings() error {
	nz, o := s.sites["NZ"].node, officers["NZ"]
	measure := func(file string) registry.Measure {
		return registry.Measure{Authorisation: s.holders[file].authorisation, Grounds: grounds, Heard: atOnce, By: o.decides, Second: o.second}
	}
	if _, err := nz.Reinstate(s.ctx, measure("tasman-dairy")); err != nil {
		return err
	}
	if _, err := nz.Revoke(s.ctx, measure("harbour-wool")); err != nil {
		return err
	}
	if _, err := nz.Annul(s.ctx, measure("coromandel-honey")); err != nil {
		return err
	}
	s.say(30, "%s is reinstated, %s revoked, and %s annulled: as if it had never been granted.",
		s.holders["tasman-dairy"].name, s.holders["harbour-wool"].name, s.holders["coromandel-honey"].name)
	fruit := s.holders["otago-fruit"]
	if err := s.save(fruit, "cases/otago-fruit-old.aeo"); err != nil {
		return err
	}
	if _, err := nz.Amend(s.ctx, registry.AmendAuthorisation{Authorisation: fruit.authorisation, Roles: []string{"exporter", "packer"}, Grounds: grounds, By: o.decides}); err != nil {
		return err
	}
	s.say(30, "%s also packs now: its credential is replaced, the old one superseded.", fruit.name)
	return nil
}

func (s *story) notices() error {
	if err := s.newerList(10); err != nil {
		return err
	}
	if s.sites["SG"] == nil {
		return nil
	}
	if err := s.notice("SG", "JP-SG", "end", s.clock.Now()); err != nil {
		return err
	}
	s.say(10, "Singapore ends JP-SG by notice, at once; the annex asks for five days, and the verdict will say so.")
	if s.sites["US"] == nil {
		return nil
	}
	if err := s.notice("US", "SG-US", "suspend", s.clock.Now()); err != nil {
		return err
	}
	s.say(10, "The United States suspend SG-US.")
	return nil
}

func (s *story) lateGrant() error {
	for _, c := range companies {
		if s.sites[c.at] == nil || c.grantDay == 0 {
			continue
		}
		h, err := s.carry(c)
		if err != nil {
			return err
		}
		s.holders[c.file] = h
		s.say(1, "Germany grants %s; in the EU that takes effect on the fifth day.", c.name)
	}
	return nil
}
