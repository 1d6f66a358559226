package view

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aeo-registry/aeo/keys"
)

// revision is raised when rows mean something else though their members are the
// same: another index, another key, an event folded otherwise.
const revision = 6

// Form implements ledger.Former: it names the members of every state that is kept in
// rows, so that rows of a release whose states had others are made anew and none is
// ever read as what it is not.
func (Projector) Form() string { return form() }

var form = sync.OnceValue(func() string {
	var b strings.Builder
	for _, first := range slices.Sorted(maps.Keys(folds)) {
		fmt.Fprintf(&b, "%s %s ", first, folds[first].kind)
		shape(&b, folds[first].of, nil)
	}
	shape(&b, reflect.TypeFor[CredentialRow](), nil)
	return fmt.Sprintf("%d-%.16s", revision, keys.SHA256Hex([]byte(b.String())))
})

// shape writes what JSON makes of a type: members with their tags, and of what.
func shape(b *strings.Builder, t reflect.Type, in []reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		b.WriteString("[]")
		shape(b, t.Elem(), in)
	case reflect.Map:
		b.WriteString("map ")
		shape(b, t.Elem(), in)
	case reflect.Struct:
		if slices.Contains(in, t) {
			fmt.Fprintf(b, "%s;", t.Name())
			return
		}
		b.WriteString("{")
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() {
				fmt.Fprintf(b, "%s %q ", f.Name, f.Tag.Get("json"))
				shape(b, f.Type, append(slices.Clip(in), t))
			}
		}
		b.WriteString("}")
	default:
		fmt.Fprintf(b, "%s;", t.Kind())
	}
}
