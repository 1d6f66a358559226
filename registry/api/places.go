package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/registry"
)

// places bound what is done at once: in all, and by one caller, so that an applicant
// who opens hundreds of requests does not stand in an officer's way.
type places struct {
	all  chan struct{} // nil = no bound
	each int
	wait time.Duration // for one that is taken

	mu   sync.Mutex
	held map[string]int // by caller; guarded by mu
}

func newPlaces(all, each int, wait time.Duration) *places {
	p := &places{each: each, wait: wait, held: map[string]int{}}
	if all > 0 {
		p.all = make(chan struct{}, all)
	}
	return p
}

// enter takes a place; errCrowded where the caller has its share, or none was left in
// time. An empty caller is the machine's own user, who has no share.
func (p *places) enter(ctx context.Context, caller string) (leave func(), err error) {
	p.mu.Lock()
	if caller != "" && p.held[caller] >= p.each {
		p.mu.Unlock()
		return nil, errCrowded
	}
	p.held[caller]++
	p.mu.Unlock()
	own := func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.held[caller]--; p.held[caller] == 0 {
			delete(p.held, caller)
		}
	}
	if p.all == nil {
		return own, nil
	}
	both := func() {
		<-p.all
		own()
	}
	select {
	case p.all <- struct{}{}:
		return both, nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	select {
	case p.all <- struct{}{}:
		return both, nil
	case <-ctx.Done():
		own()
		return nil, errCrowded
	}
}

// shareOf is whose share of places a request takes: the account's, or that of the
// network of somebody who is not known yet.
func shareOf(c registry.Caller, r *http.Request, strict bool) string {
	if c.Account != "" || !strict {
		return c.Account
	}
	return networkOf(r.RemoteAddr).String()
}
