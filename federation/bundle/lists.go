package bundle

import (
	"fmt"
	"strings"
	"sync"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// Members of the lists imported of a partner without a node, below l/<t>/. They
// are in bundles of profile border only: nobody consented to their publication.
const (
	dirLists     = "l/"
	nameHeaders  = "lists.json"  // array of [listed.Header]
	nameRowsHash = "rows.json"   // hash list of the table
	nameRows     = "rows.blocks" // [listed.Row] in order of key and number
)

// Lists are the lists of one partner, their form proven; rows are proven when
// they are asked for.
type Lists struct {
	Territory string
	History   *listed.History
	table     *table
}

// ListMembers are the bundle members of one partner's lists, by path.
func ListMembers(headers []listed.Header, rows []listed.Row) (map[string][]byte, error) {
	h, err := listed.NewHistory(headers)
	if err != nil {
		return nil, err
	}
	if err := h.CheckRows(rows); err != nil {
		return nil, err
	}
	packed := make([]tableRow, len(rows))
	for i, r := range rows {
		raw, err := jcs.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("write row %s: %w", r.Key(), err)
		}
		packed[i] = tableRow{r.Key(), raw}
	}
	hashes, blocks, err := packTable(packed)
	if err != nil {
		return nil, err
	}
	raw, err := jcs.Marshal(headers)
	if err != nil {
		return nil, fmt.Errorf("write headers of lists: %w", err)
	}
	dir := dirLists + strings.ToLower(headers[0].Partner) + "/"
	return map[string][]byte{dir + nameHeaders: raw, dir + nameRowsHash: hashes, dir + nameRows: blocks}, nil
}

// Listed are the partners of whom the bundle has lists, in order.
func (b *Bundle) Listed() []string {
	var out []string
	for _, path := range b.paths {
		if t, ok := strings.CutPrefix(path, dirLists); ok && strings.HasSuffix(t, "/"+nameHeaders) {
			out = append(out, strings.ToUpper(strings.TrimSuffix(t, "/"+nameHeaders)))
		}
	}
	return out
}

// Lists are those imported of a territory, read when first asked for; nil
// without error where the bundle has none. The error is ErrInvalid.
func (b *Bundle) Lists(territory string) (*Lists, error) {
	read := b.lists[territory]
	if read == nil {
		return nil, nil
	}
	return read()
}

// prepareLists has every partner's lists read when first asked for.
func (b *Bundle) prepareLists() {
	b.lists = map[string]func() (*Lists, error){}
	for _, t := range b.Listed() {
		b.lists[t] = sync.OnceValues(func() (*Lists, error) {
			l, err := b.readLists(t)
			if err != nil {
				return nil, fmt.Errorf("%w: lists of %s: %w", ErrInvalid, t, err)
			}
			return l, nil
		})
	}
}

func (b *Bundle) readLists(territory string) (*Lists, error) {
	dir := dirLists + strings.ToLower(territory) + "/"
	raw, err := b.required(dir + nameHeaders)
	if err != nil {
		return nil, err
	}
	var headers []listed.Header
	if err := readExact(raw, &headers); err != nil {
		return nil, err
	}
	l := &Lists{Territory: territory}
	if l.History, err = listed.NewHistory(headers); err != nil {
		return nil, err
	}
	if headers[0].Partner != territory || l.History.Newest().ReceivedAt > b.manifest.Iat+clockSkew {
		return nil, fmt.Errorf("lists of %s, the newest received at %d", headers[0].Partner, l.History.Newest().ReceivedAt)
	}
	hashes, err := b.required(dir + nameRowsHash)
	if err != nil {
		return nil, err
	}
	// Not [Bundle.Member], which would hash all of it: each block is proven by
	// the hash list when it is read.
	rows := b.container.byName[dir+nameRows]
	if rows == nil {
		return nil, missing(dir + nameRows)
	}
	l.table, err = openTable(hashes, rows.data)
	return l, err
}

// Find gives the rows of a holder, by identifier in canonical form: those of each
// type together. The error is ErrInvalid.
func (l *Lists) Find(identifier string) ([]listed.Row, error) {
	prefix := identifier + " "
	from, to := l.table.around(prefix)
	var out []listed.Row
	for i := from; i < to; i++ {
		rows, err := l.rows(i)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if strings.HasPrefix(r.Key(), prefix) {
				out = append(out, r)
			}
		}
	}
	if err := l.check(out); err != nil {
		return nil, err
	}
	return out, nil
}

// All gives every row, in order of key and number. The error is ErrInvalid.
func (l *Lists) All() ([]listed.Row, error) {
	var out []listed.Row
	for i := range l.table.refs {
		rows, err := l.rows(i)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	if err := l.check(out); err != nil {
		return nil, err
	}
	return out, nil
}

func (l *Lists) check(rows []listed.Row) error {
	if err := l.History.CheckRows(rows); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func (l *Lists) rows(i int) ([]listed.Row, error) {
	rows, err := l.readRows(i)
	if err != nil {
		return nil, fmt.Errorf("%w: lists of %s: %w", ErrInvalid, l.Territory, err)
	}
	return rows, nil
}

func (l *Lists) readRows(i int) ([]listed.Row, error) {
	lines, err := l.table.block(i)
	if err != nil {
		return nil, err
	}
	out := make([]listed.Row, len(lines))
	for j, line := range lines {
		if err := readExact(line, &out[j]); err != nil {
			return nil, fmt.Errorf("block %d, row %d: %w", i, j, err)
		}
	}
	if out[0].Key() != l.table.refs[i].First {
		return nil, errTableKey
	}
	return out, nil
}
