package files

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/keys/keyring"
)

// ErrMissing says that a file of the register is not there.
var ErrMissing = errors.New("file is missing")

// ErrDamaged says that a file is not what was put in, or does not open with the subject's key.
var ErrDamaged = errors.New("file is damaged")

const about = "aeo.file/1"

// Staged is the directory of what is not yet known to be in the register.
const Staged = "staged"

// Keys are the data keys of subjects; ledger.Sealer is one.
type Keys interface {
	Key(subject string, create bool) ([32]byte, error)
}

// A Store keeps files. Its methods may be called from several goroutines.
type Store struct {
	dir  string
	keys Keys
}

// A File is a file that was put in.
type File struct {
	Name      string // in the store
	SHA256    string // of the content, in hexadecimal
	Size      int64
	MediaType string
}

// Open is the store in a directory, made where it is not there. What a crash left
// staged is kept where the register has the name, and removed otherwise.
func Open(dir string, keys Keys, registered func(name string) (subject string, ok bool, err error)) (*Store, error) {
	s := &Store{dir, keys}
	if err := os.MkdirAll(filepath.Join(dir, Staged), 0o700); err != nil {
		return nil, err
	}
	left, err := os.ReadDir(filepath.Join(dir, Staged))
	if err != nil {
		return nil, err
	}
	for _, e := range left {
		subject, ok, err := registered(e.Name())
		if err == nil && ok {
			err = s.Keep(subject, e.Name())
		} else if err == nil {
			err = os.Remove(filepath.Join(dir, Staged, e.Name()))
		}
		if err != nil {
			return nil, fmt.Errorf("put staged file %.80q in order: %w", e.Name(), err)
		}
	}
	return s, nil
}

// Describe checks the content of a file and names it.
func (s *Store) Describe(subject string, content []byte) (File, error) {
	mediaType, err := Check(content)
	if err != nil {
		return File{}, err
	}
	digest := sha256.Sum256(content)
	name, err := s.name(subject, digest, true)
	return File{name, hex.EncodeToString(digest[:]), int64(len(content)), mediaType}, err
}

// Put makes a file durable, not yet in its place: see [Store.Keep].
func (s *Store) Put(subject string, f File, content []byte) error {
	if _, err := os.Stat(s.place(subject, f.Name)); err == nil {
		return nil // in another case of this subject
	}
	key, err := s.key(subject, true)
	if err != nil {
		return err
	}
	return s.write(f.Name, func(w io.Writer) error {
		sealed, err := key.Encrypt(w)
		if err != nil {
			return err
		}
		if _, err := sealed.Write(content); err != nil {
			return err
		}
		return sealed.Close()
	})
}

// write makes a staged file durable: content first, then its name.
func (s *Store) write(name string, fill func(io.Writer) error) error {
	dir := filepath.Join(s.dir, Staged)
	tmp, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("put file: %w", err)
	}
	defer os.Remove(tmp.Name())
	if err := errors.Join(fill(tmp), tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("put file: %w", err)
	}
	if err := os.Rename(tmp.Name(), filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("put file: %w", err)
	}
	return syncDir(dir)
}

// Drop removes a staged file that comes to nothing.
func (s *Store) Drop(name string) error {
	err := os.Remove(filepath.Join(s.dir, Staged, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Keep moves a staged file to its place, once the register has it. It may be repeated.
func (s *Store) Keep(subject, name string) error {
	place := s.place(subject, name)
	if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return err
	}
	err := os.Rename(filepath.Join(s.dir, Staged, name), place)
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(place); err == nil {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	return errors.Join(syncDir(filepath.Dir(place)), syncDir(s.dir))
}

// Get reads a file back. It is [ErrMissing] or [ErrDamaged] where it is not what
// was put in; where the subject's key is gone the error is that of [Keys].
func (s *Store) Get(subject, name, sha256Hex string) ([]byte, error) {
	key, err := s.key(subject, false)
	if err != nil {
		return nil, err
	}
	f, err := s.open(subject, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := key.Decrypt(f)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	content, err := io.ReadAll(io.LimitReader(in, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if digest := sha256.Sum256(content); hex.EncodeToString(digest[:]) != sha256Hex {
		return nil, fmt.Errorf("%w: its content has another digest", ErrDamaged)
	}
	return content, nil
}

func (s *Store) open(subject, name string) (*os.File, error) {
	f, err := os.Open(s.place(subject, name))
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.Open(filepath.Join(s.dir, Staged, name)) // a moment before it is kept
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %.16s", ErrMissing, name)
	}
	return f, err
}

func (s *Store) place(subject, name string) string {
	sum := sha256.Sum256([]byte(subject))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:]), name)
}

func (s *Store) key(subject string, create bool) (*keyring.SubjectKey, error) {
	key, err := s.keys.Key(subject, create)
	if err != nil {
		return nil, fmt.Errorf("key of a file: %w", err)
	}
	return keyring.NewSubjectKey(key, about)
}

func (s *Store) name(subject string, digest [32]byte, create bool) (string, error) {
	key, err := s.keys.Key(subject, create)
	if err != nil {
		return "", fmt.Errorf("key of a file: %w", err)
	}
	mac := hmac.New(sha256.New, key[:])
	mac.Write(append([]byte(about+"\x00"), digest[:]...))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
