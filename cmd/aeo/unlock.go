package main

import (
	"errors"
	"syscall"

	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/spf13/cobra"
)

// unlocking is how the key ring of a node is opened.
type unlocking struct{ identity, passphrase string }

func (u *unlocking) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&u.identity, "identity", "", "age identity file that opens the key ring")
	cmd.Flags().StringVar(&u.passphrase, "passphrase-file", "", "file whose first line is the passphrase that opens the key ring")
}

// words are the flags as they were typed.
func (u *unlocking) words() []string {
	if u.passphrase != "" {
		return []string{"--passphrase-file", u.passphrase}
	}
	return []string{"--identity", u.identity}
}

// private keeps whatever this process writes from other users of the machine.
func private() { syscall.Umask(0o077) }

func (u *unlocking) open() (keyring.Unlock, error) {
	switch {
	case u.identity != "" && u.passphrase != "":
		return keyring.Unlock{}, fail(exitUsage, errors.New("--identity and --passphrase-file exclude each other"))
	case u.identity != "":
		key, err := keyring.IdentityFile(u.identity)
		return key, badFile(err)
	case u.passphrase != "":
		key, err := keyring.PassphraseFile(u.passphrase)
		return key, badFile(err)
	}
	return keyring.Unlock{}, fail(exitUsage, errors.New("the key ring is locked: use --identity FILE or --passphrase-file FILE"))
}
