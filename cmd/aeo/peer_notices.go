package main

import (
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/registry"
)

// printNotices says how prompt a peer is: what it was told, what it says it knows.
func printNotices(w io.Writer, n *registry.Notices) {
	if n == nil {
		return
	}
	if n.Sent > 0 {
		answer := "no answer yet"
		switch {
		case n.Received > 0:
			answer = "received " + instant(n.Received)
		case n.Fault != "":
			answer = "not received: " + plain(n.Fault)
		}
		fmt.Fprintf(w, "  told         of our %d leaves at %s; %s\n", n.Size, instant(n.Sent), answer)
	}
	if n.Known > 0 {
		lag := ""
		if n.KnownSize >= n.Size && n.Sent > 0 {
			lag = fmt.Sprintf("; %d s after what it was told of was recorded", n.Lag)
		}
		fmt.Fprintf(w, "  knows        %d of our leaves since %s%s\n", n.KnownSize, instant(n.Known), lag)
	}
	if n.Outstanding > 0 {
		fmt.Fprintf(w, "  not known    %d leaves that it was told of\n", n.Outstanding)
	}
	if n.Failed > 0 {
		fmt.Fprintf(w, "  unanswered   messages since this node started: %d\n", n.Failed)
	}
}
