package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// defectDir is where the defects lie: patches that bring a mistake back which the
// tests must catch, <number>-<name>.patch, in the order of the rooms. Each begins
// with two lines,
//
//	Defect: <what is wrong then>
//	Caught-by: go test [-timeout <duration>] -run ^<test>$ <package>
//
// and an empty one. It is only ever applied to a copy.
const defectDir = "cmd/campaign/testdata/defects"

type defect struct {
	name, what string
	caughtBy   []string
	patch      []byte
}

// readDefects reads all patches below a module's root.
func readDefects(root string) (all []defect, err error) {
	names, err := filepath.Glob(filepath.Join(root, defectDir, "*.patch"))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, func(a, b string) int { return numberOf(a) - numberOf(b) })
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		m := regexp.MustCompile(`^Defect: ([A-Z].+\.)\nCaught-by: (go test (?:-timeout \d+s )?-run \^Test\w+\$ \./[a-z/]+)\n\n--- a/`).FindSubmatch(raw)
		if m == nil {
			return nil, fmt.Errorf("%s does not begin with Defect and Caught-by", name)
		}
		all = append(all, defect{strings.TrimSuffix(filepath.Base(name), ".patch"), string(m[1]), strings.Fields(string(m[2])), raw})
	}
	return all, nil
}

// numberOf is the number a file of a defect begins with; 0 for none.
func numberOf(name string) int {
	digits, _, _ := strings.Cut(filepath.Base(name), "-")
	n, _ := strconv.Atoi(digits)
	return n
}

// apply puts a defect into a tree, takes it out (-R), or only checks (--check).
func (d defect) apply(root string, how ...string) error {
	cmd := exec.Command("git", append([]string{"apply"}, how...)...)
	cmd.Dir, cmd.Stdin = root, bytes.NewReader(d.patch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", d.name, err, bytes.TrimSpace(out))
	}
	return nil
}

// catchDefects puts every defect into a copy of the tree in turn, runs the tests
// that must catch it, and prints a line for each.
func catchDefects(ctx context.Context, w io.Writer) (ok bool, err error) {
	all, err := readDefects(".")
	if err != nil {
		return false, err
	}
	if all, err = sample(w, all); err != nil {
		return false, err
	}
	scratch, err := os.MkdirTemp("", "aeo-defects-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(scratch)
	if err := copyTree(scratch); err != nil {
		return false, err
	}
	caught := 0
	for _, d := range all {
		ok, how, err := d.caught(ctx, scratch)
		if err != nil {
			return false, err
		}
		if ok {
			caught++
		}
		fmt.Fprintf(w, "%-36s %s: %s\n", d.name, how, d.what)
	}
	fmt.Fprintf(w, "figure mutants %d of %d seeded defects caught\n", caught, len(all))
	return caught == len(all) && caught > 0, nil
}

// What says how many of the defects are tried, and with which seed they are drawn.
const (
	sampleSize = "AEO_DEFECTS" // all by default
	sampleSeed = "AEO_SEED"    // a new one by default
)

// sample draws as many defects as the environment asks for, so that also those runs
// that cannot wait for all notice which are caught no more. It prints its seed.
func sample(w io.Writer, all []defect) ([]defect, error) {
	size := os.Getenv(sampleSize)
	if size == "" {
		return all, nil
	}
	n, err := strconv.Atoi(size)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("%s is %q, want how many", sampleSize, size)
	}
	seed := rand.Uint64()
	if given := os.Getenv(sampleSeed); given != "" {
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			return nil, fmt.Errorf("%s is %q, want a number", sampleSeed, given)
		}
	}
	fmt.Fprintf(w, "%s=%d\n", sampleSeed, seed)
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all[:min(n, len(all))], nil
}

// caught reports whether a test caught the defect, and which, or what happened
// instead. What does not compile was caught by no test, and a test that fails
// without the defect says nothing about it.
func (d defect) caught(ctx context.Context, scratch string) (ok bool, how string, err error) {
	if out, err := d.test(ctx, scratch, false); err != nil {
		return false, "FAILS WITHOUT IT: " + tail(out, 10), ctx.Err()
	}
	if err := d.apply(scratch); err != nil {
		return false, "", err
	}
	defer func() {
		if undone := d.apply(scratch, "-R"); err == nil {
			err = undone
		}
	}()
	if out, err := d.test(ctx, scratch, true); err != nil {
		return false, "DOES NOT COMPILE: " + tail(out, 10), ctx.Err()
	}
	out, err := d.test(ctx, scratch, false)
	if m := failedTest.FindStringSubmatch(out); err != nil && m != nil {
		return true, "caught by " + m[1], ctx.Err()
	}
	return false, "NOT CAUGHT: " + tail(out, 10), ctx.Err()
}

// failedTest is a test that failed, or that was running when its time was up.
var failedTest = regexp.MustCompile(`(?m)^(?:--- FAIL: |panic: test timed out after .*\n\trunning tests:\n\t\t)(Test\w+)`)

// test runs the tests of a defect, or only compiles them.
func (d defect) test(ctx context.Context, scratch string, compile bool) (out string, err error) {
	args := slices.Clone(d.caughtBy)
	if compile {
		args = append(args, "-run", "^$") // the last -run counts
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = scratch
	raw, err := cmd.CombinedOutput()
	return string(raw), err
}

// copyTree copies what git knows of this tree, as it is on the disk.
func copyTree(to string) error {
	list, err := exec.Command("git", "ls-files", "-z", "-co", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("list the tree: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		raw, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed so
		}
		if err != nil {
			return err
		}
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(target, raw, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}
