package programme

import (
	"fmt"
	"slices"
)

// Type returns the type of that code.
func (p *Pack) Type(code string) (Type, error) {
	for _, t := range p.Types {
		if t.Code == code {
			return t, nil
		}
	}
	return Type{}, &UnknownError{Kind: ErrUnknownType, Given: code, Known: p.typeCodes()}
}

func (p *Pack) typeCodes() []string {
	var codes []string
	for _, t := range p.Types {
		codes = append(codes, t.Code)
	}
	return codes
}

// Components returns what is authorised separately when code is granted: the
// parts of a type that joins several, otherwise the type itself.
func (p *Pack) Components(code string) ([]Type, error) {
	t, err := p.Type(code)
	if err != nil {
		return nil, err
	}
	if len(t.Components) == 0 {
		return []Type{t}, nil
	}
	var parts []Type
	for _, c := range t.Components {
		part, err := p.Type(c)
		if err != nil {
			return nil, fmt.Errorf("component of %s: %w", code, err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// RequirementsFor returns what must be examined before code is granted.
func (p *Pack) RequirementsFor(code string) ([]Requirement, error) {
	parts, err := p.Components(code)
	if err != nil {
		return nil, err
	}
	var groups []Requirement
	for _, r := range p.Requirements {
		if len(r.Types) == 0 || slices.ContainsFunc(parts, func(t Type) bool { return slices.Contains(r.Types, t.Code) }) {
			groups = append(groups, r)
		}
	}
	return groups, nil
}

// RolesFor returns the roles an authorisation of type code may cover.
func (p *Pack) RolesFor(code string) ([]Role, error) {
	t, err := p.Type(code)
	if err != nil {
		return nil, err
	}
	if len(t.Roles) > 0 {
		return slices.Clone(t.Roles), nil
	}
	var roles []Role
	for _, r := range p.Roles {
		roles = append(roles, r.Code)
	}
	return roles, nil
}

// CheckRoles refuses roles that the type does not cover, repeated roles, and none at all.
func (p *Pack) CheckRoles(code string, roles []string) error {
	allowed, err := p.RolesFor(code)
	if err != nil {
		return err
	}
	if len(roles) == 0 {
		return &UnknownError{Kind: ErrUnknownRole, Known: words(allowed)}
	}
	for i, r := range roles {
		if !slices.Contains(allowed, Role(r)) {
			return &UnknownError{Kind: ErrUnknownRole, Given: r, Known: words(allowed)}
		}
		if slices.Contains(roles[:i], r) {
			return fmt.Errorf("role %q is named twice", r)
		}
	}
	return nil
}

func words(roles []Role) []string {
	var out []string
	for _, r := range roles {
		out = append(out, string(r))
	}
	return out
}
