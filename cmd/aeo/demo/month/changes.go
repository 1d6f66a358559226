package month

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/rehearsal"
	"github.com/aeo-registry/aeo/registry"
)

// amendment: Japan recognises exporters no more; version 2 says so from its day on.
func (s *story) amendment() error {
	n := s.nodes["JP"]
	if err := s.named("NZ"); err != nil {
		return err
	}
	rule := "by=JP,of=NZ,programme=NZ-SES,type=SES,roles=manufacturer,direction=import,as=AEO exporter,from=" + s.day(18).Format(time.DateOnly)
	if _, err := s.aeo("JP", "mra", "draft", "--amend", "JP-NZ", "--recognise", rule, "--keep", "--by", n.desk); err != nil {
		return err
	}
	if err := s.rehearsed(); err != nil {
		return err
	}
	if err := s.countersign("JP-NZ", "JP", "NZ"); err != nil {
		return err
	}
	if err := s.catchUp(); err != nil {
		return err
	}
	s.say("JP-NZ version 2, signed by both: from day 18 on Japan recognises New Zealand's manufacturers only.")
	return s.expect("JP", "NZ", "recognised", "by_arrangement")
}

// named has a place's company let itself be named to everybody: who is in no
// directory cannot be rehearsed.
func (s *story) named(code string) error {
	n := s.nodes[code]
	if _, err := s.aeo(code, "operator", "release", n.company.identifier, "--purpose", "publication", "--by", n.desk); err != nil {
		return err
	}
	if err := s.published(code); err != nil {
		return err
	}
	return s.catchUp()
}

// rehearsed: before anybody signs, Japan asks what the draft makes of the
// declarations of the last days.
func (s *story) rehearsed() error {
	lines := "date,direction,identifier,country,role,value\n"
	for i, role := range []string{"exporter", "manufacturer", "exporter", "manufacturer", "exporter"} {
		lines += fmt.Sprintf("%s,import,%s,NZ,%s,%d\n", s.day(11+i).Format(time.DateOnly), s.nodes["NZ"].company.identifier, role, 1000*(i+1))
	}
	file := s.path("cases", "declarations.csv")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		return err
	}
	var r rehearsal.Report
	if err := s.read("JP", &r, "mra", "rehearse", "JP-NZ", "--declarations", file); err != nil {
		return err
	}
	changed := map[string]int{}
	for _, c := range r.Totals {
		changed[c.Change] = c.Lines
	}
	s.fact(r.Version == 2 && changed[rehearsal.Lost] == 3 && changed[rehearsal.Still] == 2 && len(r.Problems) == 0, "the draft is rehearsed",
		"of 5 lines declared in Japan, %d would lose recognition and %d keep it", changed[rehearsal.Lost], changed[rehearsal.Still])
	return nil
}

func (s *story) amended() error {
	if err := s.expect("JP", "NZ", "not_recognised", "role"); err != nil {
		return err
	}
	return s.expectAt("JP", "NZ", s.day(16).Format(time.RFC3339), "recognised", "by_arrangement")
}

// notice: one party ends an arrangement a week ahead, as it asks for.
func (s *story) notice() error {
	n := s.nodes["SG"]
	if _, err := s.aeo("SG", "mra", "end", "SG-US", "--from", s.day(26).Format(time.RFC3339), "--by", n.desk, "--second", n.decides); err != nil {
		return err
	}
	if err := s.catchUp(); err != nil {
		return err
	}
	var arrangement struct {
		Notices []struct {
			Act string `json:"act"`
		} `json:"notices"`
	}
	if err := s.read("US", &arrangement, "mra", "show", "SG-US"); err != nil {
		return err
	}
	s.fact(len(arrangement.Notices) == 1, "the notice is known to the other party", "%d notice at the node of the United States", len(arrangement.Notices))
	return s.expect("US", "SG", "recognised", "by_arrangement")
}

func (s *story) ended() error {
	if err := s.expect("US", "SG", "not_recognised", "ended"); err != nil {
		return err
	}
	return s.expectAt("US", "SG", s.day(25).Format(time.RFC3339), "recognised", "by_arrangement")
}

// witnessAway: nobody reaches Singapore, whose word Japan's log usually gets; it
// gets that of the others, and waits for nobody.
func (s *story) witnessAway() error {
	others := slices.DeleteFunc(slices.Clone(s.order), func(c string) bool { return c == "SG" })
	s.cut(true, []string{"SG"}, others)
	n := s.nodes["JP"]
	began := time.Now()
	if _, err := s.aeo("JP", "credential", "issue", s.authorisations["JP"], "--by", n.desk); err != nil {
		return err
	}
	if err := s.published("JP"); err != nil {
		return err
	}
	public := time.Since(began)
	var head registry.LogHead
	if err := n.api(s.ctx, "/log/head", nil, &head); err != nil {
		return err
	}
	with, without, err := s.cosigners("JP", head.PublishedSize, []string{"SG"})
	if err != nil {
		return err
	}
	s.fact(!slices.Contains(with, "SG") && len(without) == 0, "one witness is away",
		"Japan's next head was public after %.1f s, and cosigned by %s%s", public.Seconds(), strings.Join(with, " "), listed(without))
	s.cut(false, []string{"SG"}, others)
	if err := s.catchUp(); err != nil {
		return err
	}
	with, without, err = s.cosigners("JP", 0, nil)
	if err != nil {
		return err
	}
	s.fact(len(without) == 0, "it is back", "Japan's log is cosigned by %s%s", strings.Join(with, " "), listed(without))
	return nil
}

// cosigners waits until all that can have cosigned a node's log at a size or
// above, and tells who has and who has not, but for those who are away.
func (s *story) cosigners(code string, size int64, away []string) (with, without []string, err error) {
	for end := time.Now().Add(moment); ; time.Sleep(glance) {
		var head registry.LogHead
		if err := s.nodes[code].api(s.ctx, "/log/head", nil, &head); err != nil {
			return nil, nil, err
		}
		with, without = nil, nil
		for _, c := range head.Cosigners {
			switch {
			case c.Size >= max(size, 1):
				if !slices.Contains(with, c.Territory) {
					with = append(with, c.Territory)
				}
			case c.Role == "witness" && !slices.Contains(away, c.Territory) && !s.nodes[c.Territory].member(): // a member follows its union only
				without = append(without, c.Territory)
			}
		}
		if len(without) == 0 || time.Now().After(end) {
			return with, without, nil
		}
	}
}
