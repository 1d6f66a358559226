package programme

import (
	"bytes"
	"time"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// A Pack is the programme of one territory, seen by one authority.
type Pack struct {
	Format            string         `json:"format"`
	Territory         string         `json:"territory"` // ISO 3166-1 alpha-2, or EU, XI, ...
	Name              string         `json:"name"`      // of the territory
	Administration    string         `json:"administration"`
	TimeZone          string         `json:"time_zone"` // IANA name; of a union, its own seat
	Contact           Contact        `json:"contact"`
	Code              string         `json:"code"`  // of the programme: "NZ-SES"
	Title             string         `json:"title"` // of the programme: "Secure Exports Scheme"
	Since             int            `json:"since"`
	Law               string         `json:"law"`
	Members           []Member       `json:"members"` // of a union; empty elsewhere
	Types             []Type         `json:"types"`
	Roles             []RoleUse      `json:"roles"`
	Requirements      []Requirement  `json:"requirements"`
	Criteria          []Criterion    `json:"criteria"` // of the programme itself, and those it words otherwise than SAFE
	Schemes           []Scheme       `json:"schemes"`
	Effect            Effect         `json:"effect"`
	Validity          Validity       `json:"validity"`
	Deadlines         deadline.Rules `json:"deadlines"`
	Without           []Absence      `json:"without"` // deadlines the programme does not know
	Procedure         Procedure      `json:"procedure"`
	Monitoring        Monitoring     `json:"monitoring"`
	Certificates      []Certificate  `json:"certificates"`
	CredentialDays    int            `json:"credential_days"`
	SuspensionShownTo Audience       `json:"suspension_shown_to"`
	Releases          []Release      `json:"releases"`
	Notes             []Note         `json:"notes"`

	// Authority is who decides: the territory itself, or a member of the union.
	Authority string `json:"-"`
	// AuthorityName is its name for people.
	AuthorityName string `json:"-"`

	asked   [][]Criterion // under each requirement
	zone    *time.Location
	raw     []byte
	sum     [32]byte // of raw
	profile []byte
}

// A Contact is where partners and traders write to.
type Contact struct {
	Mailbox string `json:"mailbox"`
	Unsure  string `json:"unsure,omitempty"`
}

// A Member is a deciding authority of a union.
type Member struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	TimeZone string `json:"time_zone"`
}

// A Type is a kind of authorisation a trader applies for.
type Type struct {
	Code        string    `json:"code"`
	Title       string    `json:"title"`
	Components  []string  `json:"components,omitempty"` // what it joins; empty for a type that stands alone
	Roles       []Role    `json:"roles,omitempty"`      // what it may cover; empty means every role of the pack
	Rank        int       `json:"rank,omitempty"`       // order among tiers; 0 where types are no scale
	Security    bool      `json:"security"`             // includes the SAFE security part
	MRAEligible bool      `json:"mra_eligible"`         // may be recognised abroad
	Validity    *Validity `json:"validity,omitempty"`   // where it lasts otherwise than the programme's others
	Source      string    `json:"source"`
	Unsure      string    `json:"unsure,omitempty"`
}

// A RoleUse is a role as this programme names it.
type RoleUse struct {
	Code   Role   `json:"code"`
	Title  string `json:"title"`
	Source string `json:"source"`
	Unsure string `json:"unsure,omitempty"`
}

// A Requirement is a heading of the programme's law under which criteria stand.
type Requirement struct {
	Code   string   `json:"code"`
	Title  string   `json:"title"`
	Types  []string `json:"types,omitempty"` // components it is examined for; empty means all
	SAFE   []string `json:"safe"`            // criteria letters A to M of the SAFE Framework
	Source string   `json:"source"`
	Unsure string   `json:"unsure,omitempty"`
}

// An Audience says to whom the words of a suspension are shown (protocol 5). The
// bits are public in any case, reasons never.
type Audience string

// The audiences.
const (
	ShownToPublic  Audience = "public"
	ShownToCustoms Audience = "customs"
)

// Values are all audiences.
func (Audience) Values() []Audience { return []Audience{ShownToPublic, ShownToCustoms} }

// A Release is one lawful way of letting data about a holder out (domain, f.7).
type Release struct {
	Purpose string `json:"purpose"` // publication, exchange, presentation
	Scope   string `json:"scope"`   // all, set, one
	Basis   string `json:"basis"`   // consent, law, terms
	Source  string `json:"source"`
	Unsure  string `json:"unsure,omitempty"`
}

// A Note is a fact that software does not act on, kept beside those it does.
type Note struct {
	Text   string `json:"text"`
	Source string `json:"source"`
	Unsure string `json:"unsure,omitempty"`
}

// Raw returns a copy of the pack's JSON: as embedded, of an outline as completed.
func (p *Pack) Raw() []byte { return bytes.Clone(p.raw) }

// SHA256 is the digest of what Raw returns.
func (p *Pack) SHA256() [32]byte { return p.sum }

// Union reports whether the territory has members that decide.
func (p *Pack) Union() bool { return len(p.Members) > 0 }
