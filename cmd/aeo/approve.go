package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// awaitsSecond is the node's answer that a request waits for a second person.
type awaitsSecond struct{ approval authorisation.Approval }

func (e *awaitsSecond) Error() string { return e.approval.Case + " waits for a second person" }

func newApproveCmd(a *app) *cobra.Command {
	cmd := group("approve", "what waits for a second person")
	cmd.AddCommand(approvalListing().command(a, "list what waits for a second person"),
		showing(a, "show APPROVAL", "show what was asked for, as it would be carried out", "/approvals", a.showApproval),
		a.approveGive(), a.approveRefuse())
	return cmd
}

func approvalListing() listing[authorisation.Approval] {
	return listing[authorisation.Approval]{"/approvals", "aeo.approvals/1", "aeo.approval/1", func(p authorisation.Approval) [][]string {
		return [][]string{{p.Case, string(p.State), p.What, p.Operator, "by " + p.By, "until " + instant(p.ExpiresAt)}}
	}}
}

func (a *app) approveGive() *cobra.Command {
	r := registry.Approve{}
	cmd := &cobra.Command{
		Use: "give APPROVAL", Short: "agree to what another asked for: it is done, with both names",
		Example: "  aeo approve show NZ-APR-000001 -C nz\n  aeo approve give NZ-APR-000001 -C nz --yes", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Approval, r.DryRun = args[0], a.dryRun
			if r.SHA256 == "" { // what is agreed to is what there is to be looked at now
				var seen authorisation.Approval
				if err := a.fetch("/approvals/"+escape(args[0]), &seen); err != nil {
					return err
				}
				r.SHA256 = seen.SHA256
			}
			return changed(a, "agree to "+args[0], "/approvals/answer", r, a.showAnswered)
		},
	}
	cmd.Flags().StringVar(&r.SHA256, "sha256", "", "digest of the request that was looked at")
	return cmd
}

func (a *app) approveRefuse() *cobra.Command {
	r := registry.Approve{Refuse: true}
	cmd := acting(a, a.showAnswered, deed{use: "refuse APPROVAL", short: "refuse what another asked for, or take back one's own",
		what: "refuse", path: "/approvals/answer", request: &r, number: &r.Approval, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why")
	return cmd
}

func (a *app) showAnswered(r registry.Approved) error { return a.showApproval(r.Approval) }

func (a *app) showApproval(p authorisation.Approval) error {
	return a.reply("aeo.approval/1", p, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  %s\n", p.Case, p.State, p.What)
		fmt.Fprintf(w, "  asked by       %s, %s\n", plain(p.By), instant(p.At))
		if p.State.Open() {
			fmt.Fprintf(w, "  until          %s\n", instant(p.ExpiresAt))
		}
		if p.Second != "" {
			fmt.Fprintf(w, "  second         %s\n", plain(p.Second))
		}
		if p.Reason != "" {
			fmt.Fprintf(w, "  reason         %s\n", plain(p.Reason))
		}
		if p.Request != nil {
			for i, line := range requestLines(p.Request) {
				what := "request"
				if i > 0 {
					what = ""
				}
				fmt.Fprintf(w, "  %-14s %s\n", what, plain(line))
			}
		}
		fmt.Fprintf(w, "  sha256         %s\n", p.SHA256)
	})
}

// longest is how much of one member of a request a line shows.
const longest = 200

// requestLines are what a request says, a line for each member that says something.
func requestLines(request jsontext.Value) (lines []string) {
	var members map[string]jsontext.Value
	if err := jcs.UnmarshalOpen(request, &members); err != nil {
		return []string{string(request)}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := string(members[name])
		if value == `""` || value == "false" || value == "null" {
			continue
		}
		if len(value) > longest {
			value = fmt.Sprintf("%d bytes; --json shows them", len(value))
		} else if members[name].Kind() == '"' {
			_ = jcs.UnmarshalOpen(members[name], &value) // it is a string
		}
		if at, err := strconv.ParseInt(value, 10, 64); err == nil && at > 1e9 {
			value = instant(at) // nothing else in a request is so large
		}
		lines = append(lines, strings.ReplaceAll(name, "_", " ")+": "+value)
	}
	return lines
}
