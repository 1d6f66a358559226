package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// diskMiB is so much that the 35 MiB which the store sets aside for its
// write-ahead log, and gives back when it likes, make the disk neither full nor
// empty: less than the floor, and than the room for a reserve beside it.
const diskMiB = 512

// A node on a disk of its own, which somebody else fills: acts are refused with
// a reason and leave nothing behind, everything is read as before, and when
// there is space again acts are done again.
func TestCampaignFullDisk(t *testing.T) {
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt").CombinedOutput(); err != nil {
		t.Logf("figure full_disk skipped: no mounts of one's own here (%v %.60s)", err, out)
		return
	}
	d := deployOnDisk(t, buildBinary(t), diskMiB)
	c, err := newClerk(d, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.file.Close()
	for range lifeOf {
		if err := c.act(); err != nil {
			t.Fatal(err)
		}
	}
	before := d.mustGet(t, "/operators")

	filler := filepath.Join(filepath.Dir(d.dir), "filler")
	fill(t, filler)
	refused := 0
	for range 20 {
		c.acts++
		path, request := c.request("register", fmt.Sprintf("clerk 0 act %d", c.acts))
		a, err := d.post(path, request)
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusInsufficientStorage || !strings.Contains(string(a.body), "urn:aeo:problem:full") {
			t.Errorf("on a full disk: %d %s", a.status, a.body)
		}
		refused++
	}
	if after := d.mustGet(t, "/operators"); after != before {
		t.Errorf("a refused act left something behind:\n%s\n%s", before, after)
	}
	for _, path := range []string{"/log/checkpoint", "/bundle", "/status/1", "/roster"} {
		if a, err := d.read(path); err != nil || !a.ok() {
			t.Errorf("%s on a full disk: %d %v %s", path, a.status, err, a.body)
		}
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	freed := time.Now()
	c.life = nil
	for err = c.act(); err != nil && time.Since(freed) < 20*time.Second; err = c.act() {
		<-time.After(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatalf("20 s after there was space again: %v", err)
	}
	took := time.Since(freed)
	if want, got := 2, strings.Count(d.mustGet(t, "/operators"), `"legal_name"`); got != want {
		t.Errorf("%d operators, want %d", got, want)
	}
	t.Logf("figure full_disk %d acts refused with 507, none of them left a trace; 4 public documents served meanwhile; acting again %v after there was space", refused, took.Round(time.Millisecond))
}

// deployOnDisk makes and starts a node on a file system in memory of so many
// MiB, mounted where only the node sees it; we go there through /proc.
func deployOnDisk(t *testing.T, bin string, mib int) *deployment {
	base := t.TempDir()
	d := &deployment{t: t, bin: bin, dir: filepath.Join(base, "disk", "nz"), identity: filepath.Join(base, "nz.key")}
	if err := os.Mkdir(filepath.Join(base, "disk"), 0o700); err != nil {
		t.Fatal(err)
	}
	log := d.dir + ".log"
	t.Cleanup(func() {
		d.kill()
		if raw, _ := os.ReadFile(log); t.Failed() {
			t.Logf("the node said\n%s", raw)
		}
	})
	script := fmt.Sprintf(`mount -t tmpfs -o size=%dm none '%s' && '%s' init '%s' --territory NZ --entity https://%s --identity '%s' --yes -q >&2 && exec "$@"`,
		mib, filepath.Dir(d.dir), bin, d.dir, deployedHost, d.identity)
	d.start("unshare", "-rm", "sh", "-c", script, "sh")
	d.dir = fmt.Sprintf("/proc/%d/root%s", d.cmd.Process.Pid, d.dir)
	d.connect()
	return d
}

// fill sets space aside in a file until the disk is nearly full: less is free
// than an append wants, but the node may be writing at the same time.
func fill(t *testing.T, name string) {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(name), &disk); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, int64(disk.Bavail)*disk.Bsize-4<<20); err != nil {
		t.Fatal(err)
	}
}

// mustGet is a body of the local API.
func (d *deployment) mustGet(t *testing.T, path string) string {
	t.Helper()
	a, err := d.get(path)
	if err != nil || !a.ok() {
		t.Fatalf("%s: %d %v %s", path, a.status, err, a.body)
	}
	return string(a.body)
}
