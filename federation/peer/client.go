package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

var (
	// ErrUnreachable says that no answer came: dial, TLS, timeout.
	ErrUnreachable = errors.New("partner not reachable")
	// ErrAnswer says that an answer came and is not one: status, media type, size.
	ErrAnswer = errors.New("partner's answer unusable")
	// ErrNotFound is the answer 404.
	ErrNotFound = fmt.Errorf("%w: not found", ErrAnswer)
)

// A Route says where names live on the wire and which certificate authorities
// vouch for the connection. It carries no trust: everything fetched is signed.
type Route struct {
	Dial  map[string]string // host of an entity id -> host:port; "" = resolve the host, port 443
	Roots *x509.CertPool    // nil = the system's
	Now   func() time.Time  // for certificate dates
}

// A Client fetches from configured hosts only: TLS 1.3, no redirects, no
// proxy, no compression, every answer bounded in bytes and time.
type Client struct{ http *http.Client }

// NewClient makes a client for the hosts of the route.
func NewClient(r Route) *Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return dialRoute(ctx, dialer, r.Dial, network, addr)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: r.Roots, Time: r.Now},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  10 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true,
		MaxConnsPerHost:        2,
		IdleConnTimeout:        30 * time.Second,
	}
	return &Client{http: &http.Client{
		Transport:     transport,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // Get refuses it
	}}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// dialRoute reaches only hosts of the route. A host without an address of its
// own is resolved here, and only addresses of the public internet are dialled,
// so that no answer of the name service leads into the own network.
func dialRoute(ctx context.Context, d *net.Dialer, route map[string]string, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	to, ok := route[host]
	if !ok {
		return nil, fmt.Errorf("%s is no configured partner", host)
	}
	if to != "" {
		return d.DialContext(ctx, network, to)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		ip = ip.Unmap()
		if !public(ip) {
			return nil, fmt.Errorf("%s resolves to %s, which is no public address", host, ip)
		}
	}
	if len(ips) == 0 {
		return nil, fmt.Errorf("%s has no address", host)
	}
	return d.DialContext(ctx, network, net.JoinHostPort(ips[0].Unmap().String(), port))
}

// public reports whether an address is one of the public internet.
func public(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	// Shared, benchmark and reserved space, and the prefixes that carry an IPv4 address within.
	for _, special := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"} {
		if netip.MustParsePrefix(special).Contains(ip) {
			return false
		}
	}
	return true
}

// Get fetches one document: status 200, the media type, at most max bytes.
func (c *Client) Get(ctx context.Context, url, mediaType string, max int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", url, err)
	}
	if req.URL.Scheme != "https" {
		return nil, fmt.Errorf("fetch %s: %w: not https", url, ErrUnreachable)
	}
	req.Header.Set("Accept", mediaType)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w: %w", url, ErrUnreachable, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("fetch %s: %w", url, ErrNotFound)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch %s: %w: status %d", url, ErrAnswer, resp.StatusCode)
	}
	got, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || got != mediaType {
		return nil, fmt.Errorf("fetch %s: %w: media type %.80q, want %s", url, ErrAnswer, resp.Header.Get("Content-Type"), mediaType)
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, fmt.Errorf("fetch %s: %w: content encoding %.40q", url, ErrAnswer, enc)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, max+1))
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w: %w", url, ErrUnreachable, err)
	}
	if int64(len(body)) > max {
		return nil, fmt.Errorf("fetch %s: %w: more than %d bytes", url, ErrAnswer, max)
	}
	return body, nil
}
