package sdjwt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys"
)

const (
	now    = 1_800_000_020
	header = `{"alg":"ES256","typ":"dc+sd-jwt"}`
	kbHead = `{"alg":"ES256","typ":"kb+jwt"}`
)

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		err        error
	}{
		{"a JWT and a tilde", "a.b.c~", nil},
		{"two disclosures", "a.b.c~QUFB~QUFC~", nil},
		{"a key binding", "a.b.c~QUFB~d.e.f", nil},
		{"nothing", "", sdjwt.ErrUnreadable},
		{"no tilde", "a.b.c", sdjwt.ErrUnreadable},
		{"an empty disclosure", "a.b.c~~", sdjwt.ErrUnreadable},
		{"padding", "a.b.c~QUE=~", sdjwt.ErrUnreadable},
		{"the standard alphabet", "a.b.c~+/+/~", sdjwt.ErrUnreadable},
		{"unused bits set", "a.b.c~QUF~", sdjwt.ErrUnreadable},
		{"a space", "a.b.c~QU FB~", sdjwt.ErrUnreadable},
		{"a line end", "a.b.c~QUFB\n~", sdjwt.ErrUnreadable},
		{"too many bytes", strings.Repeat("a", sdjwt.MaxSize) + "~", sdjwt.ErrTooLarge},
		{"too many disclosures", "a.b.c~" + strings.Repeat("QUFB~", sdjwt.MaxDisclosures+1), sdjwt.ErrTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := sdjwt.Split([]byte(tt.text)); !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
		})
	}
}

func TestVerifyIssuer(t *testing.T) {
	issuer, other := newParty(t), newParty(t)
	good := `{"iss":"https://x.example","vct":"x","exp":1900000000,"nbf":1700000000,"iat":1700000000}`
	signed := func(header, payload string) string { return issuer.sign(t, header, payload) + "~" }
	edit := func(old, new string) string { return signed(header, strings.Replace(good, old, new, 1)) }
	jwt := signed(header, good)
	for _, tt := range []struct {
		name, text string
		err        error
	}{
		{"a good one", jwt, nil},
		{"a kid is passed over", signed(`{"alg":"ES256","typ":"dc+sd-jwt","kid":"1"}`, good), nil},
		{"another key", other.sign(t, header, good) + "~", sdjwt.ErrSignature},
		{"no signature", jwt[:strings.LastIndexByte(jwt, '.')+1] + "~", sdjwt.ErrSignature},
		{"a signature cut short", jwt[:len(jwt)-3] + "~", sdjwt.ErrSignature},
		{"alg none", signed(`{"alg":"none","typ":"dc+sd-jwt"}`, good), sdjwt.ErrFormat},
		{"alg HS256", signed(`{"alg":"HS256","typ":"dc+sd-jwt"}`, good), sdjwt.ErrFormat},
		{"the former typ", signed(`{"alg":"ES256","typ":"vc+sd-jwt"}`, good), sdjwt.ErrFormat},
		{"crit", signed(`{"alg":"ES256","crit":["x"],"typ":"dc+sd-jwt","x":1}`, good), sdjwt.ErrFormat},
		{"x5c", signed(`{"alg":"ES256","typ":"dc+sd-jwt","x5c":[]}`, good), sdjwt.ErrFormat},
		{"alg twice", signed(`{"alg":"none","alg":"ES256","typ":"dc+sd-jwt"}`, good), sdjwt.ErrFormat},
		{"ALG", signed(`{"ALG":"none","alg":"ES256","typ":"dc+sd-jwt"}`, good), sdjwt.ErrFormat},
		{"four parts", "a." + jwt, sdjwt.ErrUnreadable},
		{"padding", strings.Replace(jwt, ".", "=.", 1), sdjwt.ErrUnreadable},
		{"no vct", edit(`"vct":"x",`, ``), sdjwt.ErrFormat},
		{"no exp", edit(`"exp":1900000000,`, ``), sdjwt.ErrFormat},
		{"exp is null", edit(`1900000000`, `null`), sdjwt.ErrFormat},
		{"exp is a string", edit(`1900000000`, `"1900000000"`), sdjwt.ErrValidity},
		{"exp is a fraction", edit(`1900000000`, `1900000000.5`), sdjwt.ErrValidity},
		{"exp overflows", edit(`1900000000`, `1e30`), sdjwt.ErrUnreadable},
		{"expires this second", edit(`1900000000`, fmt.Sprint(now)), sdjwt.ErrValidity},
		{"expires the next second", edit(`1900000000`, fmt.Sprint(now+1)), nil},
		{"not yet", edit(`"nbf":1700000000`, `"nbf":1800009999`), sdjwt.ErrValidity},
		{"issued in the future", edit(`"iat":1700000000`, `"iat":1800009999`), sdjwt.ErrValidity},
		{"a key binding nobody asked for", jwt + "a.b.c", sdjwt.ErrBinding},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sdjwt.Verify([]byte(tt.text), issuer.public, sdjwt.VC(), now, nil)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
		})
	}
}

