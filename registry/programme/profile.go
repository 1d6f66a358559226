package programme

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// ProfileFormat is the format name of a programme profile.
const ProfileFormat = "aeo.programme/1"

// A Profile is what a programme tells the world about itself: enough for a
// partner to compare programmes and for a verifier to know which numbers are
// personal, nothing about how officers work. Sources and doubts stay in the pack.
type Profile struct {
	Format            string               `json:"format"`
	Territory         string               `json:"territory"`
	Administration    string               `json:"administration"`
	Code              string               `json:"code"`
	Title             string               `json:"title"`
	Since             int                  `json:"since"`
	Law               string               `json:"law"`
	TimeZone          string               `json:"time_zone"`
	Contact           string               `json:"contact"`
	Members           []Member             `json:"members"`
	Types             []ProfileType        `json:"types"`
	Roles             []ProfileRole        `json:"roles"`
	Requirements      []ProfileRequirement `json:"requirements"`
	Schemes           []ProfileScheme      `json:"schemes"`
	Effect            ProfileEffect        `json:"effect"`
	Validity          ProfileValidity      `json:"validity"`
	CredentialDays    int                  `json:"credential_days"`
	SuspensionShownTo Audience             `json:"suspension_shown_to"`
}

// A ProfileType is a [Type] as published.
type ProfileType struct {
	Code        string   `json:"code"`
	Title       string   `json:"title"`
	Components  []string `json:"components"`
	Roles       []Role   `json:"roles"` // spelt out
	Rank        int      `json:"rank"`
	Security    bool     `json:"security"`
	MRAEligible bool     `json:"mra_eligible"`
}

// A ProfileRole is a [RoleUse] as published.
type ProfileRole struct {
	Code  Role   `json:"code"`
	Title string `json:"title"`
}

// A ProfileRequirement is a [Requirement] as published.
type ProfileRequirement struct {
	Code  string   `json:"code"`
	Title string   `json:"title"`
	Types []string `json:"types"`
	SAFE  []string `json:"safe"`
}

// A ProfileScheme is a [Scheme] as published.
type ProfileScheme struct {
	Code     string `json:"code"`
	Title    string `json:"title"`
	Pattern  string `json:"pattern"`
	Personal bool   `json:"personal"`
	Example  string `json:"example"`
}

// A ProfileEffect is an [Effect] as published.
type ProfileEffect struct {
	Rule string `json:"rule"`
	Days int    `json:"days"`
}

// A ProfileValidity is a [Validity] as published.
type ProfileValidity struct {
	Rule  string `json:"rule"`
	Years int    `json:"years"`
}

// Profile is the programme profile in RFC 8785 form, read only. It is the same
// for every authority of a union: the programme is the territory's.
func (p *Pack) Profile() []byte { return p.profile }

// ProfileSHA256 is the digest of the profile that the entity configuration and
// the log carry (protocol 6 and 7).
func (p *Pack) ProfileSHA256() [32]byte { return sha256.Sum256(p.profile) }

func (p *Pack) writeProfile() ([]byte, error) {
	doc := Profile{
		Format: ProfileFormat, Territory: p.Territory, Administration: p.Administration,
		Code: p.Code, Title: p.Title, Since: p.Since, Law: p.Law, TimeZone: p.TimeZone,
		Contact: p.Contact.Mailbox, Members: p.Members,
		Effect:            ProfileEffect{p.Effect.Rule, p.Effect.Days},
		Validity:          ProfileValidity{p.Validity.Rule, p.Validity.Years},
		CredentialDays:    p.CredentialDays,
		SuspensionShownTo: p.SuspensionShownTo,
	}
	for _, t := range p.Types {
		roles, err := p.RolesFor(t.Code)
		if err != nil {
			return nil, fmt.Errorf("profile of %s: %w", p.Code, err)
		}
		doc.Types = append(doc.Types, ProfileType{t.Code, t.Title, t.Components, roles, t.Rank, t.Security, t.MRAEligible})
	}
	for _, r := range p.Roles {
		doc.Roles = append(doc.Roles, ProfileRole{r.Code, r.Title})
	}
	for _, r := range p.Requirements {
		doc.Requirements = append(doc.Requirements, ProfileRequirement{r.Code, r.Title, r.Types, r.SAFE})
	}
	for _, s := range p.Schemes {
		doc.Schemes = append(doc.Schemes, ProfileScheme{s.Code, s.Title, s.Pattern, s.Personal, s.Example})
	}
	return jcs.Marshal(doc)
}

// ReadProfile reads a partner's programme profile.
func ReadProfile(raw []byte) (*Profile, error) {
	if len(raw) > MaxProfile {
		return nil, fmt.Errorf("programme profile is larger than %d bytes", MaxProfile)
	}
	doc := new(Profile)
	if err := jcs.UnmarshalCanonical(raw, doc); err != nil {
		return nil, fmt.Errorf("reading programme profile: %w", err)
	}
	if doc.Format != ProfileFormat {
		return nil, fmt.Errorf("reading programme profile: format is %q, want %q", doc.Format, ProfileFormat)
	}
	if again, err := jcs.Marshal(doc); err != nil || !bytes.Equal(again, raw) {
		return nil, fmt.Errorf("reading programme profile: a member is missing or null")
	}
	return doc, nil
}

// MaxProfile bounds a programme profile.
const MaxProfile = 64 << 10
