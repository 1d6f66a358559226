package federation

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
)

// A Level is how much proof is asked.
type Level string

// The levels; the empty one is LevelStatus.
const (
	LevelStatus       Level = "status"       // signature, and status in the lists of the log
	LevelTransparency Level = "transparency" // also a receipt: the credential is in the log
)

// Values are all levels.
func (Level) Values() []Level { return []Level{LevelStatus, LevelTransparency} }

// A Question is what is asked of a presentation. Times are Unix seconds.
type Question struct {
	At         int64  // the instant asked about; 0 = Now
	Now        int64  // the verifier's clock; required
	As         string // recognising territory, or a member of it; "" = the bundle's territory
	StatusOnly bool   // leaves recognition out, and with it Role and Direction
	Type       string // authorisation type needed; "" = any
	Role       string // role in the supply chain; "" = any
	Direction  string // import or export, seen from As; "" = any
	Level      Level  // "" = status; the bundle may demand more
	MaxAge     int64  // seconds since the status was confirmed; 0 = as agreed
	Pilot      bool   // also what the rules of a pilot make of it, as test data; never decides
	Name       string // the name the asker expects: warns where it differs, never decides
}

// A QuestionError says that a question cannot be asked: a mistake of whoever
// asks, not a finding about a trader.
type QuestionError struct {
	Field   string // e.g. "as"
	Problem string
}

func (e *QuestionError) Error() string { return e.Field + ": " + e.Problem }

func unfit(field, format string, args ...any) error {
	return &QuestionError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// CheckQuestion reports whether the question can be asked under this bundle;
// the error is a *QuestionError. It is to be called before Verify and Lookup:
// they do not repeat it, and answer a question that does not make sense with
// the first check that fails, never with a good verdict for what was not meant.
func (v *Verifier) CheckQuestion(q Question) error {
	switch {
	case q.Now <= 0:
		return unfit("now", "the time of the check is missing")
	case q.At < 0:
		return unfit("at", "%d is before 1970", q.At)
	case q.MaxAge < 0:
		return unfit("max_age", "%d seconds", q.MaxAge)
	case q.As != "" && !v.speaksFor(q.As):
		return unfit("as", "%.16q is neither %s, whose bundle this is, nor a member of it", q.As, v.bundle.Manifest().Territory)
	case q.Direction != "" && q.Direction != mra.Import && q.Direction != mra.Export:
		return unfit("direction", "%.20q, want import or export", q.Direction)
	case q.Level != "" && q.Level != LevelStatus && q.Level != LevelTransparency:
		return unfit("level", "%.20q, want status or transparency", q.Level)
	case !isCode(q.Type):
		return unfit("type", "%.80q is no code", q.Type)
	case !isCode(q.Role):
		return unfit("role", "%.80q is no code", q.Role)
	case len(q.Name) > maxName || !utf8.ValidString(q.Name):
		return unfit("name", "not a name of at most %d bytes of UTF-8", maxName)
	}
	return nil
}

const (
	maxCode = 64
	maxName = 1024 // more than a legal name of 200 characters needs
)

// isCode takes what the code of a type or role may be, and none.
func isCode(s string) bool {
	return len(s) <= maxCode && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// CheckIdentifier reports whether identifier is a trader identifier in
// canonical form, territory:scheme:value; the error is a *QuestionError.
func CheckIdentifier(identifier string) error {
	if _, _, _, err := credential.SplitIdentifier(identifier); err != nil {
		return unfit("identifier", "%v", err)
	}
	return nil
}

// speaksFor reports whether the bundle is the territory's own, or that of a
// union of which the authority is a member.
func (v *Verifier) speaksFor(as string) bool {
	m := v.bundle.Manifest()
	if as == m.Territory {
		return true
	}
	for i := range m.Issuers {
		if is := &m.Issuers[i]; is.Authority == as && v.ownProgramme(is) {
			return true
		}
	}
	return false
}

// ownProgramme reports whether an administration grants under the programme of
// the bundle's territory: itself, or a member of its union.
func (v *Verifier) ownProgramme(i *bundle.Issuer) bool {
	return i.Territory == v.bundle.Manifest().Territory
}
