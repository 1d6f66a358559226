// Command bench measures what the product promises about speed, each figure
// against its floor: the work nobody could do without, measured in the same run
// on the same cores. It prints
//
//	ratio <name> <value>    floor over ours (or as the name says), 3 decimals
//	figure <name> <text>    what has no floor, in words
//
// at column 0, and what it is doing on stderr. Nothing here passes or fails.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry"
)

// A measure is one figure or a few that come from the same run.
type measure struct {
	name string
	run  func(b *bench) error
}

// measures are all there are, in the order they run. Each lives in the file of its name.
var measures = []measure{
	{"verify", measureVerify},
	{"cold", measureCold},
	{"bundle", measureBundle},
	{"append", measureAppend},
	{"tessera", measureTessera},
	{"issue", measureIssue},
	{"grants", measureGrants},
	{"rebuild", measureRebuild},
	{"register", measureRegister},
	{"notice", measureNotice},
	{"follow", measureFollow},
}

// A bench is what measures work with.
type bench struct {
	context.Context
	dir  string // scratch, removed at the end
	full bool   // sizes of the product's promises, which take their time
}

func main() {
	only := flag.String("only", "", "comma-separated `names` of measures; all by default")
	full := flag.Bool("full", false, "measure a register of 200 000 operators, not of a tenth of that")
	profile := flag.String("cpuprofile", "", "write a CPU profile to `file`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	registry.TuneMemory() // as `aeo serve` does
	if err := profiled(*profile, func() error { return run(ctx, *only, *full) }); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// profiled writes a CPU profile of what run does where a file is named.
func profiled(name string, run func() error) error {
	if name == "" {
		return run()
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return run()
}

func run(ctx context.Context, only string, full bool) error {
	wanted := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	for _, m := range measures {
		if len(wanted) > 0 && !slices.Contains(wanted, m.name) {
			continue
		}
		start := time.Now()
		if err := inScratch(ctx, m, full); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(os.Stderr, "bench: %s took %v\n", m.name, time.Since(start).Round(time.Millisecond))
	}
	return ctx.Err()
}

func inScratch(ctx context.Context, m measure, full bool) error {
	dir, err := os.MkdirTemp("", "aeo-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return m.run(&bench{ctx, dir, full})
}

func (b *bench) ratio(name string, value float64) { fmt.Printf("ratio %s %.3f\n", name, value) }

func (b *bench) figure(name, format string, args ...any) {
	fmt.Printf("figure %s %s\n", name, fmt.Sprintf(format, args...))
}

// A speed is how fast one side of a comparison was, in operations a second.
type speed func() (perSecond float64, err error)

// versus runs both sides in turn and returns the median of ours over floor,
// and the median speed of each. In turn, because other work on the machine then
// slows both; the median, because it slows some rounds more than others.
func (b *bench) versus(rounds int, ours, floor speed) (ratio, ourSpeed, floorSpeed float64, err error) {
	var ratios, our, floors []float64
	for range rounds {
		if err := b.Err(); err != nil {
			return 0, 0, 0, err
		}
		f, err := floor()
		if err != nil {
			return 0, 0, 0, err
		}
		o, err := ours()
		if err != nil {
			return 0, 0, 0, err
		}
		ratios, our, floors = append(ratios, o/f), append(our, o), append(floors, f)
	}
	return median(ratios), median(our), median(floors), nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
