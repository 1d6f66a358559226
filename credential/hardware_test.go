package credential_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"io"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/keys"
)

// What a broken key module or source of randomness makes is found out before
// it leaves: a holder could do nothing with it.
func TestWorkOfFaultyHardwareIsNotIssued(t *testing.T) {
	honest := newSigner(t)
	faulty, err := keys.NewSigner(faultyKey{honest.Crypto()})
	if err != nil {
		t.Fatal(err)
	}
	says := claims()
	says.Subject.ScopeText = "" // so that there are two decoys
	for name, c := range map[string]struct {
		signer *keys.Signer
		rand   io.Reader
		err    error
	}{
		"a signature of something else": {faulty, rand.Reader, credential.ErrSignature},
		"randomness that is stuck":      {honest, stuck{}, credential.ErrDuplicateDigest},
	} {
		if raw, err := credential.Issue(says, customs, c.signer, c.rand); !errors.Is(err, c.err) || raw != nil {
			t.Errorf("%s: %d bytes, error %v", name, len(raw), err)
		}
	}
}

type faultyKey struct{ crypto.Signer }

func (f faultyKey) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	flipped := bytes.Clone(digest)
	flipped[7] ^= 1
	return f.Signer.Sign(rand, flipped, opts)
}

// stuck gives the same bytes again and again.
type stuck struct{}

func (stuck) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
