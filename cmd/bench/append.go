package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/cockroachdb/pebble/v2"
)

const (
	callers = 512 // who wait for an acknowledgement at any time
	traders = 100 // whom the events are about
	span    = 3 * time.Second
)

// measureAppend compares durable appends with what Pebble alone does with the
// same leaf and payload rows: no tree, no projections, no read-back, no head.
// Each round has a store of its own, so that neither side pays for what the
// other left to be compacted.
func measureAppend(b *bench) error {
	const rounds = 5
	var waits latencies
	ours := func() (float64, error) { return b.appendToLog(&waits) }
	ratio, rate, pebbleRate, err := b.versus(rounds, ours, b.appendToPebble)
	if err != nil {
		return err
	}
	b.ratio("append_vs_pebble", ratio)
	b.figure("append", "%.0f durable appends/s from %d callers, acknowledged in %v (median) and %v (99 %%); Pebble alone %.0f/s",
		rate, callers, waits.quantile(0.5), waits.quantile(0.99), pebbleRate)
	return nil
}

// measureTessera compares them with appends of the same payloads as entries to
// Tessera, which keeps the tree, but neither payloads beside it nor projections.
func measureTessera(b *bench) error {
	const rounds = 3
	program := filepath.Join(b.dir, "tessera")
	build := exec.CommandContext(b, "go", "build", "-C", filepath.Join("cmd", "bench", "tessera"), "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the other side: %w: %s", err, out)
	}
	theirs := func() (float64, error) { return b.appendToTessera(program) }
	ratio, rate, tesseraRate, err := b.versus(rounds, func() (float64, error) { return b.appendToLog(&latencies{}) }, theirs)
	if err != nil {
		return err
	}
	b.ratio("append_vs_tessera", ratio)
	b.figure("tessera", "%.0f durable appends/s, Tessera's POSIX driver %.0f/s", rate, tesseraRate)
	return nil
}

func (b *bench) appendToTessera(program string) (rate float64, err error) {
	dir, err := os.MkdirTemp(b.dir, "tessera")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	out, err := exec.CommandContext(b, program, "-dir", dir, "-entry", eventFormat,
		"-callers", strconv.Itoa(callers), "-span", span.String()).Output()
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

func (b *bench) appendToLog(waits *latencies) (rate float64, err error) {
	dir, err := os.MkdirTemp(b.dir, "log")
	if err != nil {
		return 0, err
	}
	l, err := newLog(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.Close(), os.RemoveAll(dir)) }()
	for n := range traders { // whose keys are there then
		if _, err := l.Append(b, event(n)); err != nil {
			return 0, err
		}
	}
	return inFlight(b, callers, span, func(n int) error {
		start := time.Now()
		_, err := l.Append(b, event(n))
		waits.add(time.Since(start))
		return err
	})
}

func (b *bench) appendToPebble() (rate float64, err error) {
	dir, err := os.MkdirTemp(b.dir, "pebble")
	if err != nil {
		return 0, err
	}
	plain, err := newPlainStore(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, plain.db.Close(), os.RemoveAll(dir)) }()
	return inFlight(b, callers, span, plain.append)
}

// event is the n-th entry appended: a decision of some 300 bytes about one of the
// traders.
func event(n int) ledger.Entry {
	return ledger.Entry{Subject: fmt.Sprint("trader-", n%traders), Payload: fmt.Appendf(nil, eventFormat, n, n)}
}

const eventFormat = `{"decided_at":1800000000,"decision":"granted","event":"decided","grounds":"UCC Art. 39","number":"NZ-2026-%08d","officers":["a.ngata","m.whaea"],"site":"Tauranga","text":"%0120d"}`

