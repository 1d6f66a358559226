package api

import (
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// around is what a router is wrapped in.
type around struct {
	log     *slog.Logger
	level   slog.Level // of the line for each request
	maxBody int64
	posts   map[string]int64 // paths that take a larger body than maxBody
	slots   chan struct{}    // requests at once; nil = no bound
	traffic *traffic
}

// wrap puts around a router what must hold for every answer, also for those a
// router gives by itself (404, 405): gorilla/mux runs no middleware for them.
func wrap(next *mux.Router, a around) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		secure(rec.Header())
		defer func() {
			a.traffic.count(rec.status)
			a.report(next, r, rec, time.Since(start))
		}()
		maxBody := max(a.maxBody, a.posts[r.URL.Path])
		if r.ContentLength > maxBody || r.ContentLength < 0 && maxBody == 0 {
			// What nobody wants is not waited for: a moment, for the answer to arrive.
			rec.Header().Set("Connection", "close")
			_ = http.NewResponseController(w).SetReadDeadline(start.Add(time.Second / 2))
		}
		if !cleanPath(r.URL.EscapedPath()) {
			writeProblem(rec, &Problem{Type: ProblemPrefix + "path", Title: "The path is not in its plain form", Status: http.StatusBadRequest})
			return
		}
		if a.slots != nil {
			select {
			case a.slots <- struct{}{}:
				defer func() { <-a.slots }()
			default:
				writeProblem(rec, problemOf(errCrowded))
				return
			}
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody) // closes the connection, which it reaches through w alone
		next.ServeHTTP(rec, r)
	})
}

// told are the statuses from 500 on whose causes are known or reported where they arise.
var told = []int{http.StatusNotImplemented, http.StatusServiceUnavailable, http.StatusInsufficientStorage}

// report writes the line for a request. What went wrong within the node is told
// to the log and to nobody else.
func (a around) report(router *mux.Router, r *http.Request, rec *recorder, took time.Duration) {
	level := a.level
	if rec.status >= http.StatusInternalServerError && !slices.Contains(told, rec.status) {
		level = slog.LevelWarn
	}
	if !a.log.Enabled(r.Context(), level) {
		return
	}
	args := []any{"method", r.Method, "route", route(router, r), "status", rec.status, "bytes", rec.bytes, "took", took}
	if rec.err != nil {
		args = append(args, "error", rec.err)
	}
	a.log.Log(r.Context(), level, "request", args...)
}

// route is the pattern a request matched: paths hold numbers of traders, which
// are no business of a log file.
func route(router *mux.Router, r *http.Request) string {
	var match mux.RouteMatch
	if !router.Match(r, &match) || match.Route == nil {
		return "none"
	}
	pattern, err := match.Route.GetPathTemplate()
	if err != nil {
		return "none"
	}
	return pattern
}

// cleanPath refuses paths a router would redirect or read differently from a cache.
func cleanPath(p string) bool {
	return p == "/" || strings.HasPrefix(p, "/") && path.Clean(p) == p && !strings.ContainsAny(p, "\\\x00")
}

func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=31536000")
}

// A recorder remembers what became of a request, for the log.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	err    error
}

// remember leaves an error to the log.
func remember(w http.ResponseWriter, err error) {
	if rec, ok := w.(*recorder); ok {
		rec.err = err
	}
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

const writeTimeout = 30 * time.Second

// Server is an http.Server with every bound set. A connection is one request at
// a time or, over TLS with a client that wants HTTP/2, a few.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:                      h,
		Protocols:                    protocols,
		DisableGeneralOptionsHandler: true, // OPTIONS * is a request like others
		ReadHeaderTimeout:            5 * time.Second,
		ReadTimeout:                  10 * time.Second,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  3 * time.Minute, // partners come every minute; the gate takes the place of who idles
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 8, MaxReadFrameSize: 16 << 10, WriteByteTimeout: writeTimeout,
			MaxReceiveBufferPerConnection: 64 << 10, MaxReceiveBufferPerStream: 64 << 10},
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug), // strangers' failed handshakes
	}
}
