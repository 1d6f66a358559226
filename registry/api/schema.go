package api

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A schema is a JSON Schema (2020-12) as OpenAPI 3.1 has it.
type schema map[string]any

// schemas make schemas of the types that JSON is read into and written from, as
// go-json-experiment/json does both. Nothing in a request is required by its form: what
// an act needs, the law of the case says.
type schemas struct {
	components map[string]schema
	names      map[string]reflect.Type // so that no two types have one name
	request    bool
}

var (
	rawValue  = reflect.TypeFor[jsontext.Value]()
	instantOf = reflect.TypeFor[time.Time]()
	ownJSON   = []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.MarshalerTo]()}
	ownText   = []reflect.Type{reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextAppender]()}
)

// oneOf is an answer that has one of several forms.
type oneOf interface{ forms() []reflect.Type }

var oneOfType = reflect.TypeFor[oneOf]()

func (s *schemas) anyOf(forms []reflect.Type) schema {
	list := []schema{}
	for _, f := range forms {
		list = append(list, s.of(f))
	}
	return schema{"anyOf": list}
}

func implements(t reflect.Type, forms []reflect.Type) bool {
	for _, i := range forms {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}

// of is the schema of a type; structs with a name become components.
func (s *schemas) of(t reflect.Type) schema {
	switch {
	case t == rawValue || t.Kind() == reflect.Interface:
		return schema{}
	case t == instantOf:
		return schema{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return schema{"anyOf": []schema{s.of(t.Elem()), {"type": "null"}}}
	case t.Implements(oneOfType):
		return s.anyOf(reflect.Zero(t).Interface().(oneOf).forms())
	case implements(t, ownJSON):
		return schema{}
	case implements(t, ownText):
		return words(t)
	}
	switch t.Kind() {
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return words(t)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return schema{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return schema{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return schema{"type": "number"}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return schema{"type": "string", "contentEncoding": "base64"}
		}
		return schema{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	}
	return schema{}
}

// words are a text, or the words a type knows: its Values.
func words(t reflect.Type) schema {
	values, ok := t.MethodByName("Values")
	if !ok {
		return schema{"type": "string"}
	}
	known := values.Func.Call([]reflect.Value{reflect.Zero(t)})[0]
	list := []string{}
	for i := range known.Len() {
		if word := fmt.Sprint(known.Index(i)); !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return schema{"type": "string", "enum": list}
}

// object is the schema of a struct, by reference where it has a name.
func (s *schemas) object(t reflect.Type) schema {
	name := s.name(t)
	if name == "" {
		return s.members(t)
	}
	if _, known := s.components[name]; !known {
		s.components[name] = schema{} // what it is made of may hold it again
		s.components[name] = s.members(t)
	}
	return schema{"$ref": "#/components/schemas/" + name}
}

func (s *schemas) name(t reflect.Type) string {
	name := strings.NewReplacer("[", "Of", "]", "", "*", "", "/", ".").Replace(t.Name())
	if i := strings.LastIndex(name, "."); i >= 0 { // of a generic type: with the path of its argument
		outer, _, _ := strings.Cut(name, "Of")
		name = outer + "Of" + name[i+1:]
	}
	if name == "" {
		return ""
	}
	if s.request {
		name += "Request"
	}
	for known := s.names[name]; known != nil && known != t; known = s.names[name] {
		name += "_"
	}
	s.names[name] = t
	return name
}

func (s *schemas) members(t reflect.Type) schema {
	properties, required := map[string]schema{}, []string{}
	s.fields(t, properties, &required)
	out := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 && !s.request {
		out["required"] = required
	}
	return out
}

func (s *schemas) fields(t reflect.Type, properties map[string]schema, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if f.Anonymous && tag == "" && inner.Kind() == reflect.Struct {
			s.fields(inner, properties, required)
			continue
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		properties[tag] = s.of(f.Type)
		if !strings.Contains(options, "omitzero") && !strings.Contains(options, "omitempty") {
			*required = append(*required, tag)
		}
	}
}
