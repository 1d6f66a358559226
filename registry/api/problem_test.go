package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/gorilla/mux"
)

func TestErrorsBecomeProblems(t *testing.T) {
	for _, c := range []struct {
		err    error
		name   string
		status int
	}{
		{registry.ErrInvalid, "invalid", 422},
		{registry.ErrNotAllowed, "not-allowed", 403},
		{registry.ErrNotFound, "not-found", 404},
		{registry.ErrConflict, "conflict", 409},
		{ledger.ErrBusy, "busy", 503},
		{ledger.ErrClock, "clock", 503},
		{ledger.ErrFull, "full", 507},
		{fmt.Errorf("%w: %w", ledger.ErrReadOnly, ledger.ErrUnproven), "unproven", 503},
		{ledger.ErrReadOnly, "read-only", 503},
		{ledger.ErrClosed, "stopping", 503},
		{errCrowded, "busy", 503},
		{peer.ErrSplitView, "split-view", 502},
		{peer.ErrUnreachable, "unreachable", 504},
	} {
		w := httptest.NewRecorder()
		writeProblem(w, problemOf(fmt.Errorf("doing something: %w", c.err)))
		if w.Code != c.status || !strings.Contains(w.Body.String(), ProblemPrefix+c.name) || !strings.Contains(w.Body.String(), "doing something") {
			t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
		}
		if again := w.Header().Get("Retry-After") != ""; again != (c.status == http.StatusServiceUnavailable) {
			t.Errorf("%v: Retry-After %v", c.err, again)
		}
	}
}

func TestOwnTroubleIsNotTold(t *testing.T) {
	p := problemOf(errors.New("open /secret/place: no space left"))
	if p.Status != http.StatusInternalServerError || p.Detail != "" {
		t.Errorf("%+v", p)
	}
}

// TestTooMuchAtOnceIsRefused: a handler that waits fills the only slot.
func TestTooMuchAtOnceIsRefused(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	r := mux.NewRouter()
	r.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
	})
	h := wrap(r, around{log: slog.New(slog.DiscardHandler), slots: make(chan struct{}, 1), traffic: new(traffic)})
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/slow", nil))
	}()
	<-entered
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/slow", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	close(leave)
	<-done
}

// TestLogsHoldNoTraders: paths and queries name traders, the log names routes.
func TestLogsHoldNoTraders(t *testing.T) {
	var out strings.Builder
	r := mux.NewRouter()
	r.HandleFunc("/operators/{id}", func(http.ResponseWriter, *http.Request) {})
	h := wrap(r, around{log: slog.New(slog.NewTextHandler(&out, nil)), traffic: new(traffic)})
	for _, path := range []string{"/operators/NZ:ses:12345678A", "/elsewhere/12345678A", "/operators/x?name=12345678A"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	if strings.Contains(out.String(), "12345678A") || !strings.Contains(out.String(), "/operators/{id}") {
		t.Errorf("logged: %s", out.String())
	}
}
