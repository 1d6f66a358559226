package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// AuditProjections makes the projections anew from the records, as of the newest
// acknowledged batch, and compares them with those there are: fn hears of every
// row that differs, want being nil for one that should not be there and got for
// one that is missing. The store is only read; dir, which must not exist, holds
// the rows made anew meanwhile, unsealed, and is removed.
func (l *Ledger) AuditProjections(dir string, fn func(key, want, got []byte) error) (err error) {
	if l.project == nil {
		return errors.New("this ledger is open without projections")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is in the way: %w", dir, cmp.Or(err, os.ErrExist))
	}
	scratch, err := pebble.Open(dir, &pebble.Options{DisableWAL: true, FormatMajorVersion: pebble.FormatNewest, Logger: quiet{}})
	if err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", dir, err), os.RemoveAll(dir))
	}
	defer func() { err = errors.Join(err, scratch.Close(), os.RemoveAll(dir)) }()
	return l.look(func(v *view) error {
		if err := l.projectInto(scratch, v.snap, pebble.NoSync); err != nil {
			return err
		}
		return compareRows(scratch, v.snap, fn)
	})
}

// quiet has nothing to say about a store that is thrown away.
type quiet struct{}

func (quiet) Infof(string, ...any)              {}
func (quiet) Errorf(string, ...any)             {}
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// compareRows walks both key spaces of read models side by side.
func compareRows(want, got pebble.Reader, fn func(key, want, got []byte) error) error {
	bounds := &pebble.IterOptions{LowerBound: []byte{rowView}, UpperBound: []byte{rowView + 1}}
	a, err := want.NewIter(bounds)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := got.NewIter(bounds)
	if err != nil {
		return err
	}
	defer b.Close()
	for x, y := a.First(), b.First(); x || y; {
		order := 0
		switch {
		case !y:
			order = -1
		case !x:
			order = 1
		default:
			order = bytes.Compare(a.Key(), b.Key())
		}
		var err error
		switch {
		case order < 0:
			err, x = fn(slices.Clone(a.Key()[1:]), present(a), nil), a.Next()
		case order > 0:
			err, y = fn(slices.Clone(b.Key()[1:]), nil, present(b)), b.Next()
		default:
			if !bytes.Equal(a.Value(), b.Value()) {
				err = fn(slices.Clone(a.Key()[1:]), present(a), present(b))
			}
			x, y = a.Next(), b.Next()
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(a.Error(), b.Error())
}

// present is a row's value, not nil though it may be empty.
func present(it *pebble.Iterator) []byte { return append([]byte{}, it.Value()...) }
