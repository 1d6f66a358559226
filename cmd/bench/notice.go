package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
)

const (
	noticePartners = 20 // as many as there are programmes for, at most
	noticeRounds   = 20
	noticeWait     = 30 * time.Second
)

// A station is a node that is served in this process over loopback, as `aeo
// serve` serves it; it polls nobody within the measure.
type station struct {
	*registry.Node
	dir  string
	addr string
	stop context.CancelFunc
	done chan error
}

// measureNotice is the time from the call that suspends to the verdict abroad:
// until a bundle that a partner built holds the suspension. Every round all
// partners are told at once; all nodes share this machine's cores and disk.
func measureNotice(b *bench) (err error) {
	territories := slices.DeleteFunc(programme.Territories(), func(t string) bool { return t == "NZ" })
	territories = territories[:min(noticePartners, len(territories))]
	home, err := b.station("NZ")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.close()) }()
	var partners []*station
	for _, t := range territories {
		s, err := b.station(t)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		defer func() { err = errors.Join(err, s.close()) }()
		if err := errors.Join(home.follow(b, s), s.follow(b, home)); err != nil {
			return err
		}
		partners = append(partners, s)
	}
	file, number, err := home.holder(b)
	if err != nil {
		return err
	}
	if err := home.SyncPeers(b); err != nil {
		return err
	}
	for _, p := range partners {
		if err := p.SyncPeers(b); err != nil {
			return err
		}
	}
	return b.timeNotices(home, partners, file, number)
}

func (b *bench) timeNotices(home *station, partners []*station, file []byte, number string) error {
	took, slowest := &latencies{}, &latencies{}
	m := registry.Measure{Authorisation: number, Grounds: authorisation.Grounds{Reason: "audit", Basis: "bench"}, Heard: authorisation.Heard{Without: "bench"}, By: "Decider", Second: "Second"}
	for round := range noticeRounds {
		act, want := home.Suspend, federation.StatusSuspended
		if round%2 == 1 {
			act, want = home.Reinstate, federation.OK
		}
		start := time.Now()
		if _, err := act(b, m); err != nil {
			return err
		}
		var seen sync.WaitGroup
		failed := make(chan error, len(partners))
		for _, p := range partners {
			seen.Go(func() {
				if err := p.awaits(b, file, want); err != nil {
					failed <- err
					return
				}
				took.add(time.Since(start))
			})
		}
		seen.Wait()
		select {
		case err := <-failed:
			return err
		default:
		}
		slowest.add(time.Since(start))
	}
	b.figure("notice_to_verdict", "%.0f ms median from the call that suspends to a partner's bundle that says so, %d partners told at once over loopback, most %.0f ms; the last of all %.0f ms median (%d rounds, no poll)",
		ms(took.quantile(0.5)), len(partners), ms(took.quantile(1)), ms(slowest.quantile(0.5)), noticeRounds)
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// awaits returns when the node's own bundle gives the verdict.
func (s *station) awaits(ctx context.Context, file []byte, want federation.Reason) error {
	anchor, err := s.Anchor()
	if err != nil {
		return err
	}
	var last int64
	for end := time.Now().Add(noticeWait); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		raw, manifest, err := s.Bundle()
		if err != nil {
			return err
		}
		if manifest.Seq == last {
			continue
		}
		last = manifest.Seq
		now := time.Now().Unix()
		v, _, err := federation.Open(raw, anchor, nil, now, 0)
		if err != nil {
			return err
		}
		if v.Verify(file, federation.Question{Now: now, StatusOnly: true}).Reason == want {
			return ctx.Err()
		}
	}
	return fmt.Errorf("%s gives no verdict %v after %v", s.Config().Territory, want, noticeWait)
}

func (b *bench) station(territory string) (*station, error) {
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
	o := registry.Options{Dir: filepath.Join(dir, "node"), Unlock: unlock, ListSize: statuslist.MinSize, Poll: time.Hour}
	if err := registry.Create(o, territory, "", "https://aeo."+strings.ToLower(territory)+".example"); err != nil {
		return nil, err
	}
	n, err := registry.Open(b, o)
	if err != nil {
		return nil, err
	}
	public, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	local, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		return nil, err
	}
	tls, err := n.TLS()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(b)
	s := &station{Node: n, dir: o.Dir, addr: public.Addr().String(), stop: stop, done: make(chan error, 1)}
	go func() {
		s.done <- api.Serve(ctx, n, api.Listeners{Public: public, TLS: tls, Local: local, Log: slog.New(slog.DiscardHandler)})
	}()
	return s, nil
}

func (s *station) close() error {
	s.stop()
	return errors.Join(<-s.done, s.Close())
}

func (s *station) follow(ctx context.Context, other *station) error {
	anchor, err := other.Anchor()
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(filepath.Join(other.dir, "tls", "ca.pem"))
	if err != nil {
		return err
	}
	_, err = s.AddPeer(ctx, registry.AddPeer{Anchor: anchor.Marshal(), By: "Desk", CA: string(ca),
		Dial: map[string]string{other.Config().Host(): other.addr}})
	return err
}

// holder is a trader with a status, its credential and the number of its authorisation.
func (s *station) holder(ctx context.Context) (file []byte, number string, err error) {
	o := &office{Node: s.Node}
	applications, err := o.examine(ctx, 0, 1)
	if err != nil {
		return nil, "", err
	}
	if err := o.grant(ctx, applications[0]); err != nil {
		return nil, "", err
	}
	a, err := s.Application(applications[0])
	if err != nil {
		return nil, "", err
	}
	for end := time.Now().Add(noticeWait); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		file, err = s.ExportCredential(registry.ExportCredential{Authorisation: a.Authorisation})
		if err == nil {
			return file, a.Authorisation, nil
		}
	}
	return nil, "", err
}
