package mra

import (
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// A Document is the payload of an annex. Dates are written 2006-01-02.
type Document struct {
	ID           string        `json:"id"`                   // e.g. "JP-NZ"
	Version      int64         `json:"version"`              // 1, 2, 3 ...
	PrevSHA256   string        `json:"prev_sha256,omitzero"` // digest of the version before; absent for 1
	Instrument   Instrument    `json:"instrument"`
	Parties      []Party       `json:"parties"`
	SignedOn     string        `json:"signed_on"`
	Recognitions []Recognition `json:"recognitions"`
	Freshness    *Freshness    `json:"freshness,omitzero"`
	DataSharing  DataSharing   `json:"data_sharing"`
	Termination  Termination   `json:"termination"`
	ReviewOn     string        `json:"review_on"`
}

// An Instrument is the legal text the annex executes.
type Instrument struct {
	Title     string   `json:"title"`
	Citation  string   `json:"citation"`
	URL       string   `json:"url"` // empty where it is not published
	SHA256    string   `json:"sha256,omitzero"`
	Languages []string `json:"languages"`
}

// A Party is one administration: a customs territory or a union.
type Party struct {
	Territory string            `json:"territory"`
	EntityID  string            `json:"entity_id"`
	Root      []*keys.PublicKey `json:"root"`
	TimeZone  string            `json:"time_zone"` // IANA name
	Contacts  Contacts          `json:"contacts"`
	Signatory Signatory         `json:"signatory"`
}

// Contacts are where people of the other parties turn to.
type Contacts struct {
	Mailbox   string `json:"mailbox"`
	DutyPhone string `json:"duty_phone"`
}

// A Signatory says in which function, and under which mandate, a party signs.
type Signatory struct {
	Function string `json:"function"`
	Mandate  string `json:"mandate"`
}

// A Recognition is one rule: By treats holders of Of's authorisation as holders
// of its own equivalent, in these roles and directions, between two dates.
type Recognition struct {
	By                string       `json:"by"`
	Of                string       `json:"of"`
	Programme         string       `json:"programme"`
	AuthorisationType string       `json:"authorisation_type"`
	Roles             []string     `json:"roles"`
	Direction         string       `json:"direction"`    // import, export or both, seen from By
	As                string       `json:"as"`           // By's equivalent
	AppliesWhen       string       `json:"applies_when"` // consignor, manufacturer, any, all
	DateBasis         string       `json:"date_basis"`   // acceptance, arrival, loading
	IDRendering       *IDRendering `json:"id_rendering,omitzero"`
	DeclarationHint   *Hint        `json:"declaration_hint,omitzero"`
	Benefits          []string     `json:"benefits"`
	From              string       `json:"from"`
	Until             string       `json:"until,omitzero"` // the first day on which it no longer holds
	Pilot             bool         `json:"pilot,omitzero"` // for test data alone; has an Until
}

// A Hint says where By's declaration takes the holder's number.
type Hint struct {
	Element string `json:"element"`
	Code    string `json:"code"`
	Text    string `json:"text"`
}

// Freshness is how old what is known about a status may be, in seconds: the
// age aimed at, the age from which a verdict says so, and the age from which it
// no longer counts.
type Freshness struct {
	Target      int64 `json:"target"`
	WarnAfter   int64 `json:"warn_after"`
	HonourUntil int64 `json:"honour_until"`
}

// DefaultFreshness is what holds where an annex is silent: an hour, a day, a week.
func DefaultFreshness() Freshness {
	return Freshness{Target: 3600, WarnAfter: 24 * 3600, HonourUntil: 7 * 24 * 3600}
}

// DataSharing is what the parties tell each other about holders.
type DataSharing struct {
	Fields       []string `json:"fields"`
	ReleaseBasis string   `json:"release_basis"` // consent, law
	Basis        string   `json:"basis"`         // exchange, presentation, either
	Retention    string   `json:"retention"`
	Onward       string   `json:"onward"` // none
}

// What becomes of goods under way when recognition ends.
const (
	Honour = "honour"
	Stop   = "stop"
)

// Termination is how a party leaves.
type Termination struct {
	NoticeDays int64  `json:"notice_days"`
	InTransit  string `json:"in_transit"` // honour, stop: goods already under way
}

// SHA256 is the digest of the document in RFC 8785 form, in lower-case
// hexadecimal: what both logs hold and the next version names. Signatures are
// left out, since a party could make many over one text. It is empty where the
// document cannot be written as JSON, which Check refuses.
func (d *Document) SHA256() string {
	raw, err := jcs.Marshal(d)
	if err != nil {
		return ""
	}
	return keys.SHA256Hex(raw)
}

// party finds the party of a territory; nil where it is none.
func (d *Document) party(territory string) *Party {
	for i := range d.Parties {
		if d.Parties[i].Territory == territory {
			return &d.Parties[i]
		}
	}
	return nil
}

// signer is the index of the party that lists the root key; -1 where none does.
func (d *Document) signer(kid string) (int, *keys.PublicKey) {
	for i, p := range d.Parties {
		for _, k := range p.Root {
			if k != nil && k.KID() == kid {
				return i, k
			}
		}
	}
	return -1, nil
}
