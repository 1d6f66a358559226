package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (a *app) mraCompare() *cobra.Command {
	var published bool
	var from string
	cmd := &cobra.Command{
		Use: "compare TERRITORY TERRITORY", Short: "put two programmes side by side, as an aid to drafting", Args: cobra.ExactArgs(2),
		Long: `Puts two programmes side by side: types, roles, criteria by the letters of the SAFE
Framework, validity; says what differs; and suggests lines for "aeo mra draft" by which
each would recognise the security types of the other. Programmes are those built in, a
file with a profile, or with --published and -C DIR what the peers of a node publish.`,
		Example: `  aeo mra compare NZ JP
  aeo mra compare NZ JP --published -C nz --json`,
		RunE: func(_ *cobra.Command, args []string) error {
			var sides [2]*programme.Profile
			for i, name := range args {
				var err error
				if sides[i], err = a.profile(name, published); err != nil {
					return err
				}
			}
			if sides[0].Territory == sides[1].Territory {
				return fail(exitUsage, fmt.Errorf("both are of %s", sides[0].Territory))
			}
			if from == "" {
				from = firstOfMonth(a.now())
			} else if _, err := time.Parse(time.DateOnly, from); err != nil {
				return fail(exitUsage, fmt.Errorf("--from %.20q: want a date as 2026-11-23", from))
			}
			c := programme.Compare(sides[0], sides[1])
			return a.result(c, func(w io.Writer) { writeComparison(w, c, from) })
		},
	}
	cmd.Flags().BoolVar(&published, "published", false, "what the node and its peers publish, not what is built in")
	cmd.Flags().StringVar(&from, "from", "", "the day from which rules are suggested (default: the first of a month, a quarter of a year ahead)")
	return cmd
}

func firstOfMonth(now time.Time) string {
	y, m, _ := now.UTC().Date()
	return time.Date(y, m+4, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// profile is the programme of a territory, or the one in a file.
func (a *app) profile(name string, published bool) (*programme.Profile, error) {
	if published {
		var list api.List[jsontext.Value]
		if err := a.fetch("/programmes/"+escape(strings.ToUpper(name)), &list); err != nil {
			return nil, err
		}
		if len(list.Items) == 0 {
			return nil, fail(exitFile, fmt.Errorf("%s publishes no programme", strings.ToUpper(name)))
		}
		return programme.ReadProfile(list.Items[0])
	}
	if pack := findPack(strings.ToUpper(name)); pack != nil {
		return programme.ReadProfile(pack.Profile())
	}
	if len(name) == 2 {
		return nil, fail(exitFile, fmt.Errorf("no programme of %q is built in", strings.ToUpper(name)))
	}
	raw, err := readNamed(name, programme.MaxProfile)
	if err != nil {
		return nil, err
	}
	p, err := programme.ReadProfile([]byte(strings.TrimSuffix(string(raw), "\n")))
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: %w", name, err))
	}
	return p, nil
}

func writeComparison(w io.Writer, c *programme.Comparison, from string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = plain(cells[i])
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	a, b := c.A, c.B
	row("", a.Territory, b.Territory)
	row("programme", a.Code+", "+a.Title, b.Code+", "+b.Title)
	row("since", fmt.Sprint(a.Since), fmt.Sprint(b.Since))
	row("law", a.Law, b.Law)
	row("validity", a.ValidityWords(), b.ValidityWords())
	types := max(len(a.Types), len(b.Types))
	for i := range types {
		label := ""
		if i == 0 {
			label = "types"
		}
		row(label, typeWords(a.Types, i), typeWords(b.Types, i))
	}
	for i, r := range c.Roles {
		label := ""
		if i == 0 {
			label = "roles"
		}
		row(label, roleWords(r.Role, r.A), roleWords(r.Role, r.B))
	}
	for _, r := range c.Criteria {
		label := "SAFE " + r.SAFE
		if r.SAFE == "" {
			label = "beyond SAFE"
		}
		row(label, orDash(strings.Join(r.A, "; ")), orDash(strings.Join(r.B, "; ")))
	}
	t.Flush()
	fmt.Fprintf(w, "\nwhat differs: %s\n", counted(len(c.Differences), "thing"))
	for _, d := range c.Differences {
		fmt.Fprintf(w, "  %s\n", plain(d))
	}
	fmt.Fprintf(w, "\nto begin a draft from\n")
	for _, r := range c.Suggested {
		fmt.Fprintf(w, "  --recognise %s\n", plain(quote(fmt.Sprintf("by=%s,of=%s,programme=%s,type=%s,roles=%s,as=%s,from=%s",
			r.By, r.Of, r.Programme, r.Type, strings.Join(r.Roles, "+"), r.As, from))))
	}
}

func typeWords(types []programme.ProfileType, i int) string {
	if i >= len(types) {
		return ""
	}
	t := types[i]
	text := t.Code + ", " + t.Title
	if len(t.Components) > 0 {
		text += " = " + strings.Join(t.Components, " + ")
	}
	if !t.Security {
		text += " (no security part)"
	}
	if !t.MRAEligible {
		text += " (not abroad)"
	}
	return text
}

func roleWords(role programme.Role, title string) string {
	if title == "" {
		return "-"
	}
	if strings.EqualFold(title, string(role)) {
		return string(role)
	}
	return fmt.Sprintf("%s: %s", role, title)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
