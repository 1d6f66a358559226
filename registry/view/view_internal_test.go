package view

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/authorisation"
)

// FuzzCutEvent: the short way reads exactly what the long way reads.
func FuzzCutEvent(f *testing.F) {
	event, err := authorisation.MarshalEvent(authorisation.Event{Case: "NZ-AUT-000001", Actor: "Desk", DecidedAt: 100, EffectiveAt: 100,
		Data: authorisation.CredentialIssued{Component: "SES", SHA256: strings.Repeat("ab", 32),
			URI: "https://aeo.nz.example/status/1", Idx: 7, NotBefore: 100, Expires: 900, Sequence: 1}})
	if err != nil {
		f.Fatal(err)
	}
	issued := func(credential string) []byte {
		raw, err := Issued{Event: event, Credential: credential}.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		return raw
	}
	good := issued("e30.e30.c2ln~W10~")
	if cut, ok := cutEvent(good); !ok || !bytes.Equal(cut, event) {
		f.Fatalf("cut %q, %v", cut, ok)
	}
	f.Add(good)
	f.Add(issued(""))
	f.Add(issued("\u00e9 \x7f"))
	for _, other := range []string{
		"", "{", `{"credential":"`, `{"credential":"x"}`, `{"credential":"x","event":`, `{"credential":"x","event":}`,
		`{"credential":"x","event":{}}`, `{"credential":"x","event":{}`, `{"credential":"x\t","event":{}}`, `{"credential":"\\ \" \n","event":{}}`, "{\"credential\":\"\xff\",\"event\":{}}",
	} {
		f.Add([]byte(other))
	}
	f.Add(good[:len(good)-1])
	f.Add(append(bytes.Clone(good), '}'))
	f.Add(append(bytes.Clone(good), ' '))
	f.Add(bytes.Replace(good, []byte("}}"), []byte(`},"more":1}`), 1))
	f.Add(bytes.Replace(good, []byte("}}"), []byte(`},"event":{}}`), 1))
	f.Add(bytes.Replace(good, []byte("c2ln"), []byte("c2\x00n"), 1))
	f.Fuzz(func(t *testing.T, payload []byte) {
		cut, ok := cutEvent(payload)
		if !ok {
			return
		}
		short, shortErr := authorisation.UnmarshalEvent(cut)
		var long authorisation.Event
		read, longErr := findEvent(payload)
		if longErr == nil {
			long, longErr = authorisation.UnmarshalEvent(read)
		}
		if (shortErr == nil) != (longErr == nil) || shortErr == nil && !reflect.DeepEqual(short, long) {
			t.Errorf("%q: %+v, %v, the long way %+v, %v", payload, short, shortErr, long, longErr)
		}
	})
}
