package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

func newUserCmd(a *app) *cobra.Command {
	cmd := group("user", "accounts: who may act on the node, and as what")
	cmd.AddCommand(a.userAdd(), showing(a, "show ACCOUNT", "show an account", "/accounts", a.showAccount), accountListing().command(a, "list all accounts"),
		a.userRole(), a.userDisable(), a.userPassword(), a.userToken(), a.userAttorney(), a.userConflict(), a.userDeputy(), a.userReads(), a.userBusy())
	return cmd
}

func accountListing() listing[authorisation.Account] {
	return listing[authorisation.Account]{"/accounts", "aeo.accounts/1", "aeo.account/1", func(acc authorisation.Account) [][]string {
		var roles []string
		for _, h := range acc.Roles {
			roles = append(roles, string(h.Role))
		}
		state := "open"
		if acc.Disabled {
			state = "disabled"
		}
		return [][]string{{acc.Case, state, acc.Name, acc.Office, strings.Join(roles, " ")}}
	}}
}

// whoFlag names who acts where nobody is logged in.
func whoFlag(cmd *cobra.Command, by *string) {
	cmd.Flags().StringVar(by, "by", "", "who acts, where nobody is logged in")
}

func (a *app) userAdd() *cobra.Command {
	r := registry.OpenAccount{}
	var file string
	var none bool
	cmd := &cobra.Command{
		Use: "add NAME", Short: "open an account; the first is an administrator's",
		Long: `Opens an account. Until there is one, acts are done under the name that is given; from
the first on every act is an account's. The first account is an administrator's and is
opened on the machine itself.`,
		Example: `  aeo user add "A. Ngata" --office Auckland --password-file pw -C nz --yes`, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			r.Name, r.DryRun = args[0], a.dryRun
			if !none && !a.dryRun {
				if r.Password, err = a.password(file, "first password of "+args[0]); err != nil {
					return err
				}
			}
			return changed(a, "open an account for "+args[0], "/accounts", r, a.showAccount)
		},
	}
	cmd.Flags().StringVar(&r.Person, "person", "", "what two accounts of one person have in common, as a staff number (default the name)")
	cmd.Flags().StringVar(&r.Office, "office", "", "office")
	cmd.Flags().BoolVar(&none, "no-password", false, "set none yet")
	passwordFlag(cmd, &file)
	whoFlag(cmd, &r.By)
	return cmd
}

// dayFlags are a span of days.
type dayFlags struct{ from, until string }

func (d *dayFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.from, "from", "", "from when, RFC 3339 or YYYY-MM-DD in UTC (default now)")
	cmd.Flags().StringVar(&d.until, "until", "", "until when, not included")
}

func (d *dayFlags) read(from, until *int64) (err error) {
	for _, f := range []struct {
		text string
		into *int64
	}{{d.from, from}, {d.until, until}} {
		if f.text == "" {
			continue
		}
		t, err := parseInstant(f.text)
		if err != nil {
			return err
		}
		*f.into = t
	}
	return nil
}

func (a *app) userRole() *cobra.Command {
	r := registry.ChangeRole{}
	var days dayFlags
	cmd := &cobra.Command{
		Use: "role ACCOUNT ROLE", Short: "give an account a role, or take it",
		Long: `Gives a role: applicant (of one --operator), representative, assessor, validator,
decision_maker, mra_officer, auditor or administrator. Once there are two administrators it
takes both for decision_maker, mra_officer and administrator: the second agrees with
aeo approve.`,
		Example: "  aeo user role NZ-ACC-000003 assessor -C nz --yes\n  aeo user role NZ-ACC-000004 applicant --operator NZ:ses:12345678A -C nz --yes",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := days.read(&r.From, &r.Until); err != nil {
				return err
			}
			r.Account, r.Role, r.DryRun = args[0], access.Role(args[1]), a.dryRun
			what := "give " + args[0] + " the role " + args[1]
			if r.Take {
				what = "take from " + args[0] + " the role " + args[1]
			}
			return changed(a, what, "/accounts/role", r, a.showAccount)
		},
	}
	cmd.Flags().BoolVar(&r.Take, "take", false, "take the role")
	cmd.Flags().StringVar(&r.Operator, "operator", "", "of an applicant: the operator, by number or identifier")
	days.flags(cmd)
	whoFlag(cmd, &r.By)
	return cmd
}

