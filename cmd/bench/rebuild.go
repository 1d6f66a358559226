package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// measureRebuild is how long it takes to make the projections of a log anew, to
// compare them with those there are, and to audit a copy of the log, for logs
// that grow by tens.
func measureRebuild(b *bench) error {
	for _, size := range []int{10_000, 100_000, 1_000_000} {
		if err := b.rebuild(size); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) rebuild(size int) (err error) {
	dir, err := os.MkdirTemp(b.dir, "rebuild")
	if err != nil {
		return err
	}
	o, err := createLog(dir)
	if err != nil {
		return err
	}
	if err := b.fill(o, size); err != nil {
		return err
	}
	o.Project = view.Projector{}
	var l *ledger.Ledger
	opened, heap, err := timed(func() (err error) {
		l, err = ledger.Open(o)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close(), os.RemoveAll(dir)) }()
	leaves := float64(l.Head().Size)
	b.figure("open_and_catch_up", "%.0f leaves: %v, %d MiB", leaves, opened.Round(time.Millisecond), heap>>20)
	rebuilt, heap, err := timed(l.Rebuild)
	if err != nil {
		return err
	}
	b.figure("rebuild", "%.0f leaves: %v, %.0f events/s, %d MiB", leaves, rebuilt.Round(time.Millisecond), leaves/rebuilt.Seconds(), heap>>20)
	if size <= 100_000 { // it grows as rebuilding does
		audited, heap, err := timed(func() error {
			return l.AuditProjections(filepath.Join(dir, "audit"), func(key, _, _ []byte) error {
				return fmt.Errorf("row %q differs", key)
			})
		})
		if err != nil {
			return err
		}
		b.figure("audit_projections", "%.0f leaves: %v, %d MiB", leaves, audited.Round(time.Millisecond), heap>>20)
	}
	replayed, heap, err := timed(func() error { return replayAll(l) })
	if err != nil {
		return err
	}
	b.figure("audit_log", "%.0f leaves replayed and hashed: %v, %.0f/s, %d MiB", leaves, replayed.Round(time.Millisecond), leaves/replayed.Seconds(), heap>>20)
	return nil
}

// fill appends the events of as many traders as make so many leaves.
func (b *bench) fill(o ledger.Options, size int) (err error) {
	l, err := ledger.Open(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	const few = ledger.MaxEntries / eventsEach
	for first := 0; first < size/eventsEach; first += few {
		var entries []ledger.Entry
		for i := first; i < min(first+few, size/eventsEach); i++ {
			more, err := traderEntries(i)
			if err != nil {
				return err
			}
			entries = append(entries, more...)
		}
		if _, err := l.Append(b, entries...); err != nil {
			return err
		}
	}
	return nil
}

// replayAll does what an audit does with every leaf: reduce it, hash it into the
// tree, and compare the root at the end.
func replayAll(l *ledger.Ledger) error {
	head := l.Head()
	replay := transparency.NewReplay(head.Origin)
	if err := l.Entries(0, head.Size, func(_ int64, leaf []byte) error {
		_, err := replay.Add(leaf)
		return err
	}); err != nil {
		return err
	}
	return replay.Matches(head)
}

const eventsEach = 4

// traderEntries are the four events of an application that is being examined.
func traderEntries(i int) (entries []ledger.Entry, err error) {
	operator, application := fmt.Sprintf("NZ-OP-%07d", i+1), fmt.Sprintf("NZ-APP-%07d", i+1)
	at := time.Now().Unix()
	for _, e := range []authorisation.Event{
		{Case: operator, Data: authorisation.OperatorRegistered{Holder: authorisation.Holder{LegalName: "Trader " + operator,
			Identifiers: []string{fmt.Sprintf("NZ:ses:%08dA", i)}, Names: []authorisation.Name{}}}},
		{Case: application, Data: authorisation.ApplicationSubmitted{Wish: authorisation.Wish{Operator: operator, Programme: "NZ-SES", Type: "SES",
			Components: []string{"SES"}, Roles: []string{"exporter"}, Requirements: []string{"A", "B", "C"}}}},
		{Case: application, Data: authorisation.ApplicationAccepted{}},
		{Case: application, Data: authorisation.ApplicationAssessed{Findings: []authorisation.Finding{
			{Requirement: "A", Result: authorisation.Met}, {Requirement: "B", Result: authorisation.Met}, {Requirement: "C", Result: authorisation.Met}}}},
	} {
		e.Actor, e.DecidedAt, e.EffectiveAt = "Desk", at, at
		payload, err := authorisation.MarshalEvent(e)
		if err != nil {
			return nil, err
		}
		// A thousand keys: making one is not what is measured here.
		entries = append(entries, ledger.Entry{Subject: fmt.Sprint("trader-", i%1000), Payload: payload})
	}
	return entries, nil
}

// timed is how long do took, and the most heap seen meanwhile, in bytes.
func timed(do func() error) (took time.Duration, heap uint64, err error) {
	runtime.GC()
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	start := time.Now()
	err = do()
	took = time.Since(start)
	close(stop)
	return took, <-peak, err
}
