package credential

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// The disclosable claims.
const (
	claimLegalName       = "legal_name"
	claimIdentifiers     = "identifiers"
	claimRoles           = "roles"
	claimNames           = "names"
	claimAddress         = "address"
	claimAuthorisationNo = "authorisation_no"
	claimEffectiveOn     = "effective_on"
	claimGrantedOn       = "granted_on"
	claimValidatedOn     = "validated_on"
	claimDecidedBy       = "decided_by"
	claimScopeText       = "scope_text"
)

// Bounds on what a subject may hold, so that a full credential fits its cap.
const (
	maxLine  = 200  // characters of a name or a line of an address
	maxScope = 2000 // characters of scope_text
	maxItems = 16   // identifiers, roles, names
)

// A member is one disclosable claim that has a value.
type member struct {
	name  string
	value any
}

// members are the claims of s that are set, in a fixed order.
func (s *Subject) members() []member {
	out := make([]member, 0, digestCount-1)
	text := func(name, v string) {
		if v != "" {
			out = append(out, member{name, v})
		}
	}
	text(claimLegalName, s.LegalName)
	if len(s.Identifiers) > 0 {
		out = append(out, member{claimIdentifiers, s.Identifiers})
	}
	if len(s.Roles) > 0 {
		out = append(out, member{claimRoles, s.Roles})
	}
	if len(s.Names) > 0 {
		out = append(out, member{claimNames, s.Names})
	}
	if lines := s.Address.lines(); len(lines) > 0 {
		out = append(out, member{claimAddress, lines})
	}
	text(claimAuthorisationNo, s.AuthorisationNo)
	text(claimEffectiveOn, s.EffectiveOn)
	text(claimGrantedOn, s.GrantedOn)
	text(claimValidatedOn, s.ValidatedOn)
	text(claimDecidedBy, s.DecidedBy)
	text(claimScopeText, s.ScopeText)
	return out
}

// says reports whether s discloses what other does: an empty list and an empty
// address are as good as none.
func (s *Subject) says(other *Subject) bool {
	address := func(a *Address) Address {
		if a == nil {
			return Address{}
		}
		return *a
	}
	return s.LegalName == other.LegalName && slices.Equal(s.Identifiers, other.Identifiers) &&
		slices.Equal(s.Roles, other.Roles) && slices.Equal(s.Names, other.Names) && address(s.Address) == address(other.Address) &&
		s.AuthorisationNo == other.AuthorisationNo && s.EffectiveOn == other.EffectiveOn && s.GrantedOn == other.GrantedOn &&
		s.ValidatedOn == other.ValidatedOn && s.DecidedBy == other.DecidedBy && s.ScopeText == other.ScopeText
}

// newSubject reads disclosed claims.
func newSubject(claims []sdjwt.Claim) (*Subject, error) {
	var s Subject
	for _, c := range claims {
		if err := s.set(c.Name, c.Value); err != nil {
			return nil, fmt.Errorf("%.40q: %w", c.Name, err)
		}
	}
	return &s, s.check()
}

// set fills the field of a claim. What is disclosed is never empty: absent is
// the only spelling of nothing.
func (s *Subject) set(name string, v jsontext.Value) error {
	switch name {
	case claimLegalName:
		return setText(&s.LegalName, v)
	case claimIdentifiers:
		return setList(&s.Identifiers, v)
	case claimRoles:
		return setList(&s.Roles, v)
	case claimNames:
		return setList(&s.Names, v)
	case claimAddress:
		return s.setAddress(v)
	case claimAuthorisationNo:
		return setText(&s.AuthorisationNo, v)
	case claimEffectiveOn:
		return setText(&s.EffectiveOn, v)
	case claimGrantedOn:
		return setText(&s.GrantedOn, v)
	case claimValidatedOn:
		return setText(&s.ValidatedOn, v)
	case claimDecidedBy:
		return setText(&s.DecidedBy, v)
	case claimScopeText:
		return setText(&s.ScopeText, v)
	}
	return errors.New("unknown claim")
}