func (a *app) userDisable() *cobra.Command {
	r := registry.DisableAccount{}
	cmd := &cobra.Command{
		Use: "disable ACCOUNT", Short: "let nobody act as an account, at once; or let them again",
		Example: `  aeo user disable NZ-ACC-000003 --reason "laptop stolen" -C nz --yes`, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Account, r.DryRun = args[0], a.dryRun
			what := "disable "
			if r.Enable {
				what = "enable "
			}
			return changed(a, what+args[0], "/accounts/disable", r, a.showAccount)
		},
	}
	cmd.Flags().BoolVar(&r.Enable, "enable", false, "let them act again")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why")
	whoFlag(cmd, &r.By)
	return cmd
}

func (a *app) userPassword() *cobra.Command {
	r := registry.SetPassword{}
	var file, old string
	cmd := &cobra.Command{
		Use: "password [ACCOUNT]", Short: "change a password; all tokens of the account end",
		Long: `Changes a password: one's own with the old one, or as an administrator the first of
somebody else. On the machine itself, with nobody logged in, it sets any, and the log says so.`,
		Example: "  aeo user password -C nz", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if len(args) == 1 {
				r.Account = args[0]
			} else if r.Old, err = a.password(old, "old password"); err != nil {
				return err
			}
			if r.Password, err = a.password(file, "new password"); err != nil {
				return err
			}
			if a.dryRun {
				return a.wouldDo("set the password")
			}
			return changed(a, "set the password", "/accounts/password", r, a.showAccount)
		},
	}
	cmd.Flags().StringVar(&old, "old-file", "", "file whose first line is the old password")
	passwordFlag(cmd, &file)
	whoFlag(cmd, &r.By)
	return cmd
}

func (a *app) userToken() *cobra.Command {
	var days int64
	var label, revoke, account string
	cmd := &cobra.Command{
		Use: "token", Short: "list tokens, make one for a program, or revoke one",
		Example: "  aeo user token -C nz\n  aeo user token --make --label \"queue screen\" --days 90 -C nz --yes\n  aeo user token --revoke 5f0c2a91 -C nz --yes",
		Args:    cobra.NoArgs,
	}
	var create bool
	cmd.RunE = func(*cobra.Command, []string) error {
		switch {
		case create && revoke != "":
			return fail(exitUsage, errors.New("--make and --revoke exclude each other"))
		case a.dryRun && (create || revoke != ""):
			return a.wouldDo("make or revoke a token")
		case create:
			return changed(a, "make a token of "+fmt.Sprint(days)+" days", "/tokens", registry.MakeToken{Label: label, Seconds: days * 24 * 3600}, a.showSession)
		case revoke != "":
			return changed(a, "revoke token "+revoke, "/tokens/revoke", registry.RevokeToken{Account: account, ID: revoke}, a.showTokens)
		}
		if account == "" {
			var self authorisation.Account
			if err := a.fetch("/self", &self); err != nil {
				return err
			}
			account = self.Case
		}
		var list api.List[registry.Token]
		if err := a.fetch("/accounts/"+escape(account)+"/tokens", &list); err != nil {
			return err
		}
		return a.showTokens(list)
	}
	cmd.Flags().BoolVar(&create, "make", false, "make one")
	cmd.Flags().StringVar(&label, "label", "program", "what it is for")
	cmd.Flags().Int64Var(&days, "days", 90, "how many days it lives")
	cmd.Flags().StringVar(&revoke, "revoke", "", "id of the token to revoke")
	cmd.Flags().StringVar(&account, "account", "", "of another account; an administrator's")
	return cmd
}

func (a *app) showSession(s registry.Session) error {
	return a.reply("aeo.session/1", s, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n", s.Token)
		a.note("shown this once; it lets %s act until %s", s.Account.Case, instant(s.ExpiresAt))
	})
}

func (a *app) showTokens(list api.List[registry.Token]) error {
	return a.reply("aeo.tokens/1", list, func(w io.Writer) {
		for _, t := range list.Items {
			used := "never used"
			if t.UsedAt != 0 {
				used = "used " + instant(t.UsedAt)
			}
			fmt.Fprintf(w, "%s  until %s  %s  %s\n", t.ID, instant(t.ExpiresAt), used, plain(t.Label))
		}
	})
}

