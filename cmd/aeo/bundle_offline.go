package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/spf13/cobra"
)

// newBundleOfflineCmds are the verbs about a bundle that need no node.
func newBundleOfflineCmds(a *app) []*cobra.Command {
	return []*cobra.Command{newBundleInspectCmd(a), newBundleVerifyCmd(a), newBundleDiffCmd(a)}
}

// A bundleResult is aeo.bundle/1.
type bundleResult struct {
	Schema          string           `json:"schema"`
	Verified        bool             `json:"verified"` // false: the file only says so
	SHA256          string           `json:"sha256"`   // of manifest.jwt
	Manifest        *bundle.Manifest `json:"manifest"`
	Members         int              `json:"members,omitzero"`
	Arrangements    []string         `json:"arrangements,omitzero"` // ids
	Administrations []administration `json:"administrations,omitzero"`
}

// An administration is one issuer of a verified bundle.
type administration struct {
	Territory string `json:"territory"`
	Authority string `json:"authority"`
	EntityID  string `json:"entity_id"`
	Relation  string `json:"relation"`
	LogSize   int64  `json:"log_size"`
	LogTime   int64  `json:"log_time"`
	From      int64  `json:"history_from,omitzero"`
	Lists     int    `json:"lists,omitzero"`
	Listed    int    `json:"listed,omitzero"`  // entries of its directory
	Problem   string `json:"problem,omitzero"` // why its credentials cannot be judged
}

func newBundleInspectCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect BUNDLE",
		Short: "show what a bundle says it is, without believing it",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := readNamed(args[0], bundle.MaxBundle)
			if err != nil {
				return err
			}
			m, digest, err := bundle.PeekManifest(raw)
			if err != nil {
				return fmt.Errorf("read %s: %w", args[0], err)
			}
			a.warn("nothing of this is verified; see aeo bundle verify --help")
			v := bundleResult{Schema: "aeo.bundle/1", SHA256: digest, Manifest: m}
			for i := range m.Issuers {
				v.Administrations = append(v.Administrations, said(&m.Issuers[i]))
			}
			return a.result(v, v.print)
		},
	}
}

// said is what a manifest says of an administration.
func said(i *bundle.Issuer) administration {
	return administration{
		Territory: i.Territory, Authority: i.Authority, EntityID: i.EntityID, Relation: i.Relation,
		LogSize: i.Log.Size, LogTime: i.Log.Time,
	}
}

func newBundleVerifyCmd(a *app) *cobra.Command {
	var s source
	cmd := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "check a bundle with all its members against an anchor",
		Long: `Checks a bundle with all its members: that the administration of the anchor
signed it, that it is not older than one seen before, and for each
administration in it that its identity, its log and its lists hold.

Exits with 24 where the bundle does not hold, 23 where only an administration in
it does not, 25 where a log contradicts itself.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s.bundle = args[0]
			return a.verifyBundle(&s)
		},
	}
	s.flags(cmd)
	return cmd
}

func (a *app) verifyBundle(s *source) error {
	d, err := a.open(s)
	if err != nil {
		return err
	}
	if err := d.remember(); err != nil {
		return err
	}
	if d.refusal != nil {
		if errors.Is(d.refusal, bundle.ErrSplitView) {
			d.keepEvidence(nil)
		}
		return d.refusal
	}
	if _, err := d.verifier.Bundle().Register(); err != nil {
		return fmt.Errorf("read arrangements: %w", err)
	}
	v, code := inspect(d.verifier.Bundle())
	if m := v.Manifest; d.now > m.Exp {
		a.warn("it expired at %s: nothing can be judged by it but questions about the past", instant(m.Exp))
	} else if d.now > m.RefreshBy {
		a.warn("it should have been refreshed by %s", instant(m.RefreshBy))
	}
	if code == exitMisbehaviour {
		d.keepEvidence(nil)
	}
	if err := a.result(v, v.print); err != nil {
		return err
	}
	return exitWith(code)
}

// inspect opens everything in an opened bundle, and says with which code to exit.
func inspect(b *bundle.Bundle) (bundleResult, int) {
	v := bundleResult{
		Schema: "aeo.bundle/1", Verified: true, SHA256: b.SHA256(), Manifest: b.Manifest(),
		Members: len(b.Paths()), Arrangements: arrangements(b),
	}
	code := exitOK
	for i := range v.Manifest.Issuers {
		entry := said(&v.Manifest.Issuers[i])
		opened, err := b.Administration(entry.EntityID)
		if err != nil {
			entry.Problem = plain(err.Error())
			code = graver(code, administrationCode(err))
		} else {
			entry.From, entry.Lists = opened.Timeline.From(), len(opened.State.Lists)
			if opened.Directory != nil {
				entry.Listed = len(opened.Directory.Entries)
			}
		}
		v.Administrations = append(v.Administrations, entry)
	}
	return v, code
}

func administrationCode(err error) int {
	switch {
	case errors.Is(err, transparency.ErrFaulty):
		return exitMisbehaviour
	case errors.Is(err, bundle.ErrInvalid):
		return exitCannotTell
	}
	return exitIssuer
}

// graver is the one of two codes that a bundle is to be reported with.
func graver(a, b int) int {
	order := []int{exitMisbehaviour, exitCannotTell, exitIssuer}
	for _, code := range order {
		if a == code || b == code {
			return code
		}
	}
	return exitOK
}

// arrangements are the ids of the arrangements a bundle carries.
func arrangements(b *bundle.Bundle) []string {
	register, err := b.Register()
	if err != nil { // which verifyBundle has asked for
		return nil
	}
	var ids []string
	for _, annex := range register.Documents() {
		if !slices.Contains(ids, annex.ID) {
			ids = append(ids, annex.ID)
		}
	}
	return ids
}

func (v bundleResult) print(w io.Writer) {
	m := v.Manifest
	heading := "says it is"
	if v.Verified {
		heading = "✓"
	}
	fmt.Fprintf(w, "%s bundle %d of %s (%s), profile %s\n", heading, m.Seq, plain(m.Territory), plain(m.Iss), plain(m.Profile))
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "  built\t%s\n  refresh by\t%s\n  expires\t%s\n  manifest\t%s\n",
		instant(m.Iat), instant(m.RefreshBy), instant(m.Exp), v.SHA256)
	if v.Verified {
		fmt.Fprintf(t, "  members\t%d\n", v.Members)
		for _, id := range v.Arrangements {
			fmt.Fprintf(t, "  arrangement\t%s\n", plain(id))
		}
	}
	for _, x := range v.Administrations {
		fmt.Fprintf(t, "  %s\t%s\n", plain(x.code()), plain(x.describe(v.Verified)))
	}
	t.Flush()
}

// code is how people tell administrations apart.
func (x *administration) code() string {
	if x.Authority != x.Territory {
		return x.Territory + "/" + x.Authority
	}
	return x.Territory
}

func (x *administration) describe(verified bool) string {
	text := fmt.Sprintf("%s, %s, log of %d entries as of %s", x.Relation, x.EntityID, x.LogSize, instant(x.LogTime))
	switch {
	case x.Problem != "":
		return "✗ " + text + ": " + x.Problem
	case !verified:
		return text
	}
	history := "whole history"
	if x.From != 0 {
		history = "history from " + instant(x.From)
	}
	return fmt.Sprintf("✓ %s, %s, %s, %d listed", text, history, counted(x.Lists, "status list"), x.Listed)
}
