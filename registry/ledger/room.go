package ledger

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A full disk must end in a refusal, not in half a batch: Pebble cannot take
// back a write for which there was no room, and a process that ended for it
// could not even open the store again. So appends are refused while little is
// free, before anything is written, and a reserve file holds the room that
// opening, publishing and reading need when others have filled the disk.
//
// The reserve is there exactly while appends are taken. When less than the
// floor is free it is given back; when there is room for both again, it is made
// anew.
const (
	reserveName  = "reserve"
	reserveBytes = 64 << 20         // but at most an eighth of the disk
	minFloor     = 4 * memTableSize // Pebble's logs, of which a start needs two, and a flush
	maxFloor     = 1 << 30          // between them, a tenth of the disk
)

// A room is the space around a directory.
type room struct {
	fs  vfs.FS
	dir string
	log *slog.Logger

	mu   sync.Mutex
	held bool // the reserve is there
}

func newRoom(fs vfs.FS, dir string, log *slog.Logger) *room {
	_, err := fs.Stat(fs.PathJoin(dir, reserveName))
	return &room{fs: fs, dir: dir, log: log, held: err == nil}
}

// check is ErrFull while appends must wait for space.
func (r *room) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	disk, err := r.fs.GetDiskUsage(r.dir)
	if errors.Is(err, vfs.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask for free space of %s: %w", r.dir, err)
	}
	floor, reserve := min(max(disk.TotalBytes/10, minFloor), maxFloor), min(reserveBytes, disk.TotalBytes/8)
	switch {
	case r.held && disk.AvailBytes < floor:
		if err := r.release(); err != nil {
			return err
		}
		r.log.Error("disk is full, no more is appended", "dir", r.dir, "free", disk.AvailBytes, "floor", floor)
	case !r.held && disk.AvailBytes >= floor+reserve:
		if err := r.take(int64(reserve)); err != nil {
			return err
		}
		r.log.Debug("reserve made", "dir", r.dir, "bytes", reserve, "free", disk.AvailBytes)
	}
	if !r.held {
		return fmt.Errorf("%w: %s has %d MiB free, %d MiB are needed", ErrFull, r.dir, disk.AvailBytes>>20, (floor+reserve)>>20)
	}
	return nil
}

// take makes the reserve. Where the file system cannot set space aside the file
// is empty: the floor alone must do then.
func (r *room) take(size int64) error {
	name := r.fs.PathJoin(r.dir, reserveName)
	f, err := r.fs.Create(name+newSuffix, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("make reserve: %w", err)
	}
	if err := f.Preallocate(0, size); err != nil && !errors.Is(err, syscall.ENOTSUP) {
		return errors.Join(fullDisk(fmt.Errorf("make reserve: %w", err)), f.Close(), r.fs.Remove(name+newSuffix))
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("make reserve: %w", err)
	}
	if err := r.fs.Rename(name+newSuffix, name); err != nil {
		return fmt.Errorf("make reserve: %w", err)
	}
	r.held = true
	return syncDir(r.fs, r.dir)
}

func (r *room) release() error {
	err := r.fs.Remove(r.fs.PathJoin(r.dir, reserveName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("give back the reserve: %w", err)
	}
	r.held = false
	return nil
}

// fullDisk marks an error that space would cure as ErrFull.
func fullDisk(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
