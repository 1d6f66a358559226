package ledger

import (
	"errors"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// orderedFS makes the directory entry of a new MANIFEST durable as soon as the
// file is made. Pebble syncs the directory only after it has also made the
// marker that names the file; a power cut between the two may keep the marker
// alone on file systems that do not keep the order, and the store would not
// open again.
type orderedFS struct{ vfs.FS }

// Create implements vfs.FS.
func (f orderedFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, category)
	if err != nil || !strings.HasPrefix(f.PathBase(name), "MANIFEST-") {
		return file, err
	}
	if err := syncDir(f.FS, f.PathDir(name)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Unwrap implements vfs.FS.
func (f orderedFS) Unwrap() vfs.FS { return f.FS }
