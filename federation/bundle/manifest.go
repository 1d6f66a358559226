package bundle

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

// MaxLife is the longest a bundle may be valid, in seconds: 30 days.
const MaxLife = 30 * 24 * 3600

// Profiles of a bundle.
const (
	ProfilePublic = "public" // holds published things only; served to anybody
	ProfileBorder = "border" // also what partners sent in confidence; for the administration's own desks
)

// How a bundle's administration stands to one it has verified.
const (
	RelationSelf    = "self"
	RelationKnown   = "known"   // verified; no arrangement in effect
	RelationPartner = "partner" // an arrangement is in effect
	RelationMember  = "member"  // decides within the territory of a union that is partner or self
)

// LevelTransparency is the one MinLevel a manifest may set.
const LevelTransparency = "transparency"

// A Manifest is the payload of manifest.jwt, signed with a bundle key of the
// administration's roster. Digests are lower-case hexadecimal SHA-256, times
// Unix seconds.
type Manifest struct {
	Iss          string   `json:"iss"`
	Iat          int64    `json:"iat"`
	RefreshBy    int64    `json:"refresh_by"`           // from then on a caveat
	Exp          int64    `json:"exp"`                  // at most MaxLife after iat
	Seq          int64    `json:"seq"`                  // 1, 2, 3 ...
	PrevSHA256   string   `json:"prev_sha256,omitzero"` // of the manifest.jwt before
	Profile      string   `json:"profile"`
	Territory    string   `json:"territory"`
	Issuers      []Issuer `json:"issuers"` // the administration itself among them
	PolicySHA256 string   `json:"policy_sha256"`
	IndexSHA256  string   `json:"index_sha256"`
}

// An Issuer is one administration for whose identity the manifest vouches.
type Issuer struct {
	Territory string   `json:"territory"`
	Authority string   `json:"authority"` // equal to the territory outside unions
	EntityID  string   `json:"entity_id"`
	Relation  string   `json:"relation"`
	ECSHA256  string   `json:"ec_sha256"` // of its entity configuration
	Log       LogState `json:"log"`
	MinLevel  string   `json:"min_level,omitzero"` // transparency, or absent
	// ContradictedAt is when the builder got hold of two heads of this log, both
	// signed, that contradict each other: nothing of the issuer is to be relied on.
	ContradictedAt int64 `json:"contradicted_at,omitzero"`
}

// A LogState is the published head of a log.
type LogState struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
	Root   string `json:"root"` // standard base64
	Time   int64  `json:"time"` // last successful fetch; for the builder's own log the build
}

// parseManifest reads the payload of a manifest.
func parseManifest(payload []byte) (*Manifest, error) {
	var m Manifest
	if err := readExact(payload, &m); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return &m, nil
}

func (m *Manifest) check() error {
	if err := trust.CheckEntityID(m.Iss); err != nil {
		return fmt.Errorf("iss: %w", err)
	}
	switch {
	case !isInstant(m.Iat) || m.RefreshBy < m.Iat || m.Exp < m.RefreshBy || m.Exp <= m.Iat || m.Exp-m.Iat > MaxLife:
		return fmt.Errorf("want iat <= refresh_by <= exp <= iat + 30 d, not %d, %d, %d", m.Iat, m.RefreshBy, m.Exp)
	case m.Seq < 1:
		return fmt.Errorf("seq %d", m.Seq)
	case m.PrevSHA256 != "" && !keys.IsSHA256Hex(m.PrevSHA256):
		return fmt.Errorf("prev_sha256 is no digest")
	case m.Profile != ProfilePublic && m.Profile != ProfileBorder:
		return fmt.Errorf("profile %.20q, this reader knows %s and %s", m.Profile, ProfilePublic, ProfileBorder)
	case !isTerritory(m.Territory):
		return fmt.Errorf("territory %.20q is not two capital letters", m.Territory)
	case !keys.IsSHA256Hex(m.PolicySHA256) || !keys.IsSHA256Hex(m.IndexSHA256):
		return fmt.Errorf("policy_sha256 or index_sha256 is no digest")
	}
	for i := range m.Issuers {
		if err := m.Issuers[i].check(m.Iat); err != nil {
			return fmt.Errorf("issuer %d: %w", i, err)
		}
	}
	return m.checkTogether()
}

