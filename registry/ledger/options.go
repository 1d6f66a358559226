package ledger

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aeo-registry/aeo/keys"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// What callers branch on.
var (
	ErrBehind   = errors.New("store behind its head")                               // an old copy, or a lost tail: start refused
	ErrDamaged  = errors.New("ledger does not hold together")                       // start refused
	ErrLocked   = errors.New("directory is open elsewhere")                         // another process, or this one, has it open
	ErrReadOnly = errors.New("ledger is read only")                                 // reads go on, nothing is signed
	ErrUnproven = errors.New("it is not proven that this is the newest of the log") // after a restore; see [Recover]
	ErrClock    = errors.New("clock is wrong")                                      // behind the log by more than [ClockSlack], or ahead of itself by more than [ClockJump]
	ErrExists   = errors.New("ledger exists")
	ErrNotFound = errors.New("not found")
	ErrErased   = errors.New("erased")
	// ErrMissingKeys says that a recovery goes on only if payloads may be lost.
	ErrMissingKeys = errors.New("payloads would be lost")
	ErrConflict    = errors.New("leaf refused")              // an entry that could never be part of this log
	ErrBusy        = errors.New("too many submissions wait") // try again later
	ErrFull        = errors.New("disk is full")              // nothing was written; try again when there is space
	ErrClosed      = errors.New("ledger is closed")
	ErrStopped     = errors.New("ledger stopped after a failed write") // seen only where Options.Exit returns
)

const (
	// ClockSlack is how many seconds the clock may be behind the head; the
	// recorded time then stands still.
	ClockSlack = 300
	// ClockJump is how far the clock may get ahead of [Options.Elapsed]. Beyond
	// it nothing is signed: a clock that jumped a year would let everything
	// expire. After a restart the clock is believed again.
	ClockJump = 24 * time.Hour
	// ExitWrite is the exit code after a write that failed (EX_SOFTWARE).
	ExitWrite = 70

	maxQueue   = 2048     // submissions that wait
	maxWaiting = 64 << 20 // and bytes of payload in them
	// maxRound is how many of them one batch takes at most. All that wait would
	// then wait for one sync together, and nobody make the next batch meanwhile.
	maxRound = 256
)

// Options say where and with what a ledger works.
type Options struct {
	Dir      string           // the Pebble store
	HeadDir  string           // the head file, better on another disk; default Dir + "-head"
	Mirror   string           // a journal of whole batches, better on another disk; empty = none
	FS       vfs.FS           // nil = the disk
	HeadFS   vfs.FS           // nil = FS
	MirrorFS vfs.FS           // nil = FS
	Signer   *keys.NoteSigner // the log's key; its name is the origin
	Keys     Sealer           // per-subject data keys
	Project  Projector        // nil = none
	Now      func() time.Time
	Elapsed  func() time.Duration // a monotonic clock to hold Now against; nil = none
	Rand     io.Reader
	Log      *slog.Logger   // nil = none
	Exit     func(code int) // nil = os.Exit; called with ExitWrite after a failed write
}

func (o Options) withDefaults() (Options, error) {
	if o.HeadDir == "" {
		o.HeadDir = o.Dir + "-head"
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.HeadFS == nil {
		o.HeadFS = o.FS
	}
	if o.MirrorFS == nil {
		o.MirrorFS = o.FS
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Exit == nil {
		o.Exit = os.Exit
	}
	if o.Dir == "" || o.Signer == nil || o.Keys == nil || o.Now == nil || o.Rand == nil {
		return o, errors.New("a ledger needs a directory, a signer, keys, a clock and randomness")
	}
	return o, nil
}
