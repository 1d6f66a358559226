package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const mib = 1 << 20

// free says how much of a disk of 10 GiB is free.
func (w *world) free(bytes uint64) {
	w.mem.TestingSetDiskUsage(vfs.DiskUsage{TotalBytes: 10 << 30, AvailBytes: bytes, UsedBytes: 10<<30 - bytes})
}

func (w *world) hasReserve() bool {
	_, err := w.mem.Stat("/db/reserve")
	return err == nil
}

// On a full disk appends are refused before anything is written, all else goes
// on, and they are taken again when there is space.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	w.free(5 << 30)
	w.create(t)
	l := w.mustOpen(t)
	append1(t, l, ledgertest.Case("trader", "before"))
	if !w.hasReserve() {
		t.Error("no reserve while there is space")
	}
	head := l.Head()
	w.free(1000 * mib) // the floor is 1 024 MiB, a tenth of the disk
	for range 3 {
		if _, err := l.Append(context.Background(), ledgertest.Case("trader", "meanwhile")); !errors.Is(err, ledger.ErrFull) {
			t.Errorf("appended on a full disk: %v", err)
		}
	}
	if w.hasReserve() {
		t.Error("the reserve is kept although the disk is full")
	}
	ledgertest.CheckLog(t, l)
	if _, err := l.Publish(func(*ledger.Published) (map[string][]byte, error) { return nil, nil }); err != nil || l.Head() != head {
		t.Errorf("a full disk keeps the head from being published: %v", err)
	}
	w.free(1050 * mib) // more than the floor, not enough for the reserve as well
	if _, err := l.Append(context.Background(), ledgertest.Case("trader", "too early")); !errors.Is(err, ledger.ErrFull) {
		t.Errorf("appended without a reserve: %v", err)
	}
	closed(t, l)
	l = w.mustOpen(t) // a full disk does not keep the store from being opened
	ledgertest.CheckLog(t, l)
	w.free(2 << 30)
	append1(t, l, ledgertest.Case("trader", "after"))
	if !w.hasReserve() {
		t.Error("no reserve although there is space again")
	}
	ledgertest.CheckLog(t, l)
}

func TestNothingIsCreatedOnAFullDisk(t *testing.T) {
	w := newWorld(t)
	w.free(10 * mib)
	o, err := w.options()
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Create(o, w.id.Genesis(), w.id.Roster(t)); !errors.Is(err, ledger.ErrFull) {
		t.Errorf("created on a full disk: %v", err)
	}
	w.free(5 << 30)
	w.create(t)
	ledgertest.CheckLog(t, w.mustOpen(t))
}

// A disk that syncs slowly must not make the queue grow for ever.
func TestSlowDiskBoundsTheQueue(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	slow := make(chan struct{})
	l := w.slowHead(t, slow)
	const callers, size = 200, 600 << 10 // 120 MB want to wait
	text := strings.Repeat("x", size)
	var group sync.WaitGroup
	answers := make(chan error, callers)
	for i := range callers {
		group.Go(func() {
			_, err := l.Append(context.Background(), ledgertest.Case(fmt.Sprint("trader-", i%5), fmt.Sprint(i, text)))
			answers <- err
		})
	}
	busy := 0
	for busy == 0 { // only refusals can come while nothing is synced
		if err := <-answers; !errors.Is(err, ledger.ErrBusy) {
			t.Fatalf("answered %v while the disk syncs nothing", err)
		}
		busy++
	}
	close(slow)
	group.Wait()
	close(answers)
	for err := range answers {
		if errors.Is(err, ledger.ErrBusy) {
			busy++
		} else if err != nil {
			t.Error(err)
		}
	}
	if most := callers - busy; most*size > 96*mib {
		t.Errorf("%d submissions of %d bytes waited at once", most, size)
	}
}

// slowHead opens the ledger with a head file whose syncs wait for the channel.
func (w *world) slowHead(t *testing.T, until <-chan struct{}) *ledger.Ledger {
	t.Helper()
	l := w.mustOpen(t) // the head file of a start is not slow
	closed(t, l)
	w.headFS = onSync(w.mem, func() { <-until })
	return w.mustOpen(t)
}

// The clock is held against the time that really passed.
func TestClockThatJumpsAhead(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	passed := time.Duration(0)
	o, err := w.options()
	if err != nil {
		t.Fatal(err)
	}
	o.Elapsed = func() time.Duration { return passed }
	l, err := ledger.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	const year = 365 * 24 * 3600
	w.now, passed = w.now+3600, time.Hour
	append1(t, l, ledgertest.Case("trader", "in time"))
	w.now += year
	if _, err := l.Append(context.Background(), ledgertest.Case("trader", "a year early")); !errors.Is(err, ledger.ErrClock) {
		t.Errorf("appended a year ahead: %v", err)
	}
	if _, err := l.Publish(nil); !errors.Is(err, ledger.ErrClock) {
		t.Errorf("published a year ahead: %v", err)
	}
	w.now -= year
	append1(t, l, ledgertest.Case("trader", "set right"))
	w.now, passed = w.now+year, passed+year*time.Second // it really passed
	append1(t, l, ledgertest.Case("trader", "a year later"))
	w.now += year
	closed(t, l)
	if l, err = ledger.Open(o); err != nil { // nobody knows how long it was off
		t.Fatal(err)
	}
	append1(t, l, ledgertest.Case("trader", "after the restart"))
	closed(t, l)
	t.Logf("figure clock_ahead a jump of a year refused while running, taken when it passed or after a restart")
}

// onSync calls fn before each sync of a file.
func onSync(fs vfs.FS, fn func()) vfs.FS { return &syncFS{fs, fn} }

type syncFS struct {
	vfs.FS
	fn func()
}

func (s *syncFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := s.FS.OpenReadWrite(name, c, o...)
	if err != nil {
		return nil, err
	}
	return &syncFile{f, s.fn}, nil
}

type syncFile struct {
	vfs.File
	fn func()
}

func (f *syncFile) SyncData() error {
	f.fn()
	return f.File.SyncData()
}

// When others fill the disk while nobody appends, publishing finds the room it
// needs: a process that ended for it would serve nobody.
func TestPublishingOnAFullDiskTakesTheReserve(t *testing.T) {
	w := newWorld(t)
	w.free(5 << 30)
	w.create(t)
	l := w.mustOpen(t)
	append1(t, l, ledgertest.Case("trader", "before"))
	w.free(0)
	if _, err := l.Publish(func(*ledger.Published) (map[string][]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if w.hasReserve() {
		t.Error("published on a full disk without the reserve")
	}
}
