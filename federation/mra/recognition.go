package mra

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Directions of goods, seen from the recognising party.
const (
	Import = "import"
	Export = "export"
	Both   = "both"
)

func (d *Document) checkRecognitions() error {
	if len(d.Recognitions) == 0 || len(d.Recognitions) > maxRecognitions {
		return fmt.Errorf("%d recognitions, want 1 to %d", len(d.Recognitions), maxRecognitions)
	}
	for i := range d.Recognitions {
		r := &d.Recognitions[i]
		if d.party(r.By) == nil || d.party(r.Of) == nil || r.By == r.Of {
			return fmt.Errorf("recognitions[%d]: by %.16q of %.16q, want two different parties", i, r.By, r.Of)
		}
		if err := r.check(); err != nil {
			return fmt.Errorf("recognitions[%d]: %w", i, err)
		}
	}
	return nil
}

func (r *Recognition) check() error {
	if err := cmp.Or(
		checkText("programme", r.Programme, 32),
		checkText("authorisation_type", r.AuthorisationType, 32),
		checkTexts("roles", r.Roles, 1, 32, 32),
		checkOneOf("direction", r.Direction, Import, Export, Both),
		checkText("as", r.As, 64),
		checkOneOf("applies_when", r.AppliesWhen, "consignor", "manufacturer", "any", "all"),
		checkOneOf("date_basis", r.DateBasis, "acceptance", "arrival", "loading"),
		checkTexts("benefits", r.Benefits, 0, 32, 64),
		r.IDRendering.check(),
		r.DeclarationHint.check(),
	); err != nil {
		return err
	}
	for _, role := range r.Roles {
		if err := checkWord("role", role); err != nil {
			return err
		}
	}
	return r.checkDates()
}

func (r *Recognition) checkDates() error {
	if _, err := parseDate("from", r.From); err != nil {
		return err
	}
	if r.Until == "" {
		if r.Pilot {
			return errors.New("a pilot has an end: until is missing")
		}
		return nil
	}
	if _, err := parseDate("until", r.Until); err != nil {
		return err
	}
	if r.Until <= r.From {
		return fmt.Errorf("until %s is not after from %s", r.Until, r.From)
	}
	return nil
}

func (h *Hint) check() error {
	if h == nil {
		return nil
	}
	return cmp.Or(
		checkText("declaration_hint.element", h.Element, 32),
		checkText("declaration_hint.code", h.Code, 32),
		checkText("declaration_hint.text", h.Text, 300),
	)
}

// ruleKey is what two rules must share before their roles, directions and dates can collide.
// A pilot beside a rule is no second rule: they answer different questions.
type ruleKey struct {
	by, of, programme, authorisationType string
	pilot                                bool
}

func (d *Document) checkOverlaps() error {
	rules := map[ruleKey][]int{}
	for i := range d.Recognitions {
		r := &d.Recognitions[i]
		key := ruleKey{r.By, r.Of, r.Programme, r.AuthorisationType, r.Pilot}
		for _, j := range rules[key] {
			if r.collides(&d.Recognitions[j]) {
				return fmt.Errorf("recognitions[%d] and [%d] are two rules for one key at one time", j, i)
			}
		}
		rules[key] = append(rules[key], i)
	}
	return nil
}

// collides compares rules of one key. Their dates are days of one time zone,
// and dates in this spelling sort as they follow each other.
func (r *Recognition) collides(q *Recognition) bool {
	apart := r.Until != "" && r.Until <= q.From || q.Until != "" && q.Until <= r.From
	return !apart && (r.covers(q.Direction) || q.covers(r.Direction)) &&
		slices.ContainsFunc(r.Roles, func(role string) bool { return slices.Contains(q.Roles, role) })
}

// covers reports whether the rule holds for a direction; every rule does for none.
func (r *Recognition) covers(direction string) bool {
	return direction == "" || r.Direction == Both || r.Direction == direction
}
