package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// measureIssue compares credentials, decided, signed, verified, sealed and
// durable with their projections, with as many bare ES256 signatures as all
// cores make.
func measureIssue(b *bench) (err error) {
	const holders, rounds = 4000, 5
	o, err := b.found()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	if err := o.authorise(b, 0, holders); err != nil {
		return err
	}
	var spent time.Duration // of processor time, by all that was issued
	ratio, rate, signatures, err := b.versus(rounds,
		func() (float64, error) {
			before := processor()
			defer func() { spent += processor() - before }()
			return o.issueAll(b, holders)
		},
		func() (float64, error) { return signatures(b) })
	if err != nil {
		return err
	}
	b.ratio("issue_vs_sign", ratio)
	b.figure("issue", "%.0f durable credentials/s of %d authorisations, each read back and verified, each %v of processor time; %.0f bare ES256 signatures/s on %d cores",
		rate, holders, (spent / (rounds * holders)).Round(time.Microsecond), signatures, runtime.GOMAXPROCS(0))
	return nil
}

// processor is the time this process has had on all processors.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measureGrants is how many applications a second are granted, each decision and
// then its credential durable and published before the officer is answered.
func measureGrants(b *bench) (err error) {
	const offered, seconds, many = 100, 10, 4000
	o, err := b.found()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	steady, err := o.examine(b, 0, offered*seconds)
	if err != nil {
		return err
	}
	waits, err := o.grantAtRate(b, steady, offered)
	if err != nil {
		return err
	}
	rush, err := o.examine(b, offered*seconds, offered*seconds+many)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := o.each(b, many, func(i int) error { return o.grant(b, rush[i]) }); err != nil {
		return err
	}
	b.figure("grants_durable", "%.0f grants/s from %d callers; at %d/s offered, answered in %v (median) and %v (99 %%)",
		many/time.Since(start).Seconds(), callers, offered, waits.quantile(0.5), waits.quantile(0.99))
	return nil
}

// signatures is how many ES256 signatures over a digest all cores make in a second.
func signatures(ctx context.Context) (float64, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return 0, err
	}
	digest := sha256.Sum256([]byte("what is signed"))
	return inFlight(ctx, runtime.GOMAXPROCS(0), time.Second, func(int) error {
		_, _, err := ecdsa.Sign(rand.Reader, key, digest[:])
		return err
	})
}

// An office is a node that runs as `aeo serve` runs it, ticking once a second.
type office struct {
	*registry.Node
	dir     string
	stop    context.CancelFunc
	stopped chan struct{}
}

func (b *bench) found() (*office, error) { return b.foundFor("NZ") }

// foundFor founds the office of a territory.
func (b *bench) foundFor(territory string) (*office, error) {
	dir, err := os.MkdirTemp(b.dir, "node")
	if err != nil {
		return nil, err
	}
	identity := filepath.Join(dir, "identity.txt")
	if err := keyring.CreateIdentity(identity); err != nil {
		return nil, err
	}
	unlock, err := keyring.IdentityFile(identity)
	if err != nil {
		return nil, err
	}
	options := registry.Options{Dir: filepath.Join(dir, "node"), Unlock: unlock}
	if err := registry.Create(options, territory, "", "https://aeo."+strings.ToLower(territory)+".example"); err != nil {
		return nil, err
	}
	n, err := registry.Open(b, options)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(b)
	o := &office{Node: n, dir: options.Dir, stop: stop, stopped: make(chan struct{})}
	go o.tick(ctx)
	return o, nil
}

func (o *office) tick(ctx context.Context) {
	defer close(o.stopped)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
		if err := o.Tick(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "bench: tick:", err)
		}
	}
}

func (o *office) close() error {
	o.stop()
	<-o.stopped
	return o.Close()
}

// each does work count times from many callers.
func (o *office) each(ctx context.Context, count int, work func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, callers)
	for range callers {
		group.Go(func() {
			for i := int(next.Add(1)); i <= count && ctx.Err() == nil; i = int(next.Add(1)) {
				if err := work(i - 1); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return ctx.Err()
	}
}

// examine brings traders from to to, to where their applications can be decided.
func (o *office) examine(ctx context.Context, from, to int) (applications []string, err error) {
	applications = make([]string, to-from)
	return applications, o.each(ctx, to-from, func(i int) error {
		trader := from + i
		op, err := o.RegisterOperator(ctx, registry.RegisterOperator{By: "Desk", Holder: authorisation.Holder{
			LegalName: fmt.Sprintf("Trader %d Ltd", trader), Identifiers: []string{fmt.Sprintf("NZ:ses:%08dA", trader)}}})
		if err != nil {
			return err
		}
		a, err := o.SubmitApplication(ctx, registry.SubmitApplication{Operator: op.Case, Type: "SES", Roles: []string{"exporter"}, By: op.Holder.LegalName})
		if err != nil {
			return err
		}
		if _, err := o.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}); err != nil {
			return err
		}
		applications[i] = a.Case
		_, err = o.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"})
		return err
	})
}

func (o *office) grant(ctx context.Context, application string) error {
	_, err := o.DecideApplication(ctx, registry.DecideApplication{Application: application, Grant: true, By: "Decider"})
	return err
}

func (o *office) authorise(ctx context.Context, from, to int) error {
	applications, err := o.examine(ctx, from, to)
	if err != nil {
		return err
	}
	return o.each(ctx, len(applications), func(i int) error { return o.grant(ctx, applications[i]) })
}

// grantAtRate grants applications at a steady rate, whether or not those before are answered.
func (o *office) grantAtRate(ctx context.Context, applications []string, perSecond int) (*latencies, error) {
	waits := &latencies{}
	failed := make(chan error, len(applications))
	var group sync.WaitGroup
	pace := time.NewTicker(time.Second / time.Duration(perSecond))
	defer pace.Stop()
	for _, application := range applications {
		<-pace.C
		start := time.Now()
		group.Go(func() {
			if err := o.grant(ctx, application); err != nil {
				failed <- err
			}
			waits.add(time.Since(start))
		})
	}
	group.Wait()
	select {
	case err := <-failed:
		return nil, err
	default:
		return waits, ctx.Err()
	}
}

// issueAll issues for every authorisation and returns how many credentials a second were made.
func (o *office) issueAll(ctx context.Context, want int64) (float64, error) {
	start := time.Now()
	done, err := o.IssueAll(ctx, registry.IssueAll{By: "Desk"})
	if err == nil && done.Credentials != want {
		err = fmt.Errorf("%d credentials issued, want %d", done.Credentials, want)
	}
	return float64(want) / time.Since(start).Seconds(), err
}
