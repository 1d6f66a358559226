package programme

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Format is the format name of a pack.
const Format = "aeo.pack/2"

// check refuses a pack whose parts do not fit together, saying which.
func (p *Pack) check() error {
	if p.Format != Format {
		return fmt.Errorf("format is %q, want %q", p.Format, Format)
	}
	for _, member := range []struct{ name, value string }{
		{"name", p.Name}, {"administration", p.Administration}, {"title", p.Title}, {"law", p.Law},
		{"contact.mailbox", p.Contact.Mailbox},
	} {
		if member.value == "" {
			return fmt.Errorf("%s is missing", member.name)
		}
	}
	if !territoryCode.MatchString(p.Territory) || !typeCode.MatchString(p.Code) {
		return fmt.Errorf("territory %q or code %q is malformed", p.Territory, p.Code)
	}
	for _, r := range p.Requirements {
		p.asked = append(p.asked, p.criteriaOf(r))
	}
	var problems []error // one of each part, so that who mends a pack sees them together
	for _, check := range []func() error{
		p.checkZones, p.checkRoles, p.checkTypes, p.checkRequirements, p.checkCriteria, p.checkTimes, p.checkReleases, p.checkSchemes,
		p.checkDeadlines, p.checkProcedure, p.checkConsequences, p.checkMonitoring, p.checkCertificates,
	} {
		problems = append(problems, check())
	}
	return errors.Join(problems...)
}

func (p *Pack) checkZones() error {
	zones := []string{p.TimeZone}
	var codes []string
	for _, m := range p.Members {
		if !territoryCode.MatchString(m.Code) || m.Name == "" || slices.Contains(codes, m.Code) {
			return fmt.Errorf("member %q: code malformed or repeated, or name missing", m.Code)
		}
		codes, zones = append(codes, m.Code), append(zones, m.TimeZone)
	}
	for _, z := range zones {
		if _, err := time.LoadLocation(z); err != nil || !strings.Contains(z, "/") {
			return fmt.Errorf("time zone %q is not an IANA area", z)
		}
	}
	return nil
}

func (p *Pack) checkRoles() error {
	var seen []Role
	for _, r := range p.Roles {
		if !r.Code.Known() {
			return fmt.Errorf("role %q is not one of the SAFE roles", r.Code)
		}
		if slices.Contains(seen, r.Code) || r.Title == "" || r.Source == "" {
			return fmt.Errorf("role %q: repeated, or title or source missing", r.Code)
		}
		seen = append(seen, r.Code)
	}
	if len(seen) == 0 {
		return fmt.Errorf("no roles")
	}
	return nil
}

func (p *Pack) checkTypes() error {
	var seen []string
	for _, t := range p.Types {
		if !typeCode.MatchString(t.Code) || slices.Contains(seen, t.Code) || t.Title == "" || t.Source == "" {
			return fmt.Errorf("type %q: code malformed or repeated, or title or source missing", t.Code)
		}
		seen = append(seen, t.Code)
		for _, r := range t.Roles {
			if !slices.ContainsFunc(p.Roles, func(u RoleUse) bool { return u.Code == r }) {
				return fmt.Errorf("type %s: role %q is not a role of the programme", t.Code, r)
			}
		}
		for _, code := range t.Components {
			c, err := p.Type(code)
			if err != nil {
				return fmt.Errorf("type %s: %w", t.Code, err)
			}
			if len(c.Components) > 0 {
				return fmt.Errorf("type %s: component %s has components itself", t.Code, code)
			}
		}
	}
	if len(seen) == 0 {
		return fmt.Errorf("no types")
	}
	return nil
}

func (p *Pack) checkRequirements() error {
	var seen, letters []string
	for _, r := range p.Requirements {
		if r.Code == "" || slices.Contains(seen, r.Code) || r.Title == "" || r.Source == "" {
			return fmt.Errorf("requirement %q: repeated, or code, title or source missing", r.Code)
		}
		seen = append(seen, r.Code)
		for _, t := range r.Types {
			parts, err := p.Components(t)
			if err != nil {
				return fmt.Errorf("requirement %s: %w", r.Code, err)
			}
			if parts[0].Code != t {
				return fmt.Errorf("requirement %s: %s is not a component", r.Code, t)
			}
		}
		for _, letter := range r.SAFE {
			if len(letter) != 1 || letter < "A" || letter > "M" {
				return fmt.Errorf("requirement %s: %q is not a letter of the SAFE criteria", r.Code, letter)
			}
			if slices.Contains(letters, letter) {
				return fmt.Errorf("requirement %s: letter %s stands under another requirement too", r.Code, letter)
			}
			letters = append(letters, letter)
		}
	}
	for _, t := range p.Types {
		if groups, err := p.RequirementsFor(t.Code); err != nil || len(groups) == 0 {
			return fmt.Errorf("type %s: nothing to examine", t.Code)
		}
	}
	return nil
}

