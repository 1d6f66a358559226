package registry

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much garbage may lie beside a hundred parts of what a node uses
// before it is collected. Most of what a node has in memory lies outside the
// collector's heap, in the caches of the store, and what is in it is little, so
// with Go's own 100 the collector runs every twenty milliseconds where many are
// granted, and takes an eighth of the time; with 400 it takes a thirtieth.
const gcPercent = 400

// gcLimit is from where on garbage is collected sooner than that: ten thousand
// connections are much that is in use, and four times as much beside it would be
// more than a machine lends.
const gcLimit = 768 << 20

// TuneMemory sets the garbage collector as a process wants it that is a node's
// alone. It leaves alone what the environment says (GOGC, GOMEMLIMIT).
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(gcLimit)
	}
}
