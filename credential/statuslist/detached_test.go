package statuslist_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
)

func TestDetachedTokenIsTheTokenForWhoKnowsTheBits(t *testing.T) {
	s, tok := newSigner(t), token(t)
	raw, err := statuslist.Sign(tok, s)
	if err != nil {
		t.Fatal(err)
	}
	detached, err := statuslist.Detach(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(detached) > 700 {
		t.Errorf("%d bytes, of %d", len(detached), len(raw))
	}
	if again, err := statuslist.Attach(detached, tok.List); err != nil || !bytes.Equal(again, raw) {
		t.Errorf("with its bits it is another token: %v", err)
	}
	other := tok.List.Clone()
	if err := other.Set(4712, statuslist.Suspended); err != nil {
		t.Fatal(err)
	}
	again, err := statuslist.Attach(detached, other)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := statuslist.Parse(again)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Verify(s.Public(), uri, size, now); err == nil {
		t.Error("it verifies with other bits")
	}
}

func TestDetachRefusesWhatSignDidNotMake(t *testing.T) {
	raw, err := statuslist.Sign(token(t), newSigner(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := statuslist.Detach(raw[1:]); err == nil {
		t.Error("detached what is no token")
	}
	detached, err := statuslist.Detach(raw)
	if err != nil {
		t.Fatal(err)
	}
	l := newList(t, size)
	for name, bad := range map[string][]byte{
		"a whole token": raw, "no token": []byte("a.b"), "no base64": []byte("a.!.b"), "no claims": []byte("a.e30x.b"),
		"too many parts": append(bytes.Clone(detached), ".x"...), "too large": bytes.Repeat(detached, 20), "nothing": nil,
	} {
		if _, err := statuslist.Attach(bad, l); !errors.Is(err, statuslist.ErrList) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzAttach expects that whatever is attached and then read detaches to what it was made of.
func FuzzAttach(f *testing.F) {
	tok := token(f)
	raw, err := statuslist.Sign(tok, newSigner(f))
	if err != nil {
		f.Fatal(err)
	}
	detached, err := statuslist.Detach(raw)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(detached)
	f.Add([]byte("e30.e30.e30"))
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, err := statuslist.Attach(in, tok.List)
		if err != nil {
			return
		}
		out, err := statuslist.Detach(whole)
		if err != nil {
			return
		}
		if again, err := statuslist.Attach(out, tok.List); err != nil || !bytes.Equal(again, whole) {
			t.Errorf("%q became %q, which is not %q: %v", in, again, whole, err)
		}
	})
}
