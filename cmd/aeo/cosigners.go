package main

import (
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/registry"
)

// printCosigners says who vouches for the published head, and who could.
func printCosigners(w io.Writer, all []registry.CosignerStatus, published int64) {
	for _, c := range all {
		mark := " "
		if c.At > 0 && c.Size == published {
			mark = "✓"
		}
		fmt.Fprintf(w, "%s %s  %s\n", mark, plain(c.Name), cosigns(c))
	}
}

// cosigns is what a cosigner last said of our log.
func cosigns(c registry.CosignerStatus) string {
	if c.At == 0 {
		return "has not cosigned our log since this node started"
	}
	return fmt.Sprintf("cosigned %d of our leaves at %s", c.Size, instant(c.At))
}

// cosignWarning is how old the newest cosignature may be: two heartbeats were missed.
const cosignWarning = 3 * hour

// sayCosigned says whether others vouch for the log as it is published.
func (h *health) sayCosigned(s *registry.NodeStatus, peers []*registry.PeerStatus) {
	could, did := 0, map[string]bool{}
	var newest, current int64
	for _, p := range peers {
		if len(p.Cosigns) > 0 {
			could++
		}
		for _, c := range p.Cosigns {
			newest = max(newest, c.At)
			if c.Size == s.PublishedSize && c.At > 0 {
				did[p.EntityID], current = true, max(current, c.At)
			}
		}
	}
	switch {
	case could == 0:
		return // nobody is followed yet
	case newest == 0:
		h.look("log", "aeo log head", "nobody has cosigned the log since this node started; partners that do not follow us do not")
	case s.Now-newest > cosignWarning:
		h.act("log", "aeo log head", "the log was last cosigned %s: at level transparency verdicts here are cannot_tell, and abroad statuses grow old", ago(s.Now-newest))
	case len(did) == 0:
		h.look("log", "aeo log head", "the newest head is not cosigned yet; one before it was %s", ago(s.Now-newest))
	default:
		h.ok("log", "cosigned by %d of %d partners, last %s", len(did), could, ago(s.Now-current))
	}
}
