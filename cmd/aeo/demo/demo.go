// Package demo runs the main job of AEO Registry for real, in one process and
// without a network: several administrations grant AEO status, follow each
// other, put arrangements into effect, live through half a year, are switched
// off, and then everything is verified offline from what was left on disk.
//
// All companies are invented. Which administrations recognise each other
// follows the real arrangements; dates and texts do not.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/keys/keyring"
)

// AllNodes is how many nodes the whole demo has.
const AllNodes = 6

// ErrDirectory says that a directory is there and must not be replaced.
var ErrDirectory = errors.New("no place for a demo")

// Options of a demo.
type Options struct {
	Dir   string
	Nodes int
	Keep  bool // refuse to replace an earlier demo
	Out   io.Writer
	Run   Run
	Now   func() time.Time
}

// marker is the file that makes a directory a demo's, so that it may be replaced.
const marker = ".aeo-demo"

// Tell runs the demo and returns its report; the report says whether every case
// came to what it must.
func Tell(ctx context.Context, o Options) (*Report, error) {
	start := time.Now()
	if err := Prepare(o.Dir, o.Keep); err != nil {
		return nil, err
	}
	present := o.Now().Truncate(time.Second)
	c := &clock{present: o.Now, at: present.AddDate(0, 0, -chapters[0].day)}
	fmt.Fprintf(o.Out, "A demonstration with invented companies. The clock starts on %s and ends today.\n\n", c.at.UTC().Format(time.DateOnly))
	w, err := newWorld(ctx, o.Dir, c, o.Nodes)
	if err != nil {
		return nil, err
	}
	s := &story{world: w, present: present, out: o.Out, holders: map[string]*holder{}, old: map[string]string{}}
	s.say = func(day int, format string, args ...any) {
		fmt.Fprintf(o.Out, "%s  %s\n", present.AddDate(0, 0, -day).UTC().Format(time.DateOnly), fmt.Sprintf(format, args...))
	}
	if err := s.run(); err != nil {
		return nil, errors.Join(err, w.stop())
	}
	if err := s.settle(); err != nil {
		return nil, errors.Join(err, w.stop())
	}
	statement, err := s.unionStatement()
	if err != nil {
		return nil, errors.Join(err, w.stop())
	}
	if err := w.stop(); err != nil {
		return nil, err
	}
	fmt.Fprintf(o.Out, "\n%d nodes lived through it in %.1f s. All are switched off now; what follows reads files only.\n\n",
		o.Nodes, time.Since(start).Seconds())
	return judge(o, s, statement)
}

// Prepare makes an empty demo directory; an older demo there is replaced.
func Prepare(dir string, keep bool) error {
	_, err := os.Stat(dir)
	if err == nil {
		if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
			return fmt.Errorf("%w: %s exists and was not made by a demo", ErrDirectory, dir)
		}
		if keep {
			return fmt.Errorf("%w: %s holds an earlier demo, which is to be kept", ErrDirectory, dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, sub := range []string{"nodes", "published", "bundles", "anchors", "credentials", "cases", "state"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, marker), []byte("made by aeo demo; replaced at its next run\n"), 0o600)
}

// judge asks every case and prints what came out.
func judge(o Options, s *story, statement []byte) (*Report, error) {
	f := &forger{workshop: workshop{o.Dir}, rings: map[string]*keyring.Ring{}, now: o.Now()}
	for _, code := range s.order {
		ring, err := keyring.Open(filepath.Join(o.Dir, "nodes", code, "keys.age"), s.unlock)
		if err != nil {
			return nil, err
		}
		f.rings[code] = ring
	}
	list, leftOut, err := s.cases(f, statement)
	if err != nil {
		return nil, fmt.Errorf("prepare cases: %w", err)
	}
	r := &Report{Schema: "aeo.demo/1", Now: s.present.Unix(), Facts: s.facts, Cases: list, LeftOut: leftOut}
	if err := writePartners(o.Dir); err != nil {
		return nil, err
	}
	if err := seedMemory(o); err != nil {
		return nil, err
	}
	for _, f := range r.Facts {
		fmt.Fprintf(o.Out, "%s %s: %s\n", mark(f.OK), f.Name, f.Got)
	}
	start, width := time.Now(), 0
	for _, c := range list {
		width = max(width, utf8.RuneCountInString(c.Name))
	}
	for _, c := range list {
		if err := c.Ask(o.Dir, o.Run); err != nil {
			return nil, err
		}
		fmt.Fprintf(o.Out, "%s %-*s  %-37s %3d ms\n", mark(c.Got == c.Expect), width, c.Name, c.Got.Verdict+"/"+c.Got.Reason, c.MS)
	}
	fmt.Fprintf(o.Out, "\n%d cases in %.1f s, %d of them not as they must be.\n", len(list), time.Since(start).Seconds(), len(r.Failed()))
	return r, r.Write(o.Dir)
}

func mark(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}

// seedMemory lets the verifier of the rollback cases see the newest Japanese bundle.
func seedMemory(o Options) error {
	c := Case{Name: "rolled-back seed", Command: "verify", Input: "credentials/southern-orchards.aeo", Bundle: bundleOf("JP"), Anchor: anchorOf("JP")}
	out, exit := o.Run(c.line(o.Dir))
	if exit != 0 {
		return fmt.Errorf("remember the newest bundle: exit %d: %.300s", exit, out)
	}
	return nil
}

// writePartners writes a list as a forwarder might keep it.
func writePartners(dir string) error {
	rows := "name,identifier,country,role\n" +
		"Southern Orchards Ltd,NZ:ses:12345678A,NZ,exporter\n" +
		"Kauri Timber Exports Ltd,NZ:ses:23456789B,NZ,exporter\n" +
		"Sakura Precision KK,JP:jp-aeo:JP12345678901234567,JP,exporter\n" +
		"Rhein Maschinenbau GmbH,EU:eori:DE1234567,DE,manufacturer\n" +
		"Phantom Trading Ltd,NZ:ses:99999999Z,NZ,exporter\n"
	return os.WriteFile(filepath.Join(dir, "partners.csv"), []byte(rows), 0o600)
}

// unionStatement is what the EU states about its partner, the United States.
func (s *story) unionStatement() ([]byte, error) {
	if len(s.codes("EU", "US")) < 2 {
		return nil, nil
	}
	return s.sites["EU"].node.StatementAbout(entity("US"))
}
