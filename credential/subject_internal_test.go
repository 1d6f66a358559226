package credential

import (
	"reflect"
	"testing"
)

// TestSaysSeesEveryField changes one field of a subject after the other.
func TestSaysSeesEveryField(t *testing.T) {
	for i := range reflect.TypeFor[Subject]().NumField() {
		var one, other Subject
		field := reflect.ValueOf(&other).Elem().Field(i)
		switch field.Interface().(type) {
		case string:
			field.SetString("changed")
		case []string:
			field.Set(reflect.ValueOf([]string{"changed"}))
		case []Name:
			field.Set(reflect.ValueOf([]Name{{Value: "changed"}}))
		case *Address:
			field.Set(reflect.ValueOf(&Address{Street: "changed"}))
		default:
			t.Fatalf("a field of a type this test does not know: %v", field.Type())
		}
		name := reflect.TypeFor[Subject]().Field(i).Name
		if one.says(&other) || other.says(&one) {
			t.Errorf("%s is not compared", name)
		}
		if !other.says(&other) {
			t.Errorf("%s is not equal to itself", name)
		}
	}
	if !(&Subject{Identifiers: []string{}, Address: &Address{}}).says(&Subject{}) {
		t.Error("empty is not as good as absent")
	}
}
