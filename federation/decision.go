package federation

import (
	"fmt"

	"github.com/aeo-registry/aeo/keys/jcs"
)

const (
	schema      = "aeo.decision/1"
	maxDecision = 4 << 20 // a file has at most 64 components
)

// A Decision is the answer: JSON aeo.decision/1. Times are Unix seconds.
type Decision struct {
	Schema        string      `json:"schema"`
	Verdict       Verdict     `json:"verdict"`
	Reason        Reason      `json:"reason"`
	Status        string      `json:"status"`      // in the issuer's territory: in_force, suspended, not_in_force, unknown
	Recognition   string      `json:"recognition"` // for As: recognised, own_programme, not_recognised, not_asked, unknown
	RecognisedFor []Scope     `json:"recognised_for,omitzero"`
	Basis         string      `json:"basis,omitzero"` // presented_copy, directory, list
	Caveats       []Caveat    `json:"caveats,omitzero"`
	MRA           *MRARef     `json:"mra,omitzero"`
	Pilot         *Pilot      `json:"pilot,omitzero"`  // only where it was asked for
	List          *ListRef    `json:"list,omitzero"`   // with basis list: where it stands
	Holder        *Holder     `json:"holder,omitzero"` // only after the signature verified
	Issuer        *IssuerRef  `json:"issuer,omitzero"`
	Contacts      []Contact   `json:"contacts,omitzero"`
	As            string      `json:"as"`
	At            int64       `json:"at"`
	Now           int64       `json:"now"`
	StatusAsOf    int64       `json:"status_as_of,omitzero"` // when the issuer's log was last confirmed
	StatusSince   int64       `json:"status_since,omitzero"` // effective instant of the status; 0 where not known
	Cosigned      *Cosigned   `json:"cosigned,omitzero"`     // what others say of the head of the issuer's log
	Bundle        *BundleRef  `json:"bundle,omitzero"`
	Checks        []Check     `json:"checks"`
	Evidence      *Evidence   `json:"evidence,omitzero"`
	KnownThen     *Answers    `json:"known_then,omitzero"`
	Components    []*Decision `json:"components,omitzero"` // each credential of a file with several
}

// A Scope is one role and direction for which the status is recognised, as
// what, and what it may bring.
type Scope struct {
	Role      string   `json:"role"`
	Direction string   `json:"direction"` // import, export; both under the own programme
	As        string   `json:"as"`
	Benefits  []string `json:"benefits"`
}

// A MRARef names the version of the arrangement that was applied.
type MRARef struct {
	ID       string `json:"id"`
	Version  int64  `json:"version"`
	OneSided bool   `json:"one_sided,omitzero"` // recognised by us alone, over lists
}

// A Holder is what was disclosed of the trader.
type Holder struct {
	LegalName       string   `json:"legal_name,omitzero"`
	Identifiers     []string `json:"identifiers,omitzero"`
	Roles           []string `json:"roles,omitzero"`
	Names           []string `json:"names,omitzero"`
	AuthorisationNo string   `json:"authorisation_no,omitzero"`
	EffectiveOn     string   `json:"effective_on,omitzero"`
	Programme       string   `json:"programme"`
	Type            string   `json:"authorisation_type"`
	NotBefore       int64    `json:"not_before"`
	Expires         int64    `json:"expires,omitzero"` // of the credential; a directory states none
}

// An IssuerRef is the administration that makes the statement.
type IssuerRef struct {
	EntityID  string `json:"entity_id"`
	Territory string `json:"territory"`
	Authority string `json:"authority"`
	Name      string `json:"name,omitzero"`
	DecidedBy string `json:"decided_by,omitzero"` // the member of the union that decided, where the union's node acts for it
}

// A Contact is whom to ask, there and at home.
type Contact struct {
	Of      string `json:"of"` // territory
	Mailbox string `json:"mailbox"`
}

// A BundleRef names the bundle that was used.
type BundleRef struct {
	Territory string `json:"territory"`
	Seq       int64  `json:"seq"`
	Iat       int64  `json:"iat"`
	Age       int64  `json:"age"`
}

