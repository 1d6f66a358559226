package registry

import (
	"fmt"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
)

// spelledOut are the findings an assessor gives, one for each criterion: the code of
// a letter of SAFE or of a requirement of the programme (G, 39E) stands for all under
// it that are not named themselves. With allMet what nothing names is met. Each has
// the weight of its criterion in the programme where the assessor gives none.
func spelledOut(pack *programme.Pack, asked []string, given []authorisation.Finding, allMet bool) ([]authorisation.Finding, error) {
	named := map[string]bool{} // by criterion; of a group by criterion and site
	var findings, groups []authorisation.Finding
	for _, f := range given {
		switch codes := pack.Expand(f.Requirement, asked); {
		case len(codes) == 0:
			return nil, fmt.Errorf("%w: finding %q: neither a criterion of this application nor a group of them", ErrInvalid, f.Requirement)
		case codes[0] == f.Requirement:
			named[f.Requirement] = true
			findings = append(findings, weighed(pack, f))
		default:
			groups = append(groups, f)
		}
	}
	for _, g := range groups {
		for _, code := range pack.Expand(g.Requirement, asked) {
			if named[code] || named[code+"@"+g.Site] {
				continue
			}
			named[code+"@"+g.Site] = true
			f := g
			f.Requirement = code
			findings = append(findings, weighed(pack, f))
		}
	}
	if !allMet {
		return findings, nil
	}
	for _, f := range findings {
		named[f.Requirement] = true
	}
	for _, code := range asked {
		if !named[code] {
			findings = append(findings, authorisation.Finding{Requirement: code, Result: authorisation.Met})
		}
	}
	return findings, nil
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
