package witness

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

// maxEvidence bounds what a log that contradicts itself can make us keep.
const maxEvidence = 16

// Options are what a witness needs from outside.
type Options struct {
	Dir    string                              // DIR/<hex sha256(origin)>/checkpoint
	Signer func() (*keys.NoteSigner, error)    // the cosigner's key of the day
	Now    func() time.Time                    // what cosignatures say
	Log    func(origin string) *keys.VKey      // the key of a log it cosigns; nil for any other
	Alarm  func(origin, where string, e error) // called for each contradiction met; nil = nobody
}

// A Cosigner cosigns logs and remembers, for each, the checkpoint it cosigned
// last. It may be used by several goroutines; no two of them are at one log at once.
type Cosigner struct {
	o     Options
	mu    sync.Mutex
	locks map[string]*sync.Mutex // by origin; guarded by mu; only logs that are known
}

// New makes a cosigner on its directory, which need not exist.
func New(o Options) *Cosigner { return &Cosigner{o: o, locks: map[string]*sync.Mutex{}} }

// Name is what a log is called in paths: hexadecimal SHA-256 of its origin.
func Name(origin string) string { return keys.SHA256Hex([]byte(origin)) }

// Add answers a request: the cosignature, durable before it is returned, or a
// *Refusal. Any other error is the witness's own trouble.
func (c *Cosigner) Add(r *Request) (transparency.Cosignature, error) {
	cp, key, err := c.open(r.origin(), r.Checkpoint)
	if err != nil {
		return transparency.Cosignature{}, err
	}
	if r.Old > cp.Size {
		return transparency.Cosignature{}, refuse(malformed, "old %d, the checkpoint has %d", r.Old, cp.Size)
	}
	cosig, err := c.advance(cp, key, func(last *transparency.Checkpoint) error {
		if r.Old != last.Size {
			return &Refusal{Status: conflict, Size: last.Size, Err: fmt.Errorf("old %d, cosigned last %d", r.Old, last.Size)}
		}
		if err := transparency.CheckConsistency(r.Proof, last, cp); err != nil {
			return &Refusal{Status: unprocessable, Err: err}
		}
		return nil
	})
	var refused *Refusal
	if errors.As(err, &refused) && (refused.Status == unprocessable || cp.Size <= refused.Size) {
		return cosig, errors.Join(err, c.suspect(cp, key))
	}
	return cosig, err
}

// Vouch cosigns a checkpoint whose log the caller has replayed as a whole, and
// found that it extends everything the caller saw of it before. Key is the log's;
// root gives the root that log has at a smaller size.
func (c *Cosigner) Vouch(raw []byte, key *keys.VKey, root func(size int64) (string, error)) (transparency.Cosignature, error) {
	cp, err := verify(raw, key)
	if err != nil {
		return transparency.Cosignature{}, err
	}
	return c.advance(cp, key, func(last *transparency.Checkpoint) error {
		if last.Size > cp.Size {
			return &Refusal{Status: conflict, Size: last.Size, Err: fmt.Errorf("size %d, cosigned last %d", cp.Size, last.Size)}
		}
		if last.Size == 0 || last.Size == cp.Size {
			return nil // two roots of one size are met by advance
		}
		was, err := root(last.Size)
		if err != nil {
			return err
		}
		if was != last.Root.String() {
			return c.contradicted(last, cp, key, fmt.Errorf("size %d had root %v, the tree of %d begins with %s", last.Size, last.Root, cp.Size, was))
		}
		return nil
	})
}

// open finds the log's key and verifies the checkpoint under it.
func (c *Cosigner) open(origin string, raw []byte) (*transparency.Checkpoint, *keys.VKey, error) {
	key := c.o.Log(origin)
	if key == nil {
		return nil, nil, refuse(unknown, "log %.80q is not known", origin)
	}
	cp, err := verify(raw, key)
	return cp, key, err
}

func verify(raw []byte, key *keys.VKey) (*transparency.Checkpoint, error) {
	cp, err := transparency.ParseCheckpoint(raw, key)
	switch {
	case errors.Is(err, transparency.ErrUnsigned):
		return nil, &Refusal{Status: forbidden, Err: err}
	case errors.Is(err, transparency.ErrProof):
		return nil, &Refusal{Status: unprocessable, Err: err}
	case err != nil:
		return nil, &Refusal{Status: malformed, Err: err}
	}
	return cp, nil
}

