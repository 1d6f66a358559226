package statuslist_test

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

const (
	uri  = "https://aeo.customs.nz.example/status/1"
	size = 1 << 14
	now  = 1_795_482_000
	root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
)

func newSigner(t testing.TB) *keys.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func token(t testing.TB) statuslist.Token {
	t.Helper()
	l := newList(t, size)
	if err := l.Set(4711, statuslist.Suspended); err != nil {
		t.Fatal(err)
	}
	return statuslist.Token{Sub: uri, Iat: now, List: l, Log: statuslist.Log{Origin: "aeo.customs.nz.example/log", Size: 12, Root: root}}
}

func sign(t testing.TB, s *keys.Signer, payload string) []byte {
	t.Helper()
	raw, err := keys.Sign(keys.KindStatusList, []byte(payload), s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func pack(t testing.TB, raw []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	z, err := zlib.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(raw)
	z.Close()
	return out.Bytes()
}

// payload is a good token's JSON around an lst.
func payload(lst string) string {
	return fmt.Sprintf(`{"aeo_log":{"origin":"aeo.customs.nz.example/log","root":%q,"size":12},"exp":%d,"iat":%d,"status_list":{"bits":2,"lst":%q},"sub":%q,"ttl":900}`,
		root, now+86400, now, lst, uri)
}

func TestSignedTokenVerifies(t *testing.T) {
	s, want := newSigner(t), token(t)
	raw, err := statuslist.Sign(want, s)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := statuslist.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if signed.KID() != s.Public().KID() {
		t.Errorf("kid %s", signed.KID())
	}
	got, err := signed.Verify(s.Public(), uri, size, now)
	if err != nil {
		t.Fatal(err)
	}
	want.Exp, want.TTL = now+86400, 900
	if diff := cmp.Diff(&want, got, cmp.AllowUnexported(statuslist.List{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVerifyRefuses(t *testing.T) {
	s := newSigner(t)
	raw, err := statuslist.Sign(token(t), s)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := statuslist.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		key       *keys.PublicKey
		uri       string
		size, now int64
		err       error
	}{
		{"nothing at the last second", s.Public(), uri, size, now + 86399, nil},
		{"nothing from a clock a little ahead", s.Public(), uri, size, now - 300, nil},
		{"another key", newSigner(t).Public(), uri, size, now, keys.ErrForeignKey},
		{"another list", s.Public(), strings.Replace(uri, "/1", "/2", 1), size, now, statuslist.ErrList},
		{"a token from the future", s.Public(), uri, size, now - 301, statuslist.ErrList},
		{"an expired token", s.Public(), uri, size, now + 86400, statuslist.ErrList},
		{"a list longer than the log says", s.Public(), uri, size / 2, now, statuslist.ErrList},
		{"a list shorter than the log says", s.Public(), uri, size * 2, now, statuslist.ErrList},
		{"a size that is none", s.Public(), uri, size + 4, now, statuslist.ErrList},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := signed.Verify(tt.key, tt.uri, tt.size, tt.now); !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	s := newSigner(t)
	good := payload(keys.EncodeBase64URL(pack(t, make([]byte, size/4), 9)))
	if _, err := statuslist.Parse(sign(t, s, good)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new string }{
		{"no sub", `"sub":"` + uri + `",`, ``},
		{"a sub over http", `"sub":"https:`, `"sub":"http:`},
		{"a sub with a port", `.example/status/1"`, `.example:443/status/1"`},
		{"a sub with a query", `/status/1"`, `/status/1?t=1"`},
		{"a sub with a leading zero", `/status/1"`, `/status/01"`},
		{"no iat", fmt.Sprintf(`"iat":%d,`, now), ``},
		{"an exp of 25 hours", fmt.Sprint(now + 86400), fmt.Sprint(now + 90000)},
		{"an exp that is a fraction", fmt.Sprint(now + 86400), fmt.Sprint(now+86400) + ".0"},
		{"no exp", fmt.Sprintf(`"exp":%d,`, now+86400), ``},
		{"no ttl", `,"ttl":900`, ``},
		{"a ttl of a day", `"ttl":900`, `"ttl":86400`},
		{"1 bit", `"bits":2`, `"bits":1`},
		{"bits as text", `"bits":2`, `"bits":"2"`},
		{"bits as a fraction", `"bits":2`, `"bits":2.0`},
		{"an empty lst", `"lst":"`, `"lst":"","x":"`},
		{"an unknown claim", `"ttl":900`, `"ttl":900,"x":1`},
		{"an aggregation", `"bits":2`, `"aggregation_uri":"https://x.example","bits":2`},
		{"no log", `"aeo_log"`, `"log"`},
		{"the log of another host", `aeo.customs.nz.example/log`, `evil.example/log`},
		{"a log of size 0", `"size":12`, `"size":0`},
		{"a short root", root, "AAAA"},
		{"a root in base64url", root, strings.NewReplacer("+", "-", "/", "_").Replace(root)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := strings.Replace(good, tt.old, tt.new, 1)
			if bad == good {
				t.Fatal("nothing replaced")
			}
			if _, err := statuslist.Parse(sign(t, s, bad)); !errors.Is(err, statuslist.ErrList) {
				t.Fatalf("error %v", err)
			}
		})
	}
	t.Run("a credential", func(t *testing.T) {
		raw, err := keys.Sign(keys.KindCredential, []byte(good), s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := statuslist.Parse(raw); !errors.Is(err, keys.ErrFormat) {
			t.Fatalf("error %v", err)
		}
	})
}

func TestSignRefuses(t *testing.T) {
	s := newSigner(t)
	for name, edit := range map[string]func(*statuslist.Token){
		"no list":                  func(t *statuslist.Token) { t.List = nil },
		"a list of size 0":         func(t *statuslist.Token) { t.List = &statuslist.List{} },
		"another lifetime":         func(t *statuslist.Token) { t.Exp = t.Iat + 1 },
		"another ttl":              func(t *statuslist.Token) { t.TTL = 1 },
		"the log of somebody else": func(t *statuslist.Token) { t.Log.Origin = "x.example/log" },
	} {
		t.Run(name, func(t *testing.T) {
			tok := token(t)
			edit(&tok)
			if _, err := statuslist.Sign(tok, s); !errors.Is(err, statuslist.ErrList) {
				t.Fatalf("error %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	s := newSigner(f)
	good := payload(keys.EncodeBase64URL(pack(f, make([]byte, size/4), 9)))
	f.Add(good)
	f.Add(strings.Replace(good, "12", "9007199254740991", 1))
	f.Fuzz(func(t *testing.T, payload string) {
		raw, err := keys.Sign(keys.KindStatusList, []byte(payload), s)
		if err != nil {
			return
		}
		signed, err := statuslist.Parse(raw)
		if err != nil {
			return
		}
		tok, err := signed.Verify(s.Public(), uri, size, now)
		if err == nil && (tok.Sub != uri || tok.List.Size() != size) {
			t.Fatalf("verified as %q of %d", tok.Sub, tok.List.Size())
		}
	})
}

func Example() {
	private, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	issuer, _ := keys.NewSigner(private)
	list, _ := statuslist.NewList(statuslist.DefaultSize)
	list.Set(4711, statuslist.Suspended)

	raw, err := statuslist.Sign(statuslist.Token{
		Sub: uri, Iat: now, List: list,
		Log: statuslist.Log{Origin: "aeo.customs.nz.example/log", Size: 12, Root: root},
	}, issuer)
	if err != nil {
		fmt.Println(err)
		return
	}
	signed, _ := statuslist.Parse(raw)
	tok, err := signed.Verify(issuer.Public(), uri, statuslist.DefaultSize, now+60)
	if err != nil {
		fmt.Println(err)
		return
	}
	status, _ := tok.List.Get(4711)
	fmt.Println(status, "may become valid again:", status.May(statuslist.Valid))
	// Output: suspended may become valid again: true
}
