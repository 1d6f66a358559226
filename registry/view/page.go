package view

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// MaxPage is how many items a page has at most. A page may have fewer, or none, and
// yet be followed by another: no query reads more than maxWalked rows.
const (
	MaxPage   = 500
	maxWalked = 1000
)

// ErrCursor says that a cursor does not belong to a query.
var ErrCursor = errors.New("this cursor is none of this query")

// A Query is what cases of a kind are looked for by. All that is given must hold.
type Query struct {
	Facets []authorisation.Facet // the first is looked up, the others are held against what is found
	Prefix authorisation.Facet   // its value begins so
	Before authorisation.Facet   // its value is less
	// Cursor is where the page before ended; empty for the first. It stays good
	// whatever is written meanwhile: what is new and behind it is found, and nothing twice.
	Cursor string
	Limit  int // 0 = MaxPage
}

// Page is a page of the cases of a kind, in the order of the facet that is looked
// up and of their numbers. next is empty where nothing follows.
func Page[S any](tx ledger.Projection, kind Kind, q Query) (items []S, next string, err error) {
	items = []S{}
	base := "facet/" + string(kind) + "/"
	prefix, driver := "case/"+string(kind)+"/", authorisation.Facet{}
	switch {
	case q.Prefix.Name != "":
		prefix, driver = base+q.Prefix.Name+"/"+q.Prefix.Value, q.Prefix
	case q.Before.Name != "":
		prefix, driver = base+q.Before.Name+"/", q.Before
	case len(q.Facets) > 0:
		driver = q.Facets[0]
		prefix = base + driver.Name + "/" + driver.Value + "\x00"
	}
	next, err = walk(tx, []byte(prefix), q.Cursor, q.Limit, func(key, row []byte) (taken, more bool, err error) {
		number, value := string(key[len("case/"+string(kind)+"/"):]), ""
		if driver.Name != "" {
			value, number, _ = strings.Cut(string(key[len(base+driver.Name+"/"):]), "\x00")
		}
		if driver == q.Before && driver.Name != "" && value >= q.Before.Value {
			return false, false, nil
		}
		s, err := readState[S](tx, kind, number)
		if err != nil {
			return false, false, fmt.Errorf("row %q: %w", key, err)
		}
		if !q.holds(s, value) {
			return false, true, nil
		}
		items = append(items, s)
		return true, true, nil
	})
	return items, next, err
}

// holds holds a state, found by a value of the facet that is looked up, against the query.
func (q Query) holds(state any, found string) bool {
	f, ok := state.(faceted)
	if !ok {
		return len(q.Facets) == 0 && q.Prefix.Name == "" && q.Before.Name == ""
	}
	var has []authorisation.Facet
	if len(q.Facets) > 0 || q.Prefix.Name != "" || q.Before.Name != "" {
		has = f.Facets()
	}
	for _, want := range q.Facets {
		if !slices.Contains(has, want) {
			return false
		}
	}
	if q.Before.Name != "" && !slices.ContainsFunc(has, func(h authorisation.Facet) bool {
		return h.Name == q.Before.Name && h.Value < q.Before.Value
	}) {
		return false
	}
	// Of several names that begin so, the first one lists it.
	return q.Prefix.Name == "" || !slices.ContainsFunc(has, func(h authorisation.Facet) bool {
		return h.Name == q.Prefix.Name && strings.HasPrefix(h.Value, q.Prefix.Value) && h.Value < found
	})
}

// A Queue is what is asked of all that waits for somebody.
type Queue struct {
	Officer, Office string // one of them, or neither
	// Mine are the names of one officer, and Acts what they may be the second person
	// of; instead of Officer and Office.
	Mine, Acts []string
	Before     int64 // due before then, Unix seconds; 0 = whenever, or without a date
	Cursor     string
	Limit      int
}

// Tasks is a page of what waits for somebody, what is due first coming first.
func Tasks(tx ledger.Projection, q Queue) (items []Queued, next string, err error) {
	switch {
	case len(q.Mine) > 0:
		return q.merged(tx)
	case q.Officer != "":
		items, _, next, err = q.tasks(tx, forOfficer(q.Officer), q.Cursor)
	case q.Office != "":
		items, _, next, err = q.tasks(tx, "task/office/"+q.Office+"\x00", q.Cursor)
	default:
		items, _, next, err = q.tasks(tx, "task/all/", q.Cursor)
	}
	return items, next, err
}

