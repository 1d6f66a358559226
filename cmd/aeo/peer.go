package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/spf13/cobra"
)

func newPeerCmd(a *app) *cobra.Command {
	cmd := group("peer", "other administrations this node follows")
	cmd.AddCommand(a.peerAdd(), a.peerSync(), showing(a, "show PEER", "show a peer, by territory, host or entity id", "/peers", a.showPeer),
		peerListing().command(a, "list all peers"), a.peerThaw(), a.peerRemove())
	return cmd
}

func (a *app) peerAdd() *cobra.Command {
	var dial, cas []string
	var by string
	cmd := &cobra.Command{
		Use:   "add ANCHOR",
		Short: "follow an administration, pinned by its anchor",
		Long: `Follows an administration. Trust comes from the anchor alone, which must have come by
a way you trust: compare its words with the gazette. --dial and --tls-ca only say how
to reach it; added again, a peer is reached as the command says then.`,
		Example: `  aeo peer add jp/anchor.aeoanchor --dial 127.0.0.1:8444 --tls-ca jp/tls/ca.pem --by "M. Rangi" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := readNamed(args[0], 16<<10)
			if err != nil {
				return err
			}
			anchor, err := bundle.ParseAnchor(raw)
			if err != nil {
				return fail(exitUsage, fmt.Errorf("%s: %w", args[0], err))
			}
			r := registry.AddPeer{Anchor: raw, Dial: map[string]string{}, By: by, DryRun: a.dryRun}
			for _, d := range dial {
				host, addr, named := strings.Cut(d, "=")
				if !named {
					host, addr = trust.Host(anchor.EntityID), d
				}
				r.Dial[host] = addr
			}
			for _, name := range cas {
				pem, _, err := readCA(name)
				if err != nil {
					return err
				}
				r.CA += string(pem)
			}
			a.note("the anchor of %s reads, to compare with the gazette: %s", anchor.EntityID, anchor.Words())
			return changed(a, "follow "+anchor.EntityID+" for "+anchor.Territory, "/peers", r, a.showPeer)
		},
	}
	cmd.Flags().StringArrayVar(&dial, "dial", nil, "address of its listener HOST:PORT, or NAME=HOST:PORT for a member; repeatable (default: resolve the name)")
	cmd.Flags().StringArrayVar(&cas, "tls-ca", nil, "file with the certificate authority of its listener; repeatable")
	byFlag(cmd, &by)
	return cmd
}

func (a *app) peerSync() *cobra.Command {
	return &cobra.Command{
		Use:   "sync [PEER]",
		Short: "fetch, verify and take over what peers published",
		Long: `Follows one peer, or all of them. One that fails does not keep the others from being
followed; what it published before stays known, and its error gives the exit code.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.node()
			if err != nil {
				return err
			}
			names, err := peerNames(c, args)
			if err != nil {
				return err
			}
			if a.dryRun {
				return a.wouldDo("follow %s", strings.Join(names, ", "))
			}
			list, failed := a.syncAll(c, names)
			if len(list.Items) == 0 && failed != nil {
				return failed
			}
			return errors.Join(peerListing().reply(a, list), failed)
		},
	}
}

// peerNames are the peers that were named, or all.
func peerNames(c *client, named []string) ([]string, error) {
	if len(named) > 0 {
		return named, nil
	}
	var list api.List[*registry.PeerStatus]
	if err := c.get("/peers", &list); err != nil {
		return nil, err
	}
	for _, p := range list.Items {
		named = append(named, p.EntityID)
	}
	return named, nil
}

// syncAll follows every peer named. Of several errors the gravest is returned,
// the others are warnings.
func (a *app) syncAll(c *client, names []string) (list api.List[*registry.PeerStatus], gravest error) {
	list.Items = []*registry.PeerStatus{}
	for _, name := range names {
		var s registry.PeerStatus
		err := c.post("/peers/sync", peerRequest{Peer: name}, &s)
		switch {
		case err == nil:
			list.Items = append(list.Items, &s)
			continue
		case gravest == nil:
			gravest = err
			continue
		case codeOf(err) == exitMisbehaviour && codeOf(gravest) != exitMisbehaviour:
			gravest, err = err, gravest
		}
		a.warn("%v", err)
	}
	return list, gravest
}

func (a *app) showPeer(s *registry.PeerStatus) error {
	return a.reply("aeo.peer/1", s, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s, %s\n", s.Territory, s.EntityID, s.Relation)
		fmt.Fprintf(w, "  fingerprint  %s\n", s.Words)
		fmt.Fprintf(w, "  synchronised %s\n", syncedAt(s))
		showFollowing(w, s.Following)
		if s.LogSize > 0 {
			fmt.Fprintf(w, "  log          %d leaves, %d credentials, %d status lists\n", s.LogSize, s.Credentials, s.Lists)
		}
		for _, m := range s.Members {
			fmt.Fprintf(w, "  member       %s\n", m)
		}
		printNotices(w, s.Notices)
		for _, c := range s.Cosigns {
			fmt.Fprintf(w, "  %-12s %s\n", c.Role, cosigns(c))
		}
	})
}

func syncedAt(s *registry.PeerStatus) string {
	if s.SyncedAt == 0 {
		return "never"
	}
	return instant(s.SyncedAt)
}

func peerListing() listing[*registry.PeerStatus] {
	return listing[*registry.PeerStatus]{"/peers", "aeo.peers/1", "aeo.peer/1", func(s *registry.PeerStatus) [][]string {
		return [][]string{{s.Territory, s.Relation, s.EntityID, peerStanding(s), fmt.Sprintf("%d leaves", s.LogSize)}}
	}}
}

func (a *app) peerRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove PEER", Short: "stop following a peer and forget its mirror", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			what := "stop following " + args[0] + "; what it vouched for can no longer be verified"
			return changed(a, what, "/peers/remove", peerRequest{args[0], a.dryRun}, a.showPeer)
		},
	}
}

// peerRequest is the body of POST /api/v1/peers/sync and /peers/remove.
type peerRequest struct {
	Peer   string `json:"peer"`
	DryRun bool   `json:"dry_run,omitzero"`
}
