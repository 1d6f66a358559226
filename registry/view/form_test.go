package view

import (
	"reflect"
	"strings"
	"testing"
)

func TestTheFormOfRowsFollowsTheirStates(t *testing.T) {
	type inner struct {
		A int `json:"a"`
	}
	type inner2 struct {
		A string `json:"a"`
	}
	shapes := map[string]string{}
	for name, typ := range map[string]reflect.Type{
		"one member": reflect.TypeFor[struct {
			X []inner `json:"x"`
		}](),
		"of another kind": reflect.TypeFor[struct {
			X []inner2 `json:"x"`
		}](),
		"of another name": reflect.TypeFor[struct {
			X []inner `json:"y"`
		}](),
		"written when empty": reflect.TypeFor[struct {
			X []inner `json:"x,omitzero"`
		}](),
		"two members": reflect.TypeFor[struct {
			X []inner `json:"x"`
			Y int64   `json:"y"`
		}](),
	} {
		var b strings.Builder
		shape(&b, typ, nil)
		for other, s := range shapes {
			if s == b.String() {
				t.Errorf("%s has the form of %s: %s", name, other, s)
			}
		}
		shapes[name] = b.String()
	}
	if f := (Projector{}).Form(); f == "" || len(f) > 64 || f != (Projector{}).Form() {
		t.Errorf("form %q", f)
	}
}
