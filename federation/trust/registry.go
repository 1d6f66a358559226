package trust

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/keys"
)

// Metadata is what an administration says of itself, by entity type.
type Metadata struct {
	Entity   *FederationEntity `json:"federation_entity,omitzero"`
	Registry *Registry         `json:"aeo_registry,omitzero"`
}

// FederationEntity names the endpoints of Federation 1.1, 5.1.1.
type FederationEntity struct {
	OrganizationName       string `json:"organization_name,omitzero"`
	FetchEndpoint          string `json:"federation_fetch_endpoint,omitzero"`
	ListEndpoint           string `json:"federation_list_endpoint,omitzero"`
	HistoricalKeysEndpoint string `json:"federation_historical_keys_endpoint,omitzero"`
}

// Registry is metadata.aeo_registry: all a verifier needs to know about an administration.
type Registry struct {
	Territory    string            `json:"territory"`
	Authority    string            `json:"authority"`         // equal to the territory outside unions
	Members      []string          `json:"members,omitzero"`  // entity ids of a union's members
	ActsFor      []string          `json:"acts_for,omitzero"` // authorities of a union in whose name its node issues, ascending
	RosterSHA256 string            `json:"roster_sha256"`     // of the newest signed roster
	Keys         RegistryKeys      `json:"keys"`
	Log          LogRef            `json:"log"`
	Witness      VKeyRef           `json:"witness"`
	Auditor      VKeyRef           `json:"auditor"`
	Endpoints    map[string]string `json:"endpoints"` // name -> URL
	VCT          []string          `json:"vct"`
	Programmes   []ProgrammeRef    `json:"programmes"`
	Contacts     Contacts          `json:"contacts"`
}

// RegistryKeys are the administration's ES256 keys by role.
type RegistryKeys struct {
	Issuer   []*keys.PublicKey `json:"issuer"`
	Exchange []*keys.PublicKey `json:"exchange"`
	Receipt  []*keys.PublicKey `json:"receipt"`
}

// LogRef names a transparency log and its key.
type LogRef struct {
	Origin string `json:"origin"`
	VKey   string `json:"vkey"`
}

// VKeyRef holds a cosigner's key.
type VKeyRef struct {
	VKey string `json:"vkey"`
}

// ProgrammeRef names a published programme profile by digest.
type ProgrammeRef struct {
	Code   string `json:"code"`
	SHA256 string `json:"sha256"`
}

// Contacts are of the administration, for people.
type Contacts struct {
	Name    string `json:"name"`
	Mailbox string `json:"mailbox"`
}

const (
	maxMembers    = 256
	maxEndpoints  = 32
	maxVCT        = 16
	maxProgrammes = 32
	maxCode       = 32
	maxURL        = 512
	maxName       = 200
	maxMailbox    = 254 // RFC 5321, 4.5.3.1.3 less the angle brackets
)

func (m *Metadata) check(sub string, federation []*keys.PublicKey) error {
	if e := m.Entity; e != nil {
		if !isText(e.OrganizationName, maxName) {
			return fmt.Errorf("%w: organization_name is not plain text of at most %d characters", ErrStatement, maxName)
		}
		for _, u := range []string{e.FetchEndpoint, e.ListEndpoint, e.HistoricalKeysEndpoint} {
			if u != "" && !isURL(u) {
				return fmt.Errorf("%w: federation endpoint %.80q is no https URL", ErrStatement, u)
			}
		}
	}
	return m.Registry.check(sub, federation)
}

func (r *Registry) check(sub string, federation []*keys.PublicKey) error {
	switch {
	case !isTerritory(r.Territory) || !isTerritory(r.Authority):
		return fmt.Errorf("%w: territory and authority are two capital letters", ErrStatement)
	case !keys.IsSHA256Hex(r.RosterSHA256):
		return fmt.Errorf("%w: roster_sha256 is no SHA-256 in lower-case hexadecimal", ErrStatement)
	case r.Members != nil && len(r.Members) == 0, len(r.Members) > maxMembers:
		return fmt.Errorf("%w: %d members, want none at all or 1 to %d", ErrStatement, len(r.Members), maxMembers)
	case !isText(r.Contacts.Name, maxName) || !isText(r.Contacts.Mailbox, maxMailbox):
		return fmt.Errorf("%w: contacts are not plain text of bounded length", ErrStatement)
	}
	if err := checkEntities("members", r.Members, sub); err != nil {
		return err
	}
	if err := r.checkActsFor(); err != nil {
		return err
	}
	if err := r.Keys.check(federation); err != nil {
		return err
	}
	if err := r.checkNotes(Host(sub)); err != nil {
		return err
	}
	return r.checkLists()
}

