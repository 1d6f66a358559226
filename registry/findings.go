package registry

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
)

// spelledOut are the findings an assessor gives, one for each criterion, and for each
// site where it is judged per site: the code of a letter of SAFE or of a requirement of
// the programme (G, 39E) stands for all under it, and what names no site for all sites,
// but for what is named itself. With allMet what nothing names is met. Each has the
// weight of its criterion in the programme where the assessor gives none.
func spelledOut(pack *programme.Pack, among, sites []string, given []authorisation.Finding, allMet bool) ([]authorisation.Finding, error) {
	s := speller{pack: pack, sites: sites, named: map[string]bool{}}
	var groups, everywhere []authorisation.Finding
	for _, f := range given {
		switch codes := pack.Expand(f.Requirement, among); {
		case len(codes) == 0:
			return nil, fmt.Errorf("%w: finding %q: neither a criterion of this application nor a group of them", ErrInvalid, f.Requirement)
		case codes[0] != f.Requirement:
			groups = append(groups, f)
		case s.where(f)[0] == f.Site:
			s.add(f, f.Site)
		default:
			everywhere = append(everywhere, f)
		}
	}
	for _, f := range everywhere {
		s.fill(f)
	}
	slices.SortStableFunc(groups, func(x, y authorisation.Finding) int { // of one site before all sites
		return cmp.Compare(len(y.Site), len(x.Site))
	})
	for _, g := range groups {
		for _, code := range pack.Expand(g.Requirement, among) {
			f := g
			f.Requirement = code
			s.fill(f)
		}
	}
	for _, code := range among {
		if allMet {
			s.fill(authorisation.Finding{Requirement: code, Result: authorisation.Met})
		}
	}
	return s.out, nil
}

// A speller writes findings out.
type speller struct {
	pack  *programme.Pack
	sites []string
	named map[string]bool // criterion, and criterion and site
	out   []authorisation.Finding
}

// where are the sites a finding is about; "" where it is about none.
func (s *speller) where(f authorisation.Finding) []string {
	if f.Site == "" && len(s.sites) > 0 && f.Result != authorisation.NotApplicable && asked(s.pack, f.Requirement).PerSite {
		return s.sites
	}
	return []string{f.Site}
}

func (s *speller) add(f authorisation.Finding, site string) {
	f.Site = site
	s.named[f.Requirement], s.named[f.Requirement+"@"+site] = true, true
	s.out = append(s.out, weighed(s.pack, f))
}

// fill adds a finding wherever nothing else is said. What is said of a criterion as a
// whole holds at each site.
func (s *speller) fill(f authorisation.Finding) {
	for _, site := range s.where(f) {
		said := s.named[f.Requirement+"@"+site] || s.named[f.Requirement+"@"] || site == "" && s.named[f.Requirement]
		if !said {
			s.add(f, site)
		}
	}
}

// weighed says of a shortcoming what it counts: that is the programme's to say, not
// the assessor's.
func weighed(pack *programme.Pack, f authorisation.Finding) authorisation.Finding {
	f.Weight = authorisation.Must
	c, known := pack.Criterion(f.Requirement)
	if !known || f.Result == authorisation.Met && f.Severity == "" {
		return f
	}
	f.Weight = weightOf(c)
	if f.Weight == authorisation.Grave && f.Severity != authorisation.Major {
		f.Weight = authorisation.Must
	}
	return f
}
