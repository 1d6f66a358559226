package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
)

// What live memory may grow by, from the second quarter to the last, beside the
// store's caches, which fill for longer than a short soak lasts, up to a bound
// of their own. It is what a collection leaves: how much more the process has at
// an instant says when the collector ran last.
const (
	soakGrowth   = 5       // percent of what the process has
	soakPerEntry = 1 << 10 // bytes for each entry of the log meanwhile
	// For each byte more in the store's caches. A heap profile across such a step
	// showed all of it in Pebble's tables and blocks, half as much again as Pebble
	// counts: an emptied table stays until nothing pooled points into it.
	soakPerStore = 1.5
)

// TestCampaignSoak lets a node do all it does at about half of what it can: every
// officer and every reader rests as long as it worked. Memory must not grow beyond
// what the log's own entries explain, and nothing may be left open.
func TestCampaignSoak(t *testing.T) {
	length := 3 * time.Second
	if text := os.Getenv("AEO_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil || length < time.Second {
			t.Fatalf("AEO_SOAK is %q", text)
		}
	}
	bin := buildBinary(t)
	d := deploy(t, bin, t.TempDir())
	d.start()
	d.befriend(deployPartner(t, bin))
	s := &soak{t: t, d: d, anchor: d.anchor(t), credential: d.credential(t)}

	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var group sync.WaitGroup
	for i := range 3 {
		o, err := newClerk(d, i)
		if err != nil {
			t.Fatal(err)
		}
		defer o.file.Close()
		group.Go(func() { s.halfOf(ctx, func() error { return s.act(o) }) })
	}
	paths := d.readers(t, 1, 1).paths()
	for i := range 2 {
		n := i
		group.Go(func() {
			s.halfOf(ctx, func() error { n++; s.reads.Add(1); return s.read(paths[n%len(paths)]) })
		})
	}
	group.Go(func() { s.halfOf(ctx, s.verify) })
	group.Go(func() { s.halfOf(ctx, s.seePublished) })
	for _, seldom := range []func() error{s.build, s.sync} {
		group.Go(func() {
			for rest(ctx, min(5*time.Second, length/10)) {
				s.done(seldom())
			}
		})
	}
	group.Go(func() {
		for rest(ctx, max(length/600, 100*time.Millisecond)) {
			s.sample()
		}
	})
	group.Wait()
	s.report(length)
	if err := d.stop(); err != nil {
		t.Errorf("stop: %v\n%s", err, d.log())
	}
}

// A soak is what is done to a node for long, and what is seen meanwhile.
type soak struct {
	t      *testing.T
	d      *deployment
	anchor *bundle.Anchor
	// credential is of a holder whom nothing happens to.
	credential []byte

	acts, reads, verdicts, bundles, syncs atomic.Int64

	mu        sync.Mutex
	published []time.Duration // from an acknowledgement to the public checkpoint; guarded by mu
	samples   []sampled       // guarded by mu
}

type sampled struct {
	usage
	goroutines int
	entries    int64
	store      int64 // bytes in its caches
	live       int64 // bytes of the heap after a collection
}

// halfOf works and rests by turns.
func (s *soak) halfOf(ctx context.Context, work func() error) {
	for ctx.Err() == nil {
		began := time.Now()
		if !s.done(work()) {
			return
		}
		rest(ctx, max(time.Since(began), time.Millisecond))
	}
}

func (s *soak) done(err error) bool {
	if err != nil {
		s.t.Error(err)
	}
	return err == nil
}

func (s *soak) act(c *clerk) error {
	s.acts.Add(1)
	return c.act()
}

func (s *soak) read(path string) error {
	a, err := s.d.read(path)
	if err == nil && !a.ok() {
		err = fmt.Errorf("%s: status %d", path, a.status)
	}
	return err
}

