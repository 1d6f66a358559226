package authorisation

import (
	"cmp"
	"fmt"
	"slices"
)

// The kinds of documents a programme is made of.
const (
	RulesDocument    = "pack"     // aeo.pack: types, criteria, deadlines, procedure
	HolidaysDocument = "holidays" // aeo.holidays: of one authority and year
)

// A Document is a version of the law a programme runs by. Its content is kept
// outside the log, signed; the digest binds it.
type Document struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`   // of a pack the programme's code, of holidays "DE-2026"
	SHA256 string `json:"sha256"` // of the content
}

// An ApprovedDocument names the two who approved it.
type ApprovedDocument struct {
	Document
	By     string `json:"by"`
	Second string `json:"second"`
	At     int64  `json:"at"`
}

// An Activation is the decision that a document is in force from an instant on.
type Activation struct {
	Document
	From    int64  `json:"from"`
	By      string `json:"by"`
	Second  string `json:"second"`
	At      int64  `json:"at"`
	InForce bool   `json:"in_force,omitzero"` // the instant has come and what follows from it was done
}

// A Programme is the state of the law an administration runs its programme by. The
// zero Programme runs by what the software brings along.
type Programme struct {
	Case        string             `json:"case"`
	Documents   []ApprovedDocument `json:"documents"`
	Activations []Activation       `json:"activations"` // by From; of one instant the one decided last counts
	DecidedAt   int64              `json:"decided_at"`
}

// The commands for a programme.
type (
	// ApproveDocument takes two persons. The first opens the case.
	ApproveDocument struct {
		By
		Second   string
		Document Document
	}
	// ActivateDocument takes two persons. From is an instant not before the decision.
	ActivateDocument struct {
		By
		Second string
		SHA256 string
		From   int64
	}
	// EnforceDocument records that the next activation's instant has come.
	EnforceDocument struct{ By }
)

func (ApproveDocument) name() string  { return "approve document" }
func (ActivateDocument) name() string { return "activate document" }
func (EnforceDocument) name() string  { return "put document in force" }
func (EnforceDocument) byClock()      {}

// Facts about a programme.
type (
	ProgrammeOpened  struct{ DocumentApproved }
	DocumentApproved struct {
		Document Document `json:"document"`
		Second   string   `json:"second"`
	}
	DocumentActivated struct {
		SHA256 string `json:"sha256"`
		Second string `json:"second"`
	}
	DocumentInForce struct {
		SHA256 string `json:"sha256"`
	}
)

func (ProgrammeOpened) event() (string, int64)   { return "programme.opened", 1 }
func (ProgrammeOpened) opens()                   {}
func (DocumentApproved) event() (string, int64)  { return "programme.approved", 1 }
func (DocumentActivated) event() (string, int64) { return "programme.activated", 1 }
func (DocumentInForce) event() (string, int64)   { return "programme.in_force", 1 }

var programmeForms = map[string]form{
	"programme.opened/1":    read[ProgrammeOpened],
	"programme.approved/1":  read[DocumentApproved],
	"programme.activated/1": read[DocumentActivated],
	"programme.in_force/1":  read[DocumentInForce],
}

func (d DocumentApproved) check() error {
	return first(oneOf("kind", d.Document.Kind, RulesDocument, HolidaysDocument), code("name", d.Document.Name),
		digest("sha256", d.Document.SHA256), text("second", d.Second, maxName))
}

func (d DocumentActivated) check() error {
	return first(digest("sha256", d.SHA256), text("second", d.Second, maxName))
}

func (d DocumentInForce) check() error { return digest("sha256", d.SHA256) }

// Approved is the approved document of that digest.
func (p Programme) Approved(sha256 string) (Document, bool) {
	i := slices.IndexFunc(p.Documents, func(d ApprovedDocument) bool { return d.SHA256 == sha256 })
	if i < 0 {
		return Document{}, false
	}
	return p.Documents[i].Document, true
}

// Wakes is when the next activation comes in force.
func (p Programme) Wakes() (at int64, ok bool) {
	i := p.next()
	if i < 0 {
		return 0, false
	}
	return p.Activations[i].From, true
}

func (p Programme) next() int {
	return slices.IndexFunc(p.Activations, func(a Activation) bool { return !a.InForce })
}

func (p Programme) words() string {
	if p.Case == "" {
		return "nothing is approved"
	}
	return fmt.Sprintf("%d documents are approved", len(p.Documents))
}

// Decide answers a command with the events it brings about.
func (p Programme) Decide(c Command) ([]Event, error) {
	if err := admit(c, p.words(), p.Case, p.DecidedAt); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case ApproveDocument:
		return p.approve(c)
	case ActivateDocument:
		return p.activate(c)
	case EnforceDocument:
		i := p.next()
		if i < 0 || p.Activations[i].From > c.At {
			return nil, &TransitionError{p.words(), c.name(), "nothing comes in force now"}
		}
		return one(c.By, p.Activations[i].From, DocumentInForce{p.Activations[i].SHA256})
	}
	return nil, &TransitionError{p.words(), c.name(), "not a command for a programme"}
}

func (p Programme) approve(c ApproveDocument) ([]Event, error) {
	if err := twoOfficers(c.By, c.Second); err != nil {
		return nil, fmt.Errorf("approve: %w", err)
	}
	if _, done := p.Approved(c.Document.SHA256); done {
		return nil, &TransitionError{p.words(), c.name(), "this document is approved already"}
	}
	fact := DocumentApproved{c.Document, c.Second}
	if p.Case == "" {
		return one(c.By, c.At, ProgrammeOpened{fact})
	}
	return one(c.By, c.At, fact)
}

func (p Programme) activate(c ActivateDocument) ([]Event, error) {
	if err := twoOfficers(c.By, c.Second); err != nil {
		return nil, fmt.Errorf("activate: %w", err)
	}
	if _, ok := p.Approved(c.SHA256); !ok {
		return nil, &TransitionError{p.words(), c.name(), "this document is not approved"}
	}
	if c.From < c.At {
		return nil, &InputError{"from", "earlier than the decision"}
	}
	return one(c.By, c.From, DocumentActivated{c.SHA256, c.Second})
}

// Apply returns the state after an event.
func (p Programme) Apply(e Event) (Programme, error) {
	if err := follows(e, p.Case, p.DecidedAt); err != nil {
		return p, err
	}
	p.Documents, p.Activations = slices.Clone(p.Documents), slices.Clone(p.Activations)
	switch d := e.Data.(type) {
	case ProgrammeOpened:
		p = Programme{Case: e.Case, Activations: []Activation{}}
		p.approved(d.DocumentApproved, e)
	case DocumentApproved:
		p.approved(d, e)
	case DocumentActivated:
		doc, ok := p.Approved(d.SHA256)
		if !ok {
			return p, fmt.Errorf("applying %s: no such document", e.Type())
		}
		p.Activations = append(p.Activations, Activation{Document: doc, From: e.EffectiveAt, By: e.Actor, Second: d.Second, At: e.DecidedAt})
		slices.SortStableFunc(p.Activations, func(a, b Activation) int { return cmp.Compare(a.From, b.From) })
	case DocumentInForce:
		i := p.next()
		if i < 0 || p.Activations[i].SHA256 != d.SHA256 || p.Activations[i].From != e.EffectiveAt {
			return p, fmt.Errorf("applying %s: not what comes in force next", e.Type())
		}
		p.Activations[i].InForce = true
	default:
		return p, fmt.Errorf("applying %s to a programme: %w", e.Type(), ErrUnknownEvent)
	}
	p.DecidedAt = e.DecidedAt
	return p, nil
}

func (p *Programme) approved(d DocumentApproved, e Event) {
	p.Documents = append(p.Documents, ApprovedDocument{d.Document, e.Actor, d.Second, e.DecidedAt})
}
