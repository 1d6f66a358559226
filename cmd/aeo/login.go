package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// maxSecretFile is more than a password or a token.
const maxSecretFile = 4 << 10

// tokenFile is where the token for the node named is kept: $AEO_TOKEN_FILE, or a
// file of its own in the user's configuration.
func (a *app) tokenFile() (string, error) {
	if name := a.env("AEO_TOKEN_FILE"); name != "" {
		return name, nil
	}
	dir := a.nodeURL
	if dir == "" {
		var err error
		if dir, err = a.nodeDir(); err == nil {
			dir, err = filepath.Abs(dir)
		}
		if err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256([]byte(dir))
	name, err := a.home("XDG_CONFIG_HOME", ".config", filepath.Join("tokens", hex.EncodeToString(sum[:8])))
	if err != nil {
		return "", fail(exitUsage, fmt.Errorf("no place to keep a token: set AEO_TOKEN_FILE: %w", err))
	}
	return name, nil
}

// token is the one kept for the node named; empty where nobody is logged in.
func (a *app) token() (string, error) {
	name, err := a.tokenFile()
	if err != nil {
		return "", nil // then nobody is
	}
	line, err := firstLine(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if _, bad := access.Digest(line); err == nil && line != "" && bad != nil { // what it holds is told to nobody
		err = fail(exitFile, fmt.Errorf("%s holds no token", name), commandLine("aeo", "login", "NAME"))
	}
	return line, err
}

// firstLine is a secret in a file.
func firstLine(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSecretFile))
	if err != nil {
		return "", badFile(err)
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	return strings.TrimSuffix(string(line), "\r"), nil
}

// password is read from a file, $AEO_PASSWORD, or whoever sits at the terminal.
func (a *app) password(file, prompt string) (string, error) {
	if file != "" {
		return firstLine(file)
	}
	if p := a.env("AEO_PASSWORD"); p != "" {
		return p, nil
	}
	in, ok := a.in.(*os.File)
	if !a.isTerminal || !ok {
		return "", fail(exitUsage, errors.New("a password is needed: use --password-file FILE or $AEO_PASSWORD"))
	}
	fmt.Fprintf(a.err, "%s: ", prompt)
	defer fmt.Fprintln(a.err)
	if term.IsTerminal(int(in.Fd())) {
		raw, err := term.ReadPassword(int(in.Fd()))
		return string(raw), err
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxSecretFile)).ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

func passwordFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "password-file", "", "file whose first line is the password (default $AEO_PASSWORD, or it is asked for)")
}

func newLoginCmd(a *app) *cobra.Command {
	var file string
	var hours int64
	cmd := &cobra.Command{
		Use: "login NAME", Short: "log in to a node: what follows is done by this account",
		Long: `Exchanges the password of an account for a token, and keeps the token in a file of mode
0600: $AEO_TOKEN_FILE, or one for each node in $XDG_CONFIG_HOME/aeo/tokens. NAME is the
number of the account, or the name of which there is one.`,
		Example: `  aeo login NZ-ACC-000002 -C nz --password-file pw`, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := a.tokenFile()
			if err != nil {
				return err
			}
			password, err := a.password(file, "password of "+args[0])
			if err != nil {
				return err
			}
			c, err := a.node()
			if err != nil {
				return err
			}
			c.token = "" // an old one says nothing about who logs in
			var s registry.Session
			if err := c.post("/login", registry.Login{Name: args[0], Password: password, Seconds: hours * 3600}, &s); err != nil {
				return err
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), writeNamed(name, []byte(s.Token+"\n"))); err != nil {
				return err
			}
			a.note("logged in as %s until %s", s.Account.Case, instant(s.ExpiresAt))
			if s.Given {
				a.warn("an administrator set this password and knows it: set one of your own with aeo user password")
			}
			return a.showAccount(s.Account)
		},
	}
	cmd.Flags().Int64Var(&hours, "hours", 12, "how long")
	passwordFlag(cmd, &file)
	return cmd
}

func newLogoutCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "logout", Short: "end the token that is kept", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			name, err := a.tokenFile()
			if err != nil {
				return err
			}
			token, err := a.token()
			if err != nil {
				return err
			}
			if token == "" {
				return fail(exitConflict, errors.New("nobody is logged in"))
			}
			sum := sha256.Sum256([]byte(token))
			var left struct{}
			c, err := a.node()
			if err != nil {
				return err
			}
			err = c.post("/tokens/revoke", registry.RevokeToken{ID: hex.EncodeToString(sum[:])}, &left)
			if gone := os.Remove(name); gone != nil {
				return errors.Join(err, gone)
			}
			if err != nil {
				a.warn("the token is gone here, and perhaps not at the node: %v", err)
			}
			return a.result(map[string]any{"schema": "aeo.logout/1", "done": true}, func(w io.Writer) { fmt.Fprintln(w, "logged out") })
		},
	}
}

func newWhoamiCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "whoami", Short: "say as whom the node is spoken to", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var self authorisation.Account
			if err := a.fetch("/self", &self); err != nil {
				return err
			}
			return a.showAccount(self)
		},
	}
}

func (a *app) showAccount(acc authorisation.Account) error {
	return a.reply("aeo.account/1", acc, func(w io.Writer) {
		state := "open"
		if acc.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(w, "%s  %s  %s\n", acc.Case, state, plain(acc.Name))
		if acc.Office != "" {
			fmt.Fprintf(w, "  office         %s\n", plain(acc.Office))
		}
		for _, h := range acc.Roles {
			fmt.Fprintf(w, "  role           %s\n", strings.TrimSpace(string(h.Role)+" "+cmp.Or(h.Operator, "")+spanOf(h.From, h.Until)))
		}
		for _, p := range acc.Attorney {
			acts := cmp.Or(strings.Join(p.Acts, ", "), "all an applicant may")
			fmt.Fprintf(w, "  attorney       of %s for %s%s: %s\n", p.Operator, acts, spanOf(p.From, p.Until), plain(p.Evidence))
		}
		for _, c := range acc.Conflicts {
			fmt.Fprintf(w, "  conflict       %s: %s\n", c.Operator, plain(c.Reason))
		}
		for _, d := range acc.Deputies {
			fmt.Fprintf(w, "  deputy         of %s%s\n", d.For, spanOf(d.From, d.Until))
		}
	})
}

// spanOf writes an end, where there is one.
func spanOf(_, until int64) string {
	if until == 0 {
		return ""
	}
	return " until " + time.Unix(until, 0).UTC().Format(time.DateOnly)
}
