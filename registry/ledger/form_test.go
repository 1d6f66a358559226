package ledger_test

import (
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/google/go-cmp/cmp"
)

// A formed counter also writes its form into each row.
type formed struct {
	counter
	form string
}

func (f formed) Form() string { return f.form }

func (f formed) Project(tx ledger.Projection, r ledger.Record) error {
	if err := f.counter.Project(tx, r); err != nil {
		return err
	}
	return tx.Set([]byte("form"), []byte(f.form))
}

func TestRowsOfAnotherFormAreMadeAnew(t *testing.T) {
	w, l := created(t)
	for range 5 {
		append1(t, l, ledgertest.Case("trader", "a"))
	}
	want := projections(t, l)
	closed(t, l)
	for _, form := range []string{"1", "2", "2", "1"} {
		w.project = formed{form: form}
		l = w.mustOpen(t)
		got := projections(t, l)
		if got["form"] != form {
			t.Errorf("rows of form %q where the projector writes %q", got["form"], form)
		}
		delete(got, "form")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("form %s (-before +after):\n%s", form, diff)
		}
		ledgertest.CheckLog(t, l)
		closed(t, l)
	}
	// A projector without a form finds rows of one, and makes its own.
	w.project = counter{}
	l = w.mustOpen(t)
	if diff := cmp.Diff(want, projections(t, l)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}