// MayState reports whether the administration may issue what the authority
// decided: itself, or a member of the union in whose name the union's node acts.
func (r *Registry) MayState(authority string) bool {
	return authority == r.Authority || slices.Contains(r.ActsFor, authority)
}

// checkActsFor lets only a union speak for others, and has one spelling.
func (r *Registry) checkActsFor() error {
	if r.ActsFor == nil {
		return nil
	}
	if r.Authority != r.Territory || len(r.ActsFor) == 0 || len(r.ActsFor) > maxMembers {
		return fmt.Errorf("%w: acts_for has 1 to %d entries, of a union alone", ErrStatement, maxMembers)
	}
	for i, code := range r.ActsFor {
		if !isTerritory(code) || code == r.Territory || i > 0 && code <= r.ActsFor[i-1] {
			return fmt.Errorf("%w: acts_for[%d] %.16q is no authority of the union or not in order", ErrStatement, i, code)
		}
	}
	return nil
}

// check wants every key in one role: a federation key that also signs
// credentials would let one theft take both.
func (k *RegistryKeys) check(federation []*keys.PublicKey) error {
	all := federation
	for _, role := range []struct {
		where string
		list  []*keys.PublicKey
		least int
	}{{"keys.issuer", k.Issuer, 1}, {"keys.exchange", k.Exchange, 0}, {"keys.receipt", k.Receipt, 0}} {
		if err := checkKeys(role.where, role.list, role.least); err != nil {
			return err
		}
		for _, key := range role.list {
			if findKey(all, key.KID()) != nil {
				return fmt.Errorf("%w: key %s of %s has another role too", ErrStatement, key.KID(), role.where)
			}
		}
		all = slices.Concat(all, role.list)
	}
	return nil
}

// checkNotes wants note keys named below the administration's own host, each
// of the type its job has.
func (r *Registry) checkNotes(host string) error {
	for _, n := range []struct {
		where, vkey string
		cosigner    bool
	}{{"log", r.Log.VKey, false}, {"witness", r.Witness.VKey, true}, {"auditor", r.Auditor.VKey, true}} {
		v, err := keys.ParseVKey(n.vkey)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrStatement, n.where, err)
		}
		if v.Cosigner() != n.cosigner || !strings.HasPrefix(v.Name(), host+"/") {
			return fmt.Errorf("%w: %s: %.80q is a key of another type or host", ErrStatement, n.where, v.Name())
		}
		if n.where == "log" && v.Name() != r.Log.Origin {
			return fmt.Errorf("%w: log: key named %.80q for origin %.80q", ErrStatement, v.Name(), r.Log.Origin)
		}
	}
	if r.Witness.VKey == r.Auditor.VKey {
		return fmt.Errorf("%w: witness and auditor share a key", ErrStatement)
	}
	return nil
}

func (r *Registry) checkLists() error {
	if len(r.Endpoints) > maxEndpoints || len(r.VCT) > maxVCT || len(r.Programmes) > maxProgrammes {
		return fmt.Errorf("%w: more than %d endpoints, %d vct or %d programmes", ErrStatement, maxEndpoints, maxVCT, maxProgrammes)
	}
	for name, u := range r.Endpoints {
		if name == "" || !isText(name, maxCode) || !isURL(u) {
			return fmt.Errorf("%w: endpoints: %.40q: %.80q is no https URL", ErrStatement, name, u)
		}
	}
	for i, u := range r.VCT {
		if !isURL(u) || slices.Contains(r.VCT[:i], u) {
			return fmt.Errorf("%w: vct[%d] is no https URL or listed twice", ErrStatement, i)
		}
	}
	for i, p := range r.Programmes {
		known := func(q ProgrammeRef) bool { return q.Code == p.Code }
		if p.Code == "" || !isText(p.Code, maxCode) || !keys.IsSHA256Hex(p.SHA256) || slices.ContainsFunc(r.Programmes[:i], known) {
			return fmt.Errorf("%w: programmes[%d] has no code, no SHA-256 or is listed twice", ErrStatement, i)
		}
	}
	return nil
}

// isURL wants an https URL in visible ASCII with a host of ours in front.
func isURL(s string) bool {
	rest, ok := strings.CutPrefix(s, scheme)
	if !ok || len(s) > maxURL || strings.ContainsFunc(rest, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return false
	}
	host, _, _ := strings.Cut(rest, "/")
	return checkHost(host) == nil
}

// isText refuses control characters and the marks that turn the direction of
// writing, which could make a page read differently from what was signed.
func isText(s string, most int) bool {
	return utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)
	})
}
