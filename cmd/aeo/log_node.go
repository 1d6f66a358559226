package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/spf13/cobra"
)

func newLogNodeCmds(a *app) []*cobra.Command {
	return []*cobra.Command{a.logHead(), a.logEntries(), a.logProve()}
}

func (a *app) logHead() *cobra.Command {
	return &cobra.Command{
		Use: "head", Short: "show the newest signed checkpoint", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var h registry.LogHead
			if err := a.fetch("/log/head", &h); err != nil {
				return err
			}
			return a.reply("aeo.log-head/1", h, func(w io.Writer) {
				fmt.Fprintf(w, "%s\n", h.Checkpoint)
				fmt.Fprintf(w, "committed %d leaves, published %d\n", h.Size, h.PublishedSize)
				printCosigners(w, h.Cosigners, h.PublishedSize)
			})
		},
	}
}

func (a *app) logEntries() *cobra.Command {
	var from, to int64
	cmd := &cobra.Command{
		Use: "entries", Short: "show leaves of the log", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var list api.List[registry.LogEntry]
			if err := a.fetch(fmt.Sprintf("/log/entries?from=%d&to=%d", from, to), &list); err != nil {
				return err
			}
			return a.reply("aeo.log-entries/1", list, func(w io.Writer) {
				for _, e := range list.Items {
					fmt.Fprintf(w, "%d  %s\n", e.Index, e.Leaf)
				}
			})
		},
	}
	cmd.Flags().Int64Var(&from, "from", 0, "first leaf")
	cmd.Flags().Int64Var(&to, "to", -1, "leaf to stop before (default: the end; at most 1000 at once)")
	return cmd
}

func (a *app) logProve() *cobra.Command {
	return &cobra.Command{
		Use: "prove INDEX", Short: "prove a leaf in the published log", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			index, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || index < 0 {
				return fail(exitUsage, errors.New("INDEX is the number of a leaf"))
			}
			var p registry.LogProof
			if err := a.fetch(fmt.Sprintf("/log/proof?index=%d", index), &p); err != nil {
				return err
			}
			return a.reply("aeo.log-proof/1", p, func(w io.Writer) {
				fmt.Fprintf(w, "leaf %d  %s\n", p.Index, p.Leaf)
				for _, h := range p.Proof {
					fmt.Fprintf(w, "%s\n", h)
				}
				fmt.Fprintf(w, "\n%s", p.Checkpoint)
			})
		},
	}
}
