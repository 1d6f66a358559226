package peer_test

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/google/go-cmp/cmp"
)

func TestMirrorIsReadBackAsStored(t *testing.T) {
	f := follow(t)
	want, err := f.Mirror.Load(f.Anchor)
	if err != nil {
		t.Fatal(err)
	}
	other := peer.NewMirror(filepath.Join(t.TempDir(), "deep", "copy"))
	if err := other.Store(want); err != nil {
		t.Fatal(err)
	}
	got, err := other.Load(f.Anchor)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Documents, got.Documents); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Log.Entries(), got.Log.Entries()); diff != "" {
		t.Error(diff)
	}
}

// A crash leaves entries without a view that names them; a view never names
// entries that are not there.
func TestMirrorPassesOverLeftovers(t *testing.T) {
	for name, tail := range map[string]string{
		"a whole entry": "\x00\x02{}",
		"half a length": "\x00",
		"half an entry": "\xff\xff{",
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t)
			path := filepath.Join(f.dir, "entries")
			f.edit(t, "entries", func(raw []byte) []byte { return append(raw, tail...) })
			if _, err := f.Mirror.Load(f.Anchor); err != nil {
				t.Error(err)
			}
			f.nz.suspend(opened+2*day, 8)
			f.site.publish(f.nz, opened+2*day)
			f.sync(t, opened+2*day)
			want, err := transparency.FormatEntries(f.nz.log.Entries())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
				t.Errorf("entries hold %q, %v", got, err)
			}
		})
	}
}

func (f *following) edit(t *testing.T, name string, change func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(f.dir, name)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(raw), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedMirrorIsRefusedAndSaysWhere(t *testing.T) {
	replace := func(from, to string) func([]byte) []byte {
		return func(raw []byte) []byte { return bytes.Replace(raw, []byte(from), []byte(to), 1) }
	}
	for name, c := range map[string]struct {
		file   string
		change func([]byte) []byte
		want   string
	}{
		"entries cut off":          {"entries", func(raw []byte) []byte { return raw[:len(raw)-1] }, io.ErrUnexpectedEOF.Error()},
		"no entries":               {"entries", func([]byte) []byte { return nil }, "entry 0 of 6"},
		"an entry altered":         {"entries", replace(`"idx":7`, `"idx":8`), transparency.ErrFaulty.Error()},
		"another schema":           {"view.json", replace("aeo.mirror/1", "aeo.mirror/2"), "aeo.mirror/2"},
		"an unknown member":        {"view.json", replace(`{`, `{"a":1,`), "unknown"},
		"another administration":   {"view.json", replace(`"entity_id":"https://aeo.customs.nz`, `"entity_id":"https://aeo.customs.us`), "customs.us"},
		"an altered checkpoint":    {"view.json", replace(`/log\n6\n`, `/log\n5\n`), "checkpoint"},
		"a time before its roster": {"view.json", replace(`"fetched_at":17`, `"fetched_at":16`), "not at 16"},
		"no view at all":           {"view.json", func([]byte) []byte { return nil }, "no value"},
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t)
			f.edit(t, c.file, c.change)
			_, err := f.Mirror.Load(f.Anchor)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), f.dir) {
				t.Errorf("got %v, want one with %q and the directory", err, c.want)
			}
			before := files(t, f.dir)
			if _, err := f.Sync(t.Context(), opened+day); err == nil {
				t.Error("a damaged mirror is overwritten, and with it what was seen before")
			}
			if diff := cmp.Diff(before, files(t, f.dir)); diff != "" {
				t.Errorf("the mirror changed:\n%s", diff)
			}
		})
	}
}

func TestMirrorBelongsToItsAnchor(t *testing.T) {
	f := follow(t)
	if _, err := f.Mirror.Load(impostor().anchor(t)); err == nil {
		t.Error("a mirror is read with root keys that never signed its roster")
	}
	if _, err := peer.NewMirror(filepath.Join(f.dir, "none")).Load(f.Anchor); !errors.Is(err, peer.ErrNoMirror) {
		t.Errorf("no mirror: %v", err)
	}
}

func TestViewTooLargeToReadIsNotStored(t *testing.T) {
	if testing.Short() {
		t.Skip("spells 64 MiB of JSON")
	}
	f := follow(t)
	v, err := f.Mirror.Load(f.Anchor)
	if err != nil {
		t.Fatal(err)
	}
	v.Directory = strings.Repeat("x", 64<<20)
	before := files(t, f.dir)
	if err := f.Mirror.Store(v); !errors.Is(err, peer.ErrAnswer) {
		t.Errorf("got %v, want ErrAnswer", err)
	}
	if !cmp.Equal(before, files(t, f.dir)) {
		t.Error("the mirror changed")
	}
}

func TestEvidenceOfEachContradictionIsKept(t *testing.T) {
	m := peer.NewMirror(filepath.Join(t.TempDir(), "mirror"))
	var kept []string
	for _, pair := range [][2]string{{"a", "b"}, {"a", "c"}, {"a", "b"}} {
		where, err := m.Evidence([]byte(pair[0]), []byte(pair[1]))
		if err != nil {
			t.Fatal(err)
		}
		seen, _ := os.ReadFile(filepath.Join(where, "seen.checkpoint"))
		now, _ := os.ReadFile(filepath.Join(where, "now.checkpoint"))
		if string(seen) != pair[0] || string(now) != pair[1] {
			t.Errorf("%s holds %q and %q, want %q", where, seen, now, pair)
		}
		kept = append(kept, filepath.Base(where))
	}
	if diff := cmp.Diff([]string{"evidence-1", "evidence-2", "evidence-1"}, kept); diff != "" {
		t.Error(diff)
	}
}

func TestReplaceFileLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	for _, content := range []string{"old", "new"} {
		if err := peer.ReplaceFile(filepath.Join(dir, "file"), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]string{"/file": "new"}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(filepath.Join(dir, "file"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestNamesLeadToPublicAddressesOnly(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "198.18.0.1",
		"224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "ff02::1", "64:ff9b::a00:1", "2002:a00:1::",
	} {
		if peer.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as public", text)
		}
	}
	for _, text := range []string{"203.0.114.1", "1.1.1.1", "2606:4700::1111"} {
		if !peer.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s does not count as public", text)
		}
	}
}

// FuzzReadView expects that whatever a view.json holds, it is what was stored
// or it is refused.
func FuzzReadView(f *testing.F) {
	nz := follow(f)
	raw, err := os.ReadFile(filepath.Join(nz.dir, "view.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"schema":"aeo.mirror/1"}`))
	f.Add(bytes.Replace(raw, []byte(`/log\n6\n`), []byte(`/log\n-6\n`), 1))
	f.Add(bytes.Replace(raw, []byte(`"fetched_at"`), []byte(`"fetched_at":1,"fetched_at"`), 1))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := nz.Mirror.ReadView(raw, nz.Follower)
		if err != nil {
			return
		}
		if v.Checkpoint.Root != nz.nz.checkpoint().Root || v.EntityID != nz.nz.entity() {
			t.Errorf("read %s of %s", v.Checkpoint.Raw, v.EntityID)
		}
	})
}
