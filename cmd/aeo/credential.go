package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

func newCredentialCmd(a *app) *cobra.Command {
	cmd := group("credential", "credentials: issue anew, hand out, show, present")
	cmd.AddCommand(a.credentialIssue(), a.credentialExport(), a.credentialShow(), a.credentialPresent())
	return cmd
}

func (a *app) credentialIssue() *cobra.Command {
	var r registry.IssueCredential
	var all bool
	cmd := &cobra.Command{
		Use:   "issue AUTHORISATION|--all",
		Short: "issue a fresh credential of each component in force",
		Long: `Issues anew, for renewal or under a new issuer key. Older credentials stay valid
until they expire. --all does so for every authorisation, many at a time; should it
break off, what was issued stays issued and it may be repeated.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case all == (len(args) == 1):
				return fail(exitUsage, errors.New("name an authorisation, or use --all"))
			case all && len(r.Components) > 0:
				return fail(exitUsage, errors.New("--component is about one authorisation"))
			case all:
				return a.issueAll(registry.IssueAll{Days: r.Days, By: r.By, DryRun: a.dryRun})
			}
			r.Authorisation, r.DryRun = args[0], a.dryRun
			return changed(a, "issue fresh credentials of "+args[0], "/credentials", r, a.showAuthorisation)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "for every authorisation")
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "only this component; repeatable")
	cmd.Flags().Int64Var(&r.Days, "days", 0, "how long it lives (default: as the programme says)")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) issueAll(r registry.IssueAll) error {
	var done registry.Issued
	if err := a.change("issue fresh credentials for everything in force", "/credentials/all", r, &done); err != nil {
		return err
	}
	return a.reply("aeo.issued/1", done, func(w io.Writer) {
		fmt.Fprintf(w, "%s of %s\n", counted(int(done.Credentials), "credential"), counted(int(done.Authorisations), "authorisation"))
	})
}

func (a *app) credentialExport() *cobra.Command {
	var components []string
	var preset, out string
	var bare bool
	cmd := &cobra.Command{
		Use:     "export AUTHORISATION",
		Short:   "write the holder's file: newest credentials and their receipts",
		Example: "  aeo credential export NZ-AUT-000001 --out southern-orchards.aeo",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := knownPreset(preset); err != nil {
				return err
			}
			c, err := a.node()
			if err != nil {
				return err
			}
			q := url.Values{"component": components, "preset": {preset}}
			if bare {
				q.Set("receipts", "none")
			}
			raw, err := c.raw(http.MethodGet, "/authorisations/"+escape(args[0])+"/credential?"+q.Encode(), nil)
			if err != nil {
				return err
			}
			return a.deliver("aeo.file/1", out, raw)
		},
	}
	cmd.Flags().StringSliceVar(&components, "component", nil, "only this component, in this order; repeatable")
	cmd.Flags().StringVar(&preset, "preset", string(credential.Full), "what is disclosed: counterparty, declaration or full")
	cmd.Flags().BoolVar(&bare, "no-receipts", false, "leave the receipts out")
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: standard output)")
	return cmd
}

// written is the answer of verbs that write a file.
type written struct {
	Schema string `json:"schema"`
	File   string `json:"file"`
	Bytes  int    `json:"bytes"`
	Text   string `json:"text,omitzero"` // where no file was named
}

// deliver writes a file, or its content to standard output where none was named.
func (a *app) deliver(schema, name string, content []byte) error {
	if name == "" || name == "-" {
		if !a.json {
			return a.bare(content)
		}
		return a.result(written{schema, "", len(content), string(content)}, nil)
	}
	if a.dryRun {
		return a.wouldDo("write %s", name)
	}
	if err := writeNamed(name, content); err != nil {
		return err
	}
	return a.result(written{schema, name, len(content), ""}, func(w io.Writer) {
		fmt.Fprintf(w, "wrote %s, %d bytes\n", name, len(content))
	})
}

// deliverNew is deliver where people write into the file afterwards: one that is there
// already may hold what they wrote.
func (a *app) deliverNew(schema, name string, content []byte) error {
	if err := notThere(name); err != nil {
		return err
	}
	return a.deliver(schema, name, content)
}

func notThere(name string) error {
	if info, err := os.Lstat(name); err == nil && !info.IsDir() { // of a directory writeNamed says so
		return fail(exitConflict, fmt.Errorf("%s is there already, and may hold what somebody wrote: name another file", name))
	}
	return nil
}

// writeNamed writes a file somebody named, whole or not at all, of mode 0600.
func writeNamed(name string, content []byte) error {
	err := error(syscall.EISDIR)
	if info, statErr := os.Stat(name); statErr != nil || !info.IsDir() {
		err = peer.ReplaceFile(name, content)
	}
	if place := (*fs.PathError)(nil); errors.As(err, &place) {
		err = place.Err // of a name that nobody knows
	}
	if err != nil {
		return fail(exitFile, fmt.Errorf("write %s: %w", name, err))
	}
	return nil
}

// shown is what a credential says of itself; nobody checked it.
type shown struct {
	Schema      string            `json:"schema"`
	Credentials []shownCredential `json:"credentials"`
	Receipts    int               `json:"receipts"`
}

type shownCredential struct {
	Problem   string `json:"problem,omitzero"`
	Issuer    string `json:"issuer,omitzero"`
	Programme string `json:"programme,omitzero"`
	Type      string `json:"authorisation_type,omitzero"`
	NotBefore int64  `json:"not_before,omitzero"`
	Expires   int64  `json:"expires,omitzero"`
}

func (a *app) credentialShow() *cobra.Command {
	return &cobra.Command{
		Use: "show FILE", Short: "show what a credential file says of itself; nothing is checked", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := a.readPresentation(args[0])
			if err != nil {
				return err
			}
			file, err := credential.SplitFile(raw)
			if err != nil {
				return fail(exitNotCredential, err)
			}
			v := shown{Schema: "aeo.credential/1", Credentials: []shownCredential{}, Receipts: len(file.Receipts)}
			for _, l := range file.Lines {
				if l.Err != nil {
					v.Credentials = append(v.Credentials, shownCredential{Problem: l.Err.Error()})
					continue
				}
				c := l.Presentation.Visible()
				v.Credentials = append(v.Credentials, shownCredential{"", c.Issuer, c.Programme, c.Type, c.NotBefore, c.Expires})
			}
			a.warn("nothing here is checked: use aeo verify")
			if err := a.result(v, func(w io.Writer) { showCredentials(w, v) }); err != nil {
				return err
			}
			if slices.ContainsFunc(v.Credentials, func(c shownCredential) bool { return c.Problem != "" }) {
				return exitWith(exitNotCredential)
			}
			return nil
		},
	}
}

func showCredentials(w io.Writer, v shown) {
	for i, c := range v.Credentials {
		if c.Problem != "" {
			fmt.Fprintf(w, "%d  %s\n", i+1, plain(c.Problem))
			continue
		}
		fmt.Fprintf(w, "%d  says: %s %s by %s, from %s to %s\n", i+1, plain(c.Programme), plain(c.Type), plain(c.Issuer), day(c.NotBefore), day(c.Expires))
	}
	fmt.Fprintf(w, "%d receipts\n", v.Receipts)
}

func (a *app) credentialPresent() *cobra.Command {
	var preset, out string
	cmd := &cobra.Command{
		Use:   "present FILE",
		Short: "make a copy that discloses less",
		Long: `Makes a copy of a credential file that discloses what a counterparty or a declaration
needs: legal name, identifiers and roles. Receipts stay.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := a.readPresentation(args[0])
			if err != nil {
				return err
			}
			if err := knownPreset(preset); err != nil {
				return err
			}
			content, err := presentFile(raw, credential.Preset(strings.ToLower(preset)))
			if err != nil {
				return fail(exitNotCredential, err)
			}
			return a.deliver("aeo.file/1", out, content)
		},
	}
	cmd.Flags().StringVar(&preset, "preset", string(credential.Counterparty), "what is disclosed: counterparty, declaration or full")
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: standard output)")
	return cmd
}

func knownPreset(name string) error {
	if known := credential.Full.Values(); !slices.Contains(known, credential.Preset(strings.ToLower(name))) {
		return fail(exitUsage, fmt.Errorf("--preset %.20q is not one of %v", name, known))
	}
	return nil
}

func presentFile(raw []byte, preset credential.Preset) ([]byte, error) {
	file, err := credential.SplitFile(raw)
	if err != nil {
		return nil, err
	}
	var lines [][]byte
	for _, l := range file.Lines {
		if l.Err != nil {
			return nil, l.Err
		}
		line, err := credential.Present(l.Presentation.Raw(), preset)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil, errors.New("no credential in the file")
	}
	return credential.FormatFile(lines, file.Receipts), nil
}
