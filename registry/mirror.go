package registry

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aeo-registry/aeo/federation/peer"
)

// ErrMirror says that the node has a mirror and it is not where it should be.
var ErrMirror = errors.New("the node's mirror is missing")

// rememberedMirror is the directory of the node's mirror, from the file DIR/mirror;
// empty where it has none.
func rememberedMirror(dir string) (string, error) {
	raw, err := readBounded(paths{dir}.mirror(), 4096)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	name := strings.TrimSuffix(string(raw), "\n")
	if err == nil && !filepath.IsAbs(name) {
		err = fmt.Errorf("it names %.80q, which is no absolute path", name)
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", paths{dir}.mirror(), err)
	}
	return name, nil
}

// chooseMirror says which mirror the ledger is to use. A node that has one goes
// on with it unasked; one that is not there, on a disk that was not mounted
// perhaps, is never begun anew in silence.
func chooseMirror(o Options) (string, error) {
	if o.NoMirror {
		if err := os.Remove(paths{o.Dir}.mirror()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		return "", nil
	}
	name, err := rememberedMirror(o.Dir)
	if err != nil || o.Mirror == "" && name == "" {
		return "", err
	}
	if o.Mirror != "" {
		if o.Mirror, err = filepath.Abs(o.Mirror); err != nil {
			return "", err
		}
		dir, err := filepath.Abs(o.Dir)
		if err != nil {
			return "", err
		}
		if o.Mirror == dir || strings.HasPrefix(o.Mirror, dir+string(filepath.Separator)) {
			return "", fmt.Errorf("%w: a mirror within the node's own directory is lost with it", ErrInvalid)
		}
		if o.Mirror == name {
			return name, nil
		}
		return o.Mirror, peer.ReplaceFile(paths{o.Dir}.mirror(), []byte(o.Mirror+"\n"))
	}
	if _, err := os.Stat(name); err != nil {
		return "", fmt.Errorf("%w: %w; mount it, give another with --mirror, or go on without with --no-mirror", ErrMirror, err)
	}
	return name, nil
}