// inFlight has so many callers do work for a time and returns how often a
// second they did.
func inFlight(ctx context.Context, callers int, span time.Duration, work func(n int) error) (float64, error) {
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, callers)
	start := time.Now()
	for range callers {
		group.Go(func() {
			for time.Since(start) < span && ctx.Err() == nil {
				if err := work(int(next.Add(1))); err != nil {
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
		return float64(next.Load()) / took.Seconds(), ctx.Err()
	}
}

// latencies collects how long callers waited.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, d)
}

func (l *latencies) quantile(q float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.all)
	return l.all[int(q*float64(len(l.all)-1))].Round(10 * time.Microsecond)
}

// A plainStore is Pebble with nothing around it. What a round appends ends up
// under keys of its own, as in a log.
type plainStore struct {
	db   *pebble.DB
	next atomic.Uint64
}

func newPlainStore(dir string) (*plainStore, error) {
	db, err := pebble.Open(dir, &pebble.Options{FormatMajorVersion: pebble.FormatNewest, Logger: quiet{}})
	return &plainStore{db: db}, err
}

// leafRow and recordRow are of the sizes the ledger's rows of an [event] have.
var leafRow, recordRow = bytes.Repeat([]byte{'l'}, 90), bytes.Repeat([]byte{'r'}, 12+32+12+16+33+310)

func (p *plainStore) append(int) error {
	n := p.next.Add(1)
	w := p.db.NewBatch()
	defer w.Close()
	return errors.Join(
		w.Set(binary.BigEndian.AppendUint64([]byte{'l'}, n), leafRow, nil),
		w.Set(binary.BigEndian.AppendUint64([]byte{'r'}, n), recordRow, nil),
		w.Commit(pebble.Sync),
	)
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

// newLog makes and opens a ledger of an invented administration, with a
// projection that keeps the newest event of each trader.
func newLog(dir string) (*ledger.Ledger, error) {
	o, err := createLog(dir)
	if err != nil {
		return nil, err
	}
	o.Project = newest{}
	return ledger.Open(o)
}

// createLog makes a log and returns with what it is opened, but for projections.
func createLog(dir string) (o ledger.Options, err error) {
	const host, now = "aeo.customs.nz.example", 1_800_000_000
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return o, err
	}
	signer, err := keys.NewNoteSigner(host+"/log", keys.NoteEd25519, private)
	if err != nil {
		return o, err
	}
	roster, err := rosterOf(host, signer, now)
	if err != nil {
		return o, err
	}
	sealer, err := ledger.FileKeys(nil, filepath.Join(dir, "keys"), unwrapped{}, rand.Reader)
	if err != nil {
		return o, err
	}
	o = ledger.Options{Dir: filepath.Join(dir, "log"), Signer: signer, Keys: sealer, Now: time.Now, Rand: rand.Reader}
	genesis := transparency.Genesis{Origin: signer.Name(), Territory: "NZ", Authority: "NZ", Profile: transparency.Profile}
	return o, ledger.Create(o, genesis, roster)
}

func rosterOf(host string, log *keys.NoteSigner, now int64) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	root, err := keys.NewSigner(key)
	if err != nil {
		return nil, err
	}
	const year = 365 * 24 * 3600
	payload, err := jcs.Marshal(&keys.Roster{
		Iss: "https://" + host, Seq: 1, Iat: now, Exp: now + year, Root: []*keys.PublicKey{root.Public()},
		Keys: []keys.RosterKey{{Role: keys.RoleLog, VKey: log.VKey.String(), Nbf: now, SignUntil: now + year, Exp: now + 2*year}},
	})
	if err != nil {
		return nil, err
	}
	compact, err := keys.Sign(keys.KindRoster, payload, root)
	if err != nil {
		return nil, err
	}
	part := bytes.Split(compact, []byte("."))
	return fmt.Appendf(nil, `{"payload":"%s","signatures":[{"protected":"%s","signature":"%s"}]}`, part[1], part[0], part[2]), nil
}

// unwrapped keeps data keys as they are; wrapping happens once per trader, not per append.
type unwrapped struct{}

func (unwrapped) Seal(b []byte) ([]byte, error)       { return b, nil }
func (unwrapped) OpenSealed(b []byte) ([]byte, error) { return b, nil }

// newest is a projector: the newest event of each trader.
type newest struct{}

func (newest) Project(tx ledger.Projection, r ledger.Record) error {
	if r.Subject == "" {
		return nil
	}
	return tx.Set([]byte("newest/"+r.Subject), r.Payload)
}
