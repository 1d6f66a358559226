package ledger_test

import (
	"crypto/rand"
	"errors"
	mrand "math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
)

func fileKeys(t testing.TB, fs vfs.FS) ledger.Sealer {
	t.Helper()
	k, err := ledger.FileKeys(fs, "/keys", ledgertest.Plain{}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFileKeys(t *testing.T) {
	mem := vfs.NewCrashableMem()
	k := fileKeys(t, mem)
	if _, err := k.Key("a", false); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a key nobody made: %v", err)
	}
	a, err := k.Key("a", true)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := k.Key("b", true); err != nil || b == a {
		t.Errorf("two subjects share a key (%v)", err)
	}
	after := mem.CrashClone(vfs.CrashCloneCfg{}) // only what was synced
	if again, err := fileKeys(t, after).Key("a", false); err != nil || again != a {
		t.Errorf("after a power cut the key is another (%v)", err)
	}
	if err := k.Destroy("a"); err != nil {
		t.Fatal(err)
	}
	for _, k := range []ledger.Sealer{k, fileKeys(t, mem.CrashClone(vfs.CrashCloneCfg{}))} {
		if _, err := k.Key("a", true); !errors.Is(err, ledger.ErrErased) {
			t.Errorf("a destroyed key: %v, want ErrErased", err)
		}
	}
	if _, err := mem.Stat("/keys/" + ledger.KeyFileName("a")); err == nil {
		t.Error("the file of a destroyed key is still there")
	}
	flip(t, mem, "/keys/"+ledger.KeyFileName("b"), 0, 1)
	if _, err := fileKeys(t, mem).Key("b", true); err == nil || errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a key file that does not unwrap: %v", err)
	}
}

// However far a destruction came before the power cut, the key is either as it
// was or gone for good, and gone with it is its file.
func TestDestroyIsAllOrNothing(t *testing.T) {
	for at := 1; ; at++ {
		mem := vfs.NewCrashableMem()
		want, err := fileKeys(t, mem).Key("a", true)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var after *vfs.MemFS
		ops, armed := 0, false
		k := fileKeys(t, failing(mem, func() error {
			mu.Lock()
			defer mu.Unlock()
			if armed {
				ops++
			}
			if ops == at && after == nil {
				after = mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: mrand.New(mrand.NewPCG(uint64(at), 12))})
			}
			return nil
		}))
		armed = true
		if err := k.Destroy("a"); err != nil {
			t.Fatal(err)
		}
		if after == nil {
			return
		}
		switch key, err := fileKeys(t, after).Key("a", true); {
		case err == nil && key == want:
		case errors.Is(err, ledger.ErrErased):
			if _, err := after.Stat("/keys/" + ledger.KeyFileName("a")); err == nil {
				t.Errorf("cut at operation %d: tombstone and key are both there", at)
			}
		default:
			t.Errorf("cut at operation %d: another key, or %v", at, err)
		}
	}
}

func TestKeyThatCannotBeWrittenIsNotUsed(t *testing.T) {
	for n := int64(0); ; n++ {
		b := &breaker{err: syscall.ENOSPC}
		k := fileKeys(t, failing(vfs.NewMem(), b.ask))
		b.left.Store(n)
		b.armed.Store(true)
		_, err := k.Key("a", true)
		if err == nil {
			if n == 0 {
				t.Error("nothing was written for a new key")
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("write %d: %v", n, err)
		}
	}
}
