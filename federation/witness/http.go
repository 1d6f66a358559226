package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

// Handle answers POST add-checkpoint. What went wrong within the witness is
// told to fail, which answers.
func (c *Cosigner) Handle(w http.ResponseWriter, r *http.Request, fail func(http.ResponseWriter, error)) {
	w.Header().Set("Cache-Control", "no-store")
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		http.Error(w, "the request could not be read", malformed)
		return
	}
	var cosig transparency.Cosignature
	req, err := ParseRequest(body)
	if err == nil {
		cosig, err = c.Add(req)
	}
	var refused *Refusal
	switch {
	case errors.As(err, &refused) && refused.Status == conflict:
		w.Header().Set("Content-Type", SizeType)
		w.WriteHeader(conflict)
		fmt.Fprintf(w, "%d\n", refused.Size)
	case errors.As(err, &refused):
		http.Error(w, strings.ToLower(http.StatusText(refused.Status)), refused.Status)
	case err != nil:
		fail(w, err)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, cosig.Line)
	}
}

// A Poster sends a bounded body and returns a bounded answer with its status;
// the error is [peer.ErrUnreachable] where none came.
type Poster interface {
	Post(ctx context.Context, url, mediaType string, body []byte, max int64) (*peer.Answer, error)
}

// Ask sends a checkpoint to the witness below a URL and returns its
// cosignatures, verified under the keys known as its own. The error is a
// *Refusal where it answered so; [peer.ErrAnswer] where the answer is none.
func Ask(ctx context.Context, p Poster, url string, r *Request, text string, cosigners ...*keys.VKey) ([]transparency.Cosignature, error) {
	url += "/add-checkpoint"
	a, err := p.Post(ctx, url, "text/plain; charset=utf-8", r.Format(), MaxAnswer)
	if err != nil {
		return nil, err
	}
	switch a.Status {
	case http.StatusOK:
		if found := transparency.Cosignatures(a.Body, text, cosigners...); len(found) > 0 {
			return found, nil
		}
		return nil, fmt.Errorf("ask %s: %w: no cosignature of a known key", url, peer.ErrAnswer)
	case conflict:
		media, _, _ := mime.ParseMediaType(a.Type)
		line, ended := strings.CutSuffix(string(a.Body), "\n")
		size, err := parseSize(line)
		if media == SizeType && ended && err == nil {
			return nil, &Refusal{Status: conflict, Size: size}
		}
		// Version 1.0.0 of tlog-witness: another root at the same size.
		return nil, &Refusal{Status: unprocessable}
	case malformed, forbidden, unknown, unprocessable:
		return nil, &Refusal{Status: a.Status}
	}
	return nil, fmt.Errorf("ask %s: %w: status %d", url, peer.ErrAnswer, a.Status)
}
