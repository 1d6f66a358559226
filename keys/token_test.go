package keys_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const payload = `{"iss":"https://aeo.customs.nz.example","iat":1767225600}`

func b64(s string) string { return keys.EncodeBase64URL([]byte(s)) }

// compact is a token whose three parts are given in clear.
func compact(head, body, sig string) string { return b64(head) + "." + b64(body) + "." + b64(sig) }

func TestParse(t *testing.T) {
	good := string(sign(t, keys.KindCredential, payload, signer(t, "issuer")))
	parts := strings.Split(good, ".")
	kid := signer(t, "issuer").Public().KID()
	const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
	head := func(format string, args ...any) string { return compact(fmt.Sprintf(format, args...), payload, zeros) }
	member := func(m string) string { return head(`{"alg":"ES256","kid":%q,"typ":"dc+sd-jwt",%s}`, kid, m) }
	body := func(b string) string { return compact(`{"alg":"ES256","kid":"k","typ":"dc+sd-jwt"}`, b, zeros) }

	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"what we sign is read":            {good, nil},
		"a header in any order is read":   {head(`{"typ":"dc+sd-jwt","alg":"ES256","kid":%q}`, kid), nil},
		"a token of another typ is not":   {head(`{"alg":"ES256","kid":%q,"typ":"statuslist+jwt"}`, kid), keys.ErrFormat},
		"nor one with typ in other case":  {head(`{"alg":"ES256","kid":%q,"typ":"DC+SD-JWT"}`, kid), keys.ErrFormat},
		"nor with the media type in full": {head(`{"alg":"ES256","kid":%q,"typ":"application/dc+sd-jwt"}`, kid), keys.ErrFormat},
		"nor without typ":                 {head(`{"alg":"ES256","kid":%q}`, kid), keys.ErrFormat},
		"nor with a typ that is null":     {head(`{"alg":"ES256","kid":%q,"typ":null}`, kid), keys.ErrFormat},
		"nor with a typ that is a list":   {head(`{"alg":"ES256","kid":%q,"typ":["dc+sd-jwt"]}`, kid), keys.ErrFormat},

		"alg none is refused":               {head(`{"alg":"none","kid":%q,"typ":"dc+sd-jwt"}`, kid), keys.ErrFormat},
		"alg none without signature too":    {compact(`{"alg":"none","kid":"k","typ":"dc+sd-jwt"}`, payload, ""), keys.ErrFormat},
		"alg None is refused":               {head(`{"alg":"None","kid":%q,"typ":"dc+sd-jwt"}`, kid), keys.ErrFormat},
		"alg HS256 is refused":              {head(`{"alg":"HS256","kid":%q,"typ":"dc+sd-jwt"}`, kid), keys.ErrFormat},
		"alg RS256 is refused":              {head(`{"alg":"RS256","kid":%q,"typ":"dc+sd-jwt"}`, kid), keys.ErrFormat},
		"alg EdDSA is refused":              {head(`{"alg":"EdDSA","kid":%q,"typ":"dc+sd-jwt"}`, kid), keys.ErrFormat},
		"alg es256 is refused":              {head(`{"alg":"es256","kid":%q,"typ":"dc+sd-jwt"}`, kid), keys.ErrFormat},
		"no alg is refused":                 {head(`{"kid":%q,"typ":"dc+sd-jwt"}`, kid), keys.ErrFormat},
		"ALG is not alg":                    {member(`"ALG":"ES256"`), keys.ErrFormat},
		"ALG alone is not alg":              {head(`{"ALG":"ES256","kid":%q,"typ":"dc+sd-jwt"}`, kid), keys.ErrFormat},
		"kid is needed":                     {head(`{"alg":"ES256","typ":"dc+sd-jwt"}`), keys.ErrFormat},
		"an empty kid is none":              {head(`{"alg":"ES256","kid":"","typ":"dc+sd-jwt"}`), keys.ErrFormat},
		"a kid that is a number is refused": {head(`{"alg":"ES256","kid":1,"typ":"dc+sd-jwt"}`), keys.ErrFormat},
		"crit is refused":                   {member(`"crit":["exp"]`), keys.ErrFormat},
		"an empty crit is refused":          {member(`"crit":[]`), keys.ErrFormat},
		"b64 is refused":                    {member(`"b64":false,"crit":["b64"]`), keys.ErrFormat},
		"jwk is refused":                    {member(`"jwk":{"kty":"EC"}`), keys.ErrFormat},
		"jku is refused":                    {member(`"jku":"https://evil.example/jwks"`), keys.ErrFormat},
		"x5u is refused":                    {member(`"x5u":"https://evil.example/x"`), keys.ErrFormat},
		"x5c is refused":                    {member(`"x5c":[]`), keys.ErrFormat},
		"zip is refused":                    {member(`"zip":"DEF"`), keys.ErrFormat},
		"cty is refused":                    {member(`"cty":"JWT"`), keys.ErrFormat},
		"an empty extra member is refused":  {member(`"":0`), keys.ErrFormat},

		"alg twice is unreadable":                {member(`"alg":"ES256"`), keys.ErrUnreadable},
		"alg twice, once escaped, is unreadable": {member(`"\u0061lg":"ES256"`), keys.ErrUnreadable},
		"a header that is a list is unreadable":  {head(`["ES256"]`), keys.ErrUnreadable},
		"an empty header is unreadable":          {head(``), keys.ErrUnreadable},
		"a header and more is unreadable":        {head(`{"alg":"ES256","kid":"k","typ":"dc+sd-jwt"}{}`), keys.ErrUnreadable},
		"unreadable comes before another kind":   {compact(`{"alg":"none"}`, `{`, zeros), keys.ErrUnreadable},

		"nothing is unreadable":          {"", keys.ErrUnreadable},
		"no dot is unreadable":           {parts[0], keys.ErrUnreadable},
		"one dot is unreadable":          {parts[0] + "." + parts[1], keys.ErrUnreadable},
		"three dots are unreadable":      {good + ".", keys.ErrUnreadable},
		"five parts are a JWE":           {good + "." + parts[1] + "." + parts[2], keys.ErrUnreadable},
		"JSON serialization is not read": {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, keys.ErrUnreadable},
		"a line break after is refused":  {good + "\n", keys.ErrUnreadable},
		"a space before is refused":      {" " + good, keys.ErrUnreadable},

		"a payload that is a list is refused":        {body(`[]`), keys.ErrUnreadable},
		"a payload that is text is refused":          {body(`foo`), keys.ErrUnreadable},
		"a payload that is null is refused":          {body(`null`), keys.ErrUnreadable},
		"an empty payload is refused":                {body(``), keys.ErrUnreadable},
		"a claim twice is refused":                   {body(`{"iss":"a","iss":"b"}`), keys.ErrUnreadable},
		"a claim twice deep inside is refused":       {body(`{"a":[{"b":1,"b":1}]}`), keys.ErrUnreadable},
		"an integer beyond 2^53 is refused":          {body(`{"exp":9007199254740993}`), keys.ErrUnreadable},
		"thirty-two levels are read":                 {body(strings.Repeat(`{"a":`, 32) + "0" + strings.Repeat("}", 32)), nil},
		"thirty-three levels are refused":            {body(strings.Repeat(`{"a":`, 33) + "0" + strings.Repeat("}", 33)), keys.ErrUnreadable},
		"a lone surrogate is refused":                {body(`{"a":"\ud800"}`), keys.ErrUnreadable},
		"invalid UTF-8 is refused":                   {body("{\"a\":\"\xff\"}"), keys.ErrUnreadable},
		"invalid UTF-8 in a claim's name is refused": {body("{\"\xc0\":1}"), keys.ErrUnreadable},
		"a payload and more is refused":              {body(`{} {}`), keys.ErrUnreadable},

		"a signature of 63 bytes is refused":        {compact(`{"alg":"ES256","kid":"k","typ":"dc+sd-jwt"}`, payload, zeros[:63]), keys.ErrSignature},
		"a signature of 65 bytes is refused":        {compact(`{"alg":"ES256","kid":"k","typ":"dc+sd-jwt"}`, payload, zeros+"0"), keys.ErrSignature},
		"no signature is refused":                   {compact(`{"alg":"ES256","kid":"k","typ":"dc+sd-jwt"}`, payload, ""), keys.ErrSignature},
		"the largest credential is read":            {sized(keys.KindCredential.Max()), nil},
		"one byte more than the largest is refused": {sized(keys.KindCredential.Max() + 1), keys.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := keys.Parse(keys.KindCredential, []byte(c.in)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// sized is a credential of n bytes, with a signature of zeros. Base64 has no
// text of 4k+1 letters, so the kid makes up for what the payload cannot.
func sized(n int) string {
	sig := b64(strings.Repeat("0", 64))
	for kid := "k"; ; kid += "k" {
		head := b64(`{"alg":"ES256","kid":"` + kid + `","typ":"dc+sd-jwt"}`)
		room := n - len(head) - len(sig) - 2
		if room%4 != 1 {
			return head + "." + b64(`{"a":"`+strings.Repeat("x", room*3/4-8)+`"}`) + "." + sig
		}
	}
}

func TestEveryPartHasOneSpelling(t *testing.T) {
	good := string(sign(t, keys.KindNotice, payload, signer(t, "issuer")))
	for part := range 3 {
		for name, spoil := range map[string]func(string) string{
			"padding":            func(s string) string { return s + strings.Repeat("=", max(1, 4-len(s)%4)) },
			"a line feed inside": func(s string) string { return s[:4] + "\n" + s[4:] },
			"a carriage return":  func(s string) string { return s[:4] + "\r" + s[4:] },
			"a line feed at end": func(s string) string { return s + "\n" },
			"a space":            func(s string) string { return s[:4] + " " + s[4:] },
			"a NUL":              func(s string) string { return s[:4] + "\x00" + s[4:] },
			"a plus sign":        func(s string) string { return s[:4] + "+" + s[5:] },
			"a slash":            func(s string) string { return s[:4] + "/" + s[5:] },
			"a full-width A":     func(s string) string { return s[:4] + "\uff21" + s[5:] },
			"a left-over letter": func(s string) string { return s + strings.Repeat("A", (5-len(s)%4)%4) },
		} {
			parts := strings.Split(good, ".")
			parts[part] = spoil(parts[part])
			if _, err := keys.Parse(keys.KindNotice, []byte(strings.Join(parts, "."))); !errors.Is(err, keys.ErrUnreadable) {
				t.Errorf("%s in part %d: got %v, want ErrUnreadable", name, part, err)
			}
		}
	}
	// 64 bytes are 86 letters: the last carries two bits and four unused ones.
	for _, last := range "BCDEFGHIJKLMNOP" {
		if _, err := keys.DecodeBase64URL(strings.Repeat("A", 85) + string(last)); err == nil {
			t.Errorf("unused bits set by %c are accepted", last)
		}
	}
}

func TestBase64URLIsAOneToOneMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		got, err := keys.DecodeBase64URL(keys.EncodeBase64URL(want))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%x became %x, %v", want, got, err)
		}
		text := rapid.StringMatching(`[A-Za-z0-9_=+/\r\n -]{0,12}`).Draw(t, "text")
		if b, err := keys.DecodeBase64URL(text); err == nil && keys.EncodeBase64URL(b) != text {
			t.Fatalf("%q is a second spelling of %x", text, b)
		}
	})
}