func forOfficer(name string) string { return "task/for/" + authorisation.Folded(name) + "\x00" }

// merged is a page of several lists of tasks, each of which is in order. A task has
// the same end of its key in all of them; the cursor is that of the first list.
func (q Queue) merged(tx ledger.Projection) (items []Queued, next string, err error) {
	var lists []string
	for _, name := range q.Mine {
		lists = append(lists, forOfficer(name))
	}
	for _, act := range q.Acts {
		lists = append(lists, "task/act/"+act+"\x00")
	}
	behind := ""
	if q.Cursor != "" {
		last, err := base64.RawURLEncoding.DecodeString(q.Cursor)
		if err != nil || !bytes.HasPrefix(last, []byte(lists[0])) {
			return []Queued{}, "", ErrCursor
		}
		behind = string(last[len(lists[0]):])
	}
	at, more := map[string]Queued{}, false
	for _, list := range lists {
		cursor := ""
		if behind != "" {
			cursor = base64.RawURLEncoding.EncodeToString([]byte(list + behind))
		}
		of, ends, next, err := q.tasks(tx, list, cursor)
		if err != nil {
			return []Queued{}, "", err
		}
		for i, end := range ends {
			at[end] = of[i]
		}
		more = more || next != ""
	}
	items = []Queued{}
	ends := slices.Sorted(maps.Keys(at))
	limit := bounded(q.Limit)
	for _, end := range ends[:min(limit, len(ends))] {
		items = append(items, at[end])
	}
	if more || len(ends) > limit {
		next = base64.RawURLEncoding.EncodeToString([]byte(lists[0] + ends[len(items)-1]))
	}
	return items, next, nil
}

// tasks are those of one list, with the end of the key of each.
func (q Queue) tasks(tx ledger.Projection, prefix, cursor string) (items []Queued, ends []string, next string, err error) {
	items = []Queued{}
	next, err = walk(tx, []byte(prefix), cursor, q.Limit, func(key, row []byte) (taken, more bool, err error) {
		end := string(key[len(prefix):])
		due, _, _ := strings.Cut(end, "\x00")
		if q.Before != 0 && due >= authorisation.DueFacet(q.Before) {
			return false, false, nil
		}
		var t Queued
		if err := unmarshal(key, row, &t); err != nil {
			return false, false, err
		}
		if q.Office != "" && t.Office != q.Office {
			return false, true, nil
		}
		items, ends = append(items, t), append(ends, end)
		return true, true, nil
	})
	return items, ends, next, err
}

func bounded(limit int) int {
	if limit <= 0 || limit > MaxPage {
		return MaxPage
	}
	return limit
}

// walk calls fn with rows that begin with prefix, behind a cursor, until limit of
// them were taken. The cursor it returns is empty where there are no more.
func walk(tx ledger.Projection, prefix []byte, cursor string, limit int,
	fn func(key, row []byte) (taken, more bool, err error)) (next string, err error) {
	limit = bounded(limit)
	from := prefix
	if cursor != "" {
		last, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || !bytes.HasPrefix(last, prefix) {
			return "", ErrCursor
		}
		from = append(last, 0) // the least key behind it
	}
	taken, walked := 0, 0
	var last []byte
	err = scanFrom(tx, prefix, from, func(key, row []byte) (bool, error) {
		if taken == limit || walked == maxWalked {
			next = base64.RawURLEncoding.EncodeToString(last)
			return false, nil
		}
		took, more, err := fn(key, row)
		if took {
			taken++
		}
		walked++
		last = key
		return more, err
	})
	return next, err
}

func scanFrom(tx ledger.Projection, prefix, from []byte, fn func(key, row []byte) (bool, error)) error {
	if s, ok := tx.(ledger.Seeker); ok {
		return s.ScanFrom(prefix, from, fn)
	}
	return tx.Scan(prefix, func(key, row []byte) (bool, error) {
		if bytes.Compare(key, from) < 0 {
			return true, nil
		}
		return fn(key, row)
	})
}
