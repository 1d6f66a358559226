package main

import (
	"fmt"
	"time"
)

const (
	progressAfter = 500 * time.Millisecond // shorter work says nothing
	progressEvery = 10 * time.Second       // a line, where nobody watches
)

// progress tells on standard error how far work of a known size is, once it
// has taken half a second: on one line of a terminal, else a line every ten
// seconds. The function it returns is called with what is done so far; done
// with everything it clears its line.
func (a *app) progress(doing string, total int64) func(done int64) {
	start := a.now()
	next, shown := start.Add(progressAfter), false
	every := progressEvery
	if a.isTerminal {
		every = progressAfter
	} else {
		next = start.Add(progressEvery)
	}
	return func(done int64) {
		if a.quiet {
			return
		}
		if done >= total && shown && a.isTerminal {
			fmt.Fprint(a.err, "\r\x1b[K")
			return
		}
		now := a.now()
		if now.Before(next) || done == 0 {
			return
		}
		next, shown = now.Add(every), true
		line := progressLine(doing, done, total, now.Sub(start))
		if a.isTerminal {
			fmt.Fprintf(a.err, "\raeo: %s\x1b[K", line)
			return
		}
		a.note("%s", line)
	}
}

func progressLine(doing string, done, total int64, spent time.Duration) string {
	rate := float64(done) / spent.Seconds()
	left := time.Duration(float64(total-done) / rate * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s %d of %d, %.0f a second, %s left", doing, done, total, rate, left)
}
