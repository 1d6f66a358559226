package api

import (
	"net/http"
	"net/http/pprof"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/aeo-registry/aeo/registry/ledger"
)

// traffic counts what the public listener did since the node was started.
type traffic struct {
	gate     *gate           // nil where the handler is served by others
	statuses [6]atomic.Int64 // answers by the first digit of their status
	shed     atomic.Int64    // those with status 503
}

func (t *traffic) count(status int) {
	t.statuses[min(status/100, len(t.statuses)-1)].Add(1)
	if status == http.StatusServiceUnavailable {
		t.shed.Add(1)
	}
}

// Stats are the figures of a running node at /debug/stats, counted from its start.
type Stats struct {
	Goroutines  int   `json:"goroutines"`
	HeapBytes   int64 `json:"heap_bytes"`   // of live and unswept objects
	SystemBytes int64 `json:"system_bytes"` // obtained from the system by the Go runtime
	StoreBytes  int64 `json:"store_bytes"`  // of the heap what the ledger's bounded caches hold
	Connections int   `json:"connections"`  // of the public listener, now
	Evicted     int64 `json:"evicted"`      // connections given up for others
	Answered    int64 `json:"answered"`     // public requests with status 1xx to 3xx
	Refused     int64 `json:"refused"`      // with status 4xx
	Failed      int64 `json:"failed"`       // with status 5xx, shed ones included
	Shed        int64 `json:"shed"`         // with status 503
}

func (t *traffic) stats(l *ledger.Ledger) Stats {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	n := func(digit int) int64 { return t.statuses[digit].Load() }
	return Stats{
		Goroutines: runtime.NumGoroutine(), HeapBytes: int64(m.HeapAlloc), SystemBytes: int64(m.Sys), StoreBytes: l.CachedBytes(),
		Connections: t.gate.open(), Evicted: t.gate.evicted.Load(),
		Answered: n(1) + n(2) + n(3), Refused: n(4), Failed: n(5), Shed: t.shed.Load(),
	}
}

// debugging puts before the local API what the operator of the machine may ask
// the process: /debug/stats, and the profiles of net/http/pprof.
func debugging(next http.Handler, world *traffic, l *ledger.Ledger) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /debug/stats", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, world.stats(l), nil) })
	m.HandleFunc("GET /debug/pprof/", pprof.Index)
	m.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	m.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/debug/") {
			m.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
