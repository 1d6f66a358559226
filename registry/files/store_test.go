package files

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var errErased = errors.New("erased")

// ring is the data keys of subjects in memory.
type ring map[string][32]byte

func (r ring) Key(subject string, create bool) ([32]byte, error) {
	key, ok := r[subject]
	if !ok && !create {
		return key, errErased
	}
	if !ok {
		copy(key[:], subject)
		r[subject] = key
	}
	return key, nil
}

type register map[string]string // subject by name

func (r register) has(name string) (string, bool, error) {
	subject, ok := r[name]
	return subject, ok, nil
}

func open(t *testing.T, dir string, keys Keys, reg register) *Store {
	t.Helper()
	s, err := Open(dir, keys, reg.has)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Store, subject, content string) File {
	t.Helper()
	f, err := s.Describe(subject, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(subject, f, []byte(content)); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAFileIsSealedAndComesBack(t *testing.T) {
	dir, keys := t.TempDir(), ring{}
	s := open(t, dir, keys, nil)
	f := put(t, s, "OP-1", "the seal log\n")
	for _, when := range []string{"staged", "kept", "kept twice"} {
		if got, err := s.Get("OP-1", f.Name, f.SHA256); err != nil || string(got) != "the seal log\n" {
			t.Errorf("%s: %q, %v", when, got, err)
		}
		if err := s.Keep("OP-1", f.Name); err != nil {
			t.Fatal(err)
		}
	}
	if other, err := s.Describe("OP-2", []byte("the seal log\n")); err != nil || other.Name == f.Name || other.SHA256 != f.SHA256 {
		t.Errorf("the same file of another trader is called %s, %v", other.Name, err)
	}
	raw, err := os.ReadFile(s.place("OP-1", f.Name))
	if err != nil || bytes.Contains(raw, []byte("seal log")) {
		t.Errorf("in clear on the disk, or gone: %v", err)
	}
	delete(keys, "OP-1")
	if _, err := s.Get("OP-1", f.Name, f.SHA256); !errors.Is(err, errErased) {
		t.Errorf("after the key was destroyed: %v", err)
	}
}

func TestACrashBetweenFileAndEvent(t *testing.T) {
	dir, keys := t.TempDir(), ring{}
	s := open(t, dir, keys, nil)
	told, untold := put(t, s, "OP-1", "in the register"), put(t, s, "OP-1", "not in the register")
	half := filepath.Join(dir, Staged, ".new-123")
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, keys, register{told.Name: "OP-1"})
	if _, err := s.Get("OP-1", told.Name, told.SHA256); err != nil {
		t.Errorf("what was acknowledged: %v", err)
	}
	if _, err := s.Get("OP-1", untold.Name, untold.SHA256); !errors.Is(err, ErrMissing) {
		t.Errorf("what never was: %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, Staged)); err != nil || len(left) != 0 {
		t.Errorf("%v stay staged, %v", left, err)
	}
}

func TestADamagedFileIsNotServed(t *testing.T) {
	s := open(t, t.TempDir(), ring{}, nil)
	f := put(t, s, "OP-1", "the seal log")
	if err := s.Keep("OP-1", f.Name); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(s.place("OP-1", f.Name))
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	if err := os.WriteFile(s.place("OP-1", f.Name), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("OP-1", f.Name, f.SHA256); !errors.Is(err, ErrDamaged) {
		t.Errorf("a flipped bit: %v", err)
	}
	other := put(t, s, "OP-1", "another log")
	if err := s.Keep("OP-1", other.Name); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.place("OP-1", other.Name), s.place("OP-1", f.Name)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("OP-1", f.Name, f.SHA256); !errors.Is(err, ErrDamaged) {
		t.Errorf("the content of another: %v", err)
	}
	if _, err := s.Get("OP-1", strings.Repeat("0", 64), f.SHA256); !errors.Is(err, ErrMissing) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestWhatComesToNothingIsDropped(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, ring{}, nil)
	f := put(t, s, "OP-1", "for nothing\n")
	for range 2 { // the second time there is nothing to drop
		if err := s.Drop(f.Name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Get("OP-1", f.Name, f.SHA256); !errors.Is(err, ErrMissing) {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, Staged)); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}
