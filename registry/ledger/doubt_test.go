package ledger_test

import (
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
)

// TestDoubtOutlivesARestart: a ledger of which another history turned up reads on
// and signs nothing, until recovery has judged it.
func TestDoubtOutlivesARestart(t *testing.T) {
	w, l := created(t)
	if _, err := l.Append(t.Context(), ledgertest.Case("trader", "one")); err != nil {
		t.Fatal(err)
	}
	head := l.Head()
	if root, err := l.RootAt(head.Size); err != nil || root != head.Root {
		t.Errorf("root at the head: %v, %v", root, err)
	}
	if _, err := l.RootAt(head.Size + 1); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("root beyond the head: %v", err)
	}
	if err := l.Doubt(errors.New("another head was shown")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.ReadOnly(); !errors.Is(err, ledger.ErrUnproven) {
			t.Errorf("read only because of %v", err)
		}
		if _, err := l.Append(t.Context(), ledgertest.Case("trader", "two")); !errors.Is(err, ledger.ErrReadOnly) {
			t.Errorf("append: %v", err)
		}
		if _, err := l.Leaf(0); err != nil || l.Head().Size != head.Size {
			t.Errorf("reading: %v, size %d", err, l.Head().Size)
		}
		closed(t, l)
		l = w.mustOpen(t)
	}
	closed(t, l)
}
