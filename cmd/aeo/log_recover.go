package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/spf13/cobra"
)

// A logRecovered is aeo.log-recover/1.
type logRecovered struct {
	Schema   string `json:"schema"`
	Before   int64  `json:"before"` // leaves; -1 where the store could not be read
	Size     int64  `json:"size"`
	ProvenBy string `json:"proven_by,omitzero"`
	Lost     int64  `json:"lost"`          // leaves without their payload
	Kept     string `json:"kept,omitzero"` // the store as it was
}

func newLogRecoverCmd(a *app) *cobra.Command {
	var r registry.RecoverRequest
	var u unlocking
	cmd := &cobra.Command{
		Use:   "recover DIR",
		Short: "make the log of a stopped node whole, and prove it the newest",
		Long: `Repairs the log of a node that is not served, after damage or after aeo restore, and
checks that it extends every head that anybody is known to have been shown. Give all
you have:

  --head FILE    the head file of the old disk (log-head/head): the newest head there was
  --mirror DIR   the node's mirror: it brings back every batch
  --from COPY    what others hold, as often as there are others: a partner's mirror of
                 this log (peers/HOST/mirror in its node's directory), a log exported by
                 aeo log export, or what knows a head only: a partner's bundle, or the
                 checkpoint its witness cosigned (/witness/NAME/checkpoint)

What comes back from copies of others is the public part: what was sealed for traders
is lost and marked so. The sources need no trust, as all they say bears this log's own
signature. A leaf that nobody holds cannot be made up: then the node stays as it is,
and so it does where a source holds another history.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			unlock, err := u.open()
			if err != nil {
				return err
			}
			private()
			log, err := a.logger("text")
			if err != nil {
				return err
			}
			rec, err := registry.Recover(registry.Options{Dir: args[0], Unlock: unlock, Now: a.now, Log: log}, r)
			if err != nil {
				return recoverError(err)
			}
			if rec.Lost > 0 {
				a.warn("the payloads of %d leaves are lost: decide and issue again what they were", rec.Lost)
			}
			v := logRecovered{"aeo.log-recover/1", rec.Before, rec.Size, rec.ProvenBy, rec.Lost, rec.Kept}
			return a.result(v, func(w io.Writer) {
				fmt.Fprintf(w, "log of %d leaves", v.Size)
				if v.ProvenBy != "" {
					fmt.Fprintf(w, ", proven by %s", v.ProvenBy)
				}
				fmt.Fprintln(w)
			})
		},
	}
	cmd.Flags().StringArrayVar(&r.Heads, "head", nil, "a head file")
	cmd.Flags().StringArrayVar(&r.From, "from", nil, "a copy, mirror or bundle of somebody else")
	cmd.Flags().StringVar(&r.Mirror, "mirror", "", "the node's mirror (default: the one it remembers)")
	cmd.Flags().BoolVar(&r.Forget, "forget-missing-keys", false, "go on without keys of subjects that are missing; what they sealed is lost")
	u.flags(cmd)
	return cmd
}

func recoverError(err error) error {
	var two *ledger.Contradiction
	if errors.As(err, &two) {
		return fail(exitMisbehaviour, err)
	}
	if errors.Is(err, ledger.ErrMissingKeys) {
		return fail(exitBehind, fmt.Errorf("%w; restore with newer --subject-keys, or go on with --forget-missing-keys", err))
	}
	if errors.Is(err, ledger.ErrNotFound) {
		return fail(exitFile, err)
	}
	return nodeError(err)
}

func newLogRebuildCmd(a *app) *cobra.Command {
	var u unlocking
	cmd := &cobra.Command{
		Use: "rebuild", Short: "throw the read models away and make them again from the log", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var v api.Rebuilt
			err := a.eitherNode(&u, func(c *client) error { return c.post("/log/rebuild", struct{}{}, &v) },
				func(n *registry.Node) error {
					v.Size = n.Ledger().Head().Size
					return n.Ledger().Rebuild()
				})
			if err != nil {
				return err
			}
			return a.reply("aeo.log-rebuild/1", v, func(w io.Writer) { fmt.Fprintf(w, "rebuilt from %d leaves\n", v.Size) })
		},
	}
	u.flags(cmd)
	return cmd
}

// A logExport is aeo.log-export/1.
type logExport struct {
	Schema string `json:"schema"`
	Dir    string `json:"dir"`
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
	Root   string `json:"root"`
}

func newLogExportCmd(a *app) *cobra.Command {
	var u unlocking
	cmd := &cobra.Command{
		Use:   "export OUT",
		Short: "write the published log as static files",
		Long: `Writes the log as the world sees it into a new directory: vkey, roster.json, the
newest published checkpoint and all tiles (C2SP tlog-tiles). Any web server can serve
it, aeo log audit audits it, aeo log recover --from takes it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			var h *registry.LogHead
			err = a.eitherNode(&u, func(c *client) error {
				h = new(registry.LogHead)
				return c.post("/log/export", map[string]string{"dir": dir}, h)
			}, func(n *registry.Node) (err error) {
				h, err = n.ExportLog(dir)
				return err
			})
			if err != nil {
				return err
			}
			return a.result(logExport{"aeo.log-export/1", dir, h.Origin, h.Size, h.Root}, func(w io.Writer) {
				fmt.Fprintf(w, "%d leaves of %s in %s\n", h.Size, plain(h.Origin), dir)
			})
		},
	}
	u.flags(cmd)
	return cmd
}