// advance compares with what was cosigned last and stores the new head, with
// nobody else at the log meanwhile.
func (c *Cosigner) advance(cp *transparency.Checkpoint, key *keys.VKey, allow func(last *transparency.Checkpoint) error) (transparency.Cosignature, error) {
	defer c.lock(cp.Origin)()
	last, at, err := c.last(cp.Origin, key)
	if err != nil {
		return transparency.Cosignature{}, err
	}
	if last.Size == cp.Size && last.Root != cp.Root {
		return transparency.Cosignature{}, c.contradicted(last, cp, key, &transparency.SplitViewError{A: last, B: cp})
	}
	if err := allow(last); err != nil {
		return transparency.Cosignature{}, err
	}
	signer, err := c.o.Signer()
	if err != nil {
		return transparency.Cosignature{}, err
	}
	// Later than before, whatever the clock says: "as of then, nothing larger" must stay true.
	cosig, err := transparency.NewCosignature(cp.Text(), signer, max(at, c.o.Now().Unix()))
	if err != nil {
		return transparency.Cosignature{}, err
	}
	if err := os.MkdirAll(c.dir(cp.Origin), 0o700); err != nil {
		return transparency.Cosignature{}, err
	}
	if err := peer.ReplaceFile(c.file(cp.Origin), cp.WithCosignatures(key, cosig)); err != nil {
		return transparency.Cosignature{}, fmt.Errorf("keep cosigned checkpoint of %s: %w", cp.Origin, err)
	}
	return cosig, nil
}

func (c *Cosigner) lock(origin string) (unlock func()) {
	c.mu.Lock()
	l := c.locks[origin]
	if l == nil {
		l = new(sync.Mutex)
		c.locks[origin] = l
	}
	c.mu.Unlock()
	l.Lock()
	return l.Unlock
}

func (c *Cosigner) dir(origin string) string  { return filepath.Join(c.o.Dir, Name(origin)) }
func (c *Cosigner) file(origin string) string { return filepath.Join(c.dir(origin), "checkpoint") }

// last is the checkpoint cosigned last and when; the empty tree before the first.
// What it finds is verified again: a damaged file must not make it forget.
func (c *Cosigner) last(origin string, key *keys.VKey) (cp *transparency.Checkpoint, at int64, err error) {
	raw, err := peer.ReadFile(c.file(origin), MaxAnswer)
	if errors.Is(err, os.ErrNotExist) {
		return &transparency.Checkpoint{Origin: origin, Root: sha256.Sum256(nil)}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read cosigned checkpoint of %s: %w", origin, err)
	}
	if cp, err = transparency.ParseCheckpoint(raw, key); err != nil {
		return nil, 0, fmt.Errorf("cosigned checkpoint of %s: %w", origin, err)
	}
	return cp, stamp(raw, key), nil
}

// stamp is the newest time on a line that is not the log's: the file holds no
// others' but ours, of a key that may have been replaced since.
func stamp(raw []byte, log *keys.VKey) (at int64) {
	for line := range strings.Lines(string(raw)) {
		name, b64, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "— "), " ")
		blob, err := base64.StdEncoding.DecodeString(b64)
		if strings.HasPrefix(line, "— ") && name != log.Name() && err == nil && len(blob) > 12 {
			at = max(at, int64(binary.BigEndian.Uint64(blob[4:])))
		}
	}
	return at
}

// Last is the checkpoint of a log cosigned last, by its name in paths; the
// error is os.ErrNotExist where there is none.
func (c *Cosigner) Last(name string) ([]byte, error) {
	return c.about(name, "checkpoint", MaxAnswer)
}

// about reads a file kept about a log, by the log's name in paths.
func (c *Cosigner) about(name, file string, max int64) ([]byte, error) {
	if !keys.IsSHA256Hex(name) {
		return nil, os.ErrNotExist
	}
	return peer.ReadFile(filepath.Join(c.o.Dir, name, file), max)
}
