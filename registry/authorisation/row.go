package authorisation

import (
	"cmp"

	"github.com/go-json-experiment/json"
)

// Row writes the authorisation as its JSON form says, in a quarter of the time
// reflection takes: it is written with every credential.
func (a Authorisation) Row() ([]byte, error) {
	const own, each = 640, 320 // about what there is besides credentials, and what one takes
	w := writer{raw: make([]byte, 0, own+each*len(a.Credentials))}
	w.text(`{"case":`, a.Case)
	w.text(`,"application":`, a.Application)
	w.text(`,"operator":`, a.Operator)
	w.text(`,"programme":`, a.Programme)
	w.optional(`,"authority":`, a.Authority)
	w.text(`,"type":`, a.Type)
	list(&w, `,"roles":`, a.Roles, func(role string) { w.text("", role) })
	w.optional(`,"scope_text":`, a.ScopeText)
	w.text(`,"granted_by":`, a.GrantedBy)
	w.number(`,"granted_at":`, a.GrantedAt)
	w.number(`,"effective_at":`, a.EffectiveAt)
	if a.ExpiresAt != 0 {
		w.number(`,"expires_at":`, a.ExpiresAt)
	}
	list(&w, `,"components":`, a.Components, w.component)
	list(&w, `,"credentials":`, a.Credentials, w.credential)
	w.number(`,"decided_at":`, a.DecidedAt)
	if len(a.Clocks) > 0 {
		w.rare(`,"clocks":`, a.Clocks)
	}
	if len(a.Appeals) > 0 {
		w.rare(`,"appeals":`, a.Appeals)
	}
	if len(a.Resting) > 0 {
		w.rare(`,"resting":`, a.Resting)
	}
	if a.Imported != nil {
		w.text(`,"imported":{"register":`, a.Imported.Register)
		w.text(`,"reference":`, a.Imported.Reference)
		w.text(`,"second":`, a.Imported.Second)
		w.literal("}")
	}
	return append(w.raw, '}'), w.err
}

func (w *writer) component(c Component) {
	w.text(`{"code":`, c.Code)
	w.text(`,"state":`, string(c.State))
	w.number(`,"since":`, c.Since)
	w.optional(`,"end":`, string(c.End))
	if c.EndedAt != 0 {
		w.number(`,"ended_at":`, c.EndedAt)
	}
	list(w, `,"pending":`, c.Pending, func(p Pending) {
		w.text(`{"act":`, string(p.Act))
		w.number(`,"from":`, p.From)
		w.literal("}")
	})
	if c.Suspension != nil {
		w.rare(`,"suspension":`, c.Suspension)
	}
	if len(c.Measures) > 0 {
		w.rare(`,"measures":`, c.Measures)
	}
	if c.Stayed != nil {
		w.rare(`,"stayed":`, c.Stayed)
	}
	if c.InForceFrom != 0 {
		w.number(`,"in_force_from":`, c.InForceFrom)
	}
	if c.Owed {
		w.literal(`,"owed":true`)
	}
	w.literal("}")
}

// rare writes what few authorisations have.
func (w *writer) rare(name string, v any) {
	raw, err := json.Marshal(v, json.Deterministic(true))
	w.raw, w.err = append(append(w.raw, name...), raw...), cmp.Or(w.err, err)
}

func (w *writer) credential(c Credential) {
	w.issued(c.CredentialIssued)
	w.number(`,"value":`, int64(c.Value))
	w.optional(`,"newer":`, c.Newer)
	list(w, `,"due":`, c.Due, func(s Step) {
		w.number(`{"value":`, int64(s.Value))
		w.number(`,"effective_at":`, s.EffectiveAt)
		w.literal("}")
	})
	w.literal("}")
}

func (w *writer) literal(s string) { w.raw = append(w.raw, s...) }

func (w *writer) optional(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

// list appends an array whose elements write themselves.
func list[T any](w *writer, name string, all []T, one func(T)) {
	w.literal(name)
	w.literal("[")
	for i, v := range all {
		if i > 0 {
			w.literal(",")
		}
		one(v)
	}
	w.literal("]")
}
