package keys_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/note"
)

type wycheproof struct {
	TestGroups []struct {
		PublicKey struct {
			PK, Uncompressed string
		}
		Public json.RawMessage
		Tests  []struct {
			TcID                           int
			Comment, Msg, Sig, JWS, Result string
		}
	}
}

// vectors is how many tests a file has.
func (w wycheproof) vectors() (n int) {
	for _, g := range w.TestGroups {
		n += len(g.Tests)
	}
	return n
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWycheproofJWS: none of these has a typ, so none is ours, whatever else
// holds for it; and none gets further than a typed refusal.
func TestWycheproofJWS(t *testing.T) {
	vectors := 0
	for _, name := range []string{"json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"} {
		var file wycheproof
		readCorpus(t, "wycheproof/"+name, &file)
		vectors += file.vectors()
		for _, g := range file.TestGroups {
			for _, c := range g.Tests {
				_, err := keys.Parse(keys.KindCredential, []byte(c.JWS))
				if !errors.Is(err, keys.ErrUnreadable) && !errors.Is(err, keys.ErrFormat) {
					t.Errorf("%s %d %s: %v", name, c.TcID, c.Comment, err)
				}
				if strings.Contains(c.Comment, "InvalidCharacter") && !errors.Is(err, keys.ErrUnreadable) {
					t.Errorf("%s %d %s: %v, want ErrUnreadable", name, c.TcID, c.Comment, err)
				}
			}
		}
	}
	t.Logf("figure vectors_jws %d JWS", vectors)
}

// TestWycheproofJWK gives every public key of the JWK misuse groups the kid we
// demand, so that what is left to refuse is the misuse.
func TestWycheproofJWK(t *testing.T) {
	var file wycheproof
	readCorpus(t, "wycheproof/json_web_key_test.json", &file)
	seen := 0
	for _, g := range file.TestGroups {
		var set struct{ Keys []map[string]any }
		if json.Unmarshal(g.Public, &set) != nil {
			continue
		}
		for _, jwk := range set.Keys {
			x, _ := jwk["x"].(string)
			y, _ := jwk["y"].(string)
			sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
			jwk["kid"] = keys.EncodeBase64URL(sum[:])
			raw, err := json.Marshal(jwk)
			if err != nil {
				t.Fatal(err)
			}
			seen++
			if _, err := keys.ParsePublicKey(raw); !errors.Is(err, keys.ErrKey) {
				t.Errorf("%s is accepted: %v", raw, err)
			}
		}
	}
	if seen == 0 {
		t.Error("no public keys in the corpus")
	}
	t.Logf("figure vectors_jwk %d JWK", seen)
}

// TestWycheproofSignatureValues puts the refused r and s of the P1363 vectors
// (0, n, beyond n, wrong sizes) under a token of ours.
func TestWycheproofSignatureValues(t *testing.T) {
	var file wycheproof
	readCorpus(t, "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", &file)
	t.Logf("figure vectors_p1363 %d ES256 raw", file.vectors())
	s := signer(t, "issuer")
	raw := sign(t, keys.KindCredential, payload, s)
	input := raw[:bytes.LastIndexByte(raw, '.')+1]
	for _, g := range file.TestGroups {
		for _, c := range g.Tests {
			forged := append(bytes.Clone(input), keys.EncodeBase64URL(unhex(t, c.Sig))...)
			token, err := keys.Parse(keys.KindCredential, forged)
			if err == nil {
				err = token.Verify(s.Public())
			}
			if !errors.Is(err, keys.ErrSignature) {
				t.Errorf("%d %s: got %v, want ErrSignature", c.TcID, c.Comment, err)
			}
		}
	}
}

// TestWycheproofDER: whatever ASN.1 a key hands us, what we make of it is an
// ES256 signature exactly when the vector is one.
func TestWycheproofDER(t *testing.T) {
	var file wycheproof
	readCorpus(t, "wycheproof/ecdsa_secp256r1_sha256_test.json", &file)
	t.Logf("figure vectors_der %d ES256 DER", file.vectors())
	for _, g := range file.TestGroups {
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), unhex(t, g.PublicKey.Uncompressed))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range g.Tests {
			sig, err := keys.RawSignature(unhex(t, c.Sig))
			ok := err == nil
			if ok {
				digest := sha256.Sum256(unhex(t, c.Msg))
				ok = ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
			}
			if c.Result != "acceptable" && ok != (c.Result == "valid") {
				t.Errorf("%d %s: %v, %v", c.TcID, c.Comment, ok, err)
			}
		}
	}
}

func TestWycheproofEd25519(t *testing.T) {
	var file wycheproof
	readCorpus(t, "wycheproof/ed25519_test.json", &file)
	t.Logf("figure vectors_ed25519 %d Ed25519", file.vectors())
	for _, g := range file.TestGroups {
		v, err := keys.NewVKey("log", keys.NoteEd25519, unhex(t, g.PublicKey.PK))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range g.Tests {
			if got := v.Verify(unhex(t, c.Msg), unhex(t, c.Sig)); got != (c.Result == "valid") {
				t.Errorf("%d %s: %v", c.TcID, c.Comment, got)
			}
		}
	}
}

// TestCCTVEd25519: crypto/ed25519 takes some of these keys; importing one must fail.
func TestCCTVEd25519(t *testing.T) {
	var cases []struct {
		Number int
		Key    string
		Flags  []string
	}
	readCorpus(t, "ed25519/cctv_ed25519.json", &cases)
	t.Logf("figure vectors_cctv %d Ed25519 keys", len(cases))
	for _, c := range cases {
		weak := false
		for _, f := range c.Flags {
			weak = weak || f == "low_order_A" || f == "non_canonical_A"
		}
		if err := keys.CheckEd25519(unhex(t, c.Key)); weak != errors.Is(err, keys.ErrKey) {
			t.Errorf("%d %s %v: %v", c.Number, c.Key, c.Flags, err)
		}
	}
}

// TestMadeCosignatures reads a checkpoint cosigned by other code than ours.
func TestMadeCosignatures(t *testing.T) {
	read := func(name string) string {
		raw, err := os.ReadFile(corpus(t, "tlog/made-300/"+name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	log, err := keys.ParseVKey(strings.TrimSpace(read("VKEY")))
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := note.Open([]byte(read("checkpoint")), note.VerifierList(log))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Fields(read("WITNESS_VKEYS")) {
		witness, err := keys.ParseVKey(text)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, sig := range checkpoint.UnverifiedSigs {
			blob, err := keys.DecodeBase64URL(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(sig.Base64))
			if err != nil {
				t.Fatal(err)
			}
			if sig.Name == witness.Name() && sig.Hash == witness.KeyHash() {
				_, found = witness.VerifyCosignature([]byte(checkpoint.Text), blob[4:])
			}
		}
		if !found {
			t.Errorf("%s did not cosign", witness.Name())
		}
	}
}
