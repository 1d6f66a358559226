package bundle

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/keys"
	"pgregory.net/rapid"
)

func packed(t testing.TB, n, width int) (hashes, blocks []byte) {
	t.Helper()
	var rows []tableRow
	for i := range n {
		key := fmt.Sprintf("JP:aeo:%06d AEO", i)
		rows = append(rows, tableRow{key, []byte(`{"key":"` + key + `","fill":"` + strings.Repeat("x", width) + `"}`)})
	}
	hashes, blocks, err := packTable(rows)
	if err != nil {
		t.Fatal(err)
	}
	return hashes, blocks
}

// TestTableFindsWhatItHolds: the blocks around a prefix hold every row with it.
func TestTableFindsWhatItHolds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(r, "rows")
		hashes, blocks := packed(t, n, rapid.IntRange(0, 2000).Draw(r, "width"))
		table, err := openTable(hashes, blocks)
		if err != nil {
			r.Fatal(err)
		}
		prefix := fmt.Sprintf("JP:aeo:%06d", rapid.IntRange(0, n+5).Draw(r, "asked"))[:rapid.IntRange(8, 13).Draw(r, "length")]
		want := 0
		for i := range n {
			if strings.HasPrefix(fmt.Sprintf("JP:aeo:%06d AEO", i), prefix) {
				want++
			}
		}
		got := 0
		from, to := table.around(prefix)
		for i := from; i < to; i++ {
			rows, err := table.block(i)
			if err != nil {
				r.Fatal(err)
			}
			for _, row := range rows {
				if bytes.HasPrefix(row, []byte(`{"key":"`+prefix)) {
					got++
				}
			}
		}
		if got != want {
			r.Fatalf("%d rows begin with %s, found %d in blocks %d to %d of %d", want, prefix, got, from, to, len(table.refs))
		}
	})
}

func TestALookupInflatesFewBlocks(t *testing.T) {
	hashes, blocks := packed(t, 20_000, 150)
	table, err := openTable(hashes, blocks)
	if err != nil {
		t.Fatal(err)
	}
	if from, to := table.around("JP:aeo:012345 "); to-from > 2 || len(table.refs) < 50 {
		t.Errorf("one of %d holders: blocks %d to %d of %d", 20_000, from, to, len(table.refs))
	}
}

func TestTableRefuses(t *testing.T) {
	hashes, blocks := packed(t, 3000, 60)
	edited := func(old, new string) []byte {
		out := strings.Replace(string(hashes), old, new, 1)
		if out == string(hashes) {
			t.Fatalf("no %s in %.200s", old, hashes)
		}
		return []byte(out)
	}
	for name, c := range map[string]struct{ hashes, blocks []byte }{
		"bytes after the last block": {hashes, append(bytes.Clone(blocks), 0)},
		"a block cut short":          {hashes, blocks[:len(blocks)-1]},
		"a huge block":               {edited(`"size":6`, `"size":66`), blocks},
		"no array":                   {[]byte("{}"), blocks},
		"another spelling":           {append(bytes.Clone(hashes), '\n'), blocks},
		"blocks out of order":        {edited("JP:aeo:000000", "JP:aeo:999999"), blocks},
	} {
		if _, err := openTable(c.hashes, c.blocks); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	spoilt := bytes.Clone(blocks)
	spoilt[10] ^= 1
	table, err := openTable(hashes, spoilt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.block(0); err == nil {
		t.Error("a block that differs from its digest is read")
	}
	if _, err := table.block(1); err != nil {
		t.Errorf("its neighbour is not: %v", err)
	}
}

// FuzzTable gives any hash list and any blocks, the digests made right so that
// the fuzzer gets to what lies behind them.
func FuzzTable(f *testing.F) {
	hashes, blocks := packed(f, 20, 10)
	f.Add(string(hashes), blocks)
	f.Add("[]", []byte{})
	bomb, _ := deflate(make([]byte, 1<<20))
	f.Add(`[{"first":"a","size":65536,"len":`+fmt.Sprint(len(bomb))+`,"sha256":"`+keys.SHA256Hex(bomb)+`"}]`, bomb)
	h, err := listed.NewHistory([]listed.Header{{Partner: "JP", Number: 1, SHA256: strings.Repeat("0", 64), Channel: "mail",
		StatedAsOf: "2026-01-01", TimeZone: "Asia/Tokyo", ImportedBy: "A", SecondOfficer: "B", Rows: 1, Personal: []string{}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, hashes string, blocks []byte) {
		table, err := openTable([]byte(hashes), blocks)
		if err != nil {
			return
		}
		for i := range table.refs {
			table.refs[i].SHA256 = keys.SHA256Hex(blocks[table.offset[i] : table.offset[i]+table.refs[i].Len])
			rows, err := table.block(i)
			if err != nil {
				continue
			}
			size := 0
			for _, r := range rows {
				size += len(r) + 1
			}
			if size > tableBlock || size != int(table.refs[i].Size) {
				t.Fatalf("block %d of %d bytes", i, size)
			}
		}
		l := &Lists{Territory: "JP", History: h, table: table}
		if rows, err := l.All(); err == nil {
			for _, r := range rows {
				found, err := l.Find(r.Identifier)
				if err != nil || len(found) == 0 {
					t.Fatalf("%s is in the table and not found: %v", r.Identifier, err)
				}
			}
		}
	})
}
