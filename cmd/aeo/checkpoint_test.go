package main

import (
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
)

// TestCampaignCheckpoint measures how long after its acknowledgement an act is
// covered by the checkpoint that the public listener serves.
func TestCampaignCheckpoint(t *testing.T) {
	acts := scaled(t, "AEO_ACTS", 3)
	d := deploy(t, buildBinary(t), t.TempDir())
	d.start()
	c, err := newClerk(d, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.file.Close()
	var took []time.Duration
	for range acts {
		if err := c.act(); err != nil {
			t.Fatal(err)
		}
		acknowledged := time.Now()
		var head registry.LogHead
		if err := jcs.UnmarshalOpen([]byte(d.mustGet(t, "/log/head")), &head); err != nil {
			t.Fatal(err)
		}
		for d.publicSize(t) < head.Size {
			if time.Since(acknowledged) > time.Minute {
				t.Fatalf("size %d is not public after a minute", head.Size)
			}
			<-time.After(5 * time.Millisecond)
		}
		took = append(took, time.Since(acknowledged))
	}
	slices.Sort(took)
	t.Logf("figure public_checkpoint %.2f s from an acknowledgement to the public checkpoint that covers it, the longest of %d; median %.2f s",
		took[len(took)-1].Seconds(), len(took), took[len(took)/2].Seconds())
}

func (d *deployment) publicSize(t *testing.T) int64 {
	t.Helper()
	a, err := d.read("/log/checkpoint")
	if err != nil || !a.ok() {
		t.Fatalf("public checkpoint: %d %v", a.status, err)
	}
	size, err := strconv.ParseInt(strings.Split(string(a.body)+"\n", "\n")[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// A disk on which every sync takes seconds makes a node slow, not large: those
// it cannot take are told so at once and asked to come again.
func TestCampaignSlowDisk(t *testing.T) {
	if !campaign() {
		t.Skip("it waits for a slow disk: go run ./cmd/campaign -only slow_disk")
	}
	if why := noStrace(t); why != "" {
		t.Logf("figure slow_disk skipped: %s", why)
		return
	}
	const callers, each = 600, 2
	d := deploy(t, buildBinary(t), t.TempDir())
	d.local.Timeout = 3 * time.Minute
	// The start has its syncs at once; after them each takes a second.
	behind, _ := traced(t, "fdatasync:delay_exit=1s:when=20+")
	d.start(behind...)
	var group sync.WaitGroup
	var mu sync.Mutex
	done, shed := 0, 0
	for i := range callers {
		group.Go(func() {
			c := &clerk{d: d, number: i % 100}
			for j := range each {
				c.acts = i/100*1000 + j + 1
				path, request := c.request("register", "clerk")
				a, err := d.post(path, request)
				mu.Lock()
				switch {
				case err != nil:
					t.Errorf("no answer: %v", err)
				case a.ok():
					done++
				case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
					shed++
				default:
					t.Errorf("status %d, Retry-After %q: %s", a.status, a.header.Get("Retry-After"), a.body)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	peak := peakMemory(t, d)
	if done == 0 || shed == 0 || peak > 256<<20 {
		t.Errorf("%d done, %d shed, %d MiB", done, shed, peak>>20)
	}
	t.Logf("figure slow_disk %d requests of %d callers at once with syncs of 1 s: %d done, %d shed with 503 and Retry-After, none lost; at most %d MiB in memory",
		callers*each, callers, done, shed, peak>>20)
}

// peakMemory is the most that the node behind strace ever had in memory.
func peakMemory(t *testing.T, d *deployment) int64 {
	t.Helper()
	pid, err := os.ReadFile(d.dir + "/log/PID")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	kib, err := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	if err != nil || kib == 0 {
		t.Fatalf("no VmHWM: %v", err)
	}
	return kib << 10
}
