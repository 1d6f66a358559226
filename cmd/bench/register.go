package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/intake"
)

// measureRegister takes over a register, asks of it what officers ask all day, and
// makes its projections anew: how fast, and whether size is felt.
func measureRegister(b *bench) (err error) {
	const most = 20 * time.Millisecond // what a page may take
	operators := 20_000
	if b.full {
		operators = 200_000
	}
	o, err := b.found()
	if err != nil {
		return err
	}
	o.stop() // no tick issues credentials while something else is measured
	<-o.stopped
	defer func() { err = errors.Join(err, o.close()) }()
	if err := b.importRegister(o, operators); err != nil {
		return err
	}
	if err := o.apply(b, operators/10); err != nil {
		return err
	}
	slowest := time.Duration(0)
	for _, q := range o.questions() {
		waits, err := q.asked(operators)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		slowest = max(slowest, waits.quantile(0.99))
		b.figure("register_"+q.name, "%d operators, pages of %d: %v (median) and %v (99 %%)", operators, screen, waits.quantile(0.5), waits.quantile(0.99))
	}
	b.ratio("register_page", float64(most)/float64(slowest))
	return b.rebuildRegister(o)
}

// screen is how many rows an officer sees at once.
const screen = 100

// asked are the times of many pages of an answer, each behind the one before, or of
// the same question about others.
func (q question) asked(operators int) (*latencies, error) {
	const times = 400
	waits, cursor := &latencies{}, ""
	for i := range times {
		start := time.Now()
		count, next, err := q.ask(i*(operators/times), registry.Page{Cursor: cursor, Limit: screen})
		if err != nil {
			return nil, err
		}
		if count == 0 && next == "" && cursor == "" {
			return nil, errors.New("nothing was found")
		}
		waits.add(time.Since(start))
		cursor = next
	}
	return waits, nil
}

