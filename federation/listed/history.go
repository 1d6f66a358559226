package listed

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
)

const (
	// MaxLists is how many lists of one partner are kept.
	MaxLists = 4096
	// MaxRows is how many entries a list may have.
	MaxRows = 200_000
)

// A Header says where a list comes from and who took it over. It names no trader.
type Header struct {
	Partner       string   `json:"partner"` // territory
	Number        int64    `json:"number"`  // 1, 2, 3 ... per partner
	SHA256        string   `json:"sha256"`  // of the file as it was received
	Channel       string   `json:"channel"` // how it came, e.g. mail
	ReceivedAt    int64    `json:"received_at"`
	StatedAsOf    string   `json:"stated_as_of"` // the day it speaks of
	TimeZone      string   `json:"time_zone"`    // of the partner, IANA name
	ImportedBy    string   `json:"imported_by"`
	SecondOfficer string   `json:"second_officer"`
	Rows          int64    `json:"rows"`
	Personal      []string `json:"personal"` // identifier schemes that belong to natural persons
}

// Check reports the first rule the header breaks by itself.
func (h *Header) Check() error {
	switch {
	case len(h.Partner) != 2 || strings.Trim(h.Partner, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return fmt.Errorf("%w: partner %.16q is not two capital letters", ErrList, h.Partner)
	case h.Number < 1 || h.Number > MaxLists:
		return fmt.Errorf("%w: number %d, want 1 to %d", ErrList, h.Number, MaxLists)
	case !keys.IsSHA256Hex(h.SHA256):
		return fmt.Errorf("%w: sha256 is no digest", ErrList)
	case h.ReceivedAt < 0 || h.Rows < 1 || h.Rows > MaxRows:
		return fmt.Errorf("%w: %d rows received at %d", ErrList, h.Rows, h.ReceivedAt)
	case len(h.Personal) > 32:
		return fmt.Errorf("%w: %d personal schemes", ErrList, len(h.Personal))
	case h.SecondOfficer == h.ImportedBy:
		return fmt.Errorf("%w: %.40s is both who imported it and the second officer", ErrList, h.ImportedBy)
	}
	for _, c := range []struct{ name, text string }{{"channel", h.Channel}, {"imported_by", h.ImportedBy}, {"second_officer", h.SecondOfficer}} {
		if err := CheckName(c.text); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrList, c.name, err)
		}
	}
	for _, scheme := range h.Personal {
		if err := checkCode("personal scheme", scheme); err != nil {
			return fmt.Errorf("%w: %w", ErrList, err)
		}
	}
	if _, err := mra.StartOfDay(h.StatedAsOf, h.TimeZone); err != nil {
		return fmt.Errorf("%w: stated_as_of: %w", ErrList, err)
	}
	return nil
}

// A Row is an entry and the lists that say exactly it: a stretch without gap. It
// is what makes the history of lists as large as what changed.
type Row struct {
	Entry
	First int64 `json:"first"` // number of the first such list
	Last  int64 `json:"last"`  // number of the last; 0 for the newest of all
}

// A History is the sequence of lists of one partner. It never changes.
type History struct {
	headers []Header
	stated  []int64 // when the day of each begins
}

// NewHistory takes the headers of one partner's lists, in order.
func NewHistory(headers []Header) (*History, error) {
	if len(headers) == 0 || len(headers) > MaxLists {
		return nil, fmt.Errorf("%w: %d lists, want 1 to %d", ErrList, len(headers), MaxLists)
	}
	h := &History{headers: headers}
	for i := range headers {
		one := &headers[i]
		if err := one.Check(); err != nil {
			return nil, err
		}
		at, err := mra.StartOfDay(one.StatedAsOf, one.TimeZone)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrList, err)
		}
		switch {
		case one.Partner != headers[0].Partner || one.Number != int64(i+1):
			return nil, fmt.Errorf("%w: number %d of %s where number %d of %s belongs", ErrList, one.Number, one.Partner, i+1, headers[0].Partner)
		case i > 0 && (at <= h.stated[i-1] || one.ReceivedAt < headers[i-1].ReceivedAt):
			return nil, fmt.Errorf("%w: list %d is older than the one before", ErrList, one.Number)
		}
		h.stated = append(h.stated, at)
	}
	return h, nil
}

// Headers are those of all lists, in order, read only.
func (h *History) Headers() []Header { return h.headers }

// Newest is the header of the newest list.
func (h *History) Newest() *Header { return &h.headers[len(h.headers)-1] }

// Begins is when the day of the first list begins, in Unix seconds.
func (h *History) Begins() int64 { return h.stated[0] }

// Current is the list that was current at an instant, of those received by
// known, and when its day begins; nil where there was none.
func (h *History) Current(at, known int64) (*Header, int64) {
	for i := len(h.headers) - 1; i >= 0; i-- {
		if h.stated[i] <= at && h.headers[i].ReceivedAt <= known {
			return &h.headers[i], h.stated[i]
		}
	}
	return nil, 0
}

