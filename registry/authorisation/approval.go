package authorisation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// An ApprovalState is where an act stands that takes two people.
type ApprovalState string

// The states of an approval. Proposed waits for the second person; given is agreed
// and not carried out yet; the others are final.
const (
	ApprovalProposed ApprovalState = "proposed"
	ApprovalGiven    ApprovalState = "given"
	ApprovalDone     ApprovalState = "done"
	ApprovalFailed   ApprovalState = "failed"
	ApprovalRefused  ApprovalState = "refused"
	ApprovalLapsed   ApprovalState = "lapsed"
)

// MaxRequest bounds the request an approval holds itself; a larger one is kept in a
// file that its digest names.
const MaxRequest = 32 << 10

// An Approval is the state of an act that one person asked for and another must
// agree to: the very bytes of the request.
type Approval struct {
	Case      string         `json:"case"`
	State     ApprovalState  `json:"state"`
	What      string         `json:"what"`             // path of the API that the request was posted to
	Request   jsontext.Value `json:"request,omitzero"` // without who acts; absent where it is larger than MaxRequest
	SHA256    string         `json:"sha256"`           // of the request
	Operator  string         `json:"operator,omitzero"`
	By        string         `json:"by"`
	At        int64          `json:"at"`
	ExpiresAt int64          `json:"expires_at"`
	Second    string         `json:"second,omitzero"`
	Reason    string         `json:"reason,omitzero"` // why it was refused, or could not be carried out
	DecidedAt int64          `json:"decided_at"`
}

// The commands for an approval. GiveApproval is the second person's word;
// SettleApproval says what came of it.
type (
	ProposeApproval struct {
		By
		ApprovalAsked
	}
	GiveApproval   struct{ By }
	RefuseApproval struct {
		By
		Reason string
	}
	SettleApproval struct {
		By
		Failed string // why; empty where the act was carried out
	}
	LapseApproval struct{ By }
)

func (ProposeApproval) name() string { return "propose" }
func (GiveApproval) name() string    { return "approve" }
func (RefuseApproval) name() string  { return "refuse approval" }
func (SettleApproval) name() string  { return "settle approval" }
func (LapseApproval) name() string   { return "lapse" }
func (LapseApproval) byClock()       {}

// Facts about an approval.
type (
	ApprovalAsked struct {
		What      string         `json:"what"`
		Request   jsontext.Value `json:"request,omitzero"`
		SHA256    string         `json:"sha256"`
		Operator  string         `json:"operator,omitzero"`
		ExpiresAt int64          `json:"expires_at"`
	}
	ApprovalAgreed struct{}
	ApprovalDenied struct {
		Reason string `json:"reason"`
	}
	ApprovalCarriedOut struct{}
	ApprovalNotCarried struct {
		Reason string `json:"reason"`
	}
	ApprovalRanOut struct{}
)

func (ApprovalAsked) event() (string, int64)      { return "approval.proposed", 1 }
func (ApprovalAgreed) event() (string, int64)     { return "approval.given", 1 }
func (ApprovalDenied) event() (string, int64)     { return "approval.refused", 1 }
func (ApprovalCarriedOut) event() (string, int64) { return "approval.done", 1 }
func (ApprovalNotCarried) event() (string, int64) { return "approval.failed", 1 }
func (ApprovalRanOut) event() (string, int64)     { return "approval.lapsed", 1 }

func (ApprovalAsked) opens() {}

var approvalForms = map[string]form{
	"approval.proposed/1": read[ApprovalAsked],
	"approval.given/1":    read[ApprovalAgreed],
	"approval.refused/1":  read[ApprovalDenied],
	"approval.done/1":     read[ApprovalCarriedOut],
	"approval.failed/1":   read[ApprovalNotCarried],
	"approval.lapsed/1":   read[ApprovalRanOut],
}

// Open reports whether something can still come of it.
func (s ApprovalState) Open() bool { return s == ApprovalProposed || s == ApprovalGiven }

// Wakes is when it lapses.
func (a Approval) Wakes() (at int64, ok bool) { return a.ExpiresAt, a.State.Open() }

