package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

// showFollowing says how the following of a peer goes.
func showFollowing(w io.Writer, f *registry.Following) {
	if f == nil {
		return
	}
	if f.State != registry.StateWaiting && f.State != registry.StateFollowing {
		fmt.Fprintf(w, "  following    %s\n", f.State)
	}
	if f.Failure != "" {
		fmt.Fprintf(w, "  failure      %s\n", f.Failure)
	}
	if f.Failures > 1 {
		fmt.Fprintf(w, "  failures     %d one after the other; last answer %s\n", f.Failures, at(f.LastContact))
	}
	if f.NextAttempt > 0 {
		fmt.Fprintf(w, "  next look    %s\n", instant(f.NextAttempt))
	}
	if f.RoundBytes > 0 {
		fmt.Fprintf(w, "  last look    %d bytes\n", f.RoundBytes)
	}
	if f.Expires > 0 {
		fmt.Fprintf(w, "  vouched for  until %s\n", instant(f.Expires))
	}
	for _, text := range f.Warnings {
		fmt.Fprintf(w, "  warning      %s\n", text)
	}
}

func at(when int64) string {
	if when == 0 {
		return "never"
	}
	return instant(when)
}

// peerStanding is when a peer was synchronised, after the state of following it
// where that is not as it should be.
func peerStanding(s *registry.PeerStatus) string {
	synced := "synchronised " + syncedAt(s)
	if f := s.Following; f != nil && f.State != registry.StateFollowing && f.State != registry.StateWaiting {
		return strings.ToUpper(f.State) + ", " + synced
	}
	return synced
}

func (a *app) peerThaw() *cobra.Command {
	r := registry.ThawPeer{}
	cmd := &cobra.Command{
		Use:   "thaw PEER",
		Short: "follow a peer again that was frozen",
		Long: `Follows a peer again that signed two histories of its log. It was frozen then: what was
known before stays, nothing new is believed, and verdicts about its holders cannot be
given. Thaw it when it has explained itself and shows again the history you hold; one
that still shows another is frozen again. The evidence stays where it is.`,
		Example: `  aeo peer thaw JP --by "M. Rangi" --second "P. Ngata" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Peer, r.DryRun = args[0], a.dryRun
			return changed(a, "follow "+args[0]+" again, which was frozen", "/peers/thaw", r, a.showPeer)
		},
	}
	byFlag(cmd, &r.By)
	secondFlag(cmd, &r.Second)
	return cmd
}
