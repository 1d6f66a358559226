package keys_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys"
)

func TestSealAndOpen(t *testing.T) {
	to := signer(t, "recipient")
	for _, content := range []string{"", "a", strings.Repeat("x", 512<<10)} {
		sealed, err := keys.Seal([]byte(content), to.Public())
		if err != nil {
			t.Fatal(err)
		}
		s, err := keys.ParseSealed(sealed)
		if err != nil {
			t.Fatal(err)
		}
		if s.KID() != to.Public().KID() {
			t.Errorf("sealed to %s", s.KID())
		}
		if got, err := s.Open(to); err != nil || string(got) != content {
			t.Errorf("opened %d bytes, %v; sealed %d", len(got), err, len(content))
		}
		if _, err := s.Open(signer(t, "another")); !errors.Is(err, keys.ErrNotForUs) {
			t.Errorf("opened with another key: %v", err)
		}
	}
	if _, err := keys.Seal(make([]byte, keys.MaxSealed), to.Public()); !errors.Is(err, keys.ErrTooLarge) {
		t.Errorf("sealed too much: %v", err)
	}
}

func TestParseSealed(t *testing.T) {
	to := signer(t, "recipient")
	good, err := keys.Seal([]byte("secret"), to.Public())
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(good), ".")
	head, err := keys.DecodeBase64URL(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	with := func(i int, part string) string {
		changed := append([]string(nil), parts...)
		changed[i] = part
		return strings.Join(changed, ".")
	}
	header := func(old, changed string) string {
		if !strings.Contains(string(head), old) {
			t.Fatalf("header %s without %s", head, old)
		}
		return with(0, b64(strings.Replace(string(head), old, changed, 1)))
	}
	// A point of no curve, with an x of the right length.
	off := keys.EncodeBase64URL(bytes.Repeat([]byte{1}, 32))
	x := strings.Split(strings.Split(string(head), `"x":"`)[1], `"`)[0]

	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"what we seal is read":                {string(good), nil},
		"nothing is refused":                  {"", keys.ErrSealed},
		"four parts are refused":              {strings.Join(parts[:4], "."), keys.ErrSealed},
		"six parts are refused":               {string(good) + ".", keys.ErrSealed},
		"an encrypted key is refused":         {with(1, "AAAA"), keys.ErrSealed},
		"a short nonce is refused":            {with(2, b64("12345678901")), keys.ErrSealed},
		"a long nonce is refused":             {with(2, b64("1234567890123")), keys.ErrSealed},
		"a short tag is refused":              {with(4, b64("123456789012")), keys.ErrSealed},
		"a nonce with line break is refused":  {with(2, parts[2][:4]+"\n"+parts[2][4:]), keys.ErrSealed},
		"padding is refused":                  {with(3, parts[3]+"="), keys.ErrSealed},
		"another agreement is refused":        {header(`"ECDH-ES"`, `"ECDH-ES+A256KW"`), keys.ErrSealed},
		"a password is refused":               {header(`"ECDH-ES"`, `"PBES2-HS256+A128KW"`), keys.ErrSealed},
		"direct encryption is refused":        {header(`"ECDH-ES"`, `"dir"`), keys.ErrSealed},
		"another cipher is refused":           {header(`"A256GCM"`, `"A128CBC-HS256"`), keys.ErrSealed},
		"a count for a password is refused":   {header(`"kid"`, `"p2c":1000000000,"kid"`), keys.ErrSealed},
		"compression is refused":              {header(`"kid"`, `"zip":"DEF","kid"`), keys.ErrSealed},
		"party information is refused":        {header(`"cty"`, `"apu":"AA","cty"`), keys.ErrSealed},
		"crit is refused":                     {header(`"cty"`, `"crit":["exp"],"cty"`), keys.ErrSealed},
		"another typ is refused":              {header(`+jwe"`, `+jwt"`), keys.ErrSealed},
		"another content is refused":          {header(`"aeo-exchange+jwt"`, `"JWT"`), keys.ErrSealed},
		"a kid that is none is refused":       {header(to.Public().KID(), "kid"), keys.ErrSealed},
		"another curve is refused":            {header(`"P-256"`, `"P-521"`), keys.ErrSealed},
		"a point off the curve is refused":    {header(x, off), keys.ErrSealed},
		"a short point is refused":            {header(x, x[:42]), keys.ErrSealed},
		"a private half is refused":           {header(`"crv"`, `"d":"AA","crv"`), keys.ErrSealed},
		"a member twice is refused":           {header(`"kid"`, `"enc":"A256GCM","kid"`), keys.ErrSealed},
		"too much is refused":                 {with(3, strings.Repeat("A", keys.MaxSealed)), keys.ErrTooLarge},
		"a header without end is refused":     {with(0, strings.Repeat("A", 1<<16)), keys.ErrSealed},
		"a header that is no JSON is refused": {with(0, b64("{")), keys.ErrSealed},
	} {
		if _, err := keys.ParseSealed([]byte(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSealedIsAuthenticated: no bit of a sealed message can be changed, nor the
// message be given to another.
func TestSealedIsAuthenticated(t *testing.T) {
	to := signer(t, "recipient")
	good, err := keys.Seal([]byte("secret"), to.Public())
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for _, bit := range []byte{1, 2, 4, 32} {
			bad := bytes.Clone(good)
			bad[i] ^= bit
			s, err := keys.ParseSealed(bad)
			if err != nil {
				continue
			}
			if content, err := s.Open(to); err == nil {
				t.Fatalf("opened %q though bit %d of byte %d was changed", content, bit, i)
			}
		}
	}
}

func FuzzParseSealed(f *testing.F) {
	to := signer(f, "recipient")
	good, err := keys.Seal([]byte("secret"), to.Public())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{good, good[:len(good)-1], bytes.ReplaceAll(good, []byte("."), nil), []byte("....")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := keys.ParseSealed(data)
		if err != nil {
			return
		}
		if len(s.KID()) != 43 || bytes.Count(data, []byte(".")) != 4 {
			t.Fatalf("read %q as sealed to %q", data, s.KID())
		}
		if content, err := s.Open(to); err == nil && string(content) != "secret" {
			t.Fatalf("opened %q to %q", data, content)
		}
	})
}
