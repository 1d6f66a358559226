package keys_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

const canonical = `{"iat":1767225600,"iss":"https://aeo.customs.nz.example"}`

// multi is a JWS in general JSON serialization by all signers.
func multi(t testing.TB, kind keys.Kind, payload string, signers ...*keys.Signer) string {
	t.Helper()
	var entries []string
	for _, s := range signers {
		p := strings.Split(string(sign(t, kind, payload, s)), ".")
		entries = append(entries, fmt.Sprintf(`{"protected":%q,"signature":%q}`, p[0], p[2]))
	}
	return fmt.Sprintf(`{"payload":%q,"signatures":[%s]}`, b64(payload), strings.Join(entries, ","))
}

func TestParseGeneral(t *testing.T) {
	a, b := signer(t, "party a"), signer(t, "party b")
	good := multi(t, keys.KindAnnex, canonical, a, b)
	one := strings.Split(string(sign(t, keys.KindAnnex, canonical, a)), ".")
	protected, signature := one[0], one[2]
	entry := fmt.Sprintf(`{"protected":%q,"signature":%q}`, protected, signature)
	with := func(entries ...string) string {
		return fmt.Sprintf(`{"payload":%q,"signatures":[%s]}`, b64(canonical), strings.Join(entries, ","))
	}
	other := strings.Split(string(sign(t, keys.KindRoster, canonical, b)), ".")
	var many []string
	for i := range keys.MaxSignatures + 1 {
		many = append(many, fmt.Sprintf(`{"protected":%q,"signature":%q}`, b64(fmt.Sprintf(`{"alg":"ES256","kid":"%d","typ":"aeo-mra+jws"}`, i)), signature))
	}

	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"two signatures are read":                   {good, nil},
		"one signature is read":                     {with(entry), nil},
		"thirty-two signatures are read":            {with(many[:keys.MaxSignatures]...), nil},
		"thirty-three are refused":                  {with(many...), keys.ErrFormat},
		"no signature is refused":                   {with(), keys.ErrFormat},
		"signatures that are null are refused":      {fmt.Sprintf(`{"payload":%q,"signatures":null}`, b64(canonical)), keys.ErrFormat},
		"two signatures by one key are refused":     {with(entry, entry), keys.ErrFormat},
		"an entry of another typ is refused":        {with(entry, fmt.Sprintf(`{"protected":%q,"signature":%q}`, other[0], other[2])), keys.ErrFormat},
		"also where it comes first":                 {with(fmt.Sprintf(`{"protected":%q,"signature":%q}`, other[0], other[2]), entry), keys.ErrFormat},
		"an unprotected header is refused":          {with(fmt.Sprintf(`{"header":{"kid":"x"},"protected":%q,"signature":%q}`, protected, signature)), keys.ErrUnreadable},
		"an empty unprotected header too":           {with(fmt.Sprintf(`{"header":{},"protected":%q,"signature":%q}`, protected, signature)), keys.ErrUnreadable},
		"an entry without protected is refused":     {with(fmt.Sprintf(`{"signature":%q}`, signature)), keys.ErrUnreadable},
		"an entry without signature is refused":     {with(fmt.Sprintf(`{"protected":%q}`, protected)), keys.ErrSignature},
		"an entry that is null is refused":          {with("null"), keys.ErrUnreadable},
		"the flattened form is refused":             {fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, b64(canonical), protected, signature), keys.ErrUnreadable},
		"both forms in one are refused":             {fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q,"signatures":[%s]}`, b64(canonical), protected, signature, entry), keys.ErrUnreadable},
		"a compact JWS is refused":                  {strings.Join(one, "."), keys.ErrUnreadable},
		"a payload given twice is refused":          {fmt.Sprintf(`{"payload":"","payload":%q,"signatures":[%s]}`, b64(canonical), entry), keys.ErrUnreadable},
		"no payload is refused":                     {fmt.Sprintf(`{"signatures":[%s]}`, entry), keys.ErrUnreadable},
		"a dot in the payload is refused":           {fmt.Sprintf(`{"payload":"a.b","signatures":[%s]}`, entry), keys.ErrUnreadable},
		"a dot in a signature is refused":           {with(fmt.Sprintf(`{"protected":%q,"signature":"%s.%s"}`, protected, signature[:40], signature[40:])), keys.ErrUnreadable},
		"a padded payload is refused":               {strings.Replace(good, `","signatures`, `=","signatures`, 1), keys.ErrUnreadable},
		"members out of order are refused":          {fmt.Sprintf(`{"signatures":[%s],"payload":%q}`, entry, b64(canonical)), keys.ErrUnreadable},
		"white space is refused":                    {good + "\n", keys.ErrUnreadable},
		"a letter that is escaped needlessly too":   {strings.Replace(good, "payload", `p\u0061yload`, 1), keys.ErrUnreadable},
		"a payload not in RFC 8785 form is refused": {multi(t, keys.KindAnnex, payload, a), keys.ErrFormat},
		"a payload that is a list is refused":       {fmt.Sprintf(`{"payload":%q,"signatures":[%s]}`, b64(`[]`), entry), keys.ErrUnreadable},
		"a document beyond the cap is refused":      {strings.Repeat(" ", keys.KindAnnex.Max()+1), keys.ErrTooLarge},
		"a document that is nested deep is refused": {strings.Repeat("[", 1000), keys.ErrUnreadable},
		"nothing is refused":                        {"", keys.ErrUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := keys.ParseGeneral(keys.KindAnnex, []byte(c.in)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestSignedBy: each signature stands for itself; a good one does not carry a bad one.
func TestSignedBy(t *testing.T) {
	a, b, stranger := signer(t, "party a"), signer(t, "party b"), signer(t, "stranger")
	forged := multi(t, keys.KindAnnex, canonical, a, b)
	other := strings.Split(string(sign(t, keys.KindAnnex, `{}`, b)), ".")[2]
	cut := strings.LastIndex(forged, `"signature":"`) + len(`"signature":"`)
	forged = forged[:cut] + other + `"}]}`

	doc, err := keys.ParseGeneral(keys.KindAnnex, []byte(forged))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{"a": doc.SignedBy(a.Public()), "b": doc.SignedBy(b.Public()), "stranger": doc.SignedBy(stranger.Public()), "nobody": doc.SignedBy(nil)}
	if diff := cmp.Diff(map[string]bool{"a": true, "b": false, "stranger": false, "nobody": false}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if string(doc.Payload()) != canonical || string(doc.Raw()) != forged || len(doc.Signatures()) != 2 {
		t.Errorf("document %s has payload %s and %d signatures", doc.Raw(), doc.Payload(), len(doc.Signatures()))
	}
	for i, token := range doc.Signatures() {
		if _, err := keys.Parse(keys.KindAnnex, token.Raw()); err != nil {
			t.Errorf("signature %d is no compact JWS: %v", i, err)
		}
	}
}
