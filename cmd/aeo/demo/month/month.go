// Package month is the long demonstration of AEO Registry: up to twenty
// administrations, each a process of its own, live through a month. They grant,
// sign arrangements, suspend, lose each other for days, are killed in the middle
// of work, change their minds and their keys, and every step is driven by the
// verbs anybody can type and checked as anybody can check it.
//
// All companies are invented. Who has an arrangement with whom follows the real
// ones; dates and texts do not.
package month

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/keys/keyring"
)

// Run runs a command line of this program at the time of a clock.
type Run func(now func() time.Time, args []string) (stdout, stderr []byte, exit int)

// ErrInterrupted says that somebody ended the month before its end.
var ErrInterrupted = errors.New("interrupted; all nodes are switched off")

// Options of a month.
type Options struct {
	Dir    string
	Nodes  int
	Keep   bool   // refuse to replace an earlier demo
	Binary string // this program, for the nodes
	Out    io.Writer
	Run    Run
}

// days is how long the month is.
const days = 31

// Tell runs the month and returns its report; the report says whether every
// fact held and every case came to what it must. No process outlives it.
func Tell(ctx context.Context, o Options) (r *demo.Report, err error) {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	start := time.Now()
	if err := demo.Prepare(o.Dir, o.Keep); err != nil {
		return nil, err
	}
	if err := makeDirs(o.Dir, "logs", "arrangements"); err != nil {
		return nil, err
	}
	s, err := newStory(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if ctx.Err() != nil {
			r, err = nil, ErrInterrupted // what failed for that is no news
		}
		err = errors.Join(err, s.stop())
	}()
	if err := s.tell(o.Nodes); err != nil {
		return nil, err
	}
	sum, largest := s.memory()
	fmt.Fprintf(o.Out, "\n%d processes lived through %d days in %.0f s, in %d MiB of memory, the largest in %d.\n\n",
		o.Nodes, days, time.Since(start).Seconds(), sum>>20, largest>>20)
	if err := s.leave(); err != nil {
		return nil, err
	}
	return s.judge()
}

func newStory(ctx context.Context, o Options) (*story, error) {
	if err := keyring.CreateIdentity(o.Dir + "/identity.txt"); err != nil {
		return nil, err
	}
	begin := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -days)
	clock, err := demo.NewSharedClock(o.Dir, begin)
	if err != nil {
		return nil, err
	}
	w := &world{ctx: ctx, dir: o.Dir, binary: o.Binary, run: o.Run, clock: clock, begin: begin,
		nodes: map[string]*node{}, lines: map[line]*relay{}}
	return &story{world: w, out: o.Out, authorisations: map[string]string{}}, nil
}
