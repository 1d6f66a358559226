package api

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNoNetworkHasMoreThanItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, now := newShares(), time.Unix(1_767_225_600, 0)
		began, spent := now, map[netip.Prefix]int{}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			from := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(rapid.IntRange(0, 2).Draw(t, "network")), 0}), 24)
			effort := rapid.SampledFrom([]int{1, 10, 500}).Draw(t, "effort")
			now = now.Add(time.Duration(rapid.IntRange(-5, 200).Draw(t, "ms")) * time.Millisecond)
			if s.spend(from, effort, now) {
				spent[from] += effort
			} else if spent[from]+effort <= shareBurst {
				t.Fatalf("%v was refused %d after %d", from, effort, spent[from])
			}
			// A clock that steps back and on again may give a little twice.
			if most := shareBurst + shareRate*(now.Sub(began).Seconds()+1); float64(spent[from]) > most {
				t.Fatalf("%v had %d, more than %.0f", from, spent[from], most)
			}
		}
	})
}

func TestHeldBytesAreBounded(t *testing.T) {
	s, now := newShares(), time.Now()
	one := netip.MustParsePrefix("192.0.2.0/24")
	first := s.hold(one, maxHeldByOne-1, now)
	if first == nil || s.hold(one, 2, now) != nil {
		t.Error("one network holds more than its part")
	}
	for i := range 3 {
		if s.hold(netip.MustParsePrefix(fmt.Sprintf("10.0.%d.0/24", i)), maxHeldByOne, now) == nil {
			t.Errorf("network %d was refused", i)
		}
	}
	if s.hold(netip.MustParsePrefix("10.1.0.0/24"), 2, now) != nil {
		t.Error("more is held than all may")
	}
	first()
	if s.hold(one, maxHeldByOne, now) == nil {
		t.Error("what was released is still held")
	}
}

func TestNetworksAreForgotten(t *testing.T) {
	s, now := newShares(), time.Now()
	spend := func(n int) {
		for i := range n {
			s.spend(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), byte(i >> 16)}), 32), 1, now)
		}
	}
	spend(maxNetworks + 10)
	if len(s.networks) > maxNetworks {
		t.Errorf("%d networks at once", len(s.networks))
	}
	spend(maxNetworks)
	held := netip.MustParsePrefix("192.0.2.0/24")
	now = now.Add(shareRefilling)
	s.hold(held, 1, now)
	now = now.Add(shareRefilling)
	s.mu.Lock()
	s.sweep(now)
	s.mu.Unlock()
	if len(s.networks) != 1 || s.networks[held] == nil {
		t.Errorf("%d networks left, of which one holds something", len(s.networks))
	}
}
