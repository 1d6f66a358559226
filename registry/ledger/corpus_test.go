package ledger_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
)

// TestWycheproofAESGCM gives the AEAD of record rows the vectors of its sizes;
// the others a row cannot express.
func TestWycheproofAESGCM(t *testing.T) {
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = "../../../shared/data/corpora"
	}
	raw, err := os.ReadFile(filepath.Join(dir, "wycheproof/aes_gcm_test.json"))
	if err != nil {
		t.Skip("no corpora: set AEO_CORPORA")
	}
	var file struct {
		NumberOfTests int
		TestGroups    []struct {
			KeySize, IvSize, TagSize int // bits
			Tests                    []struct {
				TcID                       int
				Comment, Result            string
				Key, IV, AAD, Msg, CT, Tag hexBytes
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	good, bad, foreign := 0, 0, 0
	for _, g := range file.TestGroups {
		if g.KeySize != 256 || g.IvSize != 96 || g.TagSize != 128 {
			foreign += len(g.Tests)
			continue
		}
		for _, c := range g.Tests {
			aead, err := ledger.NewAEAD([32]byte(c.Key))
			if err != nil {
				t.Fatal(err)
			}
			sealed := append(bytes.Clone(c.CT), c.Tag...)
			msg, err := aead.Open(nil, c.IV, sealed, c.AAD)
			if c.Result != "valid" {
				bad++
				if err == nil {
					t.Errorf("%d %s is opened", c.TcID, c.Comment)
				}
				continue
			}
			good++
			if err != nil || !bytes.Equal(msg, c.Msg) {
				t.Errorf("%d %s is opened as %x, %v", c.TcID, c.Comment, msg, err)
			}
			if got := aead.Seal(nil, c.IV, c.Msg, c.AAD); !bytes.Equal(got, sealed) {
				t.Errorf("%d %s is sealed as %x, want %x", c.TcID, c.Comment, got, sealed)
			}
		}
	}
	if good == 0 || bad == 0 || good+bad+foreign != file.NumberOfTests {
		t.Errorf("%d valid, %d invalid and %d foreign of %d vectors", good, bad, foreign, file.NumberOfTests)
	}
	t.Logf("figure vectors_aesgcm %d AES-256-GCM (%d foreign)", good+bad, foreign)
}

// hexBytes are written in hexadecimal.
type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.AppendDecode(nil, text)
	return err
}
