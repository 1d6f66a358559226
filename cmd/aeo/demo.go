package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/cmd/aeo/demo/month"
	"github.com/spf13/cobra"
)

// newDemoCmd is `aeo demo`: the main job, for real, in one process.
func newDemoCmd(a *app) *cobra.Command {
	o := demo.Options{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "grant, federate, switch everything off, and verify offline: the main job with invented companies",
		Long: `Runs real nodes of New Zealand, Japan, Singapore, the United States, the EU and
its member Germany in this process on loopback, on a clock that starts five
months back and ends now. They grant status to invented companies, follow each
other, sign arrangements, suspend, revoke and annul. One firm's whole life is told, by
accounts at the German node: draft, silence that accepts, findings and a visit, grant,
reports, suspension, annulment by two officers, appeal, and what a court made of it.
Then every node is switched off and everything is verified offline with this very command.

With more than six nodes each is a process of its own, of up to twenty
administrations, and they live through a month: arrangements of two and of more
parties, suspensions, lines that are cut for days, a kill in the middle of work,
amendments and ends. Every step is a verb anybody can type.

What it leaves in --dir can be verified again: see report.json for the cases.`,
		Example: "  aeo demo\n  aeo demo --nodes 20 --keep --dir month",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Nodes < 2 || o.Nodes > month.All {
				return fail(exitUsage, fmt.Errorf("--nodes %d, want 2 to %d", o.Nodes, month.All))
			}
			o.Now, o.Run, o.Out = a.now, a.runQuietly, a.out
			if a.json {
				o.Out = io.Discard
			}
			tell := demo.Tell
			if o.Nodes >= month.Fewest {
				tell = a.tellMonth
			}
			r, err := tell(cmd.Context(), o)
			if errors.Is(err, demo.ErrDirectory) {
				return fail(exitConflict, err)
			}
			if errors.Is(err, month.ErrInterrupted) {
				return fail(exitCancelled, err)
			}
			if err != nil {
				return err
			}
			if a.json {
				if err := a.result(r, nil); err != nil {
					return err
				}
			} else if len(r.Failed()) == 0 && o.Nodes < month.Fewest {
				a.hint("%s", commandLine("aeo", "verify", o.Dir+"/credentials/southern-orchards.aeo", "--bundle", o.Dir+"/bundles/JP.aeobundle", "--anchor", o.Dir+"/anchors/JP.aeoanchor", "--no-state"))
			}
			if n := len(r.Failed()); n > 0 {
				return fail(exitInternal, fmt.Errorf("%d of %d cases did not come to what they must", n, len(r.Cases)))
			}
			if n := len(r.Untrue()); n > 0 {
				return fail(exitInternal, fmt.Errorf("%d of %d facts do not hold", n, len(r.Facts)))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Dir, "dir", ".demo", "where to leave what the demo makes; replaced when a demo made it")
	cmd.Flags().IntVar(&o.Nodes, "nodes", demo.AllNodes, "how many administrations; fewer than six leave out cases, by name, and more live through a month")
	cmd.Flags().BoolVar(&o.Keep, "keep", false, "keep what an earlier demo left in --dir: refuse instead of replacing it")
	return cmd
}

// tellMonth is the demo with a process for each node: this program's own.
func (a *app) tellMonth(ctx context.Context, o demo.Options) (*demo.Report, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return month.Tell(ctx, month.Options{Dir: o.Dir, Nodes: o.Nodes, Keep: o.Keep, Binary: binary, Out: o.Out,
		Run: func(now func() time.Time, args []string) (stdout, stderr []byte, exit int) {
			var out, errs bytes.Buffer
			exit = run(args, &app{in: bytes.NewReader(nil), out: &out, err: &errs, now: now, env: a.env})
			return out.Bytes(), errs.Bytes(), exit
		}})
}

// runQuietly runs a command line of this program in this process, as somebody
// else would run it afterwards, and returns its standard output.
func (a *app) runQuietly(args []string) (stdout []byte, exit int) {
	var out bytes.Buffer
	exit = run(args, &app{in: bytes.NewReader(nil), out: &out, err: io.Discard, now: a.now, env: a.env})
	return out.Bytes(), exit
}
