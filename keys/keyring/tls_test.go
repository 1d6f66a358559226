package keyring_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/keys/keyring"
)

func createTLS(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "tls")
	if err := keyring.CreateTLS(dir, host, noon); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readFile(t *testing.T, path ...string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// handed is the certificate a listener hands out.
func handed(t *testing.T, c *tls.Config) *x509.Certificate {
	t.Helper()
	cert, err := c.GetCertificate(&tls.ClientHelloInfo{ServerName: host})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func TestAuthorityKeepsItsKeyToItself(t *testing.T) {
	dir := createTLS(t)
	for name, want := range map[string]fs.FileMode{"": fs.ModeDir | 0o700, "ca.pem": 0o600, "ca-key.pem": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%q: %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
	if bytes.Contains(readFile(t, dir, "ca.pem"), []byte("PRIVATE")) {
		t.Error("partners are given a private key")
	}
	before := readFile(t, dir, "ca-key.pem")
	if err := keyring.CreateTLS(dir, host, noon); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made again: %v, want ErrExist", err)
	}
	if !bytes.Equal(before, readFile(t, dir, "ca-key.pem")) {
		t.Error("the key was replaced")
	}
}

func TestAuthorityVouchesForItsHostAlone(t *testing.T) {
	dir := createTLS(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(readFile(t, dir, "ca.pem"))
	for name, want := range map[string]bool{host: true, "aeo.customs.us.example": false, "customs.nz.example": false} {
		c, err := keyring.ServerTLS(dir, name, func() time.Time { return noon })
		if err != nil {
			t.Fatal(err)
		}
		if c.MinVersion != tls.VersionTLS13 {
			t.Errorf("%s: TLS %x", name, c.MinVersion)
		}
		_, err = handed(t, c).Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: noon})
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServerCertificateIsReplacedBeforeItEnds(t *testing.T) {
	dir, now := createTLS(t), noon
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(readFile(t, dir, "ca.pem"))
	c, err := keyring.ServerTLS(dir, host, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	first := handed(t, c)
	for _, step := range []struct {
		days  int
		fresh bool
	}{{0, false}, {366, false}, {367, true}, {396, true}, {397, true}, {800, true}} {
		now = noon.AddDate(0, 0, step.days)
		leaf := handed(t, c)
		if fresh := !leaf.Equal(first); fresh != step.fresh {
			t.Errorf("day %d: replaced is %t", step.days, fresh)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now}); err != nil {
			t.Errorf("day %d: %v", step.days, err)
		}
		if left := leaf.NotAfter.Sub(now); left < 30*24*time.Hour {
			t.Errorf("day %d: only %v left", step.days, left)
		}
	}
}

func TestServerCertificateHasAKeyOfItsOwn(t *testing.T) {
	dir := createTLS(t)
	block, _ := pem.Decode(readFile(t, dir, "ca.pem"))
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	c, err := keyring.ServerTLS(dir, host, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	leaf := handed(t, c)
	if leaf.IsCA || ca.PublicKey.(*ecdsa.PublicKey).Equal(leaf.PublicKey) {
		t.Error("the listener holds the key of its authority")
	}
}

func TestDamagedAuthorityIsRefused(t *testing.T) {
	stranger := createTLS(t)
	for name, c := range map[string]struct {
		file    string
		content []byte
		want    string
	}{
		"no certificate":          {"ca.pem", nil, "no PEM block"},
		"no key":                  {"ca-key.pem", nil, "no PEM block"},
		"a key for a certificate": {"ca.pem", readFile(t, stranger, "ca-key.pem"), "certificate"},
		"a certificate for a key": {"ca-key.pem", readFile(t, stranger, "ca.pem"), "read certificate authority"},
		"another's key":           {"ca-key.pem", readFile(t, stranger, "ca-key.pem"), "PrivateKey"},
		"a key without end":       {"ca-key.pem", bytes.Repeat([]byte("x"), 1<<20), "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := createTLS(t)
			if err := os.WriteFile(filepath.Join(dir, c.file), c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := keyring.ServerTLS(dir, host, time.Now)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := keyring.ServerTLS(t.TempDir(), host, time.Now); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestAuthorityOthersCanReachIsRefused(t *testing.T) {
	dir := createTLS(t)
	open := func() error { _, err := keyring.ServerTLS(dir, host, time.Now); return err }
	if err := os.Chmod(filepath.Join(dir, "ca.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := open(); err != nil {
		t.Errorf("a certificate for all to read: %v", err)
	}
	if err := os.Chmod(filepath.Join(dir, "ca-key.pem"), 0o640); err != nil {
		t.Fatal(err)
	}
	var refused *keyring.ModeError
	if err := open(); !errors.As(err, &refused) {
		t.Errorf("a key for the group to read: %v, want a ModeError", err)
	}
}

func TestCreateIdentity(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity")
	if err := keyring.CreateIdentity(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	u, err := keyring.IdentityFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ring := filepath.Join(t.TempDir(), "keys.age")
	if _, err := keyring.Create(ring, u, host, noon, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(ring, u); err != nil {
		t.Errorf("a ring made with it: %v", err)
	}
	before := readFile(t, path)
	err = keyring.CreateIdentity(path)
	if !errors.Is(err, fs.ErrExist) || strings.Contains(fmt.Sprint(err), "AGE-SECRET-KEY") {
		t.Errorf("made again: %v, want ErrExist", err)
	}
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the identity was replaced")
	}
}
