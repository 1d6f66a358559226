package registry_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// saved is a backup of an office, its subjects' keys with it.
func saved(t testing.TB, o *office) (node, keys []byte) {
	t.Helper()
	var n, k bytes.Buffer
	must(t, o.Backup(&n))
	must(t, o.BackupSubjectKeys(&k))
	return n.Bytes(), k.Bytes()
}

// elsewhere are the options of an office in another directory.
func (o *office) elsewhere() registry.Options {
	opts := o.opts
	opts.Dir = filepath.Join(o.t.TempDir(), "again")
	return opts
}

func TestOldKeysOfSubjectsAreNotPutBackUnasked(t *testing.T) {
	c := newClock()
	nz := found(t, c, "NZ", "")
	node, keys := saved(t, nz)
	c.forward(31 * 24 * time.Hour)
	opts := nz.elsewhere()
	r := registry.RestoreRequest{Node: bytes.NewReader(node), SubjectKeys: bytes.NewReader(keys)}
	if _, err := registry.Restore(opts, r); !errors.Is(err, registry.ErrNotAllowed) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(opts.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it left a directory: %v", err)
	}
	r = registry.RestoreRequest{Node: bytes.NewReader(node), SubjectKeys: bytes.NewReader(keys), AllowOld: true}
	if _, err := registry.Restore(opts, r); err != nil {
		t.Fatal(err)
	}
}

// Every byte of a backup in turn: it is refused, and leaves nothing.
func TestTurnedBytesInABackup(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	node, _ := saved(t, nz)
	for at := 0; at < len(node); at += max(1, len(node)/40) {
		turned := bytes.Clone(node)
		turned[at] ^= 1
		opts := nz.elsewhere()
		if _, err := registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(turned)}); err == nil {
			t.Errorf("byte %d of %d: it was restored", at, len(node))
		}
		if left, _ := filepath.Glob(filepath.Dir(opts.Dir) + "/*"); len(left) > 0 {
			t.Errorf("byte %d: it left %v", at, left)
		}
	}
}

// After credentials were lost no index of the lists they are in is given again.
func TestAfterALossIndexesAreOfNewLists(t *testing.T) {
	c := newClock()
	nz := found(t, c, "NZ", "")
	nz.grant(orchards)
	node, keys := saved(t, nz)
	nz.grant(timber)
	c.forward(time.Second)
	must(t, nz.Tick(context.Background()))
	export := filepath.Join(t.TempDir(), "export")
	if _, err := nz.ExportLog(export); err != nil {
		t.Fatal(err)
	}
	opts := nz.elsewhere()
	if _, err := registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(node), SubjectKeys: bytes.NewReader(keys)}); err != nil {
		t.Fatal(err)
	}
	n, err := registry.Open(t.Context(), opts)
	must(t, err)
	if _, err := n.RegisterOperator(t.Context(), registry.RegisterOperator{}); err == nil {
		t.Error("an unproven node registers")
	}
	before := len(n.StatusLists())
	if !errors.Is(n.Ledger().ReadOnly(), ledger.ErrUnproven) || before != 0 {
		t.Errorf("it serves %d lists", before)
	}
	must(t, n.Close())
	rec, err := registry.Recover(opts, registry.RecoverRequest{From: []string{export}})
	if err != nil || rec.Lost == 0 {
		t.Fatalf("%+v, %v", rec, err)
	}
	n, err = registry.Open(t.Context(), opts)
	must(t, err)
	if got, want := len(n.StatusLists()), len(nz.StatusLists())+2; got != want {
		t.Errorf("%d status lists, want %d", got, want)
	}
	must(t, n.Close())
	n, err = registry.Open(t.Context(), opts)
	must(t, err)
	if got, want := len(n.StatusLists()), len(nz.StatusLists())+2; got != want {
		t.Errorf("%d status lists after another start, want %d", got, want)
	}
	must(t, n.Close())
}

// A mirror that was there and is gone is not begun anew in silence.
func TestAMirrorIsRemembered(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	mirror := filepath.Join(t.TempDir(), "mirror")
	nz.opts.Mirror = mirror
	nz.restart()
	nz.opts.Mirror = ""
	nz.restart()
	must(t, nz.Close())
	must(t, os.Rename(mirror, mirror+".away"))
	if _, err := registry.Open(t.Context(), nz.opts); !errors.Is(err, registry.ErrMirror) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(mirror); err == nil {
		t.Error("it was begun anew")
	}
	must(t, os.Rename(mirror+".away", mirror))
	nz.open()
	nz.opts.NoMirror = true
	nz.restart()
	nz.opts.NoMirror = false
	must(t, os.RemoveAll(mirror))
	nz.restart()
}
