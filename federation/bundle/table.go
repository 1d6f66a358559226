package bundle

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/aeo-registry/aeo/keys"
)

// A table is many rows in order, compressed in blocks that are read one by one:
// a look-up among 200 000 holders inflates 64 KiB. Two members carry it: a hash
// list, JSON of [blockRef] in RFC 8785 form, and the blocks, one after the other.
// A block is raw DEFLATE (RFC 1951) of at most [tableBlock] bytes: rows, each JSON
// in RFC 8785 form and a line feed. The index vouches for the hash list and the
// hash list for the blocks, so a block is proven without reading its neighbours.
type table struct {
	refs   []blockRef
	offset []int64 // of each block
	blocks []byte
}

// A blockRef is a line of the hash list.
type blockRef struct {
	First  string `json:"first"`  // key of the block's first row
	Size   int64  `json:"size"`   // bytes when inflated
	Len    int64  `json:"len"`    // bytes as they stand
	SHA256 string `json:"sha256"` // of these
}

const (
	tableBlock     = 64 << 10 // bytes of a block before compression, at most
	maxTableRow    = 8 << 10
	maxTableBlocks = 1 << 15
	maxHashList    = 8 << 20
	maxTableKey    = 128
)

// A tableRow is a row and the key it is found by.
type tableRow struct {
	key string
	raw []byte
}

// packTable writes rows, which are in order of key.
func packTable(rows []tableRow) (hashes, blocks []byte, err error) {
	refs := []blockRef{}
	var plain bytes.Buffer
	first := ""
	flush := func() error {
		if plain.Len() == 0 {
			return nil
		}
		packed, err := deflate(plain.Bytes())
		if err != nil {
			return err
		}
		refs = append(refs, blockRef{First: first, Size: int64(plain.Len()), Len: int64(len(packed)), SHA256: keys.SHA256Hex(packed)})
		blocks = append(blocks, packed...)
		plain.Reset()
		return nil
	}
	for _, r := range rows {
		if len(r.raw) >= maxTableRow || len(r.key) > maxTableKey {
			return nil, nil, fmt.Errorf("row %.80q of %d bytes, at most %d", r.key, len(r.raw), maxTableRow)
		}
		if plain.Len()+len(r.raw)+1 > tableBlock {
			if err := flush(); err != nil {
				return nil, nil, err
			}
		}
		if plain.Len() == 0 {
			first = r.key
		}
		plain.Write(r.raw)
		plain.WriteByte('\n')
	}
	if err := flush(); err != nil {
		return nil, nil, err
	}
	hashes = marshalExact(refs, nil)
	if _, err := openTable(hashes, blocks); err != nil {
		return nil, nil, err
	}
	return hashes, blocks, nil
}

func deflate(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// openTable reads the hash list and holds the blocks' lengths against it.
func openTable(hashes, blocks []byte) (*table, error) {
	if len(hashes) > maxHashList {
		return nil, fmt.Errorf("hash list of %d bytes, at most %d", len(hashes), maxHashList)
	}
	t := &table{blocks: blocks}
	if err := readExact(hashes, &t.refs); err != nil {
		return nil, fmt.Errorf("hash list: %w", err)
	}
	if len(t.refs) > maxTableBlocks {
		return nil, fmt.Errorf("%d blocks, at most %d", len(t.refs), maxTableBlocks)
	}
	at := int64(0)
	for i, r := range t.refs {
		switch {
		case r.Size < 1 || r.Size > tableBlock || r.Len < 1 || r.Len > int64(len(blocks))-at:
			return nil, fmt.Errorf("block %d has %d bytes, %d inflated", i, r.Len, r.Size)
		case !keys.IsSHA256Hex(r.SHA256) || len(r.First) > maxTableKey:
			return nil, fmt.Errorf("block %d has no digest or no key", i)
		case i > 0 && r.First < t.refs[i-1].First:
			return nil, fmt.Errorf("block %d does not come after the one before", i)
		}
		t.offset = append(t.offset, at)
		at += r.Len
	}
	if at != int64(len(blocks)) {
		return nil, fmt.Errorf("%d bytes after the last block", int64(len(blocks))-at)
	}
	return t, nil
}

// block proves a block and gives its rows, without their line feeds.
func (t *table) block(i int) ([][]byte, error) {
	ref := t.refs[i]
	packed := t.blocks[t.offset[i] : t.offset[i]+ref.Len]
	if keys.SHA256Hex(packed) != ref.SHA256 {
		return nil, fmt.Errorf("block %d is not what the hash list names", i)
	}
	in := bytes.NewReader(packed)
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(in), ref.Size+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("block %d: %w", i, err)
	case int64(len(plain)) != ref.Size || in.Len() != 0:
		return nil, fmt.Errorf("block %d does not inflate to %d bytes and nothing else", i, ref.Size)
	case plain[len(plain)-1] != '\n':
		return nil, fmt.Errorf("block %d ends within a row", i)
	}
	rows := bytes.Split(plain[:len(plain)-1], []byte{'\n'})
	for _, r := range rows {
		if len(r) == 0 || len(r) >= maxTableRow {
			return nil, fmt.Errorf("block %d: row of %d bytes", i, len(r))
		}
	}
	return rows, nil
}

// around are the blocks in which rows whose keys begin with prefix can stand.
func (t *table) around(prefix string) (from, to int) {
	from = sort.Search(len(t.refs), func(i int) bool { return t.refs[i].First >= prefix }) - 1
	to = sort.Search(len(t.refs), func(i int) bool {
		first := t.refs[i].First
		return first >= prefix && (len(first) < len(prefix) || first[:len(prefix)] != prefix)
	})
	return max(from, 0), to
}

var errTableKey = errors.New("a row has another key than its block says")
