package keyring_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/aeo-registry/aeo/keys/keyring"
)

func TestPassphrase(t *testing.T) {
	right, err := keyring.PassphraseFile(write(t, "right", "correct horse\r\nsecond line", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "keys.age")
	if _, err := keyring.Create(path, keyring.Cheap(right), host, noon, nil); err != nil {
		t.Fatal(err)
	}
	same, err := keyring.PassphraseFile(write(t, "same", "correct horse", 0o400))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(path, same); err != nil {
		t.Errorf("the same words in another file: %v", err)
	}
	wrong, err := keyring.PassphraseFile(write(t, "wrong", "correct horse ", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	for name, u := range map[string]keyring.Unlock{"another passphrase": wrong, "an identity": newUnlock(t)} {
		if _, err := keyring.Open(path, u); !errors.Is(err, keyring.ErrUnlock) {
			t.Errorf("%s: got %v, want ErrUnlock", name, err)
		}
	}
}

func TestUnlockFilesAreRefused(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"no identity":               "# nothing\n",
		"two identities":            id.String() + "\n" + id.String() + "\n",
		"a public key":              id.Recipient().String() + "\n",
		"a damaged identity":        id.String()[:60] + "\n",
		"an identity of other kind": hybrid.String() + "\n",
	} {
		_, err := keyring.IdentityFile(write(t, "identity", content, 0o600))
		if !errors.Is(err, keyring.ErrUnlock) {
			t.Errorf("%s: got %v, want ErrUnlock", name, err)
		}
		if strings.Contains(fmt.Sprint(err), "AGE-SECRET-KEY-1Q") || len(content) > 70 && strings.Contains(fmt.Sprint(err), content[20:50]) {
			t.Errorf("%s: the error quotes the key: %v", name, err)
		}
	}
	for _, content := range []string{"", "\n", "\r\nsecond"} {
		if _, err := keyring.PassphraseFile(write(t, "passphrase", content, 0o600)); !errors.Is(err, keyring.ErrUnlock) {
			t.Errorf("passphrase file %q: got %v, want ErrUnlock", content, err)
		}
	}
	if _, err := keyring.PassphraseFile(write(t, "passphrase", strings.Repeat("x", 5000), 0o600)); err == nil {
		t.Error("an endless passphrase is accepted")
	}
}

func TestFilesOthersCanReachAreRefused(t *testing.T) {
	_, path, u := create(t)
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o601, 0o777} {
		secret := write(t, "secret", "correct horse", mode)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		for name, open := range map[string]func() error{
			path:   func() error { _, err := keyring.Open(path, u); return err },
			secret: func() error { _, err := keyring.PassphraseFile(secret); return err },
			"":     func() error { _, err := keyring.IdentityFile(secret); return err },
		} {
			var refused *keyring.ModeError
			if err := open(); !errors.As(err, &refused) || refused.Mode.Perm() != mode || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), fmt.Sprintf("%04o", mode)) {
				t.Errorf("mode %o: %v", mode, err)
			}
		}
	}
}
