package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// The system calls through which a node's disk can fail it, and how they fail.
// The n of strace counts in each thread, so one fault may hit several threads.
var (
	faultyCalls = []string{"fsync", "fdatasync", "sync_file_range", "write", "pwrite64", "renameat", "openat", "unlinkat"}
	callFaults  = []string{"error=EIO", "error=ENOSPC", "signal=SIGKILL"}
)

// traced is how a node is run under strace, with something done to its calls.
func traced(t testing.TB, inject ...string) (behind []string, trace string) {
	t.Helper()
	trace = filepath.Join(t.TempDir(), "trace")
	behind = []string{"strace", "-f", "-qq", "-o", trace}
	for _, i := range inject {
		behind = append(behind, "-e", "inject="+i)
	}
	return behind, trace
}

// noStrace says why nothing can be done to system calls here.
func noStrace(t testing.TB) string {
	if _, err := exec.LookPath("strace"); err != nil {
		return "strace is not installed"
	}
	behind, _ := traced(t, "fsync:error=EIO:when=1")
	if out, err := exec.Command(behind[0], append(behind[1:], "true")...).CombinedOutput(); err != nil {
		return fmt.Sprintf("strace may not trace here (%.60s)", out)
	}
	return ""
}

// Each n-th system call of a start and of the life of one authorisation fails
// or kills the process. What was acknowledged before is there at the next
// start, which comes by itself, and the node goes on as before.
func TestCampaignSyscalls(t *testing.T) {
	if !campaign() {
		t.Skip("hundreds of starts: go run ./cmd/campaign -only syscalls")
	}
	if why := noStrace(t); why != "" {
		t.Logf("figure syscalls skipped: %s", why)
		return
	}
	upTo := scaled(t, "AEO_NTH", 3)
	bin := buildBinary(t)
	met, acknowledged := 0, 0
	for _, call := range faultyCalls {
		for _, fault := range callFaults {
			for n := 1; n <= upTo && !t.Failed(); n++ {
				did, acts := failCall(t, bin, fmt.Sprintf("%s:%s:when=%d", call, fault, n))
				if !did {
					break // no thread comes that far
				}
				met, acknowledged = met+1, acknowledged+acts
			}
		}
	}
	t.Logf("figure syscalls %d faults of %d system calls in a grant, %d acts acknowledged, 0 lost, 0 invented, every next start clean", met, len(faultyCalls), acknowledged)
}

// failCall reports whether the fault was met, and how many acts were acknowledged.
func failCall(t *testing.T, bin, inject string) (met bool, acknowledged int) {
	d := deploy(t, bin, t.TempDir())
	d.local.Timeout = 15 * time.Second // a node may fail and end, but not hang
	clerk, err := newClerk(d, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer clerk.file.Close()
	behind, trace := traced(t, inject)
	if out := d.begin(behind...); d.ready(out) == nil {
		actUntilRefused(t, clerk, inject)
	}
	d.kill()
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	clerk.life = nil
	if err := d.ready(d.begin()); err != nil {
		t.Fatalf("%s: at the next start %v", inject, err)
	}
	for range lifeOf {
		if err := clerk.act(); err != nil {
			t.Fatalf("%s: after the next start: %v", inject, err)
		}
	}
	if err := d.stop(); err != nil {
		t.Errorf("%s: after the next start the node ends with %v", inject, err)
	}
	acknowledged, _ = checkNotes(t, d)
	if t.Failed() {
		t.Logf("replay: aeo serve behind strace -f -e inject=%s", inject)
	}
	return regexp.MustCompile(`\(INJECTED\)|killed by SIGKILL`).Match(raw), acknowledged
}

// actUntilRefused goes through the life of an operator until an act is refused
// or not answered; the latter must not be for want of patience.
func actUntilRefused(t *testing.T, c *clerk, inject string) {
	for range lifeOf {
		start := time.Now()
		err := c.act()
		if errors.Is(err, errUnanswered) && time.Since(start) > 14*time.Second {
			t.Errorf("%s: the node hangs", inject)
		}
		if err != nil {
			return
		}
	}
}
