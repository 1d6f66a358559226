package ledger_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	mrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// What a child process of these tests is told.
const (
	childDir   = "AEO_LEDGER_DIR"   // work there until killed
	childFault = "AEO_LEDGER_FAULT" // open, append a little and close, with this fault on the way
)

func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := child(dir, os.Getenv(childFault)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// diskOptions is a ledger on the real disk.
func diskOptions(t testing.TB, dir string) ledger.Options {
	sealer, err := ledger.FileKeys(vfs.Default, filepath.Join(dir, "keys"), ledgertest.Plain{}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Options{
		Dir: filepath.Join(dir, "db"), Signer: ledgertest.NewIdentity(t, 1).Signer, Keys: sealer,
		Project: counter{}, Now: time.Now, Rand: rand.Reader,
	}
}

func child(dir, spec string) error {
	var t testing.T
	o := diskOptions(&t, dir)
	if spec == "" {
		l, err := ledger.Open(o)
		if err != nil {
			return err
		}
		return appendForEver(l, dir)
	}
	f, err := parseFault(spec)
	if err != nil {
		return err
	}
	o.FS = f.on(vfs.Default)
	return errors.Join(workALittle(o, dir), f.met())
}

// appendForEver appends from several callers. Each writes what was acknowledged
// into a file of its own and syncs it.
func appendForEver(l *ledger.Ledger, dir string) error {
	var group sync.WaitGroup
	failed := make(chan error, 4)
	for c := range cap(failed) {
		group.Go(func() {
			failed <- appendSome(l, filepath.Join(dir, fmt.Sprint("acks-", os.Getpid(), "-", c)), math.MaxInt)
		})
	}
	group.Wait()
	return <-failed
}

// appendSome appends so many events and notes what was acknowledged.
func appendSome(l *ledger.Ledger, name string, events int) error {
	acks, err := os.Create(name)
	if err != nil {
		return err
	}
	defer acks.Close()
	for i := range events {
		event := fmt.Sprintf("%s %d", filepath.Base(name), i)
		a, err := l.Append(context.Background(), ledgertest.Case("trader", event))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(acks, "%d %d %d %s\n", a.Leaves[0], a.Batch, a.Size, event); err != nil {
			return err
		}
		if err := acks.Sync(); err != nil {
			return err
		}
	}
	return nil
}

func createdOnDisk(t *testing.T) string {
	dir := t.TempDir()
	id := ledgertest.NewIdentity(t, 1)
	if err := ledger.Create(diskOptions(t, dir), id.Genesis(), id.Roster(t), id.OpenList(1)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run starts this test binary as a child.
func run(t *testing.T, env ...string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd := exec.Command(self)
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &said
}

// A process that is killed again and again at any instant loses nothing that
// its callers noted down.
func TestKills(t *testing.T) {
	t.Parallel()
	dir := createdOnDisk(t)
	rng := mrand.New(mrand.NewPCG(1, 11))
	kills := 0
	for i := range seeds(20) {
		cmd, said := run(t, childDir+"="+dir)
		awaitAcks(t, dir, cmd.Process.Pid, said)
		<-time.After(time.Duration(rng.IntN(60)) * time.Millisecond) // where in its work it dies is the point
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatalf("kill %d: it ended by itself: %s", i, said)
		}
		kills++
	}
	acked := checkAcks(t, dir)
	t.Logf("figure ledger_kills %d kills, %d events acknowledged, 0 lost, 0 twice", kills, acked)
}

// awaitAcks waits until the child has had something acknowledged.
func awaitAcks(t *testing.T, dir string, pid int, said *strings.Builder) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		names, err := filepath.Glob(filepath.Join(dir, fmt.Sprint("acks-", pid, "-*")))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Size() > 0 {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d appends nothing: %s", pid, said)
		}
	}
}

func checkAcks(t *testing.T, dir string) (acked int) {
	t.Helper()
	start := time.Now()
	l, err := ledger.Open(diskOptions(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d leaves opened in %v", l.Head().Size, time.Since(start).Round(time.Millisecond))
	defer closed(t, l)
	ledgertest.CheckLog(t, l)
	seen := map[string]bool{}
	err = l.Records(0, func(r ledger.Record) error {
		if r.Payload != nil && seen[string(r.Payload)] {
			t.Errorf("%s is there twice", r.Payload)
		}
		seen[string(r.Payload)] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "acks-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		acked += checkAckFile(t, l, name)
	}
	return acked
}

func checkAckFile(t *testing.T, l *ledger.Ledger, name string) (acked int) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		part := strings.SplitN(lines.Text(), " ", 4)
		if len(part) < 4 {
			continue // the kill came in the middle of the line
		}
		leaf, err := strconv.ParseInt(part[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Record(leaf)
		if err != nil || !strings.HasPrefix(string(r.Payload), `{"event":"`+part[3]) || fmt.Sprint(r.Batch) != part[1] {
			t.Errorf("acknowledged %q, found %q of batch %d (%v)", lines.Text(), r.Payload, r.Batch, err)
		}
		acked++
	}
	return acked
}

func TestFilesAreThePrivateOnesOfTheirOwner(t *testing.T) {
	dir := createdOnDisk(t)
	l, err := ledger.Open(diskOptions(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	append1(t, l, ledgertest.Case("trader", "x"))
	closed(t, l)
	names, err := filepath.Glob(filepath.Join(dir, "keys", "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("key files %v (%v), want one", names, err)
	}
	for _, name := range append(names, filepath.Join(dir, "db-head", "head")) {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v)", filepath.Base(name), info.Mode(), err)
		}
	}
}
