package bundle

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

func write(t testing.TB, members ...member) []byte {
	t.Helper()
	raw, err := writeContainer(members)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func two(t testing.TB) []byte {
	return write(t, newMember("manifest.jwt", []byte("m")), newMember("p/nz/checkpoint", []byte("checkpoint")))
}

// Whatever is written reads back the same, and other programs see the same archive.
func TestContainerReadsBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.StringMatching(`[a-z0-9_-]{1,9}(/[a-z0-9][a-z0-9._-]{0,9}[a-z0-9])?`), rapid.ID).Draw(t, "names")
		names = slices.DeleteFunc(names, func(n string) bool { return checkName(n) != nil })
		var members []member
		for _, name := range names {
			members = append(members, newMember(name, rapid.SliceOf(rapid.Byte()).Draw(t, name)))
		}
		raw, err := writeContainer(members)
		if err != nil {
			t.Fatal(err)
		}
		c, err := readContainer(raw)
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil || len(foreign.File) != len(members) || len(c.members) != len(members) {
			t.Fatalf("archive/zip: %v", err)
		}
		for i, m := range members {
			got, ok, err := c.read(m.name)
			if err != nil || !ok || !bytes.Equal(got, m.data) || c.members[i].name != m.name {
				t.Fatalf("member %q: %q, %v", m.name, got, err)
			}
			other, err := foreign.File[i].Open()
			if err != nil {
				t.Fatal(err)
			}
			if seen, err := io.ReadAll(other); err != nil || !bytes.Equal(seen, m.data) || foreign.File[i].Name != m.name {
				t.Fatalf("archive/zip: member %q: %q, %v", m.name, seen, err)
			}
		}
	})
}

// Every byte of the layout is fixed: there is one archive for its members.
func TestContainerRefusesAnyChangeOfItsLayout(t *testing.T) {
	raw := two(t)
	data := []int{bytes.Index(raw, []byte("manifest.jwtm")) + 12, bytes.Index(raw, []byte("checkpointcheckpoint")) + 10}
	for i := range raw {
		if i == data[0] || i >= data[1] && i < data[1]+10 {
			continue // members are checked as they are read
		}
		for bit := range 8 {
			changed := bytes.Clone(raw)
			changed[i] ^= 1 << bit
			if c, err := readContainer(changed); err == nil {
				t.Fatalf("bit %d of byte %d: accepted, members %v", bit, i, c.members)
			}
		}
	}
	for i := range raw {
		if _, err := readContainer(raw[:i]); err == nil {
			t.Errorf("accepted when cut to %d bytes", i)
		}
	}
}

