package authorisation

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestARecordedEventIsReadAsItWas: the quick way to read an event gives what the
// strict one gives, for every form there is, with what stands around its data
// standing inside it too.
func TestARecordedEventIsReadAsItWas(t *testing.T) {
	for _, e := range oneOfEach() {
		for _, actor := range []string{e.Actor, `Aroha "A" Ngata`, "Āroha Ngata", `,"decided_at":1,"effective_at":2,"type":"x","version":1}`} {
			for _, request := range []Origin{{}, {Body: aDigest, Key: aDigest}} {
				e.Actor, e.Request = actor, request
				raw, err := MarshalEvent(e)
				if err != nil {
					t.Fatalf("%s: %v", e.Type(), err)
				}
				strict, err := UnmarshalEvent(raw)
				if err != nil {
					t.Fatalf("%s: %v", e.Type(), err)
				}
				quick, err := UnmarshalRecorded(raw)
				if err != nil {
					t.Fatalf("%s: %v", e.Type(), err)
				}
				if diff := cmp.Diff(strict, quick); diff != "" {
					t.Errorf("%s (-strict +quick)\n%s", e.Type(), diff)
				}
			}
		}
	}
}

// FuzzUnmarshalRecorded: what is read quickly and is written as the same bytes again
// is what is read strictly.
func FuzzUnmarshalRecorded(f *testing.F) {
	for _, e := range oneOfEach() {
		raw, err := MarshalEvent(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"actor":"a","case":"C-1","data":{},"x":{"a":{},"decided_at":1,"effective_at":2,"type":"monitoring.closed","version":1}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		quick, err := UnmarshalRecorded(raw)
		strict, wrong := UnmarshalEvent(raw)
		switch {
		case err != nil && wrong == nil:
			t.Fatalf("refused what is right: %v", err)
		case err != nil:
			return
		case wrong == nil:
			if diff := cmp.Diff(strict, quick); diff != "" {
				t.Fatalf("(-strict +quick)\n%s", diff)
			}
		default:
			if again, err := MarshalEvent(quick); err == nil && bytes.Equal(again, raw) {
				t.Fatalf("read as what it is, but refused: %v", wrong)
			}
		}
	})
}
