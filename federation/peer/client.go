package peer

import (
	"cmp"
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
	Dial     map[string]string // host of an entity id -> host:port; "" = resolve the host, port 443
	Roots    *x509.CertPool    // nil = the system's
	Now      func() time.Time  // for certificate dates
	Patience time.Duration     // with an answer that comes slower than slowest; 0 = 5 s
}

const (
	// slowest is the pace, in bytes a second, below which an answer is not waited for.
	slowest  = 1 << 10
	patience = 5 * time.Second
	// keepAlive outlasts the pause between two rounds, so that most cost no handshake.
	keepAlive = 3 * time.Minute
)

// A Client fetches from configured hosts only: TLS 1.3, no redirects, no
// proxy, no compression, every answer bounded in bytes and time. It keeps its
// connections and, for conditional requests, the documents it fetched.
type Client struct {
	http     *http.Client
	patience time.Duration
	kept     keptDocuments
	traffic  traffic
}

// NewClient makes a client for the hosts of the route.
func NewClient(r Route) *Client {
	c := &Client{patience: cmp.Or(r.Patience, patience)}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialRoute(ctx, dialer, r.Dial, network, addr)
			if err != nil {
				return nil, err
			}
			return &countedConn{conn, &c.traffic}, nil
		},
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: r.Roots, Time: r.Now,
			ClientSessionCache: tls.NewLRUClientSessionCache(8)},
		Protocols:              protocols,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second, MaxReadFrameSize: 16 << 10},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  10 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true,
		MaxConnsPerHost:        2,
		IdleConnTimeout:        keepAlive,
	}
	c.http = &http.Client{
		Transport:     transport,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // Get refuses it
	}
	return c
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
	resp, err := c.ask(ctx, url, mediaType, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return c.read(resp, url, mediaType, max)
}

// ask sends a request; the caller closes the answer's body.
func (c *Client) ask(ctx context.Context, url, mediaType string, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", url, err)
	}
	if req.URL.Scheme != "https" {
		return nil, fmt.Errorf("fetch %s: %w: not https", url, ErrUnreachable)
	}
	req.Header.Set("Accept", mediaType)
	req.Header.Set("User-Agent", "") // who we are is nobody's business, and costs bytes
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w: %w", url, ErrUnreachable, err)
	}
	return resp, nil
}

// read reads an answer of status 200.
func (c *Client) read(resp *http.Response, url, mediaType string, max int64) ([]byte, error) {
	if resp.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("fetch %s: %w", url, ErrNotFound)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch %s: %w: status %d", url, ErrAnswer, resp.StatusCode)
	}
	return c.body(resp, url, mediaType, max)
}

// body reads what an answer carries, whatever its status.
func (c *Client) body(resp *http.Response, url, mediaType string, max int64) ([]byte, error) {
	got, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || got != mediaType {
		return nil, fmt.Errorf("fetch %s: %w: media type %.80q, want %s", url, ErrAnswer, resp.Header.Get("Content-Type"), mediaType)
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, fmt.Errorf("fetch %s: %w: content encoding %.40q", url, ErrAnswer, enc)
	}
	if resp.ContentLength > max {
		return nil, fmt.Errorf("fetch %s: %w: %d bytes announced, at most %d", url, ErrAnswer, resp.ContentLength, max)
	}
	body, err := io.ReadAll(io.LimitReader(&pacedReader{r: resp.Body, since: time.Now(), patience: c.patience}, max+1))
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w: %w", url, ErrUnreachable, err)
	}
	if int64(len(body)) > max {
		return nil, fmt.Errorf("fetch %s: %w: more than %d bytes", url, ErrAnswer, max)
	}
	c.traffic.payload.Add(int64(len(body)))
	return body, nil
}
