package ledger

import (
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// newSuffix marks a file that is being written; what a crash leaves of it means nothing.
const newSuffix = ".new"

// writeDurably puts a file of mode 0600 in place whole or not at all, and
// returns when it would survive a power cut.
func writeDurably(fs vfs.FS, dir, name string, content []byte) error {
	final := fs.PathJoin(dir, name)
	if err := writeSynced(fs, final+newSuffix, content); err != nil {
		return err
	}
	if err := fs.Rename(final+newSuffix, final); err != nil {
		return fmt.Errorf("rename %s: %w", name, err)
	}
	return syncDir(fs, dir)
}

func writeSynced(fs vfs.FS, name string, content []byte) error {
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	if err := fill(f, content); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), f.Close())
	}
	return f.Close()
}

func fill(f vfs.File, content []byte) error {
	// Files of the disk know their mode; those of vfs in memory have none.
	if m, ok := f.(interface{ Chmod(os.FileMode) error }); ok {
		if err := m.Chmod(0o600); err != nil {
			return err
		}
	}
	if _, err := f.Write(append([]byte(nil), content...)); err != nil { // vfs may change what it is given
		return err
	}
	return f.Sync()
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("open directory %s: %w", dir, err)
	}
	if err := d.Sync(); err != nil {
		return errors.Join(fmt.Errorf("sync directory %s: %w", dir, err), d.Close())
	}
	return d.Close()
}

// makeDir makes a directory that survives a power cut.
func makeDir(fs vfs.FS, dir string) error {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory %s: %w", dir, err)
	}
	return syncDir(fs, fs.PathDir(dir))
}
