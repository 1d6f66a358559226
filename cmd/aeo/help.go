package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation"
	"github.com/spf13/cobra"
)

// A topic is something `aeo help` explains that is no command.
type topic struct {
	name, short string
	print       func(a *app) error
}

func topics() []topic {
	return []topic{
		{"output", "what goes where, and the JSON of results", (*app).helpOutput},
		{"exit-codes", "what the exit code says", (*app).helpExitCodes},
		{"reasons", "every verdict and its reasons, and every caveat", (*app).helpReasons},
		{"verdicts", "the same", (*app).helpReasons},
	}
}

func newHelpCmd(a *app) *cobra.Command {
	long := &strings.Builder{}
	long.WriteString("Explains a command or one of these topics:\n\n")
	for _, t := range topics() {
		fmt.Fprintf(long, "  %-12s %s\n", t.name, t.short)
	}
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "explain a command or a topic: output, exit-codes, reasons",
		Long:  long.String(),
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				for _, t := range topics() {
					if t.name == args[0] {
						return t.print(a)
					}
				}
			}
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return fail(exitUsage, fmt.Errorf("no help about %.60q", strings.Join(args, " ")), "aeo help help")
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

func (a *app) helpExitCodes() error {
	v := struct {
		Schema string     `json:"schema"`
		Codes  []exitCode `json:"codes"`
	}{"aeo.exit-codes/1", exitCodes}
	return a.result(v, func(w io.Writer) {
		for _, c := range exitCodes {
			fmt.Fprintf(w, "%3d  %-16s  %s\n", c.Code, c.Name, c.Meaning)
		}
		fmt.Fprintln(w, "\nBatches exit with the gravest: 25, 22, 20, 21, 26, 23, 24, 27, 4; --exit-zero opts out.")
	})
}

// A reasonResult is one row of aeo.reasons/1.
type reasonResult struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Exit    int    `json:"exit"`
	Text    string `json:"text"`
}

func (a *app) helpReasons() error {
	v := struct {
		Schema  string              `json:"schema"`
		Reasons []reasonResult      `json:"reasons"`
		Caveats []federation.Caveat `json:"caveats"`
	}{Schema: "aeo.reasons/1", Caveats: federation.Caveats()}
	for _, verdict := range federation.Verdicts() {
		for _, r := range federation.Reasons() {
			if r.Verdict() == verdict {
				v.Reasons = append(v.Reasons, reasonResult{verdict.String(), r.String(), r.Exit(), r.Text()})
			}
		}
	}
	return a.result(v, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, r := range v.Reasons {
			fmt.Fprintf(t, "%s\t%s\t%d\t%s\n", r.Verdict, r.Reason, r.Exit, r.Text)
		}
		t.Flush()
		fmt.Fprint(w, "\nCaveats, which never decide:\n\n")
		for _, c := range v.Caveats {
			fmt.Fprintf(t, "%s\t%s\n", c.Code, c.Text)
		}
		t.Flush()
	})
}