func TestVerify(t *testing.T) {
	s, other := signer(t, "issuer"), signer(t, "other")
	raw := sign(t, keys.KindCredential, payload, s)
	token, err := keys.Parse(keys.KindCredential, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(s.Public()); err != nil {
		t.Errorf("own signature: %v", err)
	}
	if diff := cmp.Diff(payload, string(token.Payload())); diff != "" {
		t.Errorf("payload (-want +got)\n%s", diff)
	}
	if got, want := string(token.SigningInput()), string(raw[:bytes.LastIndexByte(raw, '.')]); got != want || token.KID() != s.Public().KID() || !bytes.Equal(token.Raw(), raw) {
		t.Errorf("signing input %q of %q by %s", got, token.Raw(), token.KID())
	}
	for name, key := range map[string]*keys.PublicKey{"another key": other.Public(), "no key": nil, "an empty key": {}} {
		if err := token.Verify(key); !errors.Is(err, keys.ErrForeignKey) {
			t.Errorf("%s: got %v, want ErrForeignKey", name, err)
		}
	}
}

func TestEverySignedByteCounts(t *testing.T) {
	s := signer(t, "issuer")
	raw := sign(t, keys.KindCredential, payload, s)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range raw {
		spoilt := bytes.Clone(raw)
		next := (strings.IndexByte(alphabet, raw[i]) + 16) % 64
		spoilt[i] = alphabet[next]
		token, err := keys.Parse(keys.KindCredential, spoilt)
		if err == nil {
			err = token.Verify(s.Public())
		}
		if err == nil {
			t.Errorf("byte %d may be changed", i)
		}
	}
}

func TestSignRefusesWhatParseWouldRefuse(t *testing.T) {
	s := signer(t, "issuer")
	if _, err := keys.Sign(keys.KindNotice, []byte(`{"a":1,"a":2}`), s); err == nil {
		t.Error("signed a member given twice")
	}
	if _, err := keys.Sign(keys.KindNotice, []byte(`[]`), s); err == nil {
		t.Error("signed a list")
	}
	large := []byte(`{"a":"` + strings.Repeat("x", keys.KindNotice.Max()) + `"}`)
	if _, err := keys.Sign(keys.KindNotice, large, s); !errors.Is(err, keys.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func TestPrivateKeysAreNeverPrinted(t *testing.T) {
	s, n := signer(t, "issuer"), noteSigner(t, "log.example/log", keys.NoteEd25519)
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("keys", "es256", s, "note", n)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("keys", "es256", s, "note", n)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		fmt.Fprintf(&out, verb+verb, s, n)
	}
	want := strings.Count(out.String(), s.Public().KID())
	if want != 9 || strings.Count(out.String(), n.VKey.String()) != 9 || len(out.String()) > 9*(60+120)+300 {
		t.Errorf("printed more or less than names:\n%s", out.String())
	}
}

// What was verified before, under whatever header, does not help or hurt the next.
func TestVerificationsDoNotTouchEachOther(t *testing.T) {
	s := signer(t, "issuer")
	good := sign(t, keys.KindCredential, payload, s)
	other := sign(t, keys.KindCredential, `{"iss":"https://aeo.customs.jp.example"}`, s)
	notice := sign(t, keys.KindNotice, payload, s)
	cut := func(raw []byte) []string { return strings.Split(string(raw), ".") }
	mixed := func(head, body, sig []byte) []byte {
		return []byte(cut(head)[0] + "." + cut(body)[1] + "." + cut(sig)[2])
	}
	key := signer(t, "issuer").Public()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for _, c := range []struct {
				kind keys.Kind
				raw  []byte
				want error
			}{
				{keys.KindCredential, good, nil},
				{keys.KindCredential, mixed(good, other, good), keys.ErrSignature},
				{keys.KindCredential, mixed(good, good, other), keys.ErrSignature},
				{keys.KindNotice, notice, nil},
				{keys.KindNotice, mixed(notice, good, good), keys.ErrSignature},
				{keys.KindCredential, mixed(good, notice, notice), keys.ErrSignature},
				{keys.KindCredential, other, nil},
			} {
				token, err := keys.Parse(c.kind, c.raw)
				if err != nil {
					t.Error(err)
					continue
				}
				if err := token.Verify(key); !errors.Is(err, c.want) {
					t.Errorf("%s: %v, want %v", c.raw, err, c.want)
				}
			}
		})
	}
	wait.Wait()
}

