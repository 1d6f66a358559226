package registry_test

import (
	"crypto/rand"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// start is a Monday afternoon.
var start = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// A clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time // guarded by mu
}

func newClock() *clock { return &clock{at: start} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// An office is one administration with its node.
type office struct {
	*registry.Node
	t     testing.TB
	clock *clock
	opts  registry.Options
	addr  string // of its public listener, once it serves
}

// found creates and opens a node; authority is "" but for a member of a union.
func found(t testing.TB, c *clock, territory, authority string) *office {
	t.Helper()
	identity := filepath.Join(t.TempDir(), "identity.txt")
	if err := keyring.CreateIdentity(identity); err != nil {
		t.Fatal(err)
	}
	unlock, err := keyring.IdentityFile(identity)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, clock: c, opts: registry.Options{
		Dir: filepath.Join(t.TempDir(), "node"), Unlock: unlock, Now: c.Now, Rand: rand.Reader, ListSize: statuslist.MinSize,
	}}
	entityID := "https://aeo." + strings.ToLower(territory+authority) + ".example"
	must(t, registry.Create(o.opts, territory, authority, entityID))
	o.open()
	t.Cleanup(func() { o.Close() })
	return o
}

func (o *office) open() {
	o.t.Helper()
	n, err := registry.Open(o.t.Context(), o.opts)
	if err != nil {
		o.t.Fatal(err)
	}
	o.Node = n
}

// restart stops the node and starts it again.
func (o *office) restart() {
	o.t.Helper()
	must(o.t, o.Close())
	o.open()
}

// pass lets time go by and the node do what it brings about.
func (o *office) pass(d time.Duration) {
	o.t.Helper()
	o.clock.forward(d)
	must(o.t, o.Tick(o.t.Context()))
}

func (o *office) size() int64 { return o.Ledger().Head().Size }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func got[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		must(t, err)
		return v
	}
}

// A trader applies for a status.
type trader struct {
	name, identifier, kind string
	roles                  []string
}

var (
	orchards = trader{"Southern Orchards Ltd", "NZ:ses:12345678A", "SES", []string{"exporter", "packer"}}
	timber   = trader{"Kauri Timber Exports Ltd", "NZ:ses:23456789B", "SES", []string{"exporter"}}
	rhein    = trader{"Rhein Maschinenbau GmbH", "DE1234567", "AEOF", []string{"exporter", "manufacturer"}}
)

// notHeard names law for doing without a hearing.
var notHeard = authorisation.Heard{Without: "invented for the test"}

var grounds = authorisation.Grounds{Reason: "audit", Basis: "invented for the test"}

// unvisited is a grant without a visit.
var unvisited = authorisation.Without{Visit: "invented for the test"}

// unheard is a refusal without hearing.
var unheard = authorisation.Without{Hearing: "invented for the test"}

func (o *office) register(tr trader) authorisation.Operator {
	o.t.Helper()
	return got(o.RegisterOperator(o.t.Context(), registry.RegisterOperator{By: "Desk",
		Holder: authorisation.Holder{LegalName: tr.name, Identifiers: []string{tr.identifier}}}))(o.t)
}

// examined brings an application to where it can be decided.
func (o *office) examined(tr trader) authorisation.Application {
	o.t.Helper()
	ctx := o.t.Context()
	op := o.register(tr)
	a := got(o.SubmitApplication(ctx, registry.SubmitApplication{Operator: op.Case, Type: tr.kind, Roles: tr.roles, By: tr.name}))(o.t)
	got(o.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(o.t)
	return got(o.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"}))(o.t)
}

// grant brings a trader to an authorisation and publishes it.
func (o *office) grant(tr trader) authorisation.Authorisation {
	o.t.Helper()
	a := o.examined(tr)
	a = got(o.DecideApplication(o.t.Context(), registry.DecideApplication{Application: a.Case, Grant: true, Without: unvisited, By: "Decider"}))(o.t)
	o.pass(time.Second)
	return got(o.Authorisation(a.Authorisation))(o.t)
}

func (o *office) release(tr trader) {
	o.t.Helper()
	got(o.ReleaseOperator(o.t.Context(), registry.ReleaseOperator{Operator: tr.identifier,
		Purpose: authorisation.Publication, Basis: authorisation.ByConsent, By: "Desk"}))(o.t)
	o.pass(time.Second)
}

func (o *office) export(number string, components ...string) []byte {
	o.t.Helper()
	return got(o.ExportCredential(registry.ExportCredential{Authorisation: number, Components: components}))(o.t)
}

func (o *office) measure(number string) registry.Measure {
	return registry.Measure{Authorisation: number, Grounds: grounds, Heard: notHeard, By: "Decider", Second: "Second"}
}

// verifier opens the office's newest bundle as somebody who has just its anchor.
func (o *office) verifier() *federation.Verifier {
	o.t.Helper()
	raw, _, err := o.Bundle()
	must(o.t, err)
	v, _, err := federation.Open(raw, got(o.Anchor())(o.t), nil, o.clock.Now().Unix(), 0)
	must(o.t, err)
	return v
}

// reason is the office's verdict on a file, at an instant; the zero instant is now.
func (o *office) reason(file []byte, at time.Time) federation.Reason {
	o.t.Helper()
	q := federation.Question{Now: o.clock.Now().Unix()}
	if !at.IsZero() {
		q.At = at.Unix()
	}
	return o.verifier().Verify(file, q).Reason
}

func (o *office) expect(what string, file []byte, want federation.Reason) {
	o.t.Helper()
	if r := o.reason(file, time.Time{}); r != want {
		o.t.Errorf("%s: %s, want %s", what, r, want)
	}
}

// serve opens the office's public listener on loopback.
func (o *office) serve() {
	o.t.Helper()
	o.listen(api.Public(o.Node, discard))
}

var discard = slog.New(slog.DiscardHandler)

func (o *office) listen(h http.Handler) {
	o.t.Helper()
	config := got(o.TLS())(o.t)
	l := got(net.Listen("tcp", "127.0.0.1:0"))(o.t)
	o.addr = l.Addr().String()
	s := api.Server(h, discard)
	go s.Serve(tls.NewListener(l, config))
	o.t.Cleanup(func() { s.Close() })
}

// meet lets the office follow others, whose members are given after a union.
func (o *office) meet(others ...*office) {
	o.t.Helper()
	r := registry.AddPeer{Dial: map[string]string{}, By: "Desk", Anchor: got(others[0].Anchor())(o.t).Marshal()}
	for _, other := range others {
		r.Dial[other.Config().Host()] = other.addr
		r.CA += string(got(os.ReadFile(filepath.Join(other.opts.Dir, "tls", "ca.pem")))(o.t))
	}
	got(o.AddPeer(o.t.Context(), r))(o.t)
}

// everybody fetches from everybody followed: in the first round each learns whom
// the others name, in the second what they then state.
func everybody(t testing.TB, offices ...*office) {
	t.Helper()
	for range 2 {
		for _, o := range offices {
			must(t, o.SyncPeers(t.Context()))
		}
	}
}

// nineZeros is randomness that answers reads of nine bytes, as the choice of a
// status index makes them, with zeros: every throw hits the same index.
type nineZeros struct{ io.Reader }

func (r nineZeros) Read(p []byte) (int, error) {
	if len(p) == 9 {
		clear(p)
		return 9, nil
	}
	return r.Reader.Read(p)
}
