package ledger

import (
	"errors"
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

// Create makes a new ledger whose first batch holds genesis, the first roster's
// key leaf and the given entries. The genesis leaf's digest of the roster is
// filled in. A Create that a crash cut short may be repeated.
func Create(o Options, genesis transparency.Genesis, roster []byte, first ...Entry) (err error) {
	l, err := attach(o, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.detach()) }()
	if err := errors.Join(l.pristine(), l.room()); err != nil {
		return err
	}
	if _, err := io.ReadFull(l.rand, l.instance[:]); err != nil {
		return fmt.Errorf("draw instance id: %w", err)
	}
	l.reduction = transparency.NewReduction(l.signer.Name())
	genesis.RosterSHA256 = keys.SHA256Hex(roster)
	entries := append([]Entry{{Leaf: genesis}, {Leaf: transparency.Key{Roster: roster}}}, first...)
	return l.begin(entries)
}

// pristine reports whether there is no ledger yet.
func (l *Ledger) pristine() error {
	switch _, err := get(l.db, keyLedger); {
	case err == nil:
		return fmt.Errorf("create ledger: %w", ErrExists)
	case !errors.Is(err, ErrNotFound):
		return fmt.Errorf("look for a ledger: %w", err)
	}
	newest, err := l.heads.open()
	if err != nil {
		return err
	}
	if newest != nil {
		return fmt.Errorf("create ledger: there is a head file of size %d: %w", newest.size, ErrExists)
	}
	return nil
}

// begin commits the first batch.
func (l *Ledger) begin(entries []Entry) error {
	s, err := submit(entries, l.rand)
	if err != nil {
		return err
	}
	for i, it := range s.items {
		if it.payload == nil {
			continue
		}
		if _, err := l.keys.Key(it.subject, true); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	if b := l.alone(s); b != nil {
		l.flying.Add(1)
		l.land(b)
	}
	<-s.done
	if s.err != nil {
		return fmt.Errorf("create ledger: %w", s.err)
	}
	return nil
}