// Latest is [History.Current] for all that is known at all.
func (h *History) Latest() (*Header, int64) { return h.Current(math.MaxInt64, math.MaxInt64) }

// A Standing is what lists say of an authorisation at an instant.
type Standing struct {
	Entry   Entry
	List    *Header // which says it, or is the first that no longer has it
	Status  string  // in_force, suspended, ended
	Since   int64   // of the suspension or the end; else when it took effect
	Removed bool    // ended because the list no longer has it
}

// Standing says how the authorisation stands to which rows belong, all of one
// key, at an instant and by the lists received by known. It is false where no
// list had it by then.
func (h *History) Standing(rows []Row, at, known int64) (Standing, bool) {
	current, _ := h.Current(at, known)
	if current == nil {
		return Standing{}, false
	}
	var gone *Row
	for i := range rows {
		r := &rows[i]
		switch {
		case r.First > current.Number:
		case r.Last == 0 || r.Last >= current.Number:
			return h.standing(r.Entry, current, at), true
		case gone == nil || r.Last > gone.Last:
			gone = r
		}
	}
	if gone == nil {
		return Standing{}, false
	}
	if was := h.standing(gone.Entry, &h.headers[gone.Last-1], at); was.Status == Ended {
		return was, true // it said so before it left it out
	}
	first := gone.Last // the list after that, counted from 0
	return Standing{Entry: gone.Entry, List: &h.headers[first], Status: Ended, Since: h.stated[first], Removed: true}, true
}

// standing reads one entry: a day in the future has not come.
func (h *History) standing(e Entry, list *Header, at int64) Standing {
	begins := func(date string) int64 {
		t, err := mra.StartOfDay(date, list.TimeZone)
		if err != nil {
			return math.MaxInt64 // cannot be: Check has read both
		}
		return t
	}
	s := Standing{Entry: e, List: list, Status: InForce, Since: begins(e.EffectiveOn)}
	switch {
	case e.Status == Ended && begins(e.EndedOn) <= at:
		s.Status, s.Since = Ended, begins(e.EndedOn)
	case e.Status == Suspended && begins(e.SuspendedSince) <= at:
		s.Status, s.Since = Suspended, begins(e.SuspendedSince)
	}
	return s
}

// Merge adds the next list to the rows of those before it, which it does not
// change: number is the new list's. Rows come out in order of key, then number.
func Merge(before []Row, number int64, entries []Entry) []Row {
	now := make(map[string]*Entry, len(entries))
	for i := range entries {
		now[entries[i].Key()] = &entries[i]
	}
	out := make([]Row, 0, len(before)+len(entries))
	for _, r := range before {
		if r.Last == 0 {
			if e := now[r.Key()]; e != nil && e.Equal(&r.Entry) {
				delete(now, r.Key())
			} else {
				r.Last = number - 1
			}
		}
		out = append(out, r)
	}
	for _, e := range now {
		out = append(out, Row{Entry: *e, First: number})
	}
	slices.SortFunc(out, func(a, b Row) int {
		if c := strings.Compare(a.Key(), b.Key()); c != 0 {
			return c
		}
		return int(a.First - b.First)
	})
	return out
}

// Equal reports whether two entries say the same.
func (e *Entry) Equal(f *Entry) bool {
	return e.Identifier == f.Identifier && e.Name == f.Name && e.Programme == f.Programme &&
		e.AuthorisationType == f.AuthorisationType && slices.Equal(e.Roles, f.Roles) && e.Status == f.Status &&
		e.EffectiveOn == f.EffectiveOn && e.SuspendedSince == f.SuspendedSince && e.EndedOn == f.EndedOn
}

// CheckRows reports the first row that does not belong where it stands: rows are
// in order of key and number, and those of one key do not overlap.
func (h *History) CheckRows(rows []Row) error {
	for i := range rows {
		r := &rows[i]
		if err := r.Check(h.headers[0].Partner); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrList, r.Key(), err)
		}
		if r.First < 1 || r.Last < 0 || r.Last != 0 && r.Last < r.First || max(r.First, r.Last) > int64(len(h.headers)) || r.Last == int64(len(h.headers)) {
			return fmt.Errorf("%w: %s is in lists %d to %d of %d", ErrList, r.Key(), r.First, r.Last, len(h.headers))
		}
		if i == 0 {
			continue
		}
		switch before := &rows[i-1]; {
		case r.Key() < before.Key():
			return fmt.Errorf("%w: %s does not come after %s", ErrList, r.Key(), before.Key())
		case r.Key() == before.Key() && (before.Last == 0 || r.First <= before.Last):
			return fmt.Errorf("%w: two rows of %s overlap", ErrList, r.Key())
		}
	}
	return nil
}
