package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// run runs one command line and returns the exit code.
func run(args []string, a *app) (code int) {
	defer func() {
		if p := recover(); p != nil { // Go's own exit code for it is 2, which says "usage" here
			fmt.Fprintf(a.err, "%s\n", debug.Stack())
			code = a.error(fmt.Errorf("internal error: %v", p))
		}
	}()
	a.args = args
	a.json = slices.Contains(args, "--json") // also where flags are not read as far as that
	root := newRoot(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteC()
	if waits := (*awaitsSecond)(nil); errors.As(err, &waits) {
		a.note("this takes two people: another agrees with aeo approve give %s", waits.approval.Case)
		err = a.showApproval(waits.approval)
	}
	err = advised(cmd, err)
	if err != nil && !a.started { // of what cobra finds before a verb runs, nothing has a type
		err = fail(exitUsage, fmt.Errorf("%s: %w", cmd.CommandPath(), err), cmd.CommandPath()+" --help")
	}
	if err != nil {
		return a.error(err)
	}
	return exitOK
}

// newRoot builds the whole tree of commands.
func newRoot(a *app) *cobra.Command {
	root := group("aeo", "grant, recognise and verify Authorized Economic Operator status")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	flags := root.PersistentFlags()
	flags.StringVarP(&a.dir, "dir", "C", "", "the node's directory (default $AEO_HOME)")
	flags.StringVar(&a.nodeURL, "node", "", "a node on the network, https://HOST[:PORT] of its inside listener, instead of a directory")
	flags.StringVar(&a.nodeDial, "node-dial", "", "address HOST:PORT to connect to for --node, whatever its name resolves to")
	flags.StringVar(&a.tlsCA, "node-ca", "", "certificate authorities that --node is held to (default the machine's)")
	flags.BoolVar(&a.json, "json", a.json, "print the result as one JSON object")
	flags.BoolVar(&a.yes, "yes", false, "do not ask before changing something")
	flags.BoolVar(&a.dryRun, "dry-run", false, "say what would be done, and change nothing")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "say nothing but results, warnings and errors")

	bundle := group("bundle", "trust bundles: what a verifier needs, in one file")
	log := group("log", "the transparency log")
	root.AddCommand(newVerifyCmd(a), newCheckCmd(a), newExchangeCmd(a), newDemoCmd(a), newVersionCmd(a), newInitCmd(a), newServeCmd(a), newDoctorCmd(a), newBackupCmd(a), newRestoreCmd(a),
		newLoginCmd(a), newLogoutCmd(a), newWhoamiCmd(a), newUserCmd(a), newApproveCmd(a), newQueueCmd(a), newOperatorCmd(a), newApplicationCmd(a), newAuthorisationCmd(a), newCredentialCmd(a), newProgrammeCmd(a), newMRACmd(a), newPeerCmd(a), newKeyCmd(a), bundle, log)
	bundle.AddCommand(append(newBundleOfflineCmds(a), newBundleNodeCmds(a)...)...)
	log.AddCommand(append(newLogNodeCmds(a), newLogAuditCmd(a), newLogRebuildCmd(a), newLogExportCmd(a), newLogRecoverCmd(a), newLogEvidenceCmd(a), newLogVerifyEvidenceCmd(a))...)

	help := newHelpCmd(a)
	root.SetHelpCommand(help)
	showExamples(root)
	a.noteStart(help)
	a.noteStart(root)
	return root
}

// nodeDir is the directory of the node that was named.
func (a *app) nodeDir() (string, error) {
	if a.dir != "" {
		return a.dir, nil
	}
	if dir := a.env("AEO_HOME"); dir != "" {
		return dir, nil
	}
	return "", fail(exitUsage, errors.New("no node named: use -C DIR or set AEO_HOME"))
}

// group is a noun: it does nothing without a verb.
func group(name, short string) *cobra.Command {
	return &cobra.Command{
		Use:                        name,
		Short:                      short,
		Args:                       cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			help := cmd.CommandPath() + " --help"
			if len(args) == 0 {
				if !cmd.HasParent() {
					return cmd.Help()
				}
				return fail(exitUsage, fmt.Errorf("%s wants a verb: %s", cmd.CommandPath(), strings.Join(verbs(cmd), ", ")), help)
			}
			hints := []string{help}
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hints = []string{cmd.CommandPath() + " " + near[0] + " --help", help}
			}
			return fail(exitUsage, fmt.Errorf("%s has no command %.40q", cmd.CommandPath(), args[0]), hints...)
		},
	}
}

func verbs(cmd *cobra.Command) []string {
	var out []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			out = append(out, c.Name())
		}
	}
	return out
}

// emptyList is a flag that was given an empty list.
func emptyList(cmd *cobra.Command) (name string) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok && len(list.GetSlice()) == 0 {
			name = f.Name
		}
	})
	return name
}

// noteStart lets every verb note that it runs: the command line was understood.
// Nothing is called "", which a variable of a script that is not set gives, and
// an empty list would mean all there is.
func (a *app) noteStart(cmd *cobra.Command) {
	if verb := cmd.RunE; verb != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if i := slices.Index(args, ""); i >= 0 {
				return fmt.Errorf("argument %d is empty", i+1)
			}
			if name := emptyList(cmd); name != "" {
				return fmt.Errorf("--%s is empty", name)
			}
			if by := cmd.Flags().Lookup("by"); by != nil && by.Annotations[actsByName] != nil && by.Value.String() == "" {
				if token, err := a.token(); err != nil || token == "" {
					return errors.Join(errors.New(`required flag(s) "by" not set, and nobody is logged in`), err)
				}
			}
			a.started = true
			return verb(cmd, args)
		}
	}
	for _, c := range cmd.Commands() {
		a.noteStart(c)
	}
}
