package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A Sealer holds the data key of each subject.
type Sealer interface {
	// Key returns the subject's key, made durable first where it is new. It is
	// ErrErased where it was destroyed, ErrNotFound where there is none and
	// create is false.
	Key(subject string, create bool) ([32]byte, error)
	// Destroy removes the key for good, so that it is never made again.
	Destroy(subject string) error
}

// A Wrapper encrypts data keys for storage; the node's key ring is one.
type Wrapper interface {
	Seal([]byte) ([]byte, error)
	OpenSealed([]byte) ([]byte, error)
}

const (
	erasedSuffix = ".erased" // the tombstone of a destroyed key
	maxWrapped   = 16 << 10  // bytes of a wrapped key
	maxCached    = 1 << 18   // unwrapped keys kept in memory, some 24 MiB: unwrapping takes longer than signing
)

// fileKeys keeps each key in a file of its own. The file's name is the
// hexadecimal SHA-256 of the subject, its content the wrapped key.
type fileKeys struct {
	fs   vfs.FS
	dir  string
	wrap Wrapper
	rand io.Reader

	mu    sync.Mutex
	cache map[[sha256.Size]byte][32]byte // by digest of the subject; under mu
}

// FileKeys keeps each key in its own file below a directory, wrapped by wrap.
// The directory belongs outside log, mirror and the log's backups: who destroys
// a key here must know that there is no other copy.
func FileKeys(fs vfs.FS, dir string, wrap Wrapper, rand io.Reader) (Sealer, error) {
	if fs == nil {
		fs = vfs.Default
	}
	if err := makeDir(fs, dir); err != nil {
		return nil, err
	}
	k := &fileKeys{fs: fs, dir: dir, wrap: wrap, rand: rand, cache: map[[sha256.Size]byte][32]byte{}}
	return k, k.sweep()
}

// sweep ends what a crash interrupted: destructions whose tombstone stands,
// and files that were never put in place.
func (k *fileKeys) sweep() error {
	names, err := k.fs.List(k.dir)
	if err != nil {
		return fmt.Errorf("list keys: %w", err)
	}
	for _, name := range names {
		if name, ok := strings.CutSuffix(name, erasedSuffix); ok {
			if err := k.shred(name); err != nil {
				return err
			}
		}
		if strings.HasSuffix(name, newSuffix) {
			if err := k.shred(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func fileName(digest [sha256.Size]byte) string { return hex.EncodeToString(digest[:]) }

func (k *fileKeys) Key(subject string, create bool) (key [32]byte, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	digest := sha256.Sum256([]byte(subject))
	if key, ok := k.cache[digest]; ok {
		return key, nil
	}
	name := fileName(digest)
	key, err = k.load(name)
	if errors.Is(err, ErrNotFound) && create {
		key, err = k.make(name)
	}
	if err != nil {
		return [32]byte{}, fmt.Errorf("key %.8s: %w", name, err)
	}
	if len(k.cache) >= maxCached {
		clear(k.cache)
	}
	k.cache[digest] = key
	return key, nil
}

func (k *fileKeys) load(name string) (key [32]byte, err error) {
	if erased, err := k.exists(name + erasedSuffix); err != nil || erased {
		return key, errors.Join(err, erasedIf(erased))
	}
	f, err := k.fs.Open(k.fs.PathJoin(k.dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return key, ErrNotFound
	}
	if err != nil {
		return key, err
	}
	defer f.Close()
	wrapped, err := io.ReadAll(io.LimitReader(f, maxWrapped+1))
	if err != nil {
		return key, fmt.Errorf("read: %w", err)
	}
	if len(wrapped) > maxWrapped {
		return key, fmt.Errorf("%w: more than %d bytes", ErrDamaged, maxWrapped)
	}
	plain, err := k.wrap.OpenSealed(wrapped)
	if err != nil {
		return key, fmt.Errorf("unwrap: %w", err)
	}
	if len(plain) != len(key) {
		return key, fmt.Errorf("%w: unwraps to %d bytes", ErrDamaged, len(plain))
	}
	return [32]byte(plain), nil
}

func erasedIf(erased bool) error {
	if erased {
		return ErrErased
	}
	return nil
}

func (k *fileKeys) make(name string) (key [32]byte, err error) {
	if _, err := io.ReadFull(k.rand, key[:]); err != nil {
		return key, fmt.Errorf("draw: %w", err)
	}
	wrapped, err := k.wrap.Seal(key[:])
	if err != nil {
		return key, fmt.Errorf("wrap: %w", err)
	}
	return key, writeDurably(k.fs, k.dir, name, wrapped)
}

func (k *fileKeys) Destroy(subject string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	digest := sha256.Sum256([]byte(subject))
	name := fileName(digest)
	delete(k.cache, digest)
	// The tombstone first: from here on the key counts as destroyed, and sweep
	// completes what a crash leaves undone.
	if err := writeDurably(k.fs, k.dir, name+erasedSuffix, nil); err != nil {
		return fmt.Errorf("key %.8s: %w", name, err)
	}
	return k.shred(name)
}

// shred removes a file where it is there, overwritten for what that is worth
// on the medium.
func (k *fileKeys) shred(name string) error {
	path := k.fs.PathJoin(k.dir, name)
	info, err := k.fs.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("key %.8s: %w", name, err)
	}
	if err := k.overwrite(path, info.Size()); err != nil {
		return fmt.Errorf("overwrite key %.8s: %w", name, err)
	}
	if err := k.fs.Remove(path); err != nil {
		return fmt.Errorf("remove key %.8s: %w", name, err)
	}
	return syncDir(k.fs, k.dir)
}

func (k *fileKeys) overwrite(path string, size int64) error {
	f, err := k.fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(make([]byte, min(size, maxWrapped)), 0); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}

func (k *fileKeys) exists(name string) (bool, error) {
	_, err := k.fs.Stat(k.fs.PathJoin(k.dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