func TestParseInto(t *testing.T) {
	s := signer(t, "issuer")
	type form struct {
		Iss string `json:"iss"`
		Iat int64  `json:"iat"`
	}
	var got form
	token, err := keys.ParseInto(keys.KindCredential, sign(t, keys.KindCredential, payload, s), &got)
	if err != nil || token.Verify(s.Public()) != nil || string(token.Payload()) != payload {
		t.Fatal(token, err)
	}
	if diff := cmp.Diff(form{"https://aeo.customs.nz.example", 1767225600}, got); diff != "" {
		t.Error(diff)
	}
	const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
	const head = `{"alg":"ES256","kid":"k","typ":"dc+sd-jwt"}`
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"a foreign member is another form":             {compact(head, `{"iss":"a","sub":"b"}`, zeros), keys.ErrPayload},
		"a text where a number belongs is another":     {compact(head, `{"iat":"1"}`, zeros), keys.ErrPayload},
		"a list is no object":                          {compact(head, `[1]`, zeros), keys.ErrUnreadable},
		"null is no object":                            {compact(head, `null`, zeros), keys.ErrUnreadable},
		"what is no JSON counts first":                 {compact(head, `{"sub":"b"`, zeros), keys.ErrUnreadable},
		"and so does a name given twice":               {compact(head, `{"iss":"a","iss":"a"}`, zeros), keys.ErrUnreadable},
		"a header of another kind counts before":       {compact(`{"alg":"ES256","kid":"k","typ":"jwt"}`, `{"sub":"b"}`, zeros), keys.ErrFormat},
		"a signature of another length counts before":  {compact(head, `{"sub":"b"}`, "00"), keys.ErrSignature},
		"a signature that is no base64url counts most": {b64(head) + "." + b64(`{"sub":"b"}`) + ".=", keys.ErrUnreadable},
	} {
		if token, err := keys.ParseInto(keys.KindCredential, []byte(c.in), &form{}); !errors.Is(err, c.want) || token != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestBase64URLHasNoLineBreaks(t *testing.T) {
	for size := range 12 {
		text := keys.EncodeBase64URL(bytes.Repeat([]byte{0x5a}, size))
		for at := range len(text) + 1 {
			for _, breaks := range []string{"\n", "\r", "\r\n", "\n\n\n", "\n\n\n\n"} {
				if b, err := keys.DecodeBase64URL(text[:at] + breaks + text[at:]); err == nil {
					t.Errorf("%q is read as %x", text[:at]+breaks+text[at:], b)
				}
			}
		}
	}
	prefix := []byte("before")
	got, err := keys.AppendBase64URL(prefix, "Wg")
	if string(got) != "beforeZ" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
