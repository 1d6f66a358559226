package credential

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// Issue signs a credential and attaches all its disclosures. vctEntity is the
// entity whose type it is: the issuer, or the union it belongs to. rand gives
// salts and decoys. What comes out was read back and verified: a credential
// this package would refuse is never returned.
func Issue(c Claims, vctEntity string, s *keys.Signer, rand io.Reader) ([]byte, error) {
	c.IssuedAt -= c.IssuedAt % day
	c.VCT = VCT(vctEntity)
	c.VCTIntegrity = Integrity(c.VCT)
	p := newPayload(&c)
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("issue: %w: %w", ErrFormat, err)
	}
	if err := c.Subject.check(); err != nil {
		return nil, fmt.Errorf("issue: %w: %w", ErrFormat, err)
	}
	disclosures, err := disclose(&c.Subject, rand)
	if err != nil {
		return nil, fmt.Errorf("issue: %w", err)
	}
	if p.SD, err = digests(disclosures, rand); err != nil {
		return nil, fmt.Errorf("issue: %w", err)
	}
	body, err := jcs.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("issue: %w", err)
	}
	jwt, err := keys.Sign(keys.KindCredential, body, s)
	if err != nil {
		return nil, fmt.Errorf("issue: %w", err)
	}
	out := combine(jwt, disclosures)
	if err := readBack(out, &c, s.Public()); err != nil {
		return nil, fmt.Errorf("issue: read back: %w", err)
	}
	return out, nil
}

// LogDigest is the digest in the leaf of a credential [Issue] made; of one that
// came from elsewhere, [Presentation.LogSHA256] is.
func LogDigest(issued []byte) [sha256.Size]byte {
	jwt, _, _ := bytes.Cut(issued, []byte("~"))
	return sha256.Sum256(jwt[:bytes.LastIndexByte(jwt, '.')])
}

// disclose makes a disclosure of every claim of the subject.
func disclose(s *Subject, rand io.Reader) ([]string, error) {
	const saltSize = 16
	members := s.members()
	salts := make([]byte, saltSize*len(members)) // in one draw, which takes as long as one of them
	if _, err := io.ReadFull(rand, salts); err != nil {
		return nil, fmt.Errorf("draw salts: %w", err)
	}
	out := make([]string, 0, len(members))
	for i, m := range members {
		d, err := sdjwt.NewDisclosure([saltSize]byte(salts[saltSize*i:]), m.name, m.value)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// digests are those of the disclosures among decoys, sorted: as salts are
// random, the order of digests tells nothing (RFC 9901, 4.2.4.1 and 4.2.5).
func digests(disclosures []string, rand io.Reader) ([]string, error) {
	out := make([]string, 0, digestCount)
	for _, d := range disclosures {
		out = append(out, sdjwt.Digest(d))
	}
	decoys := make([]byte, sha256.Size*(digestCount-len(out)))
	if _, err := io.ReadFull(rand, decoys); err != nil {
		return nil, fmt.Errorf("draw decoys: %w", err)
	}
	for noise := range slices.Chunk(decoys, sha256.Size) {
		out = append(out, sdjwt.Digest(string(noise)))
	}
	slices.Sort(out)
	return out, nil
}

// readBack checks that raw says exactly c.
func readBack(raw []byte, c *Claims, key *keys.PublicKey) error {
	p, err := parse(raw)
	if err != nil {
		return err
	}
	got, err := p.Verify(key)
	if err != nil {
		return err
	}
	want := *c
	want.Subject = Subject{}
	if !reflect.DeepEqual(p.claims, want) || !got.Subject.says(&c.Subject) {
		return fmt.Errorf("it says something else than it was asked to")
	}
	return nil
}
