package federation

import "fmt"

// A Reason is one of the closed reasons of protocol 11. Each belongs to one
// verdict; two of them are written "ended", under different verdicts.
type Reason int

// The reasons, by verdict. The zero Reason belongs to the zero Verdict.
const (
	BundleInvalid Reason = iota
	BundleRolledBack
	ClockBeforeBundle
	AtAfterBundle
	IssuerUnknown
	ChainInvalid
	IssuerKeyUnknown
	IssuerKeyCompromised
	AtBeforeHistory
	BundleExpired
	StatusMissing
	NewerCredentialExists
	StatusStale
	QuorumMissing
	ReceiptMissing
	BindingMissing
	LevelTooLow
	NotDisclosed
	NameNotDisclosed
	NotListed
	ListTooOld
	LogMisbehaviour

	ByArrangement
	OwnProgramme

	OK

	NoArrangement
	NotYetInEffect
	ArrangementEnded // "ended" under not_recognised
	SuspendedArrangement
	TypeNotCovered
	RoleNotCovered
	DirectionNotCovered
	NotExchanged
	LocalHold

	StatusSuspended // "suspended" under suspended

	NotYet
	Expired
	Ended // "ended" under not_in_force
	Annulled

	BadSignature
	DuplicateDigest
	DisclosureUnknown
	TokenDiffersFromLog
	BindingBad

	Unreadable
	WrongFormat
	TooLarge
)

// Reasons are all of them, in the order of the constants.
func Reasons() []Reason {
	out := make([]Reason, len(reasons))
	for i := range out {
		out[i] = Reason(i)
	}
	return out
}

// Values are [Reasons].
func (Reason) Values() []Reason { return Reasons() }

// row is the reason's row of the table; that of the zero Reason for a value
// that is none, so that a mistake never reads as a good verdict.
func (r Reason) row() reasonRow {
	if r < 0 || int(r) >= len(reasons) {
		return reasons[BundleInvalid]
	}
	return reasons[r]
}

// String is the reason's word, e.g. "by_arrangement".
func (r Reason) String() string { return r.row().name }

// Verdict is the one verdict the reason can have.
func (r Reason) Verdict() Verdict { return r.row().verdict }

// Exit is the exit code of a command whose result it is.
func (r Reason) Exit() int { return r.row().exit }

// Text says it in a sentence to somebody who never heard of this system.
func (r Reason) Text() string { return r.row().text }

// Problem is the type of an RFC 9457 problem document about it.
func (r Reason) Problem() string {
	return "urn:aeo:problem:" + r.Verdict().String() + ":" + r.String()
}

// ReasonOf finds a reason by verdict and word, which together are unambiguous.
func ReasonOf(v Verdict, word string) (Reason, error) {
	for i, row := range reasons {
		if row.verdict == v && row.name == word {
			return Reason(i), nil
		}
	}
	return 0, fmt.Errorf("reason %.40q of verdict %s is not known", word, v)
}

// MarshalText is String.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText writes. "ended" alone becomes [Ended];
// [ReadDecision] tells the two apart by the verdict beside it.
func (r *Reason) UnmarshalText(text []byte) error {
	found := false
	for i, row := range reasons {
		if row.name == string(text) {
			*r, found = Reason(i), true
		}
	}
	if !found {
		return fmt.Errorf("reason %.40q is not known", text)
	}
	return nil
}
