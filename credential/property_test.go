package credential_test

import (
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Whatever a customs administration has to say about a trader comes back from
// issue, present and verify unchanged.
func TestRoundTrip(t *testing.T) {
	s := newSigner(t)
	rapid.Check(t, func(rt *rapid.T) {
		c := claims()
		c.Status.Idx = rapid.Int64Range(0, 1<<20-1).Draw(rt, "idx")
		c.Subject = subjects().Draw(rt, "subject")
		shown, err := credential.Present(issue(t, c, s), credential.Full)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := verify(shown, s.Public())
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(c.Subject, got.Subject); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
		if got.Status != c.Status {
			rt.Fatalf("status %v, want %v", got.Status, c.Status)
		}
	})
}

func subjects() *rapid.Generator[credential.Subject] {
	text := func(n int) *rapid.Generator[string] {
		return rapid.StringMatching(`[ -~éßłЖ漢字サ🍎"\\]*`).Filter(short(n))
	}
	day := rapid.SampledFrom([]string{"", "2024-02-29", "2026-11-24"})
	lines := func(id *rapid.Generator[string]) *rapid.Generator[[]string] {
		return rapid.Map(rapid.SliceOfNDistinct(id, 0, 16, rapid.ID), none)
	}
	return rapid.Custom(func(t *rapid.T) credential.Subject {
		s := credential.Subject{
			LegalName:       text(200).Draw(t, "legal name"),
			Identifiers:     lines(rapid.StringMatching(`[A-Z]{2}:[a-z]{3}:[A-Z0-9]{1,40}`)).Draw(t, "identifiers"),
			Roles:           lines(rapid.StringMatching(`[a-z]{2,10}`)).Draw(t, "roles"),
			AuthorisationNo: text(64).Draw(t, "number"),
			EffectiveOn:     day.Draw(t, "effective"),
			DecidedBy:       text(200).Draw(t, "decided by"),
			ScopeText:       text(2000).Draw(t, "scope"),
		}
		if v := text(200).Draw(t, "name"); v != "" {
			s.Names = []credential.Name{{Script: "Zyyy", Value: v}}
		}
		if v := text(200).Draw(t, "street"); v != "" {
			s.Address = &credential.Address{Country: "NZ", Street: v}
		}
		return s
	})
}

func short(n int) func(string) bool {
	return func(s string) bool { return len([]rune(s)) <= n }
}

// none makes an empty list nil, the only spelling of absent.
func none(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// No byte of a presentation can be changed unnoticed, and the finding is one
// that fits the place.
func TestEveryByteCounts(t *testing.T) {
	s := newSigner(t)
	raw := issue(t, claims(), s)
	jwt, _ := split(raw)
	flip := func(i int, b byte) {
		damaged := append([]byte(nil), raw...)
		damaged[i] = b
		_, err := verify(damaged, s.Public())
		allowed := []error{credential.ErrUnreadable, credential.ErrFormat, credential.ErrSignature}
		if i > len(jwt) {
			allowed = []error{credential.ErrUnreadable, credential.ErrDisclosure}
		}
		for _, a := range allowed {
			if errors.Is(err, a) {
				return
			}
		}
		t.Fatalf("byte %d, %q for %q: %v", i, b, raw[i], err)
	}
	for i := range raw {
		for _, b := range []byte{raw[i] ^ 1, raw[i] ^ 0x80, '~', '.', 'A', '\n', 0} {
			if b != raw[i] {
				flip(i, b)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	v := readVectors(f)
	for _, c := range v.Vectors {
		f.Add([]byte(c.SDJWT))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := credential.Parse(raw)
		if err != nil {
			for _, class := range classes() {
				if class != nil && errors.Is(err, class) {
					return
				}
			}
			t.Fatalf("error of no class: %v", err)
		}
		if string(p.Raw()) != string(raw) {
			t.Fatal("not what was read")
		}
		if got, err := p.Verify(v.JWK); err == nil && got.Issuer != customs {
			t.Fatalf("verified as %q", got.Issuer)
		}
	})
}
