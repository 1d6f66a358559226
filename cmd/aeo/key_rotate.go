package main

import (
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/spf13/cobra"
)

func newKeyRotateCmd(a *app) *cobra.Command {
	var r registry.RotateKey
	var announce string
	var status bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "announce the next key of a role; the node switches to it by itself",
		Long: `Replaces a key in the ordinary way. The next key is made and announced: the roster, the
log and the entity configuration name both. At a midnight UTC after --announce-for the
node signs with the next key; the one before may finish for a day more and then signs
no longer, and whatever it signed stays good until it expires by itself. Where the
present key ends earlier than that, the next one begins as it ends.

A key is announced for at least as long as any partner may rely on what it fetched
before, so that nobody meets a signature by a key he does not know. With --short it may
be less: partners that have not synchronised meanwhile answer cannot_tell until they do.

It takes two people. Root keys change in a ceremony; the keys of log, witness and auditor
are what others know them by and do not change.`,
		Example: `  aeo key rotate --role issuer --announce-for 14d --by "M. Rangi" --second "T. Walker"
  aeo key rotate --status`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if status {
				return a.rotations()
			}
			if r.Role == "" {
				return fail(exitUsage, fmt.Errorf("--role is missing: federation, issuer, bundle, exchange or receipt"))
			}
			if err := readFlag("announce-for", announce, parseAge, &r.AnnounceFor); err != nil {
				return err
			}
			r.DryRun = a.dryRun
			var done registry.Rotation
			if err := a.change("announce the next "+r.Role+" key; the node signs with it once its day has come", "/keys/rotate", r, &done); err != nil {
				return err
			}
			return a.reply("aeo.rotation/1", &done, func(w io.Writer) { fmt.Fprintln(w, rotationWords(&done)) })
		},
	}
	cmd.Flags().StringVar(&r.Role, "role", "", "whose key: federation, issuer, bundle, exchange or receipt")
	cmd.Flags().StringVar(&announce, "announce-for", "", "how long in advance, as 14d (default: as long as any partner may rely on what it has)")
	cmd.Flags().BoolVar(&r.Short, "short", false, "allow less than partners may rely on what they have")
	cmd.Flags().BoolVar(&status, "status", false, "say how the keys of every role follow each other; changes nothing")
	cmd.Flags().StringVar(&r.By, "by", "", "who acts: the officer's name")
	secondFlag(cmd, &r.Second)
	return cmd
}

func (a *app) rotations() error {
	var list api.List[*registry.Rotation]
	if err := a.fetch("/keys/rotations", &list); err != nil {
		return err
	}
	return a.reply("aeo.rotations/1", list, func(w io.Writer) {
		for _, r := range list.Items {
			fmt.Fprintln(w, rotationWords(r))
		}
	})
}

// rotationWords tells how one key follows another.
func rotationWords(r *registry.Rotation) string {
	present := fmt.Sprintf("%s: %.8s signs until %s", r.Role, r.Present.ID, day(r.Present.SignUntil))
	switch {
	case r.Present.ID == "":
		present = r.Role + ": no key may sign"
	case r.SwitchAt != 0:
		present = fmt.Sprintf("%s: %.8s signs until the switch at %s and may finish until %s",
			r.Role, r.Present.ID, instant(r.SwitchAt), instant(r.OldUntil))
	case r.OldUntil != 0:
		present += fmt.Sprintf("; the key before may finish until %s", instant(r.OldUntil))
	}
	switch {
	case r.Next != nil:
		return present + fmt.Sprintf("; %.8s is announced and follows", r.Next.ID)
	case r.SwitchAt != 0:
		return present + "; a new key would follow"
	}
	return present
}
