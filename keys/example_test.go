package keys_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log"

	"github.com/aeo-registry/aeo/keys"
)

// A notice is signed, read as the kind it must be, and checked with the key it
// names. Offered as anything else it is refused before any key is looked at.
func Example() {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := keys.NewSigner(private)
	if err != nil {
		log.Fatal(err)
	}
	raw, err := keys.Sign(keys.KindNotice, []byte(`{"act":"suspend","seq":1}`), signer)
	if err != nil {
		log.Fatal(err)
	}

	notice, err := keys.Parse(keys.KindNotice, raw)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(notice.KID() == signer.Public().KID(), notice.Verify(signer.Public()))
	fmt.Printf("%s\n", notice.Payload())

	_, err = keys.Parse(keys.KindCredential, raw)
	fmt.Println(err)
	// Output:
	// true <nil>
	// {"act":"suspend","seq":1}
	// JWS of another kind: typ "aeo-mra-notice+jwt", want "dc+sd-jwt"
}
