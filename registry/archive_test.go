package registry

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// A packed is one member of an archive of a test's.
type packed struct {
	name, content string
	kind          byte // of tar; 0 = a regular file
}

func pack(t testing.TB, kind string, members ...packed) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	m := BackupManifest{Schema: backupSchema, Kind: kind, EntityID: "https://aeo.nz.example", Files: []BackupFile{}}
	for _, p := range members {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: p.name, Size: int64(len(p.content)), Mode: 0o600}
		if p.kind != 0 {
			h.Typeflag, h.Size, h.Linkname = p.kind, 0, "/etc/passwd"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(p.content)); err != nil {
				t.Fatal(err)
			}
		}
		sum := sha256.Sum256([]byte(p.content))
		m.Files = append(m.Files, BackupFile{p.name, int64(len(p.content)), hex.EncodeToString(sum[:])})
	}
	raw, err := jcs.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: manifestName, Size: int64(len(raw)), Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUnpackRefuses(t *testing.T) {
	good := []packed{{name: "node.json", content: "{}"}, {name: "peers/aeo.jp.example/mirror/view.json", content: "{}"}}
	if _, err := unpack(bytes.NewReader(pack(t, kindNode, good...)), kindNode, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	whole := pack(t, kindNode, good...)
	for name, raw := range map[string][]byte{
		"nothing":                   {},
		"a path that leads out":     pack(t, kindNode, packed{name: "peers/../../node.json"}),
		"an absolute path":          pack(t, kindNode, packed{name: "/node.json"}),
		"a name of the system's":    pack(t, kindNode, packed{name: "aeo.sock"}),
		"a subject's key":           pack(t, kindNode, packed{name: "traderkeys/" + strings.Repeat("a", 64)}),
		"a hidden file":             pack(t, kindNode, packed{name: "tls/.key"}),
		"a file twice":              pack(t, kindNode, good[0], good[0]),
		"a file that is a folder":   pack(t, kindNode, packed{name: "tls/a"}, packed{name: "peers/a/b"}, packed{name: "peers/a/b/c"}),
		"a link":                    pack(t, kindNode, packed{name: "node.json", kind: tar.TypeSymlink}),
		"a directory":               pack(t, kindNode, packed{name: "tls/", kind: tar.TypeDir}),
		"the other kind":            pack(t, kindKeys),
		"cut short":                 whole[:len(whole)-1600],
		"something behind it":       append(bytes.Clone(whole), "more"...),
		"a content that was turned": bytes.Replace(whole, []byte("{}"), []byte("[]"), 1),
		"no manifest":               whole[:1024],
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := unpack(bytes.NewReader(raw), kindNode, t.TempDir()); err == nil {
				t.Error("it was taken")
			} else if name != "a file that is a folder" && !errors.Is(err, ErrBackup) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(f, kindNode, packed{name: "node.json", content: "{}"}))
	f.Add(pack(f, kindKeys, packed{name: "traderkeys/" + strings.Repeat("a", 64) + ".erased"}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, kind := range []string{kindNode, kindKeys} {
			m, err := unpack(bytes.NewReader(raw), kind, t.TempDir())
			if err != nil {
				continue
			}
			for _, file := range m.Files {
				if !mayHold(kind, file.Name) {
					t.Errorf("%q was unpacked", file.Name)
				}
			}
		}
	})
}
