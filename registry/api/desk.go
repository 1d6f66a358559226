package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aeo-registry/aeo/registry/ledger"
)

const (
	maxMaking = 8           // answers made at once; those that lie ready need no place
	maxWait   = time.Second // for a place
	// slowest is the pace in bytes a second a reader has to keep beside writeTimeout.
	slowest = 64 << 10
)

// errCrowded sheds a request: too many want answers made at once, or one network does.
var errCrowded = errors.New("too many ask for this at once")

// A desk hands out documents. What lies in memory it gives to everybody at the
// pace of their connections; what has to be made is made for few at a time, for
// no network beyond its share, and once for all who ask where that can be.
type desk struct {
	ledger *ledger.Ledger
	places chan struct{}
	shares *shares
	kept   *kept
}

func (d *desk) serve(doc document) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 0 {
			writeProblem(w, tooLarge(0))
			return
		}
		a, done, err := d.answer(doc, r)
		if err != nil {
			remember(w, err)
			if doc.fail == nil {
				writeProblem(w, problemOf(err))
				return
			}
			doc.fail(w, err)
			return
		}
		defer done()
		h := w.Header()
		h.Set("Content-Type", doc.media)
		h.Set("Cache-Control", doc.cache)
		h.Set("Access-Control-Allow-Origin", "*")
		if doc.cache == shortly { // what never changes is not asked for again
			h.Set("ETag", a.tag)
		}
		takes := writeTimeout + time.Duration(len(a.raw))*time.Second/slowest
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(takes)) // a shorter one stays in force
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.raw))
	}
}

// answer finds or makes an answer; done is called when it is written.
func (d *desk) answer(doc document, r *http.Request) (a *keptAnswer, done func(), err error) {
	done = func() {}
	size, now := d.ledger.Head().Size, d.ledger.Now()
	if doc.effort == fromLog {
		if a := d.kept.get(r.URL.Path, size, now); a != nil {
			return a, done, nil
		}
	}
	raw, err := d.make(doc, r)
	if err != nil {
		return nil, nil, err
	}
	switch doc.effort {
	case fromStore:
		// Each reader of a tile has bytes of its own, all others share what is kept.
		if done = d.shares.hold(networkOf(r.RemoteAddr), int64(len(raw)), time.Now()); done == nil {
			return nil, nil, errCrowded
		}
		return &keptAnswer{raw: raw}, done, nil
	case fromPeers:
		return newAnswer(raw), done, nil
	}
	return d.kept.put(r.URL.Path, raw, size, now), done, nil
}

// make reads a document, in a place of the few where that takes effort.
func (d *desk) make(doc document, r *http.Request) ([]byte, error) {
	if doc.effort == inMemory {
		return doc.read(r)
	}
	if !d.shares.spend(networkOf(r.RemoteAddr), int(doc.effort), time.Now()) {
		return nil, errCrowded
	}
	leave, err := enter(r.Context(), d.places)
	if err != nil {
		return nil, err
	}
	defer leave()
	return doc.read(r)
}

// enter takes one of the places, for which it waits [maxWait] at most.
func enter(ctx context.Context, places chan struct{}) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, errCrowded
	}
}
