package registry_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/registry"
	"github.com/cockroachdb/pebble/v2"
)

// store is the store of a stopped node as somebody with its files could open it.
func (o *office) store() *pebble.DB {
	o.t.Helper()
	return got(pebble.Open(filepath.Join(o.opts.Dir, "log"), &pebble.Options{FormatMajorVersion: pebble.FormatNewest, Logger: mute{}}))(o.t)
}

type mute struct{}

func (mute) Infof(string, ...any)  {}
func (mute) Errorf(string, ...any) {}
func (mute) Fatalf(string, ...any) { panic("store fails") }

// tamper changes rows of the store: change returns the new value of a row, nil to
// take it away.
func (o *office) tamper(key string, change func(value []byte) []byte) {
	o.t.Helper()
	must(o.t, o.Close())
	db := o.store()
	it := got(db.NewIter(nil))(o.t)
	found := false
	for ok := it.First(); ok; ok = it.Next() {
		if !bytes.Contains(it.Key(), []byte(key)) {
			continue
		}
		found = true
		if value := change(bytes.Clone(it.Value())); value != nil {
			must(o.t, db.Set(bytes.Clone(it.Key()), value, pebble.Sync))
		} else {
			must(o.t, db.Delete(bytes.Clone(it.Key()), pebble.Sync))
		}
	}
	must(o.t, it.Close())
	must(o.t, db.Close())
	if !found {
		o.t.Fatalf("no row %q", key)
	}
	o.open()
}

func TestAuditNamesTheRowThatWasEdited(t *testing.T) {
	for name, c := range map[string]struct {
		row    string
		change func([]byte) []byte
		what   string
		how    string
	}{
		"a suspension undone": {"case/authorisation/NZ-AUT-000001",
			func(v []byte) []byte { return bytes.Replace(v, []byte(`"suspended"`), []byte(`"effective"`), 1) },
			"state of authorisation NZ-AUT-000001", "changed"},
		"an application taken away": {"case/application/NZ-APP-000001", func([]byte) []byte { return nil },
			"state of application NZ-APP-000001", "missing"},
		"an identifier given to another": {"identifier/NZ:ses:12345678A", func([]byte) []byte { return []byte("NZ-OP-000002") },
			"holder of identifier NZ:ses:12345678A", "changed"},
	} {
		t.Run(name, func(t *testing.T) {
			nz := found(t, newClock(), "NZ", "")
			nz.grant(orchards)
			nz.release(orchards)
			got(nz.Suspend(t.Context(), nz.measure("NZ-AUT-000001")))(t)
			before := got(nz.Audit())(t)
			if before.Differing != 0 || before.Tokens == 0 || before.Size != nz.size() {
				t.Fatalf("an honest node: %+v", before)
			}
			nz.tamper(c.row, c.change)
			found := got(nz.Audit())(t)
			want := registry.Difference{What: c.what, Row: c.row, How: c.how}
			if !slices.Contains(found.Differences, want) {
				t.Errorf("found %+v; want %+v", found.Differences, want)
			}
		})
	}
}

func TestAuditFindsARowTheLogNeverGave(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	nz.grant(orchards)
	must(t, nz.Close())
	db := nz.store()
	it := got(db.NewIter(nil))(t)
	for ok := it.First(); ok; ok = it.Next() {
		if i := bytes.Index(it.Key(), []byte("case/authorisation/NZ-AUT-000001")); i == 1 {
			forged := append([]byte{it.Key()[0]}, "case/authorisation/NZ-AUT-000002"...)
			must(t, db.Set(forged, bytes.ReplaceAll(it.Value(), []byte("AUT-000001"), []byte("AUT-000002")), pebble.Sync))
		}
	}
	must(t, it.Close())
	must(t, db.Close())
	nz.open()
	found := got(nz.Audit())(t)
	want := registry.Difference{What: "state of authorisation NZ-AUT-000002", Row: "case/authorisation/NZ-AUT-000002", How: "foreign"}
	if found.Differing != 1 || found.Differences[0] != want {
		t.Errorf("found %+v; want %+v", found, want)
	}
}

// An audit works with rows in clear; what a crash left of one goes at the next start.
func TestWhatAnAuditLeftIsTakenAway(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	must(t, nz.Close())
	left := filepath.Join(nz.opts.Dir, "audit.tmp")
	must(t, os.MkdirAll(left, 0o700))
	must(t, os.WriteFile(filepath.Join(left, "000004.sst"), []byte("rows"), 0o600))
	nz.open()
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there (%v)", err)
	}
	if a := got(nz.Audit())(t); a.Differing != 0 {
		t.Errorf("audit: %+v", a)
	}
}
