package ledger

import (
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// A halt is where writing ends, in one of two ways. After a failed write the
// process exits, because Pebble then shows readers what is not durable, and a
// file system forgets pages whose sync failed: only a restart reads the truth.
// After damage found while reading, the rest still serves, but nothing is
// signed any more.
type halt struct {
	log    *slog.Logger
	exit   func(code int)
	once   sync.Once
	done   chan struct{} // closed before exit is called
	damage atomic.Pointer[error]
}

func newHalt(o Options) *halt {
	return &halt{log: o.Log, exit: o.Exit, done: make(chan struct{})}
}

// stop ends the process. It never returns: where exit does (in tests), the
// calling goroutine ends instead.
func (h *halt) stop(err error) {
	h.once.Do(func() {
		h.log.Error("ledger write failed, exiting", "error", err, "code", ExitWrite)
		close(h.done)
		h.exit(ExitWrite)
	})
	runtime.Goexit()
}

// damaged makes the ledger read only. The first damage is the one remembered.
func (h *halt) damaged(err error) error {
	if h.damage.CompareAndSwap(nil, &err) {
		h.log.Error("ledger damaged, now read only", "error", err)
	}
	return h.readOnly()
}

// hold makes the ledger read only where nothing is damaged.
func (h *halt) hold(err error) { h.damage.CompareAndSwap(nil, &err) }

func (h *halt) readOnly() error {
	if err := h.damage.Load(); err != nil {
		return fmt.Errorf("%w: %w", ErrReadOnly, *err)
	}
	return nil
}

// background judges an error of Pebble's own work, flushing or compacting. It
// would try again for ever and without a pause, at the start without ever
// returning from Open.
func (h *halt) background(err error) {
	if pebble.IsCorruptionError(err) {
		h.damaged(err)
		return
	}
	h.stop(fmt.Errorf("write store: %w", err))
}

// pebbleLog is Pebble's logger. Pebble relies on Fatalf not returning.
type pebbleLog struct{ *halt }

var _ pebble.Logger = pebbleLog{}

func (p pebbleLog) Infof(format string, args ...any) {
	p.log.Debug("pebble", "event", fmt.Sprintf(format, args...))
}

func (p pebbleLog) Errorf(format string, args ...any) {
	p.log.Error("pebble", "event", fmt.Sprintf(format, args...))
}

func (p pebbleLog) Fatalf(format string, args ...any) { p.stop(fmt.Errorf(format, args...)) }