// verify takes the newest bundle and looks at a credential that stays in force.
func (s *soak) verify() error {
	s.verdicts.Add(1)
	verdict, err := s.d.verdict(s.anchor, s.credential)
	if err == nil && verdict != federation.InForce {
		err = fmt.Errorf("the verdict on a credential in force is %v", verdict)
	}
	return err
}

// seePublished waits until what was just acknowledged is public.
func (s *soak) seePublished() error {
	before, err := s.d.head()
	if err != nil {
		return err
	}
	for began := time.Now(); ; {
		a, err := s.d.read("/log/checkpoint")
		if err != nil || !a.ok() {
			return fmt.Errorf("checkpoint: status %d, %w", a.status, err)
		}
		size, err := strconv.ParseInt(strings.Split(string(a.body), "\n")[1], 10, 64)
		if err != nil {
			return err
		}
		if size >= before.Size {
			s.mu.Lock()
			s.published = append(s.published, time.Since(began))
			s.mu.Unlock()
			return nil
		}
	}
}

func (s *soak) build() error {
	s.bundles.Add(1)
	return s.post("/bundle", registry.BuildBundle{})
}

func (s *soak) sync() error {
	s.syncs.Add(1)
	return s.post("/peers/sync", map[string]string{"peer": "JP"})
}

func (s *soak) post(path string, request any) error {
	a, err := s.d.post(path, request)
	if err == nil && !a.ok() {
		err = fmt.Errorf("%s: status %d: %s", path, a.status, a.body)
	}
	return err
}

func (s *soak) sample() {
	head, err := s.d.head()
	if err != nil {
		s.t.Error(err)
		return
	}
	if a, err := ask(s.d.local, http.MethodGet, "http://node/debug/pprof/heap?gc=1", nil); err != nil || !a.ok() { // collects first
		s.t.Errorf("collect: %d, %v", a.status, err)
		return
	}
	stats := s.d.stats(s.t)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = append(s.samples, sampled{s.d.usage(s.t), stats.Goroutines, head.Size, stats.StoreBytes, stats.HeapBytes})
}

// report compares the second quarter of the samples, when all is warm, with the last.
func (s *soak) report(length time.Duration) {
	if len(s.samples) < 8 || s.acts.Load() == 0 || s.verdicts.Load() == 0 || len(s.published) == 0 {
		s.t.Fatalf("%d samples, %d acts, %d verdicts, %d checkpoints seen", len(s.samples), s.acts.Load(), s.verdicts.Load(), len(s.published))
	}
	quarter := len(s.samples) / 4
	from, to := median(s.samples[quarter:2*quarter]), median(s.samples[len(s.samples)-quarter:])
	entries, store := to.entries-from.entries, max(0, to.store-from.store)
	grown := to.live - from.live - int64(float64(store)*soakPerStore)
	percent := 100 * float64(grown) / float64(max(1, from.rss))
	if long := length >= time.Minute; long && grown > from.rss*soakGrowth/100+entries*soakPerEntry {
		s.t.Errorf("live memory grew by %d KiB, of %d KiB, beside %d KiB of the store's caches, while the log grew by %d entries", grown>>10, from.rss>>10, store>>10, entries)
	}
	if to.goroutines > from.goroutines+10 || to.files > from.files+16 {
		s.t.Errorf("goroutines %d, then %d; files %d, then %d", from.goroutines, to.goroutines, from.files, to.files)
	}
	slices.Sort(s.published)
	at := func(p int) time.Duration {
		return s.published[min(len(s.published)-1, len(s.published)*p/100)].Round(100 * time.Microsecond)
	}
	s.t.Logf("figure soak %v at %.0f acts/s, %.0f public reads/s, %.0f verdicts/s, %d bundles, %d syncs: live memory %d to %d MiB, %.1f MiB of it the store's bounded caches that fill, growth beside them %+.1f %% of RSS with %d entries, RSS %d to %d MiB, goroutines %d -> %d, files %d -> %d; time to public checkpoint p50 %v, p99 %v, max %v",
		length, float64(s.acts.Load())/length.Seconds(), float64(s.reads.Load())/length.Seconds(), float64(s.verdicts.Load())/length.Seconds(),
		s.bundles.Load(), s.syncs.Load(), from.live>>20, to.live>>20, float64(store)/(1<<20), percent, entries, from.rss>>20, to.rss>>20,
		from.goroutines, to.goroutines, from.files, to.files, at(50), at(99), at(100))
}

