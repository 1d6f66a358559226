// Package jcs reads and writes the JSON of everything the system signs or
// stores: it writes RFC 8785 (JSON Canonicalization Scheme) and reads strictly.
//
// Strict means what RFC 8725 and the JOSE profile of this system need: one
// value and nothing after it, valid UTF-8, no lone surrogates, no member name
// twice at any depth, member names compared case-sensitively, at most
// [MaxDepth] levels, and no number outside ±[MaxInt], the 53 bits that every
// JSON reader in the world keeps exactly.
//
// Formats of our own refuse unknown members ([Unmarshal]); formats that others
// may extend, such as JWT payloads of foreign types, tolerate them
// ([UnmarshalOpen]). Documents that several parties sign or hash must arrive in
// RFC 8785 form already ([UnmarshalCanonical]).
//
// Callers bound the size of what they hand in; time and memory are linear in it.
package jcs

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	// ErrSyntax says that the bytes are not one strict JSON value.
	ErrSyntax = errors.New("not strict JSON")
	// ErrMember says that the JSON does not have the form that was asked for:
	// an unknown member, or a value of the wrong kind.
	ErrMember = errors.New("JSON of another form")
	// ErrNotCanonical says that the bytes differ from their RFC 8785 form.
	ErrNotCanonical = errors.New("JSON not in RFC 8785 form")
)

// Marshal returns v in RFC 8785 form. It refuses what [Check] would refuse:
// canonicalization would silently round a larger integer to a double.
func Marshal(v any) ([]byte, error) {
	if s, ok := v.(string); ok && isPlainText(s) {
		return append(append(append(make([]byte, 0, len(s)+2), '"'), s...), '"'), nil
	}
	raw, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("marshal JSON: %w", err)
	}
	if err := checkLimits(raw); err != nil {
		return nil, fmt.Errorf("marshal JSON: %w", err)
	}
	if plain(raw) {
		return raw, nil
	}
	val := jsontext.Value(raw)
	if err := val.Canonicalize(); err != nil {
		return nil, fmt.Errorf("marshal JSON: %w", err)
	}
	return val, nil
}

// Unmarshal reads one strict JSON value into v and refuses members v does not have.
func Unmarshal(data []byte, v any) error {
	if s, ok := v.(*string); ok && len(data) >= 2 && data[0] == '"' && data[len(data)-1] == '"' {
		if text := string(data[1 : len(data)-1]); isPlainText(text) {
			*s = text
			return nil
		}
	}
	return read(data, v, json.RejectUnknownMembers(true))
}

// UnmarshalObject is Unmarshal for data that must be a JSON object.
func UnmarshalObject(data []byte, v any) error {
	err := Unmarshal(data, v)
	if err != nil && !errors.Is(err, ErrMember) {
		return err
	}
	return cmp.Or(checkObject(data), err)
}

// UnmarshalOpen reads one strict JSON value into v and passes over members v does not have.
func UnmarshalOpen(data []byte, v any) error {
	return read(data, v)
}

// UnmarshalCanonical is Unmarshal for bytes that must be in RFC 8785 form.
func UnmarshalCanonical(data []byte, v any) error {
	if err := Unmarshal(data, v); err != nil {
		return err
	}
	return CheckCanonical(data)
}

// CheckCanonical reports whether data is one strict JSON value in RFC 8785 form.
func CheckCanonical(data []byte) error {
	if err := checkLimits(data); err != nil {
		return err
	}
	if jsontext.Value(data).IsValid() && plain(data) {
		return nil
	}
	val := jsontext.Value(bytes.Clone(data))
	if err := val.Canonicalize(); err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, describe(err))
	}
	if !bytes.Equal(val, data) {
		return ErrNotCanonical
	}
	return nil
}

// Check reports whether data is one strict JSON value.
func Check(data []byte) error {
	if err := checkLimits(data); err != nil {
		return err
	}
	if jsontext.Value(data).IsValid() { // also: duplicate names, UTF-8, surrogates, trailing data
		return nil
	}
	return explain(data)
}

// CheckObject is Check for data that must be a JSON object.
func CheckObject(data []byte) error {
	if err := Check(data); err != nil {
		return err
	}
	return checkObject(data)
}

func checkObject(data []byte) error {
	if jsontext.Value(data).Kind() != '{' {
		return fmt.Errorf("%w: not an object", ErrSyntax)
	}
	return nil
}

// Array takes one strict JSON array apart. Its elements are parts of data,
// without the white space around them.
func Array(data []byte) ([]jsontext.Value, error) {
	if err := Check(data); err != nil {
		return nil, err
	}
	if jsontext.Value(data).Kind() != '[' {
		return nil, fmt.Errorf("%w: not an array", ErrMember)
	}
	return elements(data), nil
}

// explain reads data a second time, for the position and the nature of the fault.
func explain(data []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(data))
	_, err := dec.ReadValue()
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: no value", ErrSyntax)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrSyntax, describe(err))
	}
	return fmt.Errorf("%w: more than one value, the second from byte %d", ErrSyntax, dec.InputOffset())
}

// read lets the decoder itself find syntax errors, so that good input is
// parsed once. Only refused input is checked apart: bytes that are no strict
// JSON are ErrSyntax even where a foreign member comes first.
func read(data []byte, v any, opts ...json.Options) error {
	if err := checkLimits(data); err != nil {
		return err
	}
	err := json.Unmarshal(data, v, opts...)
	if err == nil {
		return nil
	}
	if bad := Check(data); bad != nil {
		return bad
	}
	return fmt.Errorf("%w: %w", ErrMember, describe(err))
}

// describe keeps what helps a reader and bounds what the input may put into an error text.
func describe(err error) error {
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Errorf("%w at byte %d", syntactic.Err, syntactic.ByteOffset)
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		if semantic.Err == nil {
			return fmt.Errorf("%.60q cannot be a %s", semantic.JSONPointer, semantic.JSONKind)
		}
		return fmt.Errorf("%.60q: %w", semantic.JSONPointer, semantic.Err)
	}
	return err
}
