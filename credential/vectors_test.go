package credential_test

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

var update = flag.Bool("update", false, "rewrite testdata/vectors.json under a fresh key")

// vectors is the file testdata/vectors.json: one rule of the profile a vector,
// with the class of error it must give, for us and for other implementations.
type vectors struct {
	JWK     *keys.PublicKey `json:"jwk"`
	Vectors []vector        `json:"vectors"`
}

type vector struct {
	Name   string `json:"name"`
	Expect string `json:"expect"`
	SDJWT  string `json:"sd_jwt"`
}

func classes() map[string]error {
	return map[string]error{
		"accept":           nil,
		"unreadable":       credential.ErrUnreadable,
		"format":           credential.ErrFormat,
		"too_large":        credential.ErrTooLarge,
		"signature":        credential.ErrSignature,
		"duplicate_digest": credential.ErrDuplicateDigest,
		"disclosure":       credential.ErrDisclosure,
	}
}

func readVectors(t testing.TB) *vectors {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := jcs.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return &v
}

func TestVectors(t *testing.T) {
	if *update {
		raw := marshal(t, makeVectors(t))
		raw = strings.ReplaceAll(raw, `{"expect"`, "\n"+`{"expect"`)
		if err := os.WriteFile("testdata/vectors.json", []byte(raw+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	v := readVectors(t)
	for _, c := range v.Vectors {
		t.Run(c.Name, func(t *testing.T) {
			want, known := classes()[c.Expect]
			if !known {
				t.Fatalf("unknown class %q", c.Expect)
			}
			if _, err := verify([]byte(c.SDJWT), v.JWK); !errors.Is(err, want) {
				t.Fatalf("error %v, want %s", err, c.Expect)
			}
		})
	}
}

// A smith makes one vector after the other from one good credential.
type smith struct {
	t       testing.TB
	signer  *keys.Signer
	good    []byte
	jwt     string
	shown   []string
	payload string
	out     vectors
}

func makeVectors(t testing.TB) *vectors {
	s := &smith{t: t, signer: newSigner(t)}
	s.out.JWK = s.signer.Public()
	s.good = issue(t, claims(), s.signer)
	s.jwt, s.shown = split(s.good)
	s.payload = payloadOf(t, s.good)
	s.accepted()
	s.unreadable()
	s.headers()
	s.visibleClaims()
	s.digests()
	s.signatures()
	s.disclosures()
	return &s.out
}

func (s *smith) add(expect, name, text string) {
	s.out.Vectors = append(s.out.Vectors, vector{Name: name, Expect: expect, SDJWT: text})
}

// signed signs the payload after one member was set, or with nil removed.
func (s *smith) signed(member string, v any) string {
	m := members(s.t, s.payload)
	if m[member] = v; v == nil {
		delete(m, member)
	}
	return forge(s.t, s.signer, header(s.signer), marshal(s.t, m)) + "~"
}

// replaced signs the payload after one replacement in its text.
func (s *smith) replaced(old, new string) string {
	if !strings.Contains(s.payload, old) {
		s.t.Fatalf("payload has no %s", old)
	}
	return forge(s.t, s.signer, header(s.signer), strings.Replace(s.payload, old, new, 1)) + "~"
}

func (s *smith) accepted() {
	s.add("accept", "all disclosures", string(s.good))
	s.add("accept", "no disclosure", s.jwt+"~")
	back := slices.Clone(s.shown)
	slices.Reverse(back)
	s.add("accept", "disclosures in another order", s.jwt+"~"+strings.Join(back, "~")+"~")
	s.add("accept", "what came back from an end", s.signed("restores", []any{formerOf(1, today-year, customs+"/status/1"), formerOf(2, today, customs+"/status/2")}))
	s.add("accept", "white space in the payload", s.replaced(`,"iss"`, `, "iss"`))
}

func (s *smith) unreadable() {
	s.add("unreadable", "nothing", "")
	s.add("unreadable", "no tilde", s.jwt)
	s.add("unreadable", "no tilde at the end", s.jwt+"~"+s.shown[0])
	s.add("unreadable", "an empty disclosure", s.jwt+"~~")
	s.add("unreadable", "a line end", string(s.good)+"\n")
	s.add("unreadable", "padding in a disclosure", s.jwt+"~QUE=~")
	s.add("unreadable", "unused bits in a disclosure", s.jwt+"~QUF~")
	s.add("unreadable", "unused bits in a disclosure, under a foreign typ",
		forge(s.t, s.signer, `{"alg":"ES256","kid":"k","typ":"JWT"}`, s.payload)+"~QUF~")
	s.add("unreadable", "padding in the header", strings.Replace(s.jwt, ".", "=.", 1)+"~")
	s.add("unreadable", "two parts", s.jwt[:strings.LastIndexByte(s.jwt, '.')]+"~")
	s.add("unreadable", "a payload that is no object", forge(s.t, s.signer, header(s.signer), `[1]`)+"~")
	s.add("unreadable", "a member twice", s.replaced(`,"iss"`, `,"iss":"https://evil.example","iss"`))
	s.add("unreadable", "an integer beyond 53 bits", s.replaced(`"exp":`, `"exp":9`+strings.Repeat("0", 16)))
	s.add("unreadable", "a header that is no JSON", forge(s.t, s.signer, `{`, s.payload)+"~")
}

func (s *smith) headers() {
	for _, c := range [][2]string{
		{"typ of SD-JWT VC before 2024", `{"alg":"ES256","kid":"k","typ":"vc+sd-jwt"}`},
		{"no typ", `{"alg":"ES256","kid":"k"}`},
		{"no kid", `{"alg":"ES256","typ":"dc+sd-jwt"}`},
		{"alg none", `{"alg":"none","kid":"k","typ":"dc+sd-jwt"}`},
		{"alg HS256", `{"alg":"HS256","kid":"k","typ":"dc+sd-jwt"}`},
		{"a key in the header", `{"alg":"ES256","jwk":{},"kid":"k","typ":"dc+sd-jwt"}`},
		{"crit", `{"alg":"ES256","crit":["exp"],"kid":"k","typ":"dc+sd-jwt"}`},
	} {
		s.add("format", c[0], forge(s.t, s.signer, c[1], s.payload)+"~")
	}
	s.add("format", "a key binding", string(s.good)+s.jwt)
}

func (s *smith) visibleClaims() {
	for _, name := range []string{
		"iss", "iat", "nbf", "exp", "vct", "vct#integrity", "status", "territory",
		"authority", "programme", "authorisation_type", "_sd", "_sd_alg",
	} {
		s.add("format", "no "+name, s.signed(name, nil))
		s.add("format", name+" is null", forge(s.t, s.signer, header(s.signer), nullify(s.t, s.payload, name))+"~")
		s.add("format", name+" is a truth value", s.signed(name, true))
	}
	for _, c := range []struct {
		name, member string
		value        any
	}{
		{"an unknown claim", "x", 1},
		{"a name in capitals", "ISS", customs},
		{"a holder key", "cnf", map[string]any{"jwk": map[string]any{}}},
		{"a disclosable claim in the open", "legal_name", "Southern Orchards Ltd"},
		{"iss over http", "iss", "http://aeo.customs.nz.example"},
		{"iss with a port", "iss", customs + ":443"},
		{"iss with a path", "iss", customs + "/"},
		{"iss with a user", "iss", "https://a@aeo.customs.nz.example"},
		{"iss with an address", "iss", "https://192.0.2.1"},
		{"iss in capitals", "iss", "https://AEO.customs.nz.example"},
		{"iat within a day", "iat", today + 1},
		{"iat is a fraction", "iat", today + 0.5},
		{"iat is text", "iat", "1795478400"},
		{"nbf after exp", "nbf", today + 2*year},
		{"exp before iat", "exp", today - 1},
		{"exp in three years", "exp", today + 3*year},
		{"vct of another profile", "vct", customs + "/vct/aeo-status/2"},
		{"vct of no entity", "vct", "urn:vct/aeo-status/1"},
		{"vct#integrity of another document", "vct#integrity", "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
		{"status without a list", "status", map[string]any{}},
		{"status beside the list", "status", map[string]any{"status_list": map[string]any{"idx": 1, "uri": customs + "/status/1"}, "x": 1}},
		{"idx beyond any list", "status", statusOf(1<<20, customs+"/status/1")},
		{"idx below zero", "status", statusOf(-1, customs+"/status/1")},
		{"idx is a fraction", "status", statusOf(0.5, customs+"/status/1")},
		{"idx is text", "status", statusOf("1", customs+"/status/1")},
		{"idx is null", "status", statusOf(nil, customs+"/status/1")},
		{"a list elsewhere", "status", statusOf(1, "https://evil.example/status/1")},
		{"a list with a leading zero", "status", statusOf(1, customs+"/status/01")},
		{"a list with a query", "status", statusOf(1, customs+"/status/1?time=0")},
		{"restores nothing", "restores", []any{}},
		{"restores a list of another", "restores", []any{formerOf(1, today, "https://evil.example/status/1")}},
		{"restores an idx beyond any list", "restores", []any{formerOf(1<<20, today, customs+"/status/1")}},
		{"restores an idx that is null", "restores", []any{formerOf(nil, today, customs+"/status/1")}},
		{"restores without a time", "restores", []any{formerOf(1, 0, customs+"/status/1")}},
		{"restores out of order", "restores", []any{formerOf(1, today, customs+"/status/1"), formerOf(2, today-1, customs+"/status/1")}},
		{"restores nine", "restores", slices.Repeat([]any{formerOf(1, today, customs+"/status/1")}, 9)},
		{"restores beside", "restores", []any{map[string]any{"idx": 1, "nbf": today, "uri": customs + "/status/1", "x": 1}}},
		{"territory in small letters", "territory", "nz"},
		{"authority of three letters", "authority", "NZL"},
		{"programme with a space", "programme", "NZ SES"},
		{"authorisation_type of 65 letters", "authorisation_type", strings.Repeat("A", 65)},
	} {
		s.add("format", c.name, s.signed(c.member, c.value))
	}
}

func nullify(t testing.TB, payload, member string) string {
	m := members(t, payload)
	m[member] = nil
	return marshal(t, m)
}

func formerOf(idx any, nbf int64, uri string) map[string]any {
	return map[string]any{"idx": idx, "nbf": nbf, "uri": uri}
}

func statusOf(idx any, uri string) map[string]any {
	return map[string]any{"status_list": map[string]any{"idx": idx, "uri": uri}}
}

func (s *smith) digests() {
	sd := members(s.t, s.payload)["_sd"].([]any)
	with := func(d any) []any { return append(slices.Clone(sd[:11]), d) }
	s.add("format", "11 digests", s.signed("_sd", sd[:11]))
	s.add("format", "13 digests", s.signed("_sd", append(slices.Clone(sd), sdjwt.Digest("decoy"))))
	s.add("format", "a digest that is a number", s.signed("_sd", with(1)))
	s.add("format", "a digest that is null", s.signed("_sd", with(nil)))
	s.add("format", "a digest that is too short", s.signed("_sd", with("AAAA")))
	s.add("format", "another hash", s.signed("_sd_alg", "sha-512"))
	s.add("duplicate_digest", "a digest twice", s.signed("_sd", with(sd[0])))
}

func (s *smith) signatures() {
	cut := strings.LastIndexByte(s.jwt, '.') + 1
	s.add("signature", "a signature of zeros", s.jwt[:cut]+strings.Repeat("A", 86)+"~")
	s.add("signature", "no signature", s.jwt[:cut]+"~")
	s.add("signature", "a signature of 63 bytes", s.jwt[:len(s.jwt)-2]+"~")
	s.add("format", "a signature of three bytes and an unknown claim", graft(s.signed("x", 1), ".AAAA")+"~")
	s.add("signature", "signed by another key", forge(s.t, newSigner(s.t), header(s.signer), s.payload)+"~")
	s.add("signature", "another key named", forge(s.t, s.signer, header(newSigner(s.t)), s.payload)+"~")
	s.add("signature", "a bad signature and a disclosure that matches nothing", s.jwt[:cut]+strings.Repeat("A", 86)+"~QUFB~")
	s.add("signature", "the signature of another payload", graft(s.signed("exp", today+2*year), s.jwt)+"~")
}

// graft puts the signature of one JWT under the content of another.
func graft(sdjwt, jwt string) string {
	content := sdjwt[:strings.LastIndexByte(sdjwt, '.')]
	return content + jwt[strings.LastIndexByte(jwt, '.'):]
}

func (s *smith) disclosures() {
	s.add("disclosure", "one that matches no digest", s.jwt+"~"+keys.EncodeBase64URL([]byte(`["s","legal_name","Evil Ltd"]`))+"~")
	s.add("disclosure", "one that matches no digest and is no JSON", s.jwt+"~QUFB~")
	s.add("disclosure", "one presented twice", s.jwt+"~"+s.shown[0]+"~"+s.shown[0]+"~")
	_, foreign := split(issue(s.t, claims(), s.signer))
	s.add("disclosure", "one of another credential", s.jwt+"~"+foreign[0]+"~")
	for _, c := range []struct{ name, json string }{
		{"an unknown name", `["s","vat_no","1"]`},
		{"a visible name", `["s","iss","https://evil.example"]`},
		{"the name exp", `["s","exp",1900000000]`},
		{"the name _sd", `["s","_sd",[]]`},
		{"an array element", `["s","exporter"]`},
		{"no array", `"legal_name"`},
		{"legal_name is a number", `["s","legal_name",1]`},
		{"legal_name is null", `["s","legal_name",null]`},
		{"legal_name is empty", `["s","legal_name",""]`},
		{"legal_name of two lines", `["s","legal_name","A\nB"]`},
		{"legal_name of 201 characters", `["s","legal_name","` + strings.Repeat("é", 201) + `"]`},
		{"no identifiers", `["s","identifiers",[]]`},
		{"identifiers is text", `["s","identifiers","NZ:ses:1"]`},
		{"17 identifiers", `["s","identifiers",["` + strings.Repeat(`NZ:ses:1","`, 16) + `NZ:ses:2"]]`},
		{"an identifier twice", `["s","identifiers",["NZ:ses:1","NZ:ses:1"]]`},
		{"an identifier without a scheme", `["s","identifiers",["NZ:1"]]`},
		{"an identifier in small letters", `["s","identifiers",["NZ:ses:1a"]]`},
		{"an identifier with a separator", `["s","identifiers",["NZ:ses:1-2"]]`},
		{"an identifier with a scheme in capitals", `["s","identifiers",["NZ:SES:1"]]`},
		{"an identifier with Cyrillic letters", `["s","identifiers",["NZ:ses:АВС"]]`},
		{"a null among roles", `["s","roles",["exporter",null]]`},
		{"a role with a space", `["s","roles",["exporter of fruit"]]`},
		{"a digest among roles", `["s","roles",[{"...":"x"}]]`},
		{"a name without a script", `["s","names",[{"value":"A"}]]`},
		{"a name with a further member", `["s","names",[{"script":"Latn","value":"A","x":1}]]`},
		{"digests in an address", `["s","address",{"country":"NZ","_sd":["x"]}]`},
		{"an address with a further line", `["s","address",{"country":"NZ","region":"Nelson"}]`},
		{"an address with an empty line", `["s","address",{"country":"NZ","street":""}]`},
		{"an address with a null", `["s","address",{"country":"NZ","street":null}]`},
		{"an empty address", `["s","address",{}]`},
		{"an address in a named country", `["s","address",{"country":"New Zealand"}]`},
		{"a day that does not exist", `["s","effective_on","2026-02-30"]`},
		{"a day with a time", `["s","effective_on","2026-02-03T00:00:00Z"]`},
		{"text after the disclosure", `["s","legal_name","A"] 1`},
		{"a member twice", `["s","address",{"country":"NZ","country":"AU"}]`},
	} {
		s.add("disclosure", c.name, s.disclosing(c.json))
	}
	s.add("disclosure", "a name disclosed twice", s.disclosing(`["s","legal_name","A"]`, `["t","legal_name","B"]`))
}

// disclosing signs the digests of disclosures with any content, and shows them.
func (s *smith) disclosing(json ...string) string {
	sd := members(s.t, s.payload)["_sd"].([]any)
	var shown string
	for i, j := range json {
		text := keys.EncodeBase64URL([]byte(j))
		sd[i] = sdjwt.Digest(text)
		shown += text + "~"
	}
	return s.signed("_sd", sd) + shown
}
