package bundle

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

var zeroDigest = strings.Repeat("0", 64)

// What is read must be what would be written: no reader sees another meaning.
func FuzzContainer(f *testing.F) {
	f.Add(two(f))
	f.Add(write(f))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := readContainer(raw)
		if err != nil {
			return
		}
		again, err := writeContainer(c.members)
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("written anew it differs; %v", err)
		}
	})
}

func FuzzIndex(f *testing.F) {
	index, err := Index(map[string][]byte{"a": []byte("x"), "b/c": nil})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(index)
	f.Add([]byte("[]"))
	f.Add([]byte(`[{"len":-1,"path":"a","sha256":""}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if index, err := parseIndex(raw); err == nil {
			sameBytes(t, index, raw)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"exp":2592000,"iat":0,"index_sha256":"` + zeroDigest + `","iss":"https://aeo.customs.nz.example","issuers":[{"authority":"NZ",` +
		`"ec_sha256":"` + zeroDigest + `","entity_id":"https://aeo.customs.nz.example","log":{"origin":"aeo.customs.nz.example/log","root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","size":1,` +
		`"time":0},"relation":"self","territory":"NZ"}],"policy_sha256":"` + zeroDigest + `","profile":"public","refresh_by":0,"seq":1,"territory":"NZ"}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseManifest(raw)
		if err != nil {
			return
		}
		sameBytes(t, m, raw)
		if m.self() == nil {
			t.Error("a manifest without self")
		}
	})
}

func FuzzDirectory(f *testing.F) {
	f.Add([]byte(`{"entries":[{"authorisation_type":"AEO","credential_sha256":"` + zeroDigest + `","effective_on":"2026-01-01","identifiers":["NZ:aeo:1"],` +
		`"name":"N","programme":"aeo","roles":[],"status":{"idx":0,"uri":"https://aeo.customs.nz.example/status/1"}}],` +
		`"exp":2,"iat":1,"iss":"https://aeo.customs.nz.example","seq":1}`))
	f.Add([]byte(`{"entries":[],"exp":2,"iat":1,"iss":"","seq":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if d, err := decodeDirectory(raw); err == nil {
			sameBytes(t, d, raw)
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add(DefaultPolicy())
	f.Add(NewPolicy(QuorumNone, map[string]string{"nz.example/log": QuorumNone}).Marshal())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := ParsePolicy(raw); err == nil {
			sameBytes(t, p, raw)
		}
	})
}

func FuzzAnchor(f *testing.F) {
	f.Add([]byte(`{"entity_id":"https://aeo.customs.nz.example","min_seq":1,"min_time":0,"root":[{"alg":"ES256","crv":"P-256",` +
		`"kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U","kty":"EC","use":"sig","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
		`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}],"schema":"aeo.anchor/1","territory":"NZ"}` + "\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := ParseAnchor(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(bytes.TrimSuffix(a.Marshal(), []byte("\n")), bytes.TrimSuffix(raw, []byte("\n"))) {
			t.Error("written anew it differs")
		}
		a.Words()
	})
}

func FuzzMemory(f *testing.F) {
	f.Add([]byte(`{"iat":1,"logs":{"a/log":{"origin":"a/log","root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","size":1,"time":0}},` +
		`"schema":"aeo.memory/1","seq":1,"sha256":"` + zeroDigest + `"}` + "\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseMemory(raw)
		if err == nil && !bytes.Equal(bytes.TrimSuffix(m.Marshal(), []byte("\n")), bytes.TrimSuffix(raw, []byte("\n"))) {
			t.Error("written anew it differs")
		}
	})
}

func FuzzRosters(f *testing.F) {
	f.Add([]byte(`[]`))
	f.Add([]byte(`[{"payload":"","signatures":[]}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		openVouchedRosters(raw)
		openRosters(raw, nil)
	})
}

func sameBytes(t *testing.T, v any, raw []byte) {
	t.Helper()
	again, err := jcs.Marshal(v)
	if err != nil || !bytes.Equal(again, raw) {
		t.Errorf("written anew it is %s; %v", again, err)
	}
}

func FuzzConsistency(f *testing.F) {
	leaves := []tlog.Hash{tlog.RecordHash([]byte("a")), tlog.RecordHash([]byte("b"))}
	head := &transparency.Checkpoint{Origin: "nz.example/log", Size: 2, Root: tlog.NodeHash(leaves[0], leaves[1])}
	f.Add([]byte(`[{"proof":["` + leaves[1].String() + `"],"root":"` + leaves[0].String() + `","size":1}]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := parseExtended(raw, head)
		if err != nil {
			return
		}
		sameBytes(t, all, raw)
		for _, e := range all {
			if e.Size != 1 || e.Root != leaves[0] {
				t.Errorf("proven: %+v", e)
			}
		}
	})
}
