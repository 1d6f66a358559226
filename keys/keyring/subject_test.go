package keyring_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/aeo-registry/aeo/keys/keyring"
)

func subjectKey(t *testing.T, first byte, about string) *keyring.SubjectKey {
	t.Helper()
	k, err := keyring.NewSubjectKey([32]byte{first}, about)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealedFor(t *testing.T, k *keyring.SubjectKey, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := k.Encrypt(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAFileOpensWithItsSubjectsKeyAndNoOther(t *testing.T) {
	content := bytes.Repeat([]byte("seal log 2026\n"), 10_000)
	key := subjectKey(t, 1, "evidence")
	sealed := sealedFor(t, key, content)
	if bytes.Contains(sealed, content[:14]) {
		t.Error("the content is in clear")
	}
	in, err := key.Decrypt(bytes.NewReader(sealed))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	for name, other := range map[string]*keyring.SubjectKey{
		"another key": subjectKey(t, 2, "evidence"), "the same key for something else": subjectKey(t, 1, "backup"),
	} {
		if _, err := other.Decrypt(bytes.NewReader(sealed)); !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoByteOfASealedFileMayChange(t *testing.T) {
	key := subjectKey(t, 1, "evidence")
	sealed := sealedFor(t, key, []byte("seal log"))
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		in, err := key.Decrypt(bytes.NewReader(bad))
		if err == nil {
			_, err = io.ReadAll(in)
		}
		if err == nil {
			t.Errorf("byte %d of %d may change", i, len(sealed))
		}
	}
	for _, cut := range []int{0, 10, len(sealed) - 1} {
		in, err := key.Decrypt(bytes.NewReader(sealed[:cut]))
		if err == nil {
			_, err = io.ReadAll(in)
		}
		if err == nil {
			t.Errorf("%d of %d bytes are enough", cut, len(sealed))
		}
	}
}
