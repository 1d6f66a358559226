package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// holderName is the file beside the lock that says which process holds it. It
// outlives its process; only the lock itself means anything.
const holderName = "PID"

// lockDir takes the lock of a directory for this process.
func lockDir(fs vfs.FS, dir string) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, fs)
	var path *os.PathError // the file could not even be made
	if errors.As(err, &path) {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s is held by %s", ErrLocked, dir, holder(fs, dir))
	}
	if err := writeSynced(fs, fs.PathJoin(dir, holderName), []byte(strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, errors.Join(fmt.Errorf("note the lock's holder: %w", err), lock.Close())
	}
	return lock, nil
}

func holder(fs vfs.FS, dir string) string {
	f, err := fs.Open(fs.PathJoin(dir, holderName))
	if err != nil {
		return "another process"
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 20))
	pid, bad := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || bad != nil {
		return "another process"
	}
	return fmt.Sprintf("process %d", pid)
}
