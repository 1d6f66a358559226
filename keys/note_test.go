package keys_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/note"
)

func TestParseVKey(t *testing.T) {
	// PeterNeumann's key of the Go checksum database documentation (golang.org/x/mod/sumdb/note).
	const neumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	key := neumann[strings.LastIndex(neumann, "+")+1:]
	own := noteSigner(t, "aeo.customs.nz.example/witness", keys.NoteCosignature).VKey.String()
	for name, c := range map[string]struct {
		in string
		ok bool
	}{
		"a log key is read":                  {neumann, true},
		"a cosigner key is read":             {own, true},
		"nothing is refused":                 {"", false},
		"a name alone is refused":            {"PeterNeumann", false},
		"a key without id is refused":        {"PeterNeumann+" + key, false},
		"no name is refused":                 {"+c74f20a3+" + key, false},
		"the id of another name is refused":  {strings.Replace(neumann, "Peter", "Pater", 1), false},
		"an id in capitals is refused":       {strings.Replace(neumann, "c74f20a3", "C74F20A3", 1), false},
		"a short id is refused":              {strings.Replace(neumann, "c74f20a3", "c74f20a", 1), false},
		"a key of another type is refused":   {strings.Replace(neumann, "+ARpc", "+Axpc", 1), false},
		"a line break in the key is refused": {neumann[:40] + "\n" + neumann[40:], false},
		"a line break at the end is refused": {neumann + "\n", false},
		"a missing letter is refused":        {neumann[:len(neumann)-1], false},
		"one more byte of key is refused":    {neumann + "AAAA", false},
		"base64url is refused":               {strings.Replace(neumann, "/", "_", 1), false},
		"a fourth part is refused":           {neumann + "+", false},
		"a very long key is refused":         {strings.Repeat("x", 600) + neumann, false},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := keys.ParseVKey(c.in)
			if c.ok && (err != nil || v.String() != c.in) {
				t.Errorf("became %v, %v", v, err)
			}
			if !c.ok && !errors.Is(err, keys.ErrKey) {
				t.Errorf("got %v, want ErrKey", err)
			}
		})
	}
}

func TestNoteKeyNames(t *testing.T) {
	pub := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	for _, name := range []string{"", "a b", "a+b", "a\nb", "a\u2003b", "a\x00b", "a\x7fb", "\xff"} {
		if _, err := keys.NewVKey(name, keys.NoteEd25519, pub); !errors.Is(err, keys.ErrKey) {
			t.Errorf("%q may name a key: %v", name, err)
		}
	}
	for _, typ := range []byte{0, 2, 3, 5, 6, 0xff} {
		if _, err := keys.NewVKey("log", typ, pub); !errors.Is(err, keys.ErrKey) {
			t.Errorf("type %#x is accepted: %v", typ, err)
		}
	}
}

func TestLogNote(t *testing.T) {
	s := noteSigner(t, "aeo.customs.nz.example/log", keys.NoteEd25519)
	signed, err := note.Sign(&note.Note{Text: "aeo.customs.nz.example/log\n1\nroot\n"}, s)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := note.Sign(&note.Note{Text: "aeo.customs.nz.example/log\n1\nroot\n"}, s)
	if !bytes.Equal(signed, again) {
		t.Error("signing again gave other bytes")
	}
	independent, err := note.NewVerifier(s.VKey.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []note.Verifier{s.VKey, independent} {
		if _, err := note.Open(signed, note.VerifierList(v)); err != nil {
			t.Errorf("%T: %v", v, err)
		}
	}
}

func TestCosignature(t *testing.T) {
	text := []byte("aeo.customs.nz.example/log\n1\nroot\n")
	witness, log := noteSigner(t, "nz/witness", keys.NoteCosignature), noteSigner(t, "nz/log", keys.NoteEd25519)
	sig, err := witness.Cosign(text, t0)
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := witness.VerifyCosignature(text, sig); !ok || at != t0 {
		t.Errorf("own cosignature: %d, %v", at, ok)
	}
	later := bytes.Clone(sig)
	later[7]++
	for name, bad := range map[string]func() bool{
		"another text":        func() bool { _, ok := witness.VerifyCosignature(text[1:], sig); return ok },
		"another time":        func() bool { _, ok := witness.VerifyCosignature(text, later); return ok },
		"a shorter signature": func() bool { _, ok := witness.VerifyCosignature(text, sig[:71]); return ok },
		"no signature":        func() bool { _, ok := witness.VerifyCosignature(text, nil); return ok },
		"a time beyond int64": func() bool { _, ok := witness.VerifyCosignature(text, bytes.Repeat([]byte{255}, 72)); return ok },
		"another key":         func() bool { _, ok := noteSigner(t, "x", keys.NoteCosignature).VerifyCosignature(text, sig); return ok },
		"a log's key":         func() bool { _, ok := log.VerifyCosignature(text, sig); return ok },
		"as a plain note":     func() bool { return witness.Verify(text, sig[8:]) },
	} {
		if bad() {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := witness.Sign(text); !errors.Is(err, keys.ErrKey) {
		t.Errorf("a cosigner signs a plain note: %v", err)
	}
	if _, err := log.Cosign(text, t0); !errors.Is(err, keys.ErrKey) {
		t.Errorf("a log cosigns: %v", err)
	}
	if _, err := keys.NewNoteSigner("x", keys.NoteEd25519, signer(t, "issuer").Crypto()); !errors.Is(err, keys.ErrKey) {
		t.Errorf("an ES256 key signs notes: %v", err)
	}
}

func TestCheckEd25519(t *testing.T) {
	good := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	if err := keys.CheckEd25519(good); err != nil {
		t.Error(err)
	}
	zero := make([]byte, 32)
	one := append([]byte{1}, zero[1:]...)
	for name, key := range map[string][]byte{
		"the neutral element (order 1)":   one,
		"a point of order 4":              zero,
		"y = p+1, a second spelling of 1": append([]byte{0xee}, append(bytes.Repeat([]byte{0xff}, 30), 0x7f)...),
		"minus zero as x":                 append(append([]byte{1}, zero[1:31]...), 0x80),
		"no point":                        append([]byte{2}, zero[1:]...),
		"31 bytes":                        good[:31],
		"33 bytes":                        append(bytes.Clone(good), 0),
		"nothing":                         nil,
	} {
		if err := keys.CheckEd25519(key); !errors.Is(err, keys.ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", name, err)
		}
		vkey := fmt.Sprintf("log+00000000+%s", base64.StdEncoding.EncodeToString(append([]byte{1}, key...)))
		if _, err := keys.ParseVKey(vkey); !errors.Is(err, keys.ErrKey) {
			t.Errorf("%s in a verifier key: got %v, want ErrKey", name, err)
		}
	}
}
