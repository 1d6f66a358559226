package api

import (
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// wrap puts around a router what must hold for every answer, also for those a
// router gives by itself (404, 405): gorilla/mux runs no middleware for them.
func wrap(next *mux.Router, log *slog.Logger, inFlight int, maxBody int64) http.Handler {
	slots := make(chan struct{}, inFlight)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		secure(rec.Header())
		defer func() {
			log.Info("request", "method", r.Method, "route", route(next, r), "status", rec.status, "bytes", rec.bytes, "took", time.Since(start))
		}()
		if !cleanPath(r.URL.EscapedPath()) {
			writeProblem(rec, &Problem{Type: ProblemPrefix + "path", Title: "The path is not in its plain form", Status: http.StatusBadRequest})
			return
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			writeProblem(rec, &Problem{Type: ProblemPrefix + "busy", Title: "Too much at once", Status: http.StatusServiceUnavailable})
			return
		}
		r.Body = http.MaxBytesReader(rec, r.Body, maxBody)
		next.ServeHTTP(rec, r)
	})
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

// A recorder remembers status and size for the access log.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
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

// Server is an http.Server with every bound set.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
