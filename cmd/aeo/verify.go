package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation"
	"github.com/spf13/cobra"
)

func newVerifyCmd(a *app) *cobra.Command {
	var i inquiry
	cmd := &cobra.Command{
		Use:   "verify FILE | TEXT | -",
		Short: "judge a credential offline",
		Long: `Judges a credential file, a credential as text, or with - what standard input
holds, by a trust bundle and without a network. What begins with eyJ and has a
full stop in it is taken as text.

The exit code is 0 only where the verdict is recognised, or in_force with
--status-only; see "aeo help exit-codes" and "aeo help reasons".`,
		Example: `  aeo verify southern-orchards.aeo --bundle JP.aeobundle --anchor JP.aeoanchor
  aeo verify southern-orchards.aeo --bundle JP.aeobundle --role exporter --direction import
  aeo verify southern-orchards.aeo --bundle JP.aeobundle --at 2026-03-01 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.verify(args[0], &i) },
	}
	i.flags(cmd)
	cmd.Flags().StringVar(&i.level, "level", "", "proof demanded: status, or transparency for a receipt too (default status)")
	return cmd
}

func (a *app) verify(input string, i *inquiry) error {
	d, q, err := i.open(a)
	if err != nil {
		return err
	}
	file, err := a.readPresentation(input)
	if err != nil {
		return err
	}
	decision := d.verify(file, q)
	if err := d.remember(); err != nil {
		return err
	}
	if d.refusal != nil {
		decision = federation.Refuse(d.refusal, file, q)
	}
	return a.report(d, decision, file)
}

// report prints a decision and what it calls for.
func (a *app) report(d *desk, decision *federation.Decision, file []byte) error {
	if err := a.result(decision, func(w io.Writer) { a.present(w, decision) }); err != nil {
		return err
	}
	if decision.Reason == federation.LogMisbehaviour {
		d.keepEvidence(file)
	}
	for _, h := range d.hints(decision.Reason) {
		a.hint("%s", h)
	}
	return exitWith(decision.Reason.Exit())
}

// hints are what can be typed after a reason.
func (d *desk) hints(r federation.Reason) []string {
	switch r {
	case federation.BundleExpired, federation.BundleRolledBack, federation.BundleInvalid,
		federation.StatusStale, federation.StatusMissing, federation.IssuerKeyUnknown:
		if d.anchor != nil && d.anchor.Territory == d.territory {
			return []string{d.pull()}
		}
	case federation.LevelTooLow:
		return []string{d.app.again("--level", string(federation.LevelTransparency))}
	}
	return nil
}

// pull is the command line that gets the newest bundle in place of the one used.
func (d *desk) pull() string {
	words := []string{"aeo", "bundle", "pull", d.anchor.EntityID}
	if d.source.anchor != "" {
		words = append(words, "--anchor", d.source.anchor)
	}
	return commandLine(append(words, "--out", d.source.bundle)...)
}

// readPresentation is what was given to be verified, at most one byte more than a file may have.
func (a *app) readPresentation(input string) ([]byte, error) {
	switch {
	case input == "-":
		raw, err := io.ReadAll(io.LimitReader(a.in, credential.MaxFile+1))
		if err != nil {
			return nil, fail(exitFile, fmt.Errorf("read standard input: %w", err))
		}
		return raw, nil
	case strings.HasPrefix(input, "eyJ") && strings.Contains(input, "."):
		return bytes.TrimSpace([]byte(input)), nil
	}
	return readNamed(input, credential.MaxFile)
}