func (a Approval) state() string {
	if a.State == "" {
		return "not proposed"
	}
	return string(a.State)
}

// Decide answers a command with the events it brings about.
func (a Approval) Decide(c Command) ([]Event, error) {
	if err := admit(c, a.state(), a.Case, a.DecidedAt); err != nil {
		return nil, err
	}
	if p, ok := c.(ProposeApproval); ok {
		if a.Case != "" || p.ExpiresAt <= p.At {
			return nil, &TransitionError{a.state(), c.name(), "it is proposed once, for later"}
		}
		return one(p.By, p.At, p.ApprovalAsked)
	}
	no := func(why string) ([]Event, error) { return nil, &TransitionError{a.state(), c.name(), why} }
	if !a.State.Open() {
		return no("it is closed")
	}
	at := c.by().At
	switch c := c.(type) {
	case LapseApproval:
		if at < a.ExpiresAt {
			return no("its time has not run out")
		}
		return one(c.By, a.ExpiresAt, ApprovalRanOut{})
	case GiveApproval:
		switch {
		case a.State != ApprovalProposed:
			return no("it is approved already")
		case at >= a.ExpiresAt:
			return no("its time has run out")
		case c.is(a.By):
			return nil, fmt.Errorf("%w: %s proposed it", ErrFourEyes, a.By)
		}
		return one(c.By, at, ApprovalAgreed{})
	case RefuseApproval:
		if a.State != ApprovalProposed {
			return no("it is approved already")
		}
		return one(c.By, at, ApprovalDenied{c.Reason})
	case SettleApproval:
		if a.State != ApprovalGiven {
			return no("nobody has approved it")
		}
		if c.Failed != "" {
			return one(c.By, at, ApprovalNotCarried{c.Failed})
		}
		return one(c.By, at, ApprovalCarriedOut{})
	}
	return no("not a command for an approval")
}

// Apply returns the state after an event.
func (a Approval) Apply(e Event) (Approval, error) {
	if err := follows(e, a.Case, a.DecidedAt); err != nil {
		return a, err
	}
	switch d := e.Data.(type) {
	case ApprovalAsked:
		a = Approval{Case: e.Case, State: ApprovalProposed, What: d.What, Request: d.Request, SHA256: d.SHA256, Operator: d.Operator,
			By: e.Actor, At: e.DecidedAt, ExpiresAt: d.ExpiresAt}
	case ApprovalAgreed:
		a.State, a.Second = ApprovalGiven, e.Actor
	case ApprovalDenied:
		a.State, a.Second, a.Reason = ApprovalRefused, e.Actor, d.Reason
	case ApprovalCarriedOut:
		a.State = ApprovalDone
	case ApprovalNotCarried:
		a.State, a.Reason = ApprovalFailed, d.Reason
	case ApprovalRanOut:
		a.State = ApprovalLapsed
	default:
		return a, fmt.Errorf("applying %s to an approval: %w", e.Type(), ErrUnknownEvent)
	}
	a.DecidedAt = e.DecidedAt
	return a, nil
}

func (d ApprovalAsked) check() error {
	if len(d.Request) > MaxRequest {
		return &InputError{"request", fmt.Sprintf("larger than %d bytes", MaxRequest)}
	}
	if sum := sha256.Sum256(d.Request); len(d.Request) > 0 && hex.EncodeToString(sum[:]) != d.SHA256 {
		return &InputError{"sha256", "not that of the request"}
	}
	if d.Operator != "" {
		if err := code("operator", d.Operator); err != nil {
			return err
		}
	}
	return first(code("what", d.What), digest("sha256", d.SHA256), instant("expires_at", d.ExpiresAt))
}

func (ApprovalAgreed) check() error       { return nil }
func (ApprovalCarriedOut) check() error   { return nil }
func (ApprovalRanOut) check() error       { return nil }
func (d ApprovalDenied) check() error     { return text("reason", d.Reason, maxLine) }
func (d ApprovalNotCarried) check() error { return text("reason", d.Reason, maxLine) }
