// Command tessera is the other side of append_vs_tessera: durable appends to
// Tessera's POSIX driver. It is a module of its own so that the product gains
// no dependency, and a process of its own that cmd/bench starts once a round.
//
// It prints the appends per second.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	dir := flag.String("dir", "", "an empty directory for the log")
	format := flag.String("entry", "", "entry `format`; its number is put in twice")
	callers := flag.Int("callers", 512, "who wait for an index at any time")
	span := flag.Duration("span", time.Second, "how long they work")
	flag.Parse()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	rate, err := run(*dir, *format, *callers, *span)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tessera:", err)
		os.Exit(1)
	}
	fmt.Println(rate)
}

func run(dir, format string, callers int, span time.Duration) (float64, error) {
	ctx := context.Background()
	secret, _, err := note.GenerateKey(rand.Reader, "aeo.customs.nz.example/log")
	if err != nil {
		return 0, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return 0, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return 0, err
	}
	// Batches of half the callers, hardly waiting: what gives it the most appends.
	log, shutdown, _, err := tessera.NewAppender(ctx, driver,
		tessera.NewAppendOptions().WithCheckpointSigner(signer).WithBatching(uint(callers)/2, 5*time.Millisecond))
	if err != nil {
		return 0, err
	}
	rate, err := inFlight(callers, span, func(n int64) error {
		_, err := log.Add(ctx, tessera.NewEntry(fmt.Appendf(nil, format, n, n)))()
		return err
	})
	if err != nil {
		return 0, err
	}
	return rate, shutdown(ctx)
}

// inFlight is what cmd/bench has under that name.
func inFlight(callers int, span time.Duration, work func(n int64) error) (float64, error) {
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, callers)
	start := time.Now()
	for range callers {
		group.Go(func() {
			for time.Since(start) < span {
				if err := work(next.Add(1)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	select {
	case err := <-failed:
		return 0, err
	default:
		return float64(next.Load()) / took.Seconds(), nil
	}
}
