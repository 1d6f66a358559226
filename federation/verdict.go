package federation

import "fmt"

// A Verdict is the headline of a decision. The zero value is CannotTell.
type Verdict int

// The verdicts.
const (
	CannotTell     Verdict = iota // treat as an ordinary trader: no benefit, no suspicion
	Recognised                    // in force there and recognised here
	InForce                       // in force there; nothing else was asked
	NotRecognised                 // in force there, of no effect here
	Suspended                     // not in force at present
	NotInForce                    // over, or not begun
	NotAuthentic                  // not what the issuer signed
	NotACredential                // something else
)

var verdictNames = [...]string{
	CannotTell:     "cannot_tell",
	Recognised:     "recognised",
	InForce:        "in_force",
	NotRecognised:  "not_recognised",
	Suspended:      "suspended",
	NotInForce:     "not_in_force",
	NotAuthentic:   "not_authentic",
	NotACredential: "not_a_credential",
}

// Verdicts are all of them.
func Verdicts() []Verdict {
	out := make([]Verdict, len(verdictNames))
	for i := range out {
		out[i] = Verdict(i)
	}
	return out
}

// Values are [Verdicts].
func (Verdict) Values() []Verdict { return Verdicts() }

// String is the verdict's word, e.g. "not_recognised".
func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdictNames) {
		return fmt.Sprintf("verdict %d", int(v))
	}
	return verdictNames[v]
}

// Good reports whether the trader may be treated as trusted: the one class
// that exits with 0.
func (v Verdict) Good() bool { return v == Recognised || v == InForce }

// MarshalText is String.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (v *Verdict) UnmarshalText(text []byte) error {
	for i, name := range verdictNames {
		if name == string(text) {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("verdict %.40q is not known", text)
}