func TestVerifyKeyBinding(t *testing.T) {
	issuer, holder := newParty(t), newParty(t)
	text, digest := disclosure(`["salt","name","Exempel AB"]`)
	issued := func(cnf any) string {
		payload := map[string]any{"iss": "https://x.example", "vct": "x", "exp": 1900000000, "_sd": []string{digest}}
		if cnf != nil {
			payload["cnf"] = cnf
		}
		return issuer.sign(t, header, marshal(t, payload)) + "~" + text + "~"
	}
	shown := issued(holder.cnf(t))
	fewer := shown[:len(shown)-len(text)-1]
	claims := func(edit map[string]any) string {
		c := map[string]any{"iat": now - 10, "aud": "https://v.example", "nonce": "n-1", "sd_hash": sdjwt.Digest(shown)}
		for name, v := range edit {
			if c[name] = v; v == nil {
				delete(c, name)
			}
		}
		return marshal(t, c)
	}
	bound := func(edit map[string]any) string { return holder.sign(t, kbHead, claims(edit)) }
	private := holder.cnf(t)
	private["jwk"].(map[string]any)["d"] = "AA"
	rsa := holder.cnf(t)
	rsa["jwk"].(map[string]any)["kty"] = "RSA"

	for _, tt := range []struct {
		name, text string
		ok         bool
	}{
		{"the holder's", shown + bound(nil), true},
		{"with claims beside", shown + bound(map[string]any{"jti": "1"}), true},
		{"none", shown, false},
		{"another nonce", shown + bound(map[string]any{"nonce": "n-2"}), false},
		{"no nonce", shown + bound(map[string]any{"nonce": nil}), false},
		{"another audience", shown + bound(map[string]any{"aud": "https://w.example"}), false},
		{"two audiences", shown + bound(map[string]any{"aud": []string{"https://v.example"}}), false},
		{"no sd_hash", shown + bound(map[string]any{"sd_hash": nil}), false},
		{"of a presentation that showed more", fewer + bound(nil), false},
		{"no iat", shown + bound(map[string]any{"iat": nil}), false},
		{"from the future", shown + bound(map[string]any{"iat": now + 3600}), false},
		{"from long ago", shown + bound(map[string]any{"iat": now - 3600}), false},
		{"expired", shown + bound(map[string]any{"exp": now - 1}), false},
		{"signed by the issuer", shown + issuer.sign(t, kbHead, claims(nil)), false},
		{"alg none", shown + holder.sign(t, `{"alg":"none","typ":"kb+jwt"}`, claims(nil)), false},
		{"typ JWT", shown + holder.sign(t, `{"alg":"ES256","typ":"JWT"}`, claims(nil)), false},
		{"no key in the credential", issued(nil) + bound(nil), false},
		{"a private key in the credential", issued(private) + bound(nil), false},
		{"an RSA key in the credential", issued(rsa) + bound(nil), false},
		{"a line end after it", shown + bound(nil) + "\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := &sdjwt.Binding{Nonce: "n-1", Audience: "https://v.example", MaxAge: 300}
			_, err := sdjwt.Verify([]byte(tt.text), issuer.public, sdjwt.VC(), now, asked)
			if tt.ok && err != nil || !tt.ok && !errors.Is(err, sdjwt.ErrBinding) {
				t.Fatalf("error %v", err)
			}
		})
	}
	t.Run("a binding asked for without a nonce holds for nobody", func(t *testing.T) {
		kb := bound(map[string]any{"nonce": ""})
		_, err := sdjwt.Verify([]byte(shown+kb), issuer.public, sdjwt.VC(), now, &sdjwt.Binding{Audience: "https://v.example", MaxAge: 300})
		if !errors.Is(err, sdjwt.ErrBinding) {
			t.Fatalf("error %v", err)
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("a.b.c~QUFB~d.e.f"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		parts, err := sdjwt.Split(raw)
		if err != nil {
			return
		}
		text := string(parts.JWT) + "~"
		for _, d := range parts.Disclosures {
			text += d + "~"
		}
		if text+string(parts.KeyBinding) != string(raw) {
			t.Fatalf("%q does not reassemble", raw)
		}
	})
}

// FuzzReveal gives one disclosure a place in whatever payload.
func FuzzReveal(f *testing.F) {
	f.Add(`{"_sd":["@"],"a":[{"...":"x"}]}`, `["salt","name",{"_sd":["y"]}]`)
	f.Add(`{"a":[{"...":"@"}],"_sd_alg":"sha-256"}`, `["salt",[{"...":"y"}]]`)
	f.Fuzz(func(t *testing.T, payload, json string) {
		text, digest := disclosure(json)
		out, err := sdjwt.Reveal([]byte(strings.ReplaceAll(payload, "@", digest)), []string{text}, nil)
		if err == nil && strings.Contains(marshal(t, out), `"_sd":`) {
			t.Fatalf("digests left in %v", out)
		}
	})
}

func FuzzVerify(f *testing.F) {
	issuer := newParty(f)
	f.Add(`{"iss":"x","vct":"x","exp":1900000000,"cnf":{"jwk":{"kty":"EC"}}}`, "QUFB~", "a.b.c")
	f.Fuzz(func(t *testing.T, payload, disclosures, kb string) {
		text := issuer.sign(t, header, payload) + "~" + disclosures + kb
		asked := &sdjwt.Binding{Nonce: "n", Audience: "a", MaxAge: 300}
		if _, err := sdjwt.Verify([]byte(text), issuer.public, sdjwt.VC(), now, asked); err == nil {
			t.Fatal("verified without a holder")
		}
	})
}

func ExampleReveal() {
	hidden, digest := disclosure(`["2GLC42sKQveCfGfryNRN9w","legal_name","Exempel AB"]`)
	payload := fmt.Sprintf(`{"iss":"https://customs.example","_sd":[%q,"a-decoy"]}`, digest)
	shown, _ := sdjwt.Reveal([]byte(payload), []string{hidden}, nil)
	fmt.Println(shown["legal_name"])
	_, err := sdjwt.Reveal([]byte(payload), []string{keys.EncodeBase64URL([]byte(`["salt","legal_name","Other AB"]`))}, nil)
	fmt.Println(err)
	// Output:
	// Exempel AB
	// disclosure does not belong to the credential: 1 of them match no digest
}
