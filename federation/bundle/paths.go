package bundle

import (
	"fmt"
	"strconv"
	"strings"
)

// Members of the administration that signs the bundle.
const (
	PathConfiguration = "self/entity-configuration.jwt"
	PathRosters       = "self/rosters.json"
	PathPolicy        = "policy.json"
)

// Names of members below the prefix of an administration.
const (
	nameConfiguration   = "entity-configuration.jwt"
	nameRosters         = "rosters.json"
	nameStatement       = "statement.jwt"
	nameMemberStatement = "member-statement.jwt"
	nameCheckpoint      = "checkpoint"
	nameState           = "state.json"
	nameConsistency     = "consistency.json"
	nameLists           = "lists.json"
	nameHistory         = "history.json"
	nameProgramme       = "programme.json"
	nameDirectory       = "directory.jwt"
)

const (
	dirArrangements = "mra/"
	dirTypes        = "vct/"
	nameAlone       = "alone-"
)

// Prefix is where the members of an administration begin: "p/<t>/", or
// "p/<t>/m/<a>/" for one that decides within the territory of a union. It is
// in lower case, as all of a bundle's paths.
func Prefix(i Issuer) string {
	prefix := "p/" + strings.ToLower(i.Territory) + "/"
	if i.Authority != i.Territory {
		prefix += "m/" + strings.ToLower(i.Authority) + "/"
	}
	return prefix
}

// AnnexPath is where a version of an arrangement lies.
func AnnexPath(id string, version int64) string {
	return dirArrangements + strings.ToLower(id) + "/" + strconv.FormatInt(version, 10) + ".json"
}

// AlonePath is where a version of what the bundle's administration recognises
// alone lies; in bundles of profile border.
func AlonePath(id string, version int64) string {
	return dirArrangements + strings.ToLower(id) + "/" + nameAlone + strconv.FormatInt(version, 10) + ".json"
}

// isAlone tells such a member from an annex.
func isAlone(path string) bool {
	return strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], nameAlone)
}

// NoticePath is where a party's notice about an arrangement lies.
func NoticePath(id, party string, seq int64) string {
	return dirArrangements + strings.ToLower(id) + "/notice-" + strings.ToLower(party) + "-" + strconv.FormatInt(seq, 10) + ".jwt"
}

// checkPaths refuses members that no part of this package would look at:
// nothing may travel under the manifest's signature unjudged.
func (m *Manifest) checkPaths(index []indexEntry) error {
	known := map[string]bool{PathConfiguration: true, PathRosters: true, PathPolicy: true}
	for _, i := range m.Issuers {
		for _, name := range i.memberNames() {
			known[Prefix(i)+name] = true
		}
	}
	border := m.Profile == ProfileBorder
	if border {
		m.addListPaths(known, index)
	}
	for _, e := range index {
		digest, isType := strings.CutPrefix(e.Path, dirTypes)
		switch {
		case known[e.Path]:
		case strings.HasPrefix(e.Path, dirArrangements) && (border || !isAlone(e.Path)): // see register.go
		case !isType:
			return fmt.Errorf("member %q has no meaning in this bundle", e.Path)
		case digest != e.SHA256+".json":
			return fmt.Errorf("member %q is not named by its digest", e.Path)
		}
	}
	return nil
}

// addListPaths adds the members of imported lists: all three of each partner's.
func (m *Manifest) addListPaths(known map[string]bool, index []indexEntry) {
	own := strings.ToLower(m.Territory)
	for _, e := range index {
		t, ok := strings.CutSuffix(strings.TrimPrefix(e.Path, dirLists), "/"+nameHeaders)
		if ok && strings.HasPrefix(e.Path, dirLists) && isTerritory(strings.ToUpper(t)) && t != own {
			for _, name := range []string{nameHeaders, nameRowsHash, nameRows} {
				known[dirLists+t+"/"+name] = true
			}
		}
	}
}

// memberNames are the members an administration may have by its relation.
func (i *Issuer) memberNames() []string {
	names := []string{
		nameConfiguration, nameRosters, nameCheckpoint, nameState, nameConsistency,
		nameLists, nameHistory, nameProgramme, nameDirectory,
	}
	switch i.Relation {
	case RelationKnown, RelationPartner:
		return append(names, nameStatement)
	case RelationMember:
		return append(names, nameMemberStatement)
	}
	return names
}
