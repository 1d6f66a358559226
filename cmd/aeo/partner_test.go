package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
)

// misdeeds are what a partner's server may do instead of answering. The slow
// ones end by the node's own patience, which the campaign alone waits for.
var misdeeds = []struct {
	name string
	slow bool
	do   http.HandlerFunc
}{
	{"sends a byte a second", true, func(w http.ResponseWriter, r *http.Request) {
		for rest(r.Context(), time.Second) {
			io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
		}
	}},
	{"takes the request and is silent", true, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	{"has no end", false, func(w http.ResponseWriter, _ *http.Request) {
		for _, err := w.Write(make([]byte, 64<<10)); err == nil; _, err = w.Write(make([]byte, 64<<10)) {
		}
	}},
	{"leads in a circle", false, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusMovedPermanently)
	}},
	{"compresses unasked", false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write([]byte{0x1f, 0x8b, 8, 0})
	}},
	{"promises more than it sends", false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "too little")
	}},
	{"has headers without measure", false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Padding", strings.Repeat("x", 256<<10))
	}},
	{"fails", false, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
	{"answers with nonsense", false, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "nonsense") }},
}

// media are the places of misdeeds, with what is expected there.
var media = map[string]string{"/.well-known/openid-federation": "application/entity-statement+jwt", "/log/checkpoint": "text/plain"}

// TestCampaignPartner has a partner's server misbehave in every way while the
// node is asked to follow it. Every own verdict is given meanwhile, officers go
// on, and what is known of the partner stays what it was.
func TestCampaignPartner(t *testing.T) {
	phase := time.Second
	if campaign() {
		phase = 15 * time.Second
	}
	bin := buildBinary(t)
	d := deploy(t, bin, t.TempDir())
	d.start()
	p := misbehaving(t, deployPartner(t, bin))
	d.befriend(p.deployment)
	if status, body := p.sync(t.Context(), d); status != http.StatusOK {
		t.Fatalf("a partner that behaves: %d %s", status, body)
	}
	known := d.peer(t)
	lane := &lane{d: d, anchor: d.anchor(t), credential: d.credential(t)}
	officer, err := newClerk(d, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer officer.file.Close()

	ctx, end := context.WithCancel(t.Context())
	defer end()
	acts := make(chan int, 1)
	go func() { acts <- actUntil(ctx, t, officer) }()
	before, stop := lane.open(t.Context())
	rest(t.Context(), phase)
	stop()
	during, stop := lane.open(t.Context())
	for i, m := range misdeeds {
		for where := range media {
			p.misdeed.Store(int32(i + 1))
			p.at.Store(&where)
			p.refused(t, d, m.name+" at "+where, m.slow && !campaign())
		}
	}
	end()
	acted := <-acts
	stop()
	for _, r := range []*readings{before, during} {
		for _, e := range r.other {
			t.Errorf("the lane: %s", e)
		}
	}
	if now := d.peer(t); now.LogSize != known.LogSize || now.SyncedAt != known.SyncedAt {
		t.Errorf("what is known of the partner changed: %+v, was %+v", now, known)
	}
	p.misdeed.Store(0)
	if status, body := p.sync(t.Context(), d); status != http.StatusOK {
		t.Errorf("when the partner behaves again: %d %s", status, body)
	}
	if acted == 0 || len(during.took) == 0 || during.shed > 0 {
		t.Errorf("%d acts, %d verdicts, %d shed meanwhile", acted, len(during.took), during.shed)
	}
	t.Logf("figure partner %d of %d own verdicts while a partner misbehaves in %d ways: p50 %v before, %v during; p99 %v before, %v during; %d acts of officers; the partner's mirror unchanged",
		len(during.took), len(during.took)+during.shed+len(during.other), 2*len(misdeeds),
		before.percentile(50), during.percentile(50), before.percentile(99), during.percentile(99), acted)
}

// A badPartner is a node behind a server that misbehaves at one path, as set.
type badPartner struct {
	*deployment
	misdeed atomic.Int32 // 1 + index into misdeeds; 0 = none
	at      atomic.Pointer[string]
}

// misbehaving puts such a server before a partner, with its certificate.
func misbehaving(t testing.TB, d *deployment) *badPartner {
	t.Helper()
	p := &badPartner{deployment: d}
	config, err := keyring.ServerTLS(filepath.Join(d.dir, "tls"), "aeo.customs.jp.example", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: d.address})
	behind := d.tls()
	behind.ServerName = "aeo.customs.jp.example"
	through.Transport = &http.Transport{TLSClientConfig: behind}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i := p.misdeed.Load(); i > 0 && r.URL.Path == *p.at.Load() {
			w.Header().Set("Content-Type", media[r.URL.Path])
			misdeeds[i-1].do(w, r)
			return
		}
		through.ServeHTTP(w, r)
	}))
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	p.address = server.Listener.Addr().String()
	return p
}

// sync lets the node follow the partner; status 0 when it was not waited for.
func (p *badPartner) sync(ctx context.Context, d *deployment) (status int, body string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node/api/v1/peers/sync", strings.NewReader(`{"peer":"JP"}`))
	if err != nil {
		return 0, err.Error()
	}
	resp, err := d.local.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(raw)
}

// refused wants the node to say that the partner is at fault, unless it is not
// waited for.
func (p *badPartner) refused(t testing.TB, d *deployment, what string, leave bool) {
	t.Helper()
	ctx := t.Context()
	if leave {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Second/2)
		defer cancel()
	}
	status, body := p.sync(ctx, d)
	if leave && status == 0 {
		return
	}
	if !slices.Contains([]int{http.StatusBadGateway, http.StatusGatewayTimeout}, status) {
		t.Errorf("a partner that %s: %d %s", what, status, body)
	}
}

func (d *deployment) peer(t testing.TB) (s registry.PeerStatus) {
	t.Helper()
	a, err := d.get("/peers/JP")
	if err == nil && a.ok() {
		err = jcs.UnmarshalOpen(a.body, &s)
	}
	if err != nil || !a.ok() {
		t.Fatalf("peer: status %d, %v", a.status, err)
	}
	return s
}

// A lane looks at a credential fifty times a second, each time with the newest bundle.
type lane struct {
	d          *deployment
	anchor     *bundle.Anchor
	credential []byte
}

func (l *lane) open(ctx context.Context) (out *readings, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	out = new(readings)
	done := make(chan struct{})
	go func() {
		defer close(done)
		const every = 20 * time.Millisecond
		for due := time.Now(); rest(ctx, time.Until(due)); due = due.Add(every) {
			verdict, err := l.d.verdict(l.anchor, l.credential)
			if err == nil && verdict != federation.InForce {
				err = fmt.Errorf("the verdict on a credential in force is %v", verdict)
			}
			out.add(time.Since(due), answer{status: http.StatusOK}, err)
		}
	}()
	return out, func() { cancel(); <-done }
}
