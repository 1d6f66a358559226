package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry"
)

const (
	exchangePath = "/exchange"
	// messageEffort is that of a message: a key agreement and two signatures,
	// whoever sent it.
	messageEffort = 20
	maxMessages   = 16 // acted upon at once
)

var errMedia = errors.New("a message is " + exchange.MediaType + " and says how long it is")

// exchange takes the messages of partners. They wait for the disk and not for
// readers, so they have places of their own.
func (d *desk) exchange(n *registry.Node) http.HandlerFunc {
	places := make(chan struct{}, maxMessages)
	return func(w http.ResponseWriter, r *http.Request) {
		raw, done, err := d.message(r)
		if err != nil {
			refuseMessage(w, err)
			return
		}
		defer done()
		leave, err := enter(r.Context(), places)
		if err != nil {
			refuseMessage(w, err)
			return
		}
		defer leave()
		sealed, err := n.Exchange(r.Context(), raw)
		if err != nil {
			refuseMessage(w, err)
			return
		}
		w.Header().Set("Content-Type", exchange.MediaType)
		w.Header().Set("Cache-Control", "no-store")
		w.Write(sealed)
	}
}

// message reads a body whose length was said, so that what many send slowly is
// counted before it is there.
func (d *desk) message(r *http.Request) (raw []byte, done func(), err error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != exchange.MediaType || r.ContentLength < 0 {
		return nil, nil, errMedia
	}
	if r.ContentLength > keys.MaxSealed {
		return nil, nil, &http.MaxBytesError{Limit: keys.MaxSealed}
	}
	if r.ContentLength == 0 {
		return nil, nil, registry.ErrStranger
	}
	from, now := networkOf(r.RemoteAddr), time.Now()
	if !d.shares.spend(from, messageEffort, now) {
		return nil, nil, errCrowded
	}
	if done = d.shares.hold(from, r.ContentLength, now); done == nil {
		return nil, nil, errCrowded
	}
	if raw, err = io.ReadAll(r.Body); err != nil {
		done()
		return nil, nil, err
	}
	return raw, done, nil
}

func refuseMessage(w http.ResponseWriter, err error) {
	remember(w, err)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		writeProblem(w, tooLarge(large.Limit))
	case errors.Is(err, errMedia):
		writeProblem(w, &Problem{Type: ProblemPrefix + "media-type", Title: "Another media type is wanted",
			Status: http.StatusUnsupportedMediaType, Detail: err.Error()})
	default:
		writeProblem(w, problemOf(err))
	}
}
