package statuslist_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func TestDecodeLst(t *testing.T) {
	const n = 4096
	raw := bytes.Repeat([]byte{0xe4, 0, 0, 1}, n/4)
	good := pack(t, raw, 9)
	edit := func(f func(b []byte) []byte) string { return keys.EncodeBase64URL(f(bytes.Clone(good))) }
	header := func(cmf, flg byte) string {
		return edit(func(b []byte) []byte { b[0], b[1] = cmf, flg; return b })
	}
	for _, tt := range []struct {
		name, lst string
		ok        bool
	}{
		{"no compression", keys.EncodeBase64URL(pack(t, raw, 0)), true},
		{"fastest", keys.EncodeBase64URL(pack(t, raw, 1)), true},
		{"default", keys.EncodeBase64URL(pack(t, raw, 6)), true},
		{"best", keys.EncodeBase64URL(good), true},
		{"Huffman only", keys.EncodeBase64URL(pack(t, raw, -2)), true},
		{"header 78 01", header(0x78, 0x01), true},
		{"header 78 5e", header(0x78, 0x5e), true},
		{"header 78 9c", header(0x78, 0x9c), true},
		{"a smaller window", header(0x48, 0x89), true},

		{"a header that does not divide by 31", header(0x78, 0x9d), false},
		{"a window beyond 32 KiB", header(0x88, 0x1c), false},
		{"another method", header(0x77, 0x85), false},
		{"a preset dictionary", header(0x78, 0xbb), false},
		{"raw DEFLATE", edit(func(b []byte) []byte { return b[2 : len(b)-4] }), false},
		{"no checksum", edit(func(b []byte) []byte { return b[:len(b)-4] }), false},
		{"a wrong checksum", edit(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), false},
		{"the stream cut", edit(func(b []byte) []byte { return b[:len(b)/2] }), false},
		{"a byte behind the stream", edit(func(b []byte) []byte { return append(b, 0) }), false},
		{"a second stream", edit(func(b []byte) []byte { return append(b, b...) }), false},
		{"one byte too few", keys.EncodeBase64URL(pack(t, raw[1:], 9)), false},
		{"one byte too many", keys.EncodeBase64URL(pack(t, append([]byte{0}, raw...), 9)), false},
		{"a bomb", keys.EncodeBase64URL(pack(t, make([]byte, 8<<20), 9)), false},
		{"padding", keys.EncodeBase64URL(good) + "=", false},
		{"a line end", keys.EncodeBase64URL(good) + "\n", false},
		{"nothing", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := statuslist.DecodeLst(tt.lst, n)
			if tt.ok && (err != nil || !bytes.Equal(got, raw)) || !tt.ok && !errors.Is(err, statuslist.ErrList) {
				t.Fatalf("error %v", err)
			}
		})
	}
	for _, n := range []int{-1, statuslist.MaxSize + 1} {
		if _, err := statuslist.DecodeLst(keys.EncodeBase64URL(good), n); !errors.Is(err, statuslist.ErrList) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestAt(t *testing.T) {
	raw := []byte{0b1101_0010, 0b0000_0001}
	for _, tt := range []struct {
		bits int
		want []uint8
	}{
		{1, []uint8{0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0}},
		{2, []uint8{2, 0, 1, 3, 1, 0, 0, 0}},
		{4, []uint8{2, 13, 1, 0}},
		{8, []uint8{0xd2, 1}},
	} {
		for i, want := range tt.want {
			if got, err := statuslist.At(raw, tt.bits, int64(i)); err != nil || got != want {
				t.Errorf("%d bits, entry %d: %d %v, want %d", tt.bits, i, got, err, want)
			}
		}
		if _, err := statuslist.At(raw, tt.bits, int64(len(tt.want))); !errors.Is(err, statuslist.ErrList) {
			t.Errorf("%d bits, one entry too far: %v", tt.bits, err)
		}
	}
	for _, bits := range []int{-1, 0, 3, 16} {
		if _, err := statuslist.At(raw, bits, 0); !errors.Is(err, statuslist.ErrList) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

type corpusCase struct {
	Name    string           `json:"name"`
	Expect  string           `json:"expect"`
	Why     string           `json:"why"`
	Profile bool             `json:"profile"`
	Bits    jsontext.Value   `json:"bits"`
	Lst     jsontext.Value   `json:"lst"`
	Idx     jsontext.Value   `json:"idx"`
	Size    int64            `json:"size"`
	Nonzero map[string]uint8 `json:"nonzero"`
	Zero    map[string]uint8 `json:"zero"`
}

// TestCorpus gives every case to the codec of the draft, and every refusal to
// the profile too, as a token that is otherwise good.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = "../../../shared/data/corpora"
	}
	raw, err := os.ReadFile(filepath.Join(dir, "statuslist/statuslist.json"))
	if err != nil {
		t.Skip("no corpora: set AEO_CORPORA")
	}
	// One case holds an index beyond 53 bits on purpose, so the file itself is read laxly.
	var corpus struct {
		Cases []jsontext.Value `json:"cases"`
	}
	if err := json.Unmarshal(raw, &corpus); err != nil {
		t.Fatal(err)
	}
	t.Logf("figure vectors_statuslist %d status lists", len(corpus.Cases))
	for _, text := range corpus.Cases {
		var c corpusCase
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.Name, func(t *testing.T) {
			err := c.decode(t)
			if c.Expect == "accept" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil && !c.Profile {
				t.Errorf("the codec accepts it, though %s", c.Why)
			}
			if err := c.throughToken(t); err == nil {
				t.Errorf("the profile accepts it, though %s", c.Why)
			}
		})
	}
	t.Logf("figure bombs_statuslist %d MiB at most in memory for %d lists", peakMemory(), len(corpus.Cases))
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

// decode reads a case as the draft describes it.
func (c *corpusCase) decode(t *testing.T) error {
	t.Helper()
	var bits int
	var lst string
	if err := errors.Join(jcs.Unmarshal(c.Bits, &bits), jcs.Unmarshal(c.Lst, &lst)); err != nil {
		return err
	}
	size := c.Size
	if size == 0 {
		size = 16384 // what every refusal is made from
	}
	raw, err := statuslist.DecodeLst(lst, int(size)*bits/8)
	if err != nil {
		return err
	}
	for idx := range size {
		v, err := statuslist.At(raw, bits, idx)
		if err != nil {
			return err
		}
		if want := c.Nonzero[strconv.FormatInt(idx, 10)]; c.Expect == "accept" && v != want {
			t.Errorf("entry %d is %d, want %d", idx, v, want)
		}
	}
	if c.Idx == nil {
		return nil
	}
	var idx int64
	if err := jcs.Unmarshal(c.Idx, &idx); err != nil {
		return err
	}
	_, err = statuslist.At(raw, bits, idx)
	return err
}

// throughToken reads a case as an otherwise good token of the profile.
func (c *corpusCase) throughToken(t *testing.T) error {
	t.Helper()
	s := newSigner(t)
	text := strings.Replace(payload(""), `"bits":2,"lst":""`, `"bits":`+string(c.Bits)+`,"lst":`+string(c.Lst), 1)
	raw, err := keys.Sign(keys.KindStatusList, []byte(text), s)
	if err != nil {
		return err
	}
	signed, err := statuslist.Parse(raw)
	if err != nil {
		return err
	}
	tok, err := signed.Verify(s.Public(), uri, size, now)
	if err != nil || c.Idx == nil {
		return err
	}
	var idx int64
	if err := jcs.Unmarshal(c.Idx, &idx); err != nil {
		return err
	}
	_, err = tok.List.Get(idx)
	return err
}

func FuzzDecodeLst(f *testing.F) {
	raw := make([]byte, 4096)
	for _, level := range []int{0, 1, 9} {
		f.Add(pack(f, raw, level))
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		got, err := statuslist.DecodeLst(keys.EncodeBase64URL(packed), len(raw))
		if err == nil && len(got) != len(raw) {
			t.Fatalf("%d bytes", len(got))
		}
	})
}
