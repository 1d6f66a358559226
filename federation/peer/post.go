package peer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// An Answer is what came back for a Post, whatever its status.
type Answer struct {
	Status int
	Type   string // Content-Type, as given
	Body   []byte
}

// Post sends a body and returns the answer, at most max bytes of it. Redirects
// are answers like others. The error is ErrUnreachable or, for an answer that is
// too large, ErrAnswer.
func (c *Client) Post(ctx context.Context, url, mediaType string, body []byte, max int64) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("post to %s: %w", url, err)
	}
	if req.URL.Scheme != "https" {
		return nil, fmt.Errorf("post to %s: %w: not https", url, ErrUnreachable)
	}
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("User-Agent", "") // as in ask
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("post to %s: %w: %w", url, ErrUnreachable, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, max+1))
	if err != nil {
		return nil, fmt.Errorf("post to %s: %w: %w", url, ErrUnreachable, err)
	}
	if int64(len(raw)) > max {
		return nil, fmt.Errorf("post to %s: %w: more than %d bytes", url, ErrAnswer, max)
	}
	c.traffic.payload.Add(int64(len(raw)))
	return &Answer{Status: resp.StatusCode, Type: resp.Header.Get("Content-Type"), Body: raw}, nil
}
