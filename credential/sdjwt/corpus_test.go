package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"os"
	"path/filepath"
	"testing"

	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

type corpus struct {
	Issuer   jwk          `json:"issuer_jwk"`
	Nonce    string       `json:"nonce"`
	Audience string       `json:"aud"`
	Cases    []corpusCase `json:"cases"`
}

type jwk struct{ X, Y string }

type corpusCase struct {
	Name              string         `json:"name"`
	Expect            string         `json:"expect"`
	Rule              string         `json:"rule"`
	RequireKeyBinding bool           `json:"require_key_binding"`
	Now               int64          `json:"now"`
	SDJWT             string         `json:"sd_jwt"`
	Processed         map[string]any `json:"processed_payload"`
}

// readCorpus skips the test where the corpora are absent, as in a fresh clone.
func readCorpus(t *testing.T) *corpus {
	t.Helper()
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = "../../../shared/data/corpora"
	}
	raw, err := os.ReadFile(filepath.Join(dir, "sdjwt/sdjwt.json"))
	if err != nil {
		t.Skip("no corpora: set AEO_CORPORA")
	}
	var c corpus
	if err := json.Unmarshal(raw, &c, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	return &c
}

func (j jwk) public(t *testing.T) *keys.PublicKey {
	t.Helper()
	x, _ := keys.DecodeBase64URL(j.X)
	y, _ := keys.DecodeBase64URL(j.Y)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.NewPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// The reference implementation signs under a typ of its own; all else is SD-JWT VC.
func (c corpusCase) rules() sdjwt.Rules {
	if filepath.Dir(c.Name) == "reference" {
		return sdjwt.Rules{Typ: "example+sd-jwt"}
	}
	return sdjwt.VC()
}

func TestCorpus(t *testing.T) {
	corpus := readCorpus(t)
	issuer := corpus.Issuer.public(t)
	t.Logf("figure vectors_sdjwt %d SD-JWT", len(corpus.Cases))
	for _, c := range corpus.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var asked *sdjwt.Binding
			if c.RequireKeyBinding {
				asked = &sdjwt.Binding{Nonce: corpus.Nonce, Audience: corpus.Audience, MaxAge: 300}
			}
			got, err := sdjwt.Verify([]byte(c.SDJWT), issuer, c.rules(), c.Now, asked)
			if c.Expect == "reject" {
				if err == nil {
					t.Fatalf("accepted, though %s", c.Rule)
				}
				t.Log(err)
				return
			}
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			want := marshal(t, c.Processed)
			var tree map[string]any
			if err := jcs.UnmarshalOpen([]byte(want), &tree); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tree, got); diff != "" {
				t.Errorf("processed payload (-want +got):\n%s", diff)
			}
		})
	}
}