func TestMemberThatDiffersFromItsCRCIsRefusedWhenRead(t *testing.T) {
	raw := bytes.Replace(two(t), []byte("checkpointcheckpoint"), []byte("checkpointCheckpoint"), 1)
	c, err := readContainer(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.read("p/nz/checkpoint"); err == nil || !strings.Contains(err.Error(), "crc") {
		t.Errorf("got %v", err)
	}
}

func TestReadContainerRefuses(t *testing.T) {
	good := two(t)
	second := bytes.Index(good[1:], []byte("PK\x03\x04")) + 1
	central := bytes.Index(good, []byte("PK\x01\x02"))
	edit := func(changes map[int]byte) []byte {
		raw := bytes.Clone(good)
		for at, b := range changes {
			raw[at] = b
		}
		return raw
	}
	for name, tc := range map[string]struct {
		raw  []byte
		want string
	}{
		"compression in both headers":     {edit(map[int]byte{8: 8, central + 10: 8}), "compression method is 0x8"},
		"the encryption flag in both":     {edit(map[int]byte{6: 1, central + 8: 1}), "flags is 0x1"},
		"a data descriptor in both":       {edit(map[int]byte{6: 8, central + 8: 8}), "flags is 0x8"},
		"another date in both":            {edit(map[int]byte{12: 34, central + 14: 34}), "date"},
		"an extra field":                  {edit(map[int]byte{28: 4}), "extra field length"},
		"a member over all the rest":      {edit(map[int]byte{22: 0xff, 23: 0xff}), "exceeds"},
		"a name over all the rest":        {edit(map[int]byte{26: 0xff, 27: 0xff}), "member name"},
		"an entry that points elsewhere":  {edit(map[int]byte{central + 42: byte(second)}), "offset"},
		"an executable member":            {edit(map[int]byte{central + 38: 1}), "external attributes"},
		"a directory in front":            {append([]byte("junk"), good...), "signature"},
		"bytes before the end record":     {insert(good, len(good)-endSize, "junk"), "between directory and end record"},
		"bytes between member and header": {insert(good, second, "junk"), "signature"},
		"a comment":                       {append(edit(map[int]byte{len(good) - 2: 1}), 'c'), "end record"},
		"a member twice":                  {write(t, newMember("a", nil), newMember("a", []byte("x"))), `a second "a"`},
		"a name in capitals":              {bytes.ReplaceAll(good, []byte("manifest"), []byte("Manifest")), "character 0"},
		"a name that climbs":              {bytes.ReplaceAll(good, []byte("p/nz/"), []byte("p/../")), "two dots"},
		"a name from the root":            {bytes.ReplaceAll(good, []byte("p/nz/"), []byte("/pnz/")), "empty part"},
		"a name with an empty part":       {bytes.ReplaceAll(good, []byte("p/nz/"), []byte("p//n/")), "empty part"},
		"a name with a dot as part":       {bytes.ReplaceAll(good, []byte("p/nz/"), []byte("p/./n")), "empty part"},
		"a folder":                        {bytes.ReplaceAll(good, []byte("manifest.jwt"), []byte("manifest.jw/")), "empty part"},
		"nothing":                         {nil, "no archive"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readContainer(tc.raw); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

// insert puts text into an archive and moves the directory's offset along.
func insert(raw []byte, at int, text string) []byte {
	out := slices.Concat(raw[:at], []byte(text), raw[at:])
	end := out[len(out)-endSize:]
	if offset := binary.LittleEndian.Uint32(end[16:]); int(offset) > at {
		binary.LittleEndian.PutUint32(end[16:], offset+uint32(len(text)))
	}
	return out
}

func TestWriteContainerRefuses(t *testing.T) {
	many := make([]member, MaxMembers+1)
	large := member{name: "a", data: make([]byte, 8<<20)}
	for name, members := range map[string][]member{
		"too many members": many,
		"a bad name":       {newMember("A", nil)},
		"too much":         slices.Repeat([]member{large}, MaxBundle/len(large.data)),
	} {
		if _, err := writeContainer(members); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

type corpusCase struct {
	Name    string `json:"name"`
	Expect  string `json:"expect"`
	Zip     []byte `json:"zip_b64"`
	Deflate []byte `json:"deflate_b64"`
}

func (c *corpusCase) archive(t *testing.T) []byte {
	if c.Deflate == nil {
		return c.Zip
	}
	r, err := zlib.NewReader(bytes.NewReader(c.Deflate))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The corpus's well-formed archives hold compressed members and flags that
// this container does not have; stored anew they open.
func TestHostileArchives(t *testing.T) {
	cases := corpus(t)
	t.Logf("figure vectors_zip %d archives", len(cases))
	for _, c := range cases {
		raw := c.archive(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readContainer(raw)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: opened", c.Name)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20+4*uint64(len(raw)) {
			t.Errorf("%s: %d bytes allocated for an archive of %d", c.Name, used, len(raw))
		}
		if c.Expect != "open" {
			continue
		}
		if _, err := readContainer(storedAnew(t, raw)); err != nil {
			t.Errorf("%s, stored anew: %v", c.Name, err)
		}
	}
	t.Logf("figure bombs_zip %d MiB at most in memory for %d archives", peakMemory(), len(cases))
}

// peakMemory is the most this process ever had in memory, in MiB; 0 where the
// system does not say.
func peakMemory() (mib int) {
	raw, _ := os.ReadFile("/proc/self/status")
	if _, rest, ok := strings.Cut(string(raw), "VmHWM:"); ok {
		fmt.Sscan(rest, &mib)
	}
	return mib >> 10
}

func storedAnew(t *testing.T, raw []byte) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var members []member
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, newMember(f.Name, data))
	}
	return write(t, members...)
}

// corpus reads the hostile archives where they lie; a clone has none.
func corpus(t *testing.T) []corpusCase {
	t.Helper()
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for !exists(filepath.Join(root, "go.mod")) && root != filepath.Dir(root) {
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data", "corpora")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "zip", "archives.json"))
	if err != nil {
		t.Skip("no corpora: ", err)
	}
	var file struct {
		Cases []corpusCase `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
