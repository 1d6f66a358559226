package registry

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// What is answered with a case is remembered by the event that changed it. Other
// answers lie in answers/<day>/<digest of the key>.json until their time is over,
// sealed under the key itself: only who repeats the request can read them.

const (
	answerSchema = "aeo.answer/1"
	answerDays   = 8       // those of a week and of the day it began on
	maxAnswer    = 1 << 20 // bytes that are kept of one answer
)

// An answerFile is what became of a request that bore a key.
type answerFile struct {
	Schema string `json:"schema"`
	Body   string `json:"body"`            // digest of what was asked
	At     int64  `json:"at"`              // Unix seconds
	Sealed []byte `json:"sealed,omitzero"` // nonce, AES-256-GCM of the answer; absent where it is larger than maxAnswer
}

// answers are those that are kept.
type answers struct {
	mu    sync.Mutex
	swept string // day on which those whose time is over were removed; guarded by mu
}

func (p paths) answers() string { return filepath.Join(p.dir, "answers") }

// Answered calls do unless the request in ctx was carried out before: then it is
// answered as it was then. Of two at the same time one waits for the other. A
// request that was refused leaves nothing behind, and may be asked again. One whose
// answer a crash kept from being kept is carried out again; what then keeps it from
// being done twice is the act's own affair, but for what waits for a second person,
// which the log remembers.
func (n *Node) Answered(ctx context.Context, do func() ([]byte, error)) (raw []byte, again bool, err error) {
	c := CallerOf(ctx)
	if c.Request == (authorisation.Origin{}) {
		raw, err = do()
		return raw, false, err
	}
	defer n.cases.lock("request " + c.Request.Key)()
	if raw, again, err = n.answerTo(c); err != nil || again {
		return raw, again, err
	}
	if again, err = n.awaited(c); err != nil {
		return nil, again, err
	}
	if raw, err = do(); err != nil {
		return nil, false, err
	}
	if err := n.keepAnswer(c, raw); err != nil { // what was done stays done
		n.opts.Log.Error("an answer could not be kept: the request can be repeated", "act", c.Act, "error", err)
	}
	return raw, false, nil
}

// awaited holds a key against the log: what it asked for may wait for a second person.
func (n *Node) awaited(c Caller) (again bool, err error) {
	d, found, err := n.requested(c.Request)
	if err != nil || !found || d.Kind != view.KindApproval || c.Act == answerAct {
		return false, err
	}
	a, err := n.Approval(d.Number)
	if err != nil {
		return false, err
	}
	return true, &AwaitsSecond{a}
}

// requested is where the log says that a request was carried out.
func (n *Node) requested(r authorisation.Origin) (d view.Done, found bool, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		d, found, err = view.Request(tx, r.Key)
		return err
	})
	if err == nil && found && d.Body != r.Body {
		err = fmt.Errorf("%w, made about %s", ErrKeyReused, d.Number)
	}
	return d, found, err
}

// answerTo finds what a request was answered with.
func (n *Node) answerTo(c Caller) (raw []byte, found bool, err error) {
	names, err := filepath.Glob(filepath.Join(n.paths.answers(), "*", c.Request.Key+".json"))
	if err != nil || len(names) == 0 {
		return nil, false, err
	}
	file, err := readBounded(names[len(names)-1], 2*maxAnswer)
	if errors.Is(err, fs.ErrNotExist) { // its time is over
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	var f answerFile
	if err := jcs.Unmarshal(file, &f); err != nil || f.Schema != answerSchema {
		return nil, false, fmt.Errorf("%s is no %s: %w", names[0], answerSchema, err)
	}
	if f.Body != c.Request.Body {
		return nil, false, ErrKeyReused
	}
	if f.Sealed == nil {
		return nil, false, fmt.Errorf("%w: this was carried out; its answer was too large to be kept", ErrConflict)
	}
	sealer, err := c.sealer()
	if err != nil {
		return nil, false, err
	}
	size := sealer.NonceSize()
	raw, err = sealer.Open(nil, f.Sealed[:min(size, len(f.Sealed))], f.Sealed[min(size, len(f.Sealed)):], []byte(f.Body))
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", names[0], ledger.ErrDamaged)
	}
	return raw, true, nil
}

// sealer seals under the key of the request, which is kept nowhere.
func (c Caller) sealer() (cipher.AEAD, error) {
	key := sha256.Sum256([]byte(answerSchema + "\n" + c.Account + "\n" + c.Key))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (n *Node) keepAnswer(c Caller, raw []byte) error {
	f := answerFile{Schema: answerSchema, Body: c.Request.Body, At: n.now().Unix()}
	if len(raw) <= maxAnswer {
		sealer, err := c.sealer()
		if err != nil {
			return err
		}
		nonce := make([]byte, sealer.NonceSize())
		if _, err := io.ReadFull(n.opts.Rand, nonce); err != nil {
			return err
		}
		f.Sealed = sealer.Seal(nonce, nonce, raw, []byte(f.Body))
	}
	file, err := jcs.Marshal(f)
	if err != nil {
		return err
	}
	day, err := n.answersOf(n.now().UTC())
	if err != nil {
		return err
	}
	return peer.ReplaceFile(filepath.Join(day, c.Request.Key+".json"), file)
}

// answersOf is the directory of a day. With the first answer of a day those go whose
// time is over.
func (n *Node) answersOf(now time.Time) (string, error) {
	n.answers.mu.Lock()
	defer n.answers.mu.Unlock()
	day := now.Format(time.DateOnly)
	name := filepath.Join(n.paths.answers(), day)
	if n.answers.swept == day {
		return name, nil
	}
	if err := os.MkdirAll(name, 0o700); err != nil {
		return "", err
	}
	days, err := os.ReadDir(n.paths.answers())
	if err != nil {
		return "", err
	}
	oldest := now.AddDate(0, 0, 1-answerDays).Format(time.DateOnly)
	for _, d := range days {
		if d.Name() < oldest {
			if err := os.RemoveAll(filepath.Join(n.paths.answers(), d.Name())); err != nil {
				return "", err
			}
		}
	}
	if err := syncDirectory(n.paths.answers()); err != nil {
		return "", err
	}
	n.answers.swept = day
	return name, nil
}

// within is the part of a request that is done in one of many cases: repeated, it
// passes over those in which it was done.
func within(ctx context.Context, number string) context.Context {
	c := CallerOf(ctx)
	if c.Request == (authorisation.Origin{}) {
		return ctx
	}
	sum := sha256.Sum256([]byte(c.Request.Key + "\n" + number))
	c.Request.Key, c.Heard = hex.EncodeToString(sum[:]), nil
	return WithCaller(ctx, c)
}
