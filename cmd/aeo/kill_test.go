package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
)

// killsPerNode is how often one node is killed; then a new one begins, so that
// ten thousand kills do not end in starts that take minutes.
const killsPerNode = 100

// casualties are what came of kills.
type casualties struct {
	kills, starting, acknowledged, unanswered, checkpoints int
	slowest                                                time.Duration // start after a kill
}

// A node killed at any instant, also while it starts, loses nothing that it
// acknowledged, invents nothing, and never signed two trees of one size.
func TestCampaignKills(t *testing.T) {
	want := scaled(t, "AEO_KILLS", 6)
	bin := buildBinary(t)
	var sum casualties
	first, last := 0, (want+killsPerNode-1)/killsPerNode
	if k, err := strconv.Atoi(os.Getenv("AEO_SEED")); err == nil {
		first, last, want = k, k+1, killsPerNode
	}
	for seed := first; seed < last && !t.Failed(); seed++ {
		killNode(t, bin, seed, min(killsPerNode, want-sum.kills), &sum)
		if t.Failed() {
			t.Logf("seed %d; replay: AEO_CAMPAIGN=1 AEO_SEED=%d go test ./cmd/aeo -run '^TestCampaignKills$' -v", seed, seed)
		}
	}
	t.Logf("figure kills %d kills of the real binary, %d of them while it started; %d acts acknowledged, 0 lost, 0 invented; %d unanswered; %d checkpoints seen, 0 forks; slowest start %v",
		sum.kills, sum.starting, sum.acknowledged, sum.unanswered, sum.checkpoints, sum.slowest.Round(time.Millisecond))
}

// killNode makes a node, kills it so many times and compares.
func killNode(t *testing.T, bin string, seed, kills int, sum *casualties) {
	rng := rand.New(rand.NewPCG(uint64(seed), 21))
	d := deploy(t, bin, t.TempDir())
	committed, err := newCheckpoints(d, "committed")
	if err != nil {
		t.Fatal(err)
	}
	published, err := newCheckpoints(d, "published")
	if err != nil {
		t.Fatal(err)
	}
	var clerks []*clerk
	for i := range 6 {
		c, err := newClerk(d, i)
		if err != nil {
			t.Fatal(err)
		}
		defer c.file.Close()
		clerks = append(clerks, c)
	}
	lastPublished := int64(0)
	for done := 0; done < kills && !t.Failed(); done++ {
		for range rng.IntN(4) { // killed while it starts, up to three times in a row
			if done+1 < kills && rng.IntN(2) == 0 {
				killStarting(d, time.Duration(rng.IntN(60))*time.Millisecond)
				done, sum.starting = done+1, sum.starting+1
			}
		}
		began := time.Now()
		d.start()
		sum.slowest = max(sum.slowest, time.Since(began))
		var group sync.WaitGroup
		for _, c := range clerks {
			group.Go(func() { workUntilKilled(t, c, committed) })
		}
		group.Go(func() { lastPublished = readUntilKilled(t, d, published, lastPublished) })
		<-time.After(time.Duration(20+rng.IntN(400)) * time.Millisecond) // where in its work it dies is the point
		d.kill()
		group.Wait()
	}
	sum.kills += kills
	acknowledged, unanswered := checkNotes(t, d, committed, published)
	sum.acknowledged, sum.unanswered = sum.acknowledged+acknowledged, sum.unanswered+unanswered
	sum.checkpoints += len(committed.bySize) + len(published.bySize)
	if acknowledged == 0 || len(published.bySize) == 0 {
		t.Errorf("seed %d: %d acts acknowledged, %d checkpoints published", seed, acknowledged, len(published.bySize))
	}
}

func killStarting(d *deployment, after time.Duration) {
	d.begin()
	<-time.After(after)
	d.kill()
}

// workUntilKilled acts until nobody answers any more.
func workUntilKilled(t *testing.T, c *clerk, committed *checkpoints) {
	for {
		if err := c.act(); errors.Is(err, errUnanswered) {
			return
		} else if err != nil {
			t.Error(err)
			return
		}
		a, err := c.d.get("/log/head")
		if err != nil {
			return
		}
		var head registry.LogHead
		if err := jcs.UnmarshalOpen(a.body, &head); err != nil {
			t.Error(err)
			return
		}
		if _, err := committed.saw(head.Checkpoint); err != nil {
			t.Error(err)
			return
		}
	}
}

// readUntilKilled reads the public checkpoint until nobody answers; it must
// never shrink.
func readUntilKilled(t *testing.T, d *deployment, published *checkpoints, last int64) int64 {
	for {
		a, err := d.read("/log/checkpoint")
		if err != nil {
			return last
		}
		if !a.ok() {
			t.Error(fmt.Errorf("public checkpoint: status %d", a.status))
			return last
		}
		size, err := published.saw(string(a.body))
		if err != nil {
			t.Error(err)
			return last
		}
		if size < last {
			t.Errorf("the public log shrank from %d to %d", last, size)
			return last
		}
		last = size
	}
}
