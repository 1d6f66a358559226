package witness_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// noteOf is a note with one signature line.
func noteOf(text string, key *keys.NoteSigner, sig []byte) []byte {
	blob := append(binary.BigEndian.AppendUint32(nil, key.KeyHash()), sig...)
	return []byte(text + "\n— " + key.Name() + " " + base64.StdEncoding.EncodeToString(blob) + "\n")
}

func TestRequestHasOneSpelling(t *testing.T) {
	hash := tlog.RecordHash([]byte("x")).String()
	many := func(n int) string { return strings.Repeat(hash+"\n", n) }
	for body, want := range map[string]bool{
		"old 0\n\nnote":                        true,
		"old 12\n" + many(1) + "\nnote\n\n— x": true,
		"old 12\n" + many(63) + "\nnote":       true,
		"old 12\n" + many(64) + "\nnote":       false,
		"":                                     false,
		"old 0\n\n":                            false,
		"old 0\nnote":                          false,
		"old  0\n\nnote":                       false,
		"old 00\n\nnote":                       false,
		"old -1\n\nnote":                       false,
		"old +1\n\nnote":                       false,
		"old 9007199254740992\n\nnote":         false,
		"Old 0\n\nnote":                        false,
		"old 0\r\n\r\nnote":                    false,
		"old 1\n" + strings.TrimRight(hash, "=") + "\n\nnote": false,
		"old 1\n" + hash + " \n\nnote":                        false,
		"old 1\nAAAA\n\nnote":                                 false,
		"old 1\n\n" + strings.Repeat("x", 64<<10):             false,
	} {
		r, err := witness.ParseRequest([]byte(body))
		if (err == nil) != want || err != nil && status(err) != 400 {
			t.Errorf("%.60q: %v", body, err)
		}
		if err == nil && string(r.Format()) != body {
			t.Errorf("%.60q is written as %.60q", body, r.Format())
		}
	}
}

func FuzzRequest(f *testing.F) {
	l := newLog(f).grow(9, "")
	f.Add(l.request(0, 5).Format())
	f.Add(l.request(5, 9).Format())
	f.Add(l.request(9, 9).Format())
	f.Add([]byte("old 1\n\n"))
	p := newPost(f, l)
	_, err := p.Add(l.request(0, 5))
	must(f, err)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := witness.ParseRequest(body)
		if err != nil {
			if status(err) != 400 {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if !bytes.Equal(r.Format(), body) {
			t.Fatalf("%q is written as %q", body, r.Format())
		}
		if _, err := p.Add(r); status(err) == 500 {
			t.Fatal(err)
		}
	})
}