// median is the middle of each figure.
func median(samples []sampled) (m sampled) {
	of := func(figure func(sampled) int64) int64 {
		all := make([]int64, len(samples))
		for i, s := range samples {
			all[i] = figure(s)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	m.rss = of(func(s sampled) int64 { return s.rss })
	m.files = int(of(func(s sampled) int64 { return int64(s.files) }))
	m.goroutines = int(of(func(s sampled) int64 { return int64(s.goroutines) }))
	m.live = of(func(s sampled) int64 { return s.live })
	m.store = of(func(s sampled) int64 { return s.store })
	m.entries = of(func(s sampled) int64 { return s.entries })
	return m
}

func (d *deployment) head() (h registry.LogHead, err error) {
	a, err := d.get("/log/head")
	if err == nil && !a.ok() {
		err = fmt.Errorf("log head: status %d", a.status)
	}
	if err == nil {
		err = jcs.UnmarshalOpen(a.body, &h)
	}
	return h, err
}

// credential is that of a new holder in force.
func (d *deployment) credential(t testing.TB) []byte {
	t.Helper()
	c, err := newClerk(d, 99)
	if err != nil {
		t.Fatal(err)
	}
	defer c.file.Close()
	for c.aut == "" {
		if err := c.act(); err != nil {
			t.Fatal(err)
		}
	}
	a, err := d.get("/authorisations/" + c.aut + "/credential")
	if err != nil || !a.ok() {
		t.Fatalf("credential of %s: status %d, %v", c.aut, a.status, err)
	}
	return a.body
}

func (d *deployment) anchor(t testing.TB) *bundle.Anchor {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(d.dir, "anchor.aeoanchor"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := bundle.ParseAnchor(raw)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// verdict is what a lane at home says about a credential, with the newest bundle.
func (d *deployment) verdict(anchor *bundle.Anchor, file []byte) (federation.Verdict, error) {
	a, err := d.read("/bundle")
	if err != nil || !a.ok() {
		return 0, fmt.Errorf("bundle: status %d, %w", a.status, err)
	}
	now := time.Now().Unix()
	v, _, err := federation.Open(a.body, anchor, nil, now, 0)
	if err != nil {
		return 0, err
	}
	return v.Verify(file, federation.Question{Now: now, StatusOnly: true}).Verdict, nil
}

// deployPartner is a node of Japan that runs.
func deployPartner(t testing.TB, bin string) *deployment {
	t.Helper()
	dir := t.TempDir()
	d := &deployment{t: t, bin: bin, dir: filepath.Join(dir, "jp"), identity: filepath.Join(dir, "jp.key")}
	if out, err := exec.Command(bin, "init", d.dir, "--territory", "JP", "--entity", "https://aeo.customs.jp.example",
		"--identity", d.identity, "--yes").CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	d.connect()
	t.Cleanup(d.kill)
	d.start()
	return d
}

// befriend lets the node follow another.
func (d *deployment) befriend(p *deployment) {
	d.t.Helper()
	ca, err := os.ReadFile(filepath.Join(p.dir, "tls", "ca.pem"))
	if err != nil {
		d.t.Fatal(err)
	}
	anchor := p.anchor(d.t)
	a, err := d.post("/peers", registry.AddPeer{Anchor: anchor.Marshal(), Dial: map[string]string{"aeo.customs.jp.example": p.address}, CA: string(ca), By: "Desk"})
	if err != nil || !a.ok() {
		d.t.Fatalf("add a peer: %v %s", err, a.body)
	}
}
