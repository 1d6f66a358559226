package api

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// A network may ask for so much effort at once, and for as much again after five seconds.
	shareBurst = 5000
	shareRate  = 1000 // a second

	// Bytes of answers made for one reader each and not yet taken by it.
	maxHeld        = 256 << 20
	maxHeldByOne   = maxHeld / 4
	maxNetworks    = 1 << 16
	shareRefilling = shareBurst / shareRate * time.Second
)

// shares keep one network from using up what is for all: the effort of making
// answers, and the memory of answers it is slow to take.
type shares struct {
	mu       sync.Mutex
	networks map[netip.Prefix]*share // guarded by mu
	held     int64                   // guarded by mu; sum of all
}

type share struct {
	left float64 // effort, as of at
	at   time.Time
	held int64 // bytes
}

func newShares() *shares { return &shares{networks: map[netip.Prefix]*share{}} }

// of is the share of a network, refilled; the caller holds mu.
func (s *shares) of(from netip.Prefix, now time.Time) *share {
	h := s.networks[from]
	if h == nil {
		if len(s.networks) >= maxNetworks {
			s.sweep(now)
		}
		h = &share{left: shareBurst, at: now}
		s.networks[from] = h
	}
	h.left = min(shareBurst, h.left+max(0, now.Sub(h.at).Seconds())*shareRate)
	h.at = now
	return h
}

// sweep forgets networks that have a whole share again. Should there be too many
// of others, all begin anew: what is held stays counted in the sum.
func (s *shares) sweep(now time.Time) {
	for from, h := range s.networks {
		if h.held == 0 && now.Sub(h.at) >= shareRefilling {
			delete(s.networks, from)
		}
	}
	if len(s.networks) >= maxNetworks {
		clear(s.networks)
	}
}

// spend takes effort out of a network's share; false where it has not so much left.
func (s *shares) spend(from netip.Prefix, effort int, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.of(from, now)
	if h.left < float64(effort) {
		return false
	}
	h.left -= float64(effort)
	return true
}

// hold counts bytes in until release; nil where there are too many.
func (s *shares) hold(from netip.Prefix, bytes int64, now time.Time) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.of(from, now)
	if s.held+bytes > maxHeld || h.held+bytes > maxHeldByOne {
		return nil
	}
	s.held += bytes
	h.held += bytes
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held -= bytes
		h.held -= bytes
	}
}
