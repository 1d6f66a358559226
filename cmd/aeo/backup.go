package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

// A backupMade is aeo.backup-made/1.
type backupMade struct {
	Schema      string `json:"schema"`
	Node        string `json:"node"`
	SubjectKeys string `json:"subject_keys,omitzero"`
}

func newBackupCmd(a *app) *cobra.Command {
	var keys string
	var u unlocking
	cmd := &cobra.Command{
		Use:   "backup OUT",
		Short: "write an encrypted backup of a node, also while it is served",
		Long: `Writes all of a node but the keys of subjects into OUT, encrypted to the identity
or passphrase of the node: keep that somewhere else. A node that is served goes on
working; for one that is not, give --identity or --passphrase-file.

The keys that the files of traders are sealed with go into a second file,
--subject-keys. Destroy it within 30 days: put back later, it would bring back whom
the law has erased. Without it a restored node knows its log and cannot read it.

Files that exist are never overwritten.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.backup(args[0], keys, &u) },
	}
	cmd.Flags().StringVar(&keys, "subject-keys", "", "file for the keys of subjects")
	u.flags(cmd)
	return cmd
}

func (a *app) backup(out, keys string, u *unlocking) error {
	if a.nodeURL != "" {
		return fail(exitUsage, errors.New("a backup does not go over the network: make it on the node's own machine, with -C DIR, through the node's socket"))
	}
	err := a.eitherNode(u, func(c *client) error {
		if err := c.download("/backup", out); err != nil || keys == "" {
			return err
		}
		return c.download("/backup/subject-keys", keys)
	}, func(n *registry.Node) error {
		if err := writeBackup(out, n.Backup); err != nil || keys == "" {
			return err
		}
		return writeBackup(keys, n.BackupSubjectKeys)
	})
	if err != nil {
		return err
	}
	if keys == "" {
		a.warn("without --subject-keys a restored node cannot read the files of its traders")
	} else {
		a.note("destroy %s within 30 days", keys)
	}
	return a.result(backupMade{"aeo.backup-made/1", out, keys}, func(w io.Writer) { fmt.Fprintf(w, "backed up to %s\n", out) })
}

// eitherNode speaks to the node that is served from a directory, or opens the
// directory itself where none is and the key ring was unlocked.
func (a *app) eitherNode(u *unlocking, served func(*client) error, stopped func(*registry.Node) error) error {
	c, err := a.node()
	if err != nil {
		return err
	}
	err = c.get("/node", &registry.NodeStatus{})
	if err == nil || !errors.Is(err, errNotServed) || u.identity == "" && u.passphrase == "" {
		if err != nil {
			return err
		}
		return served(c)
	}
	unlock, err := u.open()
	if err != nil {
		return err
	}
	private()
	n, err := registry.Open(context.Background(), registry.Options{Dir: c.dir, Unlock: unlock, Now: a.now})
	if err != nil {
		return nodeError(err)
	}
	return errors.Join(nodeError(stopped(n)), n.Close())
}

// writeBackup gives a file its name once it is whole and durable.
func writeBackup(name string, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		return fail(exitConflict, errors.Join(fmt.Errorf("%s exists already", name), err))
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".aeo-backup-*") // mode 0600
	if err != nil {
		return fail(exitFile, err)
	}
	defer os.Remove(f.Name()) // no longer there when it was linked
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), name); err != nil {
		return fail(exitConflict, err)
	}
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// download writes an answer of any length into a file.
func (c *client) download(path, name string) error {
	return writeBackup(name, func(w io.Writer) error {
		long := *c.http
		long.Timeout = 0
		resp, err := long.Get(socketBase + "/api/v1" + path)
		if err != nil {
			return c.unreachable(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
			return errors.Join(err, problemError(resp.StatusCode, raw))
		}
		if _, err := io.Copy(w, resp.Body); err != nil {
			return fmt.Errorf("the node broke the backup off: %w", err)
		}
		return nil
	})
}

func newRestoreCmd(a *app) *cobra.Command {
	var keys string
	var old bool
	var u unlocking
	cmd := &cobra.Command{
		Use:   "restore IN DIR",
		Short: "make a node's directory of a backup",
		Long: `Makes DIR of a backup and checks all of it. The node in it can be read and verified
against, but signs nothing: nobody knows yet what its log signed after the backup.
aeo log recover asks those who may know, and lets it sign again.

Keys of subjects older than 30 days are refused unless --allow-old-keys says that
who was erased since will be erased again.`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return a.restore(args[0], args[1], keys, old, &u) },
	}
	cmd.Flags().StringVar(&keys, "subject-keys", "", "backup of the keys of subjects")
	cmd.Flags().BoolVar(&old, "allow-old-keys", false, "take keys of subjects older than 30 days")
	u.flags(cmd)
	return cmd
}

func (a *app) restore(in, dir, keys string, old bool, u *unlocking) error {
	unlock, err := u.open()
	if err != nil {
		return err
	}
	private()
	r := registry.RestoreRequest{AllowOld: old}
	f, err := os.Open(in)
	if err != nil {
		return fail(exitFile, err)
	}
	defer f.Close()
	r.Node = f
	if keys != "" {
		k, err := os.Open(keys)
		if err != nil {
			return fail(exitFile, err)
		}
		defer k.Close()
		r.SubjectKeys = k
	}
	out, err := registry.Restore(registry.Options{Dir: dir, Unlock: unlock, Now: a.now}, r)
	if err != nil {
		return nodeError(err)
	}
	if keys == "" {
		a.warn("without --subject-keys nothing sealed for a trader can be read")
	}
	a.hint("%s", commandLine("aeo", "log", "recover", dir, "--head", "FILE", "--mirror", "DIR", "--from", "COPY"))
	return a.reply("aeo.restored/1", out, func(w io.Writer) {
		fmt.Fprintf(w, "restored %s as of %s, %d leaves, into %s; it signs nothing until its log is recovered\n",
			out.EntityID, instant(out.MadeAt), out.Size, dir)
	})
}
