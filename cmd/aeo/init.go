package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/spf13/cobra"
)

// created is the answer of aeo init.
type created struct {
	Schema      string `json:"schema"`
	Dir         string `json:"dir"`
	Territory   string `json:"territory"`
	Authority   string `json:"authority"`
	EntityID    string `json:"entity_id"`
	Anchor      string `json:"anchor"`
	CA          string `json:"ca"`
	Fingerprint string `json:"fingerprint"`
	Words       string `json:"words"`
}

func newInitCmd(a *app) *cobra.Command {
	var territory, authority, entity string
	var u unlocking
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "make a node: its keys, its anchor and an empty log",
		Long: `Makes the directory of a node. The key ring is encrypted to an age identity or a
passphrase; an identity file that does not exist yet is made. Keep it apart from
the directory: whoever has both can sign as the administration.`,
		Example: "  aeo init nz --territory NZ --entity https://aeo.customs.nz.example --identity nz.key",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.create(args[0], territory, authority, entity, &u)
		},
	}
	cmd.Flags().StringVar(&territory, "territory", "", "customs territory, one of "+strings.Join(programme.Territories(), " "))
	cmd.Flags().StringVar(&authority, "authority", "", "who decides within a union, e.g. DE (default: the territory)")
	cmd.Flags().StringVar(&entity, "entity", "", "entity id: an https URL with a host only")
	u.flags(cmd)
	return cmd
}

// memberHints say how a node of a union's member is made.
func (a *app) memberHints(dir, member, entity string, u *unlocking) (hints []string) {
	for _, territory := range programme.Territories() {
		if p, err := programme.Load(territory, member); err == nil && territory != member {
			line := []string{"aeo", "init", dir, "--territory", p.Territory, "--authority", member, "--entity", entity}
			if u.identity+u.passphrase != "" {
				line = append(line, u.words()...)
			}
			hints = append(hints, commandLine(line...))
		}
	}
	return hints
}

func (a *app) create(dir, territory, authority, entity string, u *unlocking) error {
	if territory == "" || entity == "" {
		return fail(exitUsage, errors.New("--territory and --entity are needed"))
	}
	if _, err := programme.Load(territory, authority); err != nil {
		return fail(exitUsage, err, a.memberHints(dir, territory, entity, u)...)
	}
	if err := trust.CheckEntityID(entity); err != nil {
		return fail(exitUsage, err)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fail(exitConflict, fmt.Errorf("%s is not empty", dir))
	}
	if a.dryRun {
		return a.wouldDo("make a node of %s in %s", territory, dir)
	}
	if err := a.confirm(fmt.Sprintf("make a node of %s in %s", territory, dir)); err != nil {
		return err
	}
	private()
	if u.identity != "" {
		if _, err := os.Stat(u.identity); errors.Is(err, fs.ErrNotExist) {
			if err := keyring.CreateIdentity(u.identity); err != nil {
				return err
			}
			a.note("made the identity %s; keep it apart from %s and make a copy", u.identity, dir)
		}
	}
	unlock, err := u.open()
	if err != nil {
		return err
	}
	if err := registry.Create(registry.Options{Dir: dir, Unlock: unlock, Now: a.now}, territory, authority, entity); err != nil {
		return nodeError(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "anchor.aeoanchor"))
	if err != nil {
		return err
	}
	anchor, err := bundle.ParseAnchor(raw)
	if err != nil {
		return err
	}
	v := created{"aeo.init/1", dir, anchor.Territory, cmp.Or(authority, territory), anchor.EntityID, filepath.Join(dir, "anchor.aeoanchor"),
		filepath.Join(dir, "tls", "ca.pem"), anchor.Fingerprint(), anchor.Words()}
	err = a.result(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s\n", v.Territory, v.EntityID)
		fmt.Fprintf(w, "  anchor       %s: what partners pin\n", v.Anchor)
		fmt.Fprintf(w, "  certificate  %s: for their --tls-ca\n", v.CA)
		fmt.Fprintf(w, "  fingerprint  %s\n", v.Words)
	})
	if err == nil {
		a.hint("%s", commandLine(append([]string{"aeo", "serve", dir}, u.words()...)...))
	}
	return err
}
