package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"
)

// clockFile, beside the marker of a demo, holds how far its clock is from the
// real one.
const clockFile = "clock"

// clockWidth is the length of that file: a sign, eighteen digits of seconds and
// a line's end, so that it is always replaced whole and in place.
const clockWidth = 20

// A SharedClock is the clock of a demo whose nodes are processes of their own:
// the real one, moved by what the demo's clock file says. It jumps for all of
// them at the same instant and runs on like the real one in between.
type SharedClock struct {
	file  *os.File
	last  atomic.Int64 // seconds; what was read last
	start time.Time
	first time.Duration
}

// ErrNoDemo says that a directory belongs to no demo, so that no other clock
// than the real one is to be had there.
var ErrNoDemo = errors.New("not in the directory of a demo")

// ClockOf is the clock of the demo that a node's directory lies in. Only a demo
// makes the directories this works for: a node in earnest has no such clock.
func ClockOf(dir string) (*SharedClock, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, marker)); err == nil {
			return openClock(filepath.Join(at, clockFile))
		}
		up := filepath.Dir(at)
		if up == at {
			return nil, fmt.Errorf("%s: %w", dir, ErrNoDemo)
		}
		at = up
	}
}

func openClock(name string) (*SharedClock, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w whose clock can be moved", name, ErrNoDemo)
	}
	if err != nil {
		return nil, err
	}
	c := &SharedClock{file: f, start: time.Now()}
	if _, err := c.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("read the demo's clock %s: %w", name, err), f.Close())
	}
	c.first = c.offset()
	return c, nil
}

// NewSharedClock makes the clock of a demo in its directory.
func NewSharedClock(dir string, at time.Time) (*SharedClock, error) {
	name := filepath.Join(dir, clockFile)
	if err := os.WriteFile(name, clockText(time.Until(at)), 0o600); err != nil {
		return nil, err
	}
	return openClock(name)
}

func clockText(offset time.Duration) []byte {
	return fmt.Appendf(nil, "%+0*d\n", clockWidth-1, offset/time.Second)
}

func (c *SharedClock) read() (int64, error) {
	var text [clockWidth]byte
	if _, err := c.file.ReadAt(text[:], 0); err != nil {
		return 0, err
	}
	seconds, err := strconv.ParseInt(string(text[:clockWidth-1]), 10, 64)
	if err != nil {
		return 0, err
	}
	c.last.Store(seconds)
	return seconds, nil
}

// offset is how far the demo's time is from the real one.
func (c *SharedClock) offset() time.Duration {
	seconds, err := c.read()
	if err != nil {
		seconds = c.last.Load() // the demo's directory is gone: the node that still runs keeps its time
	}
	return time.Duration(seconds) * time.Second
}

// Now is the time in the demo.
func (c *SharedClock) Now() time.Time { return time.Now().Add(c.offset()) }

// Elapsed is the time since the clock was opened, jumps of the demo included:
// to the nodes of a demo they are time that passed.
func (c *SharedClock) Elapsed() time.Duration {
	return time.Since(c.start) + c.offset() - c.first
}

// Jump moves the clock of the whole demo, never back.
func (c *SharedClock) Jump(to time.Time) error {
	if to.Before(c.Now()) {
		return nil
	}
	return c.set(time.Until(to))
}

// Arrive brings the demo to the present.
func (c *SharedClock) Arrive() error { return c.set(0) }

func (c *SharedClock) set(offset time.Duration) error {
	_, err := c.file.WriteAt(clockText(offset), 0)
	return err
}

// Close lets go of the file.
func (c *SharedClock) Close() error { return c.file.Close() }
