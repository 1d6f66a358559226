package main

import (
	"runtime"
	"time"
)

// measureBundle opens a bundle of a hundred partners and asks for the first
// verdict about a holder of one of them, each time anew: 10 000 holders in all,
// then 100 000, a million, and two.
func measureBundle(b *bench) error {
	const partners = 100
	for _, holders := range []int{100, 1_000, 10_000, 20_000} {
		h, err := newHome(partners, holders)
		if err != nil {
			return err
		}
		if err := h.measure(b, holders); err != nil {
			return err
		}
	}
	return nil
}

// measure opens the bundle again and again and prints the median of each step.
// Memory is the file and all that both steps allocate, as if nothing of it were
// collected in between: more than that they cannot hold.
func (h *home) measure(b *bench, holders int) error {
	const rounds = 15
	var opens, firsts, taken []float64
	var before, after runtime.MemStats
	for i := range rounds {
		if err := b.Err(); err != nil {
			return err
		}
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		v, err := h.open()
		if err != nil {
			return err
		}
		open := time.Since(start)
		if err := verify(v, h.partners[i].sdjwt); err != nil {
			return err
		}
		first := time.Since(start) - open
		runtime.ReadMemStats(&after)
		opens, firsts = append(opens, open.Seconds()), append(firsts, first.Seconds())
		taken = append(taken, float64(after.TotalAlloc-before.TotalAlloc))
	}
	size := float64(len(h.bundle))
	b.figure("bundle", "%d partners of %d holders each, 1 in 50 listed, 1 in 20 suspended since, %.1f MiB: opened in %.1f ms, first verdict about a partner %.1f ms later, memory with the file at most %.1f MiB",
		len(h.partners), holders, size/(1<<20), 1e3*median(opens), 1e3*median(firsts), (size+median(taken))/(1<<20))
	return nil
}
