package listed

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/credential"
)

// What a list says of an authorisation.
const (
	InForce   = "in_force"
	Suspended = "suspended"
	Ended     = "ended"
)

// Bounds of an entry.
const (
	MaxName  = 200 // characters of a legal name
	MaxRoles = 16
	MaxCode  = 32 // bytes of a programme, type or role
)

// An Entry is one authorisation of a holder, as a list names it.
type Entry struct {
	Identifier        string   `json:"identifier"` // territory:scheme:value
	Name              string   `json:"name"`
	Programme         string   `json:"programme"`
	AuthorisationType string   `json:"authorisation_type"`
	Roles             []string `json:"roles"`
	Status            string   `json:"status"`
	EffectiveOn       string   `json:"effective_on"`
	SuspendedSince    string   `json:"suspended_since,omitzero"` // where suspended
	EndedOn           string   `json:"ended_on,omitzero"`        // where ended
}

// Key tells entries of one list apart and orders them: a holder has each type once.
func (e *Entry) Key() string { return e.Identifier + " " + e.AuthorisationType }

// Check reports the first rule that an entry of a territory breaks.
func (e *Entry) Check(territory string) error {
	of, _, _, err := credential.SplitIdentifier(e.Identifier)
	if err == nil && of != territory {
		err = fmt.Errorf("identifier %.80q is not of %s", e.Identifier, territory)
	}
	if err := cmp.Or(err, CheckName(e.Name), checkCode("programme", e.Programme), checkCode("authorisation_type", e.AuthorisationType), e.checkRoles()); err != nil {
		return err
	}
	return e.checkDates()
}

func (e *Entry) checkRoles() error {
	if len(e.Roles) == 0 || len(e.Roles) > MaxRoles {
		return fmt.Errorf("%d roles, want 1 to %d", len(e.Roles), MaxRoles)
	}
	for i, r := range e.Roles {
		if err := checkCode("role", r); err != nil {
			return err
		}
		if slices.Contains(e.Roles[:i], r) {
			return fmt.Errorf("role %s stands twice", r)
		}
	}
	return nil
}

func (e *Entry) checkDates() error {
	for _, d := range []struct {
		name, date string
		wanted     bool
	}{
		{"effective_on", e.EffectiveOn, true},
		{"suspended_since", e.SuspendedSince, e.Status == Suspended},
		{"ended_on", e.EndedOn, e.Status == Ended},
	} {
		switch {
		case d.wanted && !IsDate(d.date):
			return fmt.Errorf("%s %.20q is no day written 2006-01-02", d.name, d.date)
		case !d.wanted && d.date != "":
			return fmt.Errorf("%s does not go with status %s", d.name, e.Status)
		case d.date != "" && d.date < e.EffectiveOn:
			return fmt.Errorf("%s %s lies before effective_on %s", d.name, d.date, e.EffectiveOn)
		}
	}
	if e.Status != InForce && e.Status != Suspended && e.Status != Ended {
		return fmt.Errorf("status %.20q, want %s, %s or %s", e.Status, InForce, Suspended, Ended)
	}
	return nil
}

// IsDate reports whether s is a day written 2006-01-02.
func IsDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// CheckName wants a name that a screen shows as it is: no control characters, no
// marks that turn the direction of writing, nothing invisible, no outer space.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("no name")
	case !utf8.ValidString(name) || strings.ContainsRune(name, utf8.RuneError):
		return errors.New("name is not UTF-8")
	case utf8.RuneCountInString(name) > MaxName:
		return fmt.Errorf("name of %d characters, at most %d", utf8.RuneCountInString(name), MaxName)
	case name != strings.TrimSpace(name):
		return errors.New("name begins or ends with space")
	}
	for _, c := range name {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Zl, c) || unicode.Is(unicode.Zp, c) {
			return fmt.Errorf("name holds %U, which cannot be seen", c)
		}
	}
	return nil
}

func checkCode(name, s string) error {
	if s == "" || len(s) > MaxCode || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%s %.40q, want 1 to %d visible ASCII characters", name, s, MaxCode)
	}
	return nil
}
