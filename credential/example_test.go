package credential_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/keys"
)

// From the decision to the other end of the trade: customs issues, the holder
// shows a part, a stranger checks.
func Example() {
	private, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	issuer, _ := keys.NewSigner(private)

	const customs = "https://aeo.customs.nz.example"
	issued, err := credential.Issue(credential.Claims{
		Issuer: customs, IssuedAt: 1795482000, NotBefore: 1764028800, Expires: 1827014400,
		Status:    credential.StatusRef{URI: customs + "/status/1", Idx: 4711},
		Territory: "NZ", Authority: "NZ", Programme: "NZ-SES", Type: "SES",
		Subject: credential.Subject{
			LegalName:   "Southern Orchards Ltd",
			Identifiers: []string{"NZ:ses:12345678A"},
			Roles:       []string{"exporter"},
			ScopeText:   "Export of fresh fruit from all sites.",
		},
	}, customs, issuer, rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}

	shown, _ := credential.Present(issued, credential.Counterparty)

	presentation, err := credential.Parse(shown)
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := presentation.Verify(issuer.Public())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(claims.Subject.LegalName, claims.Subject.Identifiers, claims.Subject.Roles)
	fmt.Printf("scope: %q\n", claims.Subject.ScopeText)
	// Output:
	// Southern Orchards Ltd [NZ:ses:12345678A] [exporter]
	// scope: ""
}
