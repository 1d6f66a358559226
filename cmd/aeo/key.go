package main

import (
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/spf13/cobra"
)

func newKeyCmd(a *app) *cobra.Command {
	cmd := group("key", "keys of the node")
	var u unlocking
	list := &cobra.Command{
		Use: "list", Short: "list the public halves of the node's keys", Args: cobra.NoArgs,
		Long: "Lists the keys of a running node or, with --identity or --passphrase-file, those in\nthe key ring of a directory whose node is not running.",
		RunE: func(*cobra.Command, []string) error {
			var keys api.List[registry.KeyStatus]
			if err := a.keys(&u, &keys); err != nil {
				return err
			}
			return a.reply("aeo.keys/1", keys, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, k := range keys.Items {
					fmt.Fprintf(t, "%s\t%s\tsigns until %s\n", k.Role, k.ID, day(k.SignUntil))
				}
				t.Flush()
			})
		},
	}
	u.flags(list)
	cmd.AddCommand(list)
	return cmd
}

func (a *app) keys(u *unlocking, keys *api.List[registry.KeyStatus]) error {
	if u.identity == "" && u.passphrase == "" {
		return a.fetch("/keys", keys)
	}
	dir, err := a.nodeDir()
	if err != nil {
		return err
	}
	unlock, err := u.open()
	if err != nil {
		return err
	}
	ring, err := keyring.Open(filepath.Join(dir, "keys.age"), unlock)
	if err != nil {
		return nodeError(err)
	}
	keys.Items = registry.DescribeKeys(ring.Entries())
	return nil
}