func (i *Issuer) check(iat int64) error {
	if err := trust.CheckEntityID(i.EntityID); err != nil {
		return err
	}
	union := i.Authority != i.Territory
	switch {
	case !isTerritory(i.Territory) || !isTerritory(i.Authority):
		return fmt.Errorf("territory %.20q or authority %.20q is not two capital letters", i.Territory, i.Authority)
	case !keys.IsSHA256Hex(i.ECSHA256):
		return fmt.Errorf("ec_sha256 is no digest")
	case i.ContradictedAt != 0 && !isInstant(i.ContradictedAt):
		return fmt.Errorf("contradicted_at %d", i.ContradictedAt)
	case i.MinLevel != "" && i.MinLevel != LevelTransparency:
		return fmt.Errorf("min_level %.20q, want %s or none", i.MinLevel, LevelTransparency)
	}
	switch i.Relation {
	case RelationSelf, RelationKnown, RelationPartner:
	case RelationMember:
		if !union {
			return fmt.Errorf("%s cannot be a member of itself", i.Territory)
		}
	default:
		return fmt.Errorf("relation %.20q", i.Relation)
	}
	return i.Log.check(i.EntityID, iat)
}

// check wants the log that the administration's name implies (protocol 1).
func (l *LogState) check(entityID string, iat int64) error {
	if want := trust.Host(entityID) + "/log"; l.Origin != want {
		return fmt.Errorf("log %.80q, that of %s is %s", l.Origin, entityID, want)
	}
	if err := l.checkHead(); err != nil {
		return err
	}
	if l.Time > iat {
		return fmt.Errorf("log fetched at %d, after the bundle was built", l.Time)
	}
	return nil
}

func (l *LogState) checkHead() error {
	root, err := base64.StdEncoding.Strict().DecodeString(l.Root)
	switch {
	case err != nil || len(root) != 32 || strings.ContainsAny(l.Root, "\r\n"):
		return fmt.Errorf("log root %.48q is not base64 of 32 bytes", l.Root)
	case l.Size < 1 || !isInstant(l.Size) || !isInstant(l.Time):
		return fmt.Errorf("log size %d at %d", l.Size, l.Time)
	}
	return nil
}

// checkTogether wants every name once, one self, and a union for every member.
func (m *Manifest) checkTogether() error {
	seen := map[string]bool{}
	unions := map[string]bool{}
	self := 0
	for i := range m.Issuers {
		is := &m.Issuers[i]
		place := is.Territory + "/" + is.Authority
		if seen[is.EntityID] || seen[place] {
			return fmt.Errorf("issuer %d: %s or %s is listed twice", i, is.EntityID, place)
		}
		seen[is.EntityID], seen[place] = true, true
		if is.Relation == RelationSelf {
			self++
			if is.EntityID != m.Iss || is.Territory != m.Territory {
				return fmt.Errorf("self is %s in %s, the manifest is of %s in %s", is.EntityID, is.Territory, m.Iss, m.Territory)
			}
		}
		if is.Authority == is.Territory && (is.Relation == RelationSelf || is.Relation == RelationPartner) {
			unions[is.Territory] = true
		}
	}
	if self != 1 {
		return fmt.Errorf("%d issuers are self, want one", self)
	}
	for i := range m.Issuers {
		if is := &m.Issuers[i]; is.Relation == RelationMember && !unions[is.Territory] {
			return fmt.Errorf("issuer %d: member of %s, which is neither partner nor self", i, is.Territory)
		}
	}
	return nil
}

// self is the administration that signs the bundle.
func (m *Manifest) self() *Issuer {
	return m.find(func(i *Issuer) bool { return i.Relation == RelationSelf })
}

// union is the administration that a territory of several has in common.
func (m *Manifest) union(territory string) *Issuer {
	return m.find(func(i *Issuer) bool { return i.Territory == territory && i.Authority == territory })
}

func (m *Manifest) find(wanted func(*Issuer) bool) *Issuer {
	for i := range m.Issuers {
		if wanted(&m.Issuers[i]) {
			return &m.Issuers[i]
		}
	}
	return nil
}
