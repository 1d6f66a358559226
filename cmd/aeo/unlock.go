package main

import (
	"errors"

	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/spf13/cobra"
)

// unlocking is how the key ring of a node is opened.
type unlocking struct{ identity, passphrase string }

func (u *unlocking) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&u.identity, "identity", "", "age identity file that opens the key ring")
	cmd.Flags().StringVar(&u.passphrase, "passphrase-file", "", "file whose first line is the passphrase that opens the key ring")
}

func (u *unlocking) open() (keyring.Unlock, error) {
	switch {
	case u.identity != "" && u.passphrase != "":
		return keyring.Unlock{}, fail(exitUsage, errors.New("--identity and --passphrase-file exclude each other"))
	case u.identity != "":
		return keyring.IdentityFile(u.identity)
	case u.passphrase != "":
		return keyring.PassphraseFile(u.passphrase)
	}
	return keyring.Unlock{}, fail(exitUsage, errors.New("the key ring is locked: use --identity FILE or --passphrase-file FILE"))
}
