package federation

import (
	"slices"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys"
)

// Lookup judges an identifier, territory:scheme:value in canonical form, by the
// signed directories of all administrations in the bundle, or in a border bundle
// by the lists imported of a partner without a node, as long as no arrangement
// that both signed governs recognition of that partner. Question and identifier
// must have passed CheckQuestion and CheckIdentifier.
//
// What no directory holds is not_listed, which says nothing about the trader:
// listing is voluntary. Several entries are judged like a file of several
// credentials. What the administration of the identifier's own territory lists
// goes before what others say about its traders.
func (v *Verifier) Lookup(identifier string, q Question) *Decision {
	all := v.directories()
	territory, _, _, err := credential.SplitIdentifier(identifier)
	if err != nil {
		return v.unlisted(identifier, q, failed(NotListed, "%v", err))
	}
	found := all.byIdentifier[identifier]
	own := slices.DeleteFunc(slices.Clone(found), func(l listing) bool { return l.administration.Issuer.Territory != territory })
	if len(own) == 0 || !q.StatusOnly { // of its status an administration's own word is best
		if d, ok := v.lookupListed(territory, identifier, q); ok && (d.Holder != nil || d.Reason == BundleInvalid || len(found) == 0) {
			return d
		}
	}
	unread, broken := all.broken[territory]
	switch {
	case len(own) > 0:
		return v.judgeListings(own, identifier, q)
	case broken:
		return v.unlisted(identifier, q, unread)
	case len(found) > 0:
		return v.judgeListings(found, identifier, q)
	}
	return v.unlisted(identifier, q, failed(NotListed, "no directory lists %s", identifier))
}

// LookupName finds the holders in the directories whose legal name is the one
// given, upper and lower case, white space and composition of characters
// aside: a decision for each, by territory, none where nobody is listed under
// that name. More than [MaxNamesakes] are not told apart by a name.
func (v *Verifier) LookupName(name string, q Question) []*Decision {
	var out []*Decision
	for _, holder := range v.directories().namesakes(name) {
		if len(out) == MaxNamesakes {
			break
		}
		out = append(out, v.judgeListings(holder, name, q))
	}
	return out
}

// MaxNamesakes is how many holders LookupName tells of.
const MaxNamesakes = 32

func (v *Verifier) judgeListings(found []listing, asked string, q Question) *Decision {
	input := keys.SHA256Hex([]byte(asked))
	var examinations []*examination
	for _, l := range found {
		e := v.examine(q, input)
		e.decision.Basis = Directory
		if e.run([]step{{CheckTime, (*examination).checkTime}}) {
			e.takeListing(l)
			e.judge()
		}
		examinations = append(examinations, e)
	}
	if examinations[0].said == nil { // the time is as wrong for all
		return examinations[0].decision
	}
	return headline(examinations, input)
}

// takeListing stands in for authentication: the directory's signature and the
// chain of its issuer were verified when the administration was opened.
func (e *examination) takeListing(l listing) {
	e.issuer, e.administration = &l.administration.Issuer, l.administration
	e.decision.StatusAsOf = e.statusAsOf()
	e.introduce()
	e.attribute(l.entry.Authority)
	for _, id := range []string{CheckIssuer, CheckChain, CheckSignature} {
		e.decision.record(id, passed())
	}
	for _, id := range []string{CheckReadable, CheckFormat, CheckDisclosures} {
		e.decision.record(id, notAsked())
	}
	e.takeEntry(l.entry)
}

// unlisted is the decision where no directory has the identifier.
func (v *Verifier) unlisted(identifier string, q Question, f finding) *Decision {
	e := v.examine(q, keys.SHA256Hex([]byte(identifier)))
	e.decision.Basis = Directory
	e.run([]step{
		{CheckTime, (*examination).checkTime},
		{CheckReadable, func(*examination) finding { return notAsked() }},
		{CheckFormat, func(*examination) finding { return notAsked() }},
		{CheckIssuer, func(*examination) finding { return f }},
	})
	return e.decision
}

// listings are the entries of all directories of the bundle.
type listings struct {
	byIdentifier map[string][]listing
	byName       map[string][]listing // by folded name
	broken       map[string]finding   // by territory: why a directory cannot be read
}

type listing struct {
	administration *bundle.Administration
	entry          *bundle.DirectoryEntry
}

func (v *Verifier) readDirectories() *listings {
	all := &listings{byIdentifier: map[string][]listing{}, byName: map[string][]listing{}, broken: map[string]finding{}}
	for _, i := range v.bundle.Manifest().Issuers {
		a, err := v.bundle.Administration(i.EntityID)
		if err != nil {
			all.broken[i.Territory] = unopened(err)
			continue
		}
		if f := contradicted(&i); f.result == Failed {
			all.broken[i.Territory] = f
			continue
		}
		if a.Directory == nil {
			continue
		}
		for j := range a.Directory.Entries {
			all.add(listing{a, &a.Directory.Entries[j]})
		}
	}
	return all
}

func (all *listings) add(l listing) {
	for _, id := range l.entry.Identifiers {
		if !slices.Contains(all.byIdentifier[id], l) {
			all.byIdentifier[id] = append(all.byIdentifier[id], l)
		}
	}
	name := FoldName(l.entry.Name)
	all.byName[name] = append(all.byName[name], l)
}

// namesakes are the listings under a name, those of one holder together.
func (all *listings) namesakes(name string) [][]listing {
	var holders [][]listing
	for _, l := range all.byName[FoldName(name)] {
		i := slices.IndexFunc(holders, func(h []listing) bool {
			return h[0].administration == l.administration && slices.Equal(h[0].entry.Identifiers, l.entry.Identifiers)
		})
		if i < 0 {
			holders = append(holders, []listing{l})
			continue
		}
		holders[i] = append(holders[i], l)
	}
	return holders
}
