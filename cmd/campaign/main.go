// Command campaign keeps the product's promises: it runs what tests each of
// them, at the size of a submission (-short) or of a release, and prints one
// line per promise,
//
//	<state> <id> <seconds> <what it is about>: <promise> | <measured>
//
// where the state is one of
//
//	ok       the test passed and printed its figure
//	FAILED   it did not, or the figure is missing or of fewer runs than asked for
//	slow     only where the promise is a speed: this machine missed it in this run
//	skipped  what the test needs is not on this machine; the figure says what
//
// What a failed test said follows its line, with the command that replays the
// scenario. It exits 1 when a promise failed.
//
// The promises are one table, promises.go, from which -readme also writes the
// section of the README. A test takes part by printing lines
//
//	figure <name> <text>
//
// with testing.T.Logf; a text that begins with "skipped: " says that it could
// not run. A program prints them at the beginning of a line, and ratios too:
//
//	ratio <name> <value>
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	short := flag.Bool("short", false, "as many runs as every submission can wait for")
	only := flag.String("only", "", "comma-separated `ids` of promises; all by default")
	list := flag.Bool("list", false, "list the promises and their commands")
	defects := flag.Bool("defects", false, "put each seeded defect into a copy of the tree and run what must catch it")
	readme := flag.String("readme", "", "write the section of this README `file` and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := false, error(nil)
	if *defects {
		ok, err = catchDefects(ctx, os.Stdout)
	} else {
		ok, err = run(ctx, *only, *readme, *short, *list)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "campaign:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(ctx context.Context, only, readme string, short, list bool) (ok bool, err error) {
	if readme != "" {
		return true, rewrite(readme)
	}
	chosen, err := choose(only, short)
	if err != nil {
		return false, err
	}
	if list {
		for _, p := range chosen {
			fmt.Printf("%s\t%s\t%s\n", p.id, p.size(short).words, strings.Join(p.commandLines(short), "; "))
		}
		return true, nil
	}
	return campaign(ctx, chosen, short)
}

// choose picks promises by id; without ids, all that are tested at this size.
func choose(only string, short bool) (chosen []promise, err error) {
	ids := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	for _, p := range promises {
		i := slices.Index(ids, p.id)
		if i >= 0 {
			ids = slices.Delete(ids, i, i+1)
		}
		if i >= 0 || only == "" && p.size(short).words != "" {
			chosen = append(chosen, p)
		}
	}
	if len(ids) > 0 {
		return nil, fmt.Errorf("no promise %s; -list names all", strings.Join(ids, ", "))
	}
	return chosen, nil
}

// campaign runs what was chosen and reports whether every promise held.
func campaign(ctx context.Context, chosen []promise, short bool) (ok bool, err error) {
	count := map[state]int{}
	for _, p := range chosen {
		r := p.run(ctx, short)
		if err := ctx.Err(); err != nil {
			return false, err
		}
		count[r.state]++
		r.print(os.Stdout)
	}
	fmt.Printf("campaign: %d promises, %d ok, %d failed, %d slow, %d skipped\n",
		len(chosen), count[held], count[failed], count[slow], count[skipped])
	return count[failed] == 0, nil
}