// importRegister takes over so many operators in parts, as aeo operator import does.
func (b *bench) importRegister(o *office, operators int) error {
	parts := intake.Split(intake.CSV, registerFile(operators))
	before, spent := o.Ledger().Head().Size, processor()
	resetPeak()
	took, heap, err := timed(func() error {
		for _, p := range parts {
			report, err := o.ImportRegister(b, registry.ImportRegister{Register: "AEO ledger", Format: intake.CSV, File: p.File, FirstRow: p.FirstRow, By: "Rangi", Second: "Walker"})
			if err != nil {
				return err
			}
			if len(report.Problems) > 0 {
				return errors.New(report.Problems[0].String())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	leaves := float64(o.Ledger().Head().Size - before)
	spent = (processor() - spent) / time.Duration(operators)
	b.figure("register_import", "%d operators with their histories: %v, %.0f operators/s, %.0f events/s, each durable, an operator %v of processor time; %d MiB heap, %s",
		operators, took.Round(time.Millisecond), float64(operators)/took.Seconds(), leaves/took.Seconds(), spent.Round(time.Microsecond), heap>>20, peak())
	return nil
}

func (b *bench) rebuildRegister(o *office) error {
	resetPeak()
	leaves, spent := float64(o.Ledger().Head().Size), processor()
	took, heap, err := timed(o.Ledger().Rebuild)
	if err != nil {
		return err
	}
	spent = processor() - spent
	b.figure("register_rebuild", "%.0f leaves: %v, %.0f events/s (%.0f in a second of processor time), %d MiB heap, %s",
		leaves, took.Round(time.Millisecond), leaves/took.Seconds(), leaves/spent.Seconds(), heap>>20, peak())
	return nil
}

// registerFile is a register in which every fifth was suspended for a while, every
// twentieth is now and every twentieth has ended.
func registerFile(operators int) []byte {
	var f strings.Builder
	f.WriteString("identifiers,legal_name,country,locality,reference,authorisation_type,roles,granted_on,suspensions,ended_on,end\n")
	for i := range operators {
		granted := time.Date(2012+i%10, time.Month(1+i%12), 1+i%28, 0, 0, 0, 0, time.UTC)
		suspensions, ended := "", ","
		switch {
		case i%5 == 0:
			suspensions = granted.AddDate(1, 0, 0).Format(time.DateOnly) + ".." + granted.AddDate(1, 2, 0).Format(time.DateOnly)
		case i%20 == 1:
			suspensions = granted.AddDate(2, 0, 0).Format(time.DateOnly) + ".."
		case i%20 == 2:
			ended = granted.AddDate(3, 0, 0).Format(time.DateOnly) + ",revoked"
		}
		fmt.Fprintf(&f, "%08dA,%s,NZ,Auckland,R-%06d,SES,exporter,%s,%s,%s\n", i, traderName(i), i, granted.Format(time.DateOnly), suspensions, ended)
	}
	return []byte(f.String())
}

func traderName(i int) string {
	goods := []string{"Apple", "Butter", "Cheese", "Deer", "Eel", "Flax", "Grain", "Honey", "Iron", "Jam"}
	return fmt.Sprintf("%s Traders %06d Ltd", goods[i%len(goods)], i)
}

// apply has every tenth operator apply anew, and gives the applications to officers.
func (o *office) apply(b *bench, applications int) error {
	return o.each(b, applications, func(i int) error {
		a, err := o.SubmitApplication(b, registry.SubmitApplication{Operator: fmt.Sprintf("NZ:ses:%08dA", 10*i), Type: "SES", Roles: []string{"exporter"}, By: traderName(10 * i)})
		if err != nil {
			return err
		}
		_, err = o.AssignApplication(b, registry.AssignApplication{Application: a.Case, Officer: officerOf(i), Office: "Auckland", By: "Desk"})
		return err
	})
}

func officerOf(i int) string { return "Officer " + strconv.Itoa(i%50) }

// A question is what an officer asks; i says of whom. It goes on from a cursor.
type question struct {
	name string
	ask  func(i int, page registry.Page) (found int, next string, err error)
}

func counted[T any](items []T, next string, err error) (int, string, error) {
	return len(items), next, err
}

func (o *office) questions() []question {
	return []question{
		{"queue", func(_ int, p registry.Page) (int, string, error) { return counted(o.Queue(registry.QueueOf{}, p)) }},
		{"my_queue", func(i int, p registry.Page) (int, string, error) {
			return counted(o.Queue(registry.QueueOf{Officer: officerOf(i)}, registry.Page{Limit: p.Limit}))
		}},
		{"applications_by_state", func(_ int, p registry.Page) (int, string, error) {
			return counted(o.FindApplications(registry.Wanted{State: string(authorisation.Submitted)}, p))
		}},
		{"applications_by_officer", func(i int, p registry.Page) (int, string, error) {
			return counted(o.FindApplications(registry.Wanted{Officer: officerOf(i), State: string(authorisation.Submitted)}, registry.Page{Limit: p.Limit}))
		}},
		{"operators_by_name", func(i int, p registry.Page) (int, string, error) {
			name := strings.ToUpper(strings.TrimSuffix(traderName(i), " Ltd"))
			return counted(o.FindOperators(name[:len(name)-2], "", registry.Page{Limit: p.Limit}))
		}},
		{"operators_by_identifier", func(i int, _ registry.Page) (int, string, error) {
			return counted(o.FindOperators("", fmt.Sprintf("%08dA", i), registry.Page{}))
		}},
		{"authorisations", func(_ int, p registry.Page) (int, string, error) {
			return counted(o.FindAuthorisations(registry.Wanted{}, p))
		}},
		{"authorisations_suspended", func(_ int, p registry.Page) (int, string, error) {
			return counted(o.FindAuthorisations(registry.Wanted{State: string(authorisation.Suspended), Type: "SES"}, p))
		}},
		{"authorisations_of_a_holder", func(i int, _ registry.Page) (int, string, error) {
			return counted(o.FindAuthorisations(registry.Wanted{Holder: fmt.Sprintf("NZ:ses:%08dA", i)}, registry.Page{}))
		}},
	}
}

// resetPeak forgets how much memory the process ever had; where the system cannot,
// the peak stays that of all measures before.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peak is the most memory the process had of the machine since then.
func peak() string {
	raw, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return fmt.Sprintf("%d MiB peak RSS", kb>>10)
		}
	}
	return "peak RSS unknown"
}
