package peer

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

const (
	// maxKept bounds the documents a client keeps for conditional requests, in bytes.
	maxKept = 16 << 20
	maxTag  = 200
)

// keptDocuments are the newest documents by url, with the tags they came under.
type keptDocuments struct {
	mu    sync.Mutex
	docs  map[string]keptDocument // guarded by mu
	bytes int                     // guarded by mu
}

type keptDocument struct {
	tag  string
	body []byte
}

func (k *keptDocuments) get(url string) (keptDocument, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, ok := k.docs[url]
	return d, ok
}

// put keeps a document that came under a tag. Should all be too many, they begin anew.
func (k *keptDocuments) put(url, tag string, body []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bytes -= len(k.docs[url].body)
	delete(k.docs, url)
	if tag == "" || len(tag) > maxTag || strings.HasPrefix(tag, "W/") || len(body) > maxKept {
		return
	}
	if k.docs == nil || k.bytes+len(body) > maxKept {
		k.docs, k.bytes = map[string]keptDocument{}, 0
	}
	k.docs[url] = keptDocument{tag, body}
	k.bytes += len(body)
}

// Forget drops what was kept for conditional requests, and the connections. It
// is for after a round that failed: what came then may be no good.
func (c *Client) Forget() {
	c.kept.mu.Lock()
	c.kept.docs, c.kept.bytes = nil, 0
	c.kept.mu.Unlock()
	c.Close()
}

// Renew is [Client.Get] that fetches a document only where it is another than
// the last time (RFC 9110, 13.1.2). The caller must not change the bytes.
func (c *Client) Renew(ctx context.Context, url, mediaType string, max int64) ([]byte, error) {
	old, known := c.kept.get(url)
	header := map[string]string{}
	if known {
		header["If-None-Match"] = old.tag
	}
	resp, err := c.ask(ctx, url, mediaType, header)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if known && resp.StatusCode == http.StatusNotModified {
		return old.body, nil
	}
	raw, err := c.read(resp, url, mediaType, max)
	if err != nil {
		return nil, err
	}
	c.kept.put(url, resp.Header.Get("ETag"), raw)
	return raw, nil
}

// Rest is [Client.Get] for a document of which the first bytes are held already:
// it asks for those from an offset on. Whole tells that all came instead, as a
// server may do (RFC 9110, 14.2).
func (c *Client) Rest(ctx context.Context, url, mediaType string, offset, max int64) (raw []byte, whole bool, err error) {
	if offset == 0 {
		raw, err := c.Get(ctx, url, mediaType, max)
		return raw, true, err
	}
	resp, err := c.ask(ctx, url, mediaType, map[string]string{"Range": fmt.Sprintf("bytes=%d-", offset)})
	if err != nil {
		return nil, false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent {
		raw, err := c.read(resp, url, mediaType, max)
		return raw, true, err
	}
	if raw, err = c.body(resp, url, mediaType, max); err != nil {
		return nil, false, err
	}
	// What was asked for and nothing else: from the offset to the end.
	total := offset + int64(len(raw))
	if want := fmt.Sprintf("bytes %d-%d/%d", offset, total-1, total); resp.Header.Get("Content-Range") != want || len(raw) == 0 {
		return nil, false, fmt.Errorf("fetch %s: %w: range %.80q with %d bytes, want %q", url, ErrAnswer, resp.Header.Get("Content-Range"), len(raw), want)
	}
	return raw, false, nil
}
