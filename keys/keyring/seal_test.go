package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
)

func TestSeal(t *testing.T) {
	ring, path, u := create(t)
	secret := []byte("a trader's data key of 32 bytes.")
	sealed, err := ring.Seal(secret)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, secret) {
		t.Error("sealed in clear")
	}
	if _, err := ring.Generate(keys.RoleIssuer, noon); err != nil { // a rewrite keeps the storage key
		t.Fatal(err)
	}
	again, err := keyring.Open(path, u)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.OpenSealed(sealed); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("opened %q, %v", got, err)
	}
	stranger, _, _ := create(t)
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another ring":    func() ([]byte, error) { return stranger.OpenSealed(sealed) },
		"a flipped bit":   func() ([]byte, error) { return ring.OpenSealed(flipped) },
		"a missing byte":  func() ([]byte, error) { return ring.OpenSealed(sealed[:len(sealed)-1]) },
		"nothing":         func() ([]byte, error) { return ring.OpenSealed(nil) },
		"too much of all": func() ([]byte, error) { return ring.OpenSealed(make([]byte, 1<<20)) },
	} {
		if _, err := open(); !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("%s: got %v, want ErrSealed", name, err)
		}
	}
	if _, err := ring.Seal(make([]byte, keyring.MaxSecret+1)); err == nil {
		t.Error("sealed more than a small secret")
	}
	if largest, err := ring.Seal(make([]byte, keyring.MaxSecret)); err != nil {
		t.Error(err)
	} else if _, err := ring.OpenSealed(largest); err != nil {
		t.Errorf("the largest secret: %v", err)
	}
}

func TestNothingSecretIsPrinted(t *testing.T) {
	ring, path, u := create(t)
	issuer, _ := ring.Signer(keys.RoleIssuer, noon)
	log, _ := ring.NoteSigner(keys.RoleLog)
	var out bytes.Buffer
	for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		logger.Info("ring", "ring", ring, "unlock", u, "issuer", issuer, "log", log, "entries", ring.Entries())
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, ring, u, issuer, log)
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Errorf("printed %s", out.String())
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := keyring.Content(u, sealed)
	if err != nil {
		t.Fatal(err)
	}
	secrets := regexp.MustCompile(`"private":"([^"]+)"|(AGE-SECRET-KEY-[^"]+)`).FindAllStringSubmatch(string(plain), -1)
	if len(secrets) != 10 {
		t.Fatalf("%d secrets in the ring, want 10", len(secrets))
	}
	for _, s := range secrets {
		secret := s[1] + s[2]
		raw, _ := keys.DecodeBase64URL(s[1])
		for _, form := range []string{secret, fmt.Sprintf("%x", raw), fmt.Sprint(raw)} {
			if form != "" && form != "[]" && strings.Contains(out.String(), strings.Trim(form, "[]")) {
				t.Errorf("a secret was printed: %s", form)
			}
		}
	}
}
