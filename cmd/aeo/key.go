package main

import (
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

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
		Long: "Lists the keys of a running node or, with --identity or --passphrase-file, those in\nthe key ring of a directory whose node is not running. A key that is announced is known to\neverybody and signs from its day on; one that ended signs no longer, and what it signed\nis accepted until the day given.",
		RunE: func(*cobra.Command, []string) error {
			var keys api.List[registry.KeyStatus]
			if err := a.keys(&u, &keys); err != nil {
				return err
			}
			return a.reply("aeo.keys/1", keys, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, k := range keys.Items {
					fmt.Fprintf(t, "%s\t%s\t%s\n", k.Role, k.ID, keyWords(k))
				}
				t.Flush()
			})
		},
	}
	u.flags(list)
	cmd.AddCommand(list, newKeyRotateCmd(a))
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
	keys.Items = registry.DescribeKeys(ring.Entries(), nil, time.Now())
	return nil
}

// keyWords says how a key stands.
func keyWords(k registry.KeyStatus) string {
	until := "accepted until " + day(k.Expires)
	switch k.State {
	case registry.KeyAnnounced:
		return "announced: signs from " + day(k.NotBefore) + " until " + day(k.SignUntil)
	case registry.KeyCurrent:
		return "signs until " + day(k.SignUntil) + ", " + until
	case registry.KeyEnding:
		return "replaced: may finish signing until " + instant(k.SignUntil) + ", " + until
	case registry.KeyEnded:
		return "signed until " + instant(k.SignUntil) + ", " + until
	case registry.KeyExpired:
		return "expired " + day(k.Expires)
	case registry.KeyUnlisted:
		return "in no roster yet: signs nothing"
	}
	return k.State
}