func setText(field *string, v jsontext.Value) error {
	if err := jcs.Unmarshal(v, field); err != nil {
		return err
	}
	if *field == "" {
		return errors.New("disclosed empty")
	}
	return nil
}

func setList[T any](field *[]T, v jsontext.Value) error {
	if err := jcs.Unmarshal(v, field); err != nil {
		return err
	}
	if len(*field) == 0 {
		return errors.New("disclosed empty")
	}
	return nil
}

func (s *Subject) setAddress(v jsontext.Value) error {
	var lines map[string]string
	if err := jcs.Unmarshal(v, &lines); err != nil {
		return err
	}
	a := &Address{Country: lines["country"], Locality: lines["locality"], Postcode: lines["postcode"], Street: lines["street"]}
	if len(lines) == 0 || len(a.lines()) != len(lines) {
		return errors.New("an address has country, locality, postcode and street, none of them empty")
	}
	s.Address = a
	return nil
}

// lines are the members of an address in JSON.
func (a *Address) lines() map[string]string {
	if a == nil {
		return nil
	}
	out := map[string]string{}
	for name, v := range map[string]string{"country": a.Country, "locality": a.Locality, "postcode": a.Postcode, "street": a.Street} {
		if v != "" {
			out[name] = v
		}
	}
	return out
}

// check holds every rule on the values of a subject.
func (s *Subject) check() error {
	if err := s.checkLists(); err != nil {
		return err
	}
	texts := []struct {
		name, value string
		limit       int
	}{
		{claimLegalName, s.LegalName, maxLine},
		{claimAuthorisationNo, s.AuthorisationNo, 64},
		{claimDecidedBy, s.DecidedBy, maxLine},
		{claimScopeText, s.ScopeText, maxScope},
	}
	for _, t := range texts {
		if t.value != "" && !isText(t.value, t.limit) {
			return fmt.Errorf("%s is not one line of at most %d characters", t.name, t.limit)
		}
	}
	for _, d := range []struct{ name, value string }{
		{claimEffectiveOn, s.EffectiveOn}, {claimGrantedOn, s.GrantedOn}, {claimValidatedOn, s.ValidatedOn},
	} {
		if d.value != "" && !isDate(d.value) {
			return fmt.Errorf("%s %.20q is not a day written 2006-01-02", d.name, d.value)
		}
	}
	return s.Address.check()
}

func (s *Subject) checkLists() error {
	if n := max(len(s.Identifiers), len(s.Roles), len(s.Names)); n > maxItems {
		return fmt.Errorf("a list of %d entries, at most %d", n, maxItems)
	}
	for i, id := range s.Identifiers {
		if _, _, _, err := SplitIdentifier(id); err != nil {
			return err
		}
		if repeated(s.Identifiers, i) {
			return fmt.Errorf("identifier %q stands twice", id)
		}
	}
	for i, r := range s.Roles {
		if !isCode(r) || repeated(s.Roles, i) {
			return fmt.Errorf("role %.80q is no code or stands twice", r)
		}
	}
	for i, n := range s.Names {
		if !isScript(n.Script) || !isText(n.Value, maxLine) || repeated(s.Names, i) {
			return fmt.Errorf("name %d is not one line of at most %d characters with an ISO 15924 script, once", i, maxLine)
		}
	}
	return nil
}

func (a *Address) check() error {
	for name, v := range a.lines() {
		if name == "country" && !isTerritory(v) || !isText(v, maxLine) {
			return fmt.Errorf("address: %s is not of its form", name)
		}
	}
	return nil
}

// repeated reports whether entry i of list occurs before it.
func repeated[T comparable](list []T, i int) bool {
	for _, earlier := range list[:i] {
		if earlier == list[i] {
			return true
		}
	}
	return false
}