func (p *Pack) checkTimes() error {
	switch e := p.Effect; {
	case e.Source == "":
		return fmt.Errorf("effect: source is missing")
	case e.Rule == EffectImmediate && e.Days == 0, e.Rule == EffectStartOfDay && e.Days >= 1 && e.Days <= 366:
	default:
		return fmt.Errorf("effect: no rule %q with %d days", e.Rule, e.Days)
	}
	if err := p.Validity.check(); err != nil {
		return err
	}
	for _, t := range p.Types {
		if t.Validity == nil {
			continue
		}
		if err := t.Validity.check(); err != nil {
			return fmt.Errorf("type %s: %w", t.Code, err)
		}
	}
	if p.CredentialDays < 1 || p.CredentialDays > MaxCredentialDays {
		return fmt.Errorf("credential life of %d days is not within 1 to %d", p.CredentialDays, MaxCredentialDays)
	}
	return nil
}

func (v Validity) check() error {
	switch {
	case v.Source == "":
		return fmt.Errorf("validity: source is missing")
	case v.Rule == ValidUnlimited && v.Years == 0, v.Rule == ValidYears && v.Years >= 1 && v.Years <= 20:
		return nil
	}
	return fmt.Errorf("validity: no rule %q with %d years", v.Rule, v.Years)
}

func (p *Pack) checkReleases() error {
	if !slices.Contains(p.SuspensionShownTo.Values(), p.SuspensionShownTo) {
		return fmt.Errorf("suspension_shown_to: no audience %q", p.SuspensionShownTo)
	}
	for _, r := range p.Releases {
		if !slices.Contains([]string{"publication", "exchange", "presentation"}, r.Purpose) ||
			!slices.Contains([]string{"all", "set", "one"}, r.Scope) ||
			!slices.Contains([]string{"consent", "law", "terms"}, r.Basis) || r.Source == "" {
			return fmt.Errorf("release %s/%s/%s: unknown word, or source missing", r.Purpose, r.Scope, r.Basis)
		}
	}
	return nil
}

// checkSchemes compiles the patterns and reads every example back from each of its forms.
func (p *Pack) checkSchemes() error {
	for i := range p.Schemes {
		s := &p.Schemes[i]
		if !schemeCode.MatchString(s.Code) || slices.Contains(p.schemeCodes()[:i], s.Code) || s.Title == "" || s.Source == "" {
			return fmt.Errorf("scheme %q: code malformed or repeated, or title or source missing", s.Code)
		}
		inner, open := strings.CutPrefix(s.Pattern, "^")
		inner, closed := strings.CutSuffix(inner, "$")
		if !open || !closed {
			return fmt.Errorf("scheme %s: pattern %q is not anchored at both ends", s.Code, s.Pattern)
		}
		// Grouped, so that an alternation cannot slip past the anchors.
		expr, err := regexp.Compile("^(?:" + inner + ")$")
		if err != nil {
			return fmt.Errorf("scheme %s: %w", s.Code, err)
		}
		s.expr = expr
	}
	if len(p.Schemes) == 0 {
		return fmt.Errorf("no identifier schemes")
	}
	for _, s := range p.Schemes {
		if err := p.checkExample(s); err != nil {
			return fmt.Errorf("scheme %s: %w", s.Code, err)
		}
	}
	return nil
}

func (p *Pack) checkExample(s Scheme) error {
	want := Identifier{p.Territory, s.Code, s.Example, s.Personal}
	forms := []string{s.Example}
	for _, r := range s.Renderings {
		if r.Profile == "" || r.Profile == Plain || r.Source == "" {
			return fmt.Errorf("rendering %q: name missing or reserved, or source missing", r.Profile)
		}
		for _, op := range r.Ops {
			if op.Op != OpPrefix && op.Op != OpDropPrefix || op.Arg == "" {
				return fmt.Errorf("rendering %s: no operation %q with %q", r.Profile, op.Op, op.Arg)
			}
		}
		form, err := r.do(s.Example)
		if err != nil {
			return err
		}
		forms = append(forms, form)
	}
	for _, form := range forms {
		if !s.Explicit {
			if got, err := p.ParseIdentifier(form); err != nil || got != want {
				return fmt.Errorf("example form %q reads as %q, want %q: %v", form, got, want, err)
			}
		}
		if got, err := p.ParseIdentifier(s.Code + ":" + form); err != nil || got != want {
			return fmt.Errorf("example form %q reads as %q, want %q: %v", form, got, want, err)
		}
	}
	return nil
}

var (
	territoryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	typeCode      = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,31}$`)
	criterionCode = regexp.MustCompile(`^[A-Z]{1,2}-[1-9][0-9]{0,2}$`)
	changeCode    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	schemeCode    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
)