// Cosigned is what the cosignatures on the head of the issuer's log are worth
// under the bundle's policy.
type Cosigned struct {
	Quorum string      `json:"quorum"` // met, missing; absent as a whole where the policy asks for none
	By     []Cosigning `json:"by"`
}

// A Cosigning is one that counts.
type Cosigning struct {
	Name string `json:"name"` // host/witness or host/auditor
	At   int64  `json:"at"`
}

// A Check is one row of "what we checked".
type Check struct {
	ID     string `json:"id"`
	Result string `json:"result"` // ok, failed, not_reached, not_asked
	Detail string `json:"detail,omitzero"`
}

// Results of a check.
const (
	Passed     = "ok"
	Failed     = "failed"
	NotReached = "not_reached"
	NotAsked   = "not_asked"
)

// Evidence are hex SHA-256 digests of what the decision rests on.
type Evidence struct {
	Input    string `json:"input"`
	Manifest string `json:"manifest"` // empty where no bundle could be opened
	Anchor   string `json:"anchor"`   // its fingerprint; empty likewise
	MRA      string `json:"mra,omitzero"`
}

// Answers are both answers and the headline as they would have been from what
// was recorded by the instant asked about.
type Answers struct {
	Verdict     Verdict `json:"verdict"`
	Reason      Reason  `json:"reason"`
	Status      string  `json:"status"`
	Recognition string  `json:"recognition"`
}

// Bases: what shows that the statement is the issuer's.
const (
	PresentedCopy = "presented_copy" // says that the company is an AEO, not that the sender is that company
	Directory     = "directory"      // the issuer's own signed list
	List          = "list"           // a list of a partner without a node, taken over by two officers, signed by nobody there
)

// The values of Status and Recognition.
const (
	StatusInForce    = "in_force"
	StatusNotInForce = "not_in_force"
	Unknown          = "unknown"

	RecognitionNotAsked = "not_asked"
)

// answers are the two answers a reason stands for. A status is stated only
// where it was found and, if it is a good one, all that could take it away
// again was checked: of the reasons to be unable to tell only not_disclosed
// comes after that.
func answers(r Reason, statusOnly bool) (status, recognition string) {
	recognition = Unknown
	if statusOnly {
		recognition = RecognitionNotAsked
	}
	switch r.Verdict() {
	case Suspended:
		return Suspended.String(), recognition
	case NotInForce:
		return StatusNotInForce, recognition
	case InForce:
		return StatusInForce, recognition
	case NotRecognised:
		return StatusInForce, NotRecognised.String()
	case Recognised:
		if r == OwnProgramme {
			return StatusInForce, OwnProgramme.String()
		}
		return StatusInForce, Recognised.String()
	}
	if r == NotDisclosed {
		return StatusInForce, recognition
	}
	return Unknown, recognition
}

// ReadDecision reads a decision as JSON, e.g. one that was kept.
func ReadDecision(raw []byte) (*Decision, error) {
	if len(raw) > maxDecision {
		return nil, fmt.Errorf("read decision: %d bytes, at most %d", len(raw), maxDecision)
	}
	var d Decision
	if err := jcs.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("read decision: %w", err)
	}
	if err := d.settle(); err != nil {
		return nil, fmt.Errorf("read decision: %w", err)
	}
	return &d, nil
}

// settle finds the reasons by their verdicts and refuses pairs that do not exist.
func (d *Decision) settle() (err error) {
	if d.Schema != schema {
		return fmt.Errorf("schema %.40q, want %s", d.Schema, schema)
	}
	if d.Reason, err = ReasonOf(d.Verdict, d.Reason.String()); err != nil {
		return err
	}
	if k := d.KnownThen; k != nil {
		if k.Reason, err = ReasonOf(k.Verdict, k.Reason.String()); err != nil {
			return err
		}
	}
	for _, c := range d.Components {
		if c == nil || c.Components != nil {
			return fmt.Errorf("a component is missing or has components itself")
		}
		if err := c.settle(); err != nil {
			return err
		}
	}
	return nil
}