func (a *app) userAttorney() *cobra.Command {
	r := registry.GiveAttorney{}
	var days dayFlags
	cmd := &cobra.Command{
		Use: "attorney ACCOUNT", Short: "note a power of attorney of a representative, or its end",
		Example: `  aeo user attorney NZ-ACC-000005 --operator NZ-OP-000001 --act applications --until 2027-01-01 --evidence "deed 12/2026" -C nz --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := days.read(&r.From, &r.Until); err != nil {
				return err
			}
			r.Account, r.DryRun = args[0], a.dryRun
			what := "note the power of attorney of "
			if r.End {
				what = "end the power of attorney of "
			}
			return changed(a, what+args[0]+" for "+r.Operator, "/accounts/attorney", r, a.showAccount)
		},
	}
	cmd.Flags().StringVar(&r.Operator, "operator", "", "for whom, by number or identifier")
	cmd.Flags().StringSliceVar(&r.Acts, "act", nil, "what it covers, a path of the API such as applications or applications/withdraw; repeatable (default all)")
	cmd.Flags().StringVar(&r.Evidence, "evidence", "", "where the deed is")
	cmd.Flags().BoolVar(&r.End, "end", false, "it ends now")
	days.flags(cmd)
	whoFlag(cmd, &r.By)
	return cmd
}

func (a *app) userConflict() *cobra.Command {
	r := registry.DeclareConflict{}
	cmd := &cobra.Command{
		Use: "conflict ACCOUNT", Short: "declare a conflict of interest about an operator, or that it is over",
		Example: `  aeo user conflict NZ-ACC-000003 --operator NZ-OP-000001 --reason "my brother is its director" -C nz --yes`, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Account, r.DryRun = args[0], a.dryRun
			return changed(a, "note the conflict of interest of "+args[0]+" about "+r.Operator, "/accounts/conflict", r, a.showAccount)
		},
	}
	cmd.Flags().StringVar(&r.Operator, "operator", "", "about whom, by number or identifier")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why")
	cmd.Flags().BoolVar(&r.Withdraw, "withdraw", false, "it is over; an administrator's")
	whoFlag(cmd, &r.By)
	return cmd
}

func (a *app) userDeputy() *cobra.Command {
	r := registry.NameDeputy{}
	var days dayFlags
	cmd := &cobra.Command{
		Use: "deputy ACCOUNT", Short: "let an account act in another's roles for a time, under its own name",
		Example: `  aeo user deputy NZ-ACC-000003 --for NZ-ACC-000002 --until 2026-12-31 -C nz --yes`, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := days.read(&r.From, &r.Until); err != nil {
				return err
			}
			r.Account, r.DryRun = args[0], a.dryRun
			return changed(a, "name "+args[0]+" deputy of "+r.For, "/accounts/deputy", r, a.showAccount)
		},
	}
	cmd.Flags().StringVar(&r.For, "for", "", "account that is deputised for")
	cmd.Flags().StringVar(&r.Office, "office", "", "office the deputy comes from, where it is another")
	cmd.Flags().BoolVar(&r.End, "end", false, "it ends now")
	days.flags(cmd)
	whoFlag(cmd, &r.By)
	return cmd
}

func (a *app) userReads() *cobra.Command {
	var day, operator, account string
	cmd := &cobra.Command{
		Use: "reads", Short: "list who read which trader's files on a day",
		Example: "  aeo user reads --operator NZ-OP-000001 -C nz", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var list api.List[registry.Read]
			if err := a.fetch("/accounts/reads?"+url.Values{"day": {day}, "operator": {operator}, "account": {account}}.Encode(), &list); err != nil {
				return err
			}
			return a.reply("aeo.reads/1", list, func(w io.Writer) {
				for _, r := range list.Items {
					fmt.Fprintf(w, "%s  %s  %s  %s\n", instant(r.At), r.Account, r.Operator, plain(r.ID))
				}
			})
		},
	}
	cmd.Flags().StringVar(&day, "day", "", "day, YYYY-MM-DD in UTC (default today)")
	cmd.Flags().StringVar(&operator, "operator", "", "of this operator alone, by number")
	cmd.Flags().StringVar(&account, "account", "", "by this account alone")
	return cmd
}

func (a *app) userBusy() *cobra.Command {
	return &cobra.Command{
		Use: "busy", Short: "list accounts that did more within an hour than a person can", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var list api.List[registry.Busy]
			if err := a.fetch("/accounts/busy", &list); err != nil {
				return err
			}
			return a.reply("aeo.busy/1", list, func(w io.Writer) {
				for _, b := range list.Items {
					fmt.Fprintf(w, "%s  %d acts within an hour, %d are usual at most\n", b.Account, b.Acts, b.Limit)
				}
			})
		},
	}
}
