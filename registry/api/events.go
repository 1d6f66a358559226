package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

const (
	maxStreams   = 32
	maxOwn       = 4 // streams of one account
	lookEvery    = 250 * time.Millisecond
	beatEvery    = 15 * time.Second
	takeWithin   = 10 * time.Second // who takes longer to read what there is comes again, with Last-Event-ID
	eventsMedia  = "text/event-stream"
	resumeHeader = "Last-Event-ID"
)

type stoppingKey struct{}

// stopping lets streams end when their server is to stop, which waits for them.
func stopping(s *http.Server) {
	done := make(chan struct{})
	s.BaseContext = func(net.Listener) context.Context {
		return context.WithValue(context.Background(), stoppingKey{}, (<-chan struct{})(done))
	}
	s.RegisterOnShutdown(func() { close(done) })
}

// localEvents streams what happens in cases as server-sent events (WHATWG HTML,
// 9.2): id is the index of the leaf, data is [registry.Happened]. It begins at
// since, behind Last-Event-ID, or now.
func localEvents(r *mux.Router, n *registry.Node) {
	streams := newPlaces(maxStreams, maxOwn, 0)
	raw(r, http.MethodGet, "/events", eventsMedia, func(w http.ResponseWriter, q *http.Request) {
		from, err := firstLeaf(n, q)
		if err == nil {
			_, _, err = n.Happenings(from) // is it in the log?
		}
		if err != nil {
			answer(w, nil, "", err)
			return
		}
		leave, err := streams.enter(q.Context(), registry.CallerOf(q.Context()).Account)
		if err != nil {
			refuse(w, err)
			return
		}
		defer leave()
		w.Header().Set("Content-Type", eventsMedia)
		w.Header().Set("Cache-Control", "no-store")
		if q.Method == http.MethodHead {
			return
		}
		remember(w, stream(w, q, n, from))
	})
}

func firstLeaf(n *registry.Node, q *http.Request) (int64, error) {
	if last := q.Header.Get(resumeHeader); last != "" {
		leaf, err := strconv.ParseInt(last, 10, 64)
		if err != nil || leaf < 0 {
			return 0, fmt.Errorf("%w: header %s: want the id of an event", registry.ErrInvalid, resumeHeader)
		}
		return leaf + 1, nil
	}
	return number(q, "since", n.Ledger().Head().Size)
}

// stream writes events until the reader leaves, is too slow, or may no longer read.
func stream(w io.Writer, q *http.Request, n *registry.Node, from int64) error {
	out := http.NewResponseController(w.(http.ResponseWriter))
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	stop, _ := q.Context().Value(stoppingKey{}).(<-chan struct{})
	write := func(text string) error {
		if err := out.SetWriteDeadline(time.Now().Add(takeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := write(": here is what happens\n\n"); err != nil {
		return err
	}
	for quiet := time.Duration(0); ; {
		list, next, err := n.Happenings(from)
		if err != nil {
			return err
		}
		text := ""
		for _, h := range list {
			data, err := jcs.Marshal(h)
			if err != nil {
				return err
			}
			text += fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", h.Leaf, h.Type, data)
		}
		if quiet >= beatEvery && text == "" {
			text = ": still here\n\n"
		}
		if text != "" {
			quiet = 0
			if _, err := admitted(n, q); err != nil {
				return err // the token ended, or who bears it is no longer of the administration
			}
			if err := write(text); err != nil {
				return err
			}
		}
		if from != next {
			from = next
			if n.Ledger().Head().Size > next {
				continue
			}
		}
		select {
		case <-q.Context().Done():
			return nil
		case <-stop:
			return nil
		case <-look.C:
			quiet += lookEvery
		}
	}
}
