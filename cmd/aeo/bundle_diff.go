package main

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/spf13/cobra"
)

// A bundleDiff is aeo.bundle-diff/1.
type bundleDiff struct {
	Schema          string           `json:"schema"`
	Older           bundleRef        `json:"older"`
	Newer           bundleRef        `json:"newer"`
	Administrations []administration `json:"administrations"` // of newer, where its log grew or it is new
	Gone            []string         `json:"gone"`            // entity ids newer does not vouch for any more
	Members         []memberDiff     `json:"members"`
}

type bundleRef struct {
	Seq    int64  `json:"seq"`
	Iat    int64  `json:"iat"`
	SHA256 string `json:"sha256"`
}

// A memberDiff is a member that is not the same in both.
type memberDiff struct {
	Path   string `json:"path"`
	Change string `json:"change"` // added, removed, changed
}

func newBundleDiffCmd(a *app) *cobra.Command {
	var anchor string
	cmd := &cobra.Command{
		Use:   "diff OLDER NEWER",
		Short: "show what is different between two bundles of one administration",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			older, err := a.openAlone(args[0], anchor)
			if err != nil {
				return err
			}
			newer, err := a.openAlone(args[1], anchor)
			if err != nil {
				return err
			}
			v, err := compare(older, newer)
			if err != nil {
				return err
			}
			return a.result(v, v.print)
		},
	}
	cmd.Flags().StringVar(&anchor, "anchor", "", "the anchor both must be of (default: the one kept for their territory)")
	return cmd
}

// openAlone opens a bundle without regard to what was seen before or to its age.
func (a *app) openAlone(name, anchorFile string) (*bundle.Bundle, error) {
	raw, err := readNamed(name, bundle.MaxBundle)
	if err != nil {
		return nil, err
	}
	m, _, err := bundle.PeekManifest(raw)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	anchor, err := a.anchorFor(anchorFile, m.Territory)
	if err != nil {
		return nil, err
	}
	b, err := bundle.Open(raw, anchor)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return b, nil
}

func compare(older, newer *bundle.Bundle) (bundleDiff, error) {
	v := bundleDiff{
		Schema: "aeo.bundle-diff/1", Older: refTo(older), Newer: refTo(newer),
		Administrations: []administration{}, Gone: []string{}, Members: []memberDiff{},
	}
	before := map[string]bundle.Issuer{}
	for _, i := range older.Manifest().Issuers {
		before[i.EntityID] = i
	}
	for _, i := range newer.Manifest().Issuers {
		if was, known := before[i.EntityID]; !known || was.Log.Size != i.Log.Size || was.Log.Root != i.Log.Root || was.Relation != i.Relation {
			v.Administrations = append(v.Administrations, said(&i))
		}
		delete(before, i.EntityID)
	}
	for _, i := range older.Manifest().Issuers {
		if _, gone := before[i.EntityID]; gone {
			v.Gone = append(v.Gone, i.EntityID)
		}
	}
	return v, v.compareMembers(older, newer)
}

func refTo(b *bundle.Bundle) bundleRef {
	m := b.Manifest()
	return bundleRef{Seq: m.Seq, Iat: m.Iat, SHA256: b.SHA256()}
}

// compareMembers walks both lists of paths, which ascend.
func (v *bundleDiff) compareMembers(older, newer *bundle.Bundle) error {
	a, b := older.Paths(), newer.Paths()
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			v.Members = append(v.Members, memberDiff{a[0], "removed"})
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			v.Members = append(v.Members, memberDiff{b[0], "added"})
			b = b[1:]
		default:
			same, err := sameMember(older, newer, a[0])
			if err != nil {
				return err
			}
			if !same {
				v.Members = append(v.Members, memberDiff{a[0], "changed"})
			}
			a, b = a[1:], b[1:]
		}
	}
	return nil
}

func sameMember(older, newer *bundle.Bundle, path string) (bool, error) {
	x, _, err := older.Member(path)
	if err != nil {
		return false, fmt.Errorf("older: %w", err)
	}
	y, _, err := newer.Member(path)
	if err != nil {
		return false, fmt.Errorf("newer: %w", err)
	}
	return bytes.Equal(x, y), nil
}

func (v bundleDiff) print(w io.Writer) {
	if v.Older.SHA256 == v.Newer.SHA256 {
		fmt.Fprintf(w, "both are bundle %d\n", v.Newer.Seq)
		return
	}
	fmt.Fprintf(w, "bundle %d of %s -> bundle %d of %s\n", v.Older.Seq, instant(v.Older.Iat), v.Newer.Seq, instant(v.Newer.Iat))
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, x := range v.Administrations {
		fmt.Fprintf(t, "  %s\t%s\n", plain(x.code()), plain(x.describe(false)))
	}
	for _, id := range v.Gone {
		fmt.Fprintf(t, "  gone\t%s\n", plain(id))
	}
	for _, m := range v.Members {
		fmt.Fprintf(t, "  %s\t%s\n", m.Change, m.Path)
	}
	t.Flush()
}
