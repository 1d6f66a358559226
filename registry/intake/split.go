package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
)

// A Part of a register is small enough for one request, and has the heading of CSV.
type Part struct {
	File     []byte
	FirstRow int // the number its first row below the heading has in the whole file
}

// Split makes parts of a register of any size, which end where rows do. What it
// cannot find rows in is left whole, for [Read] to say what it is.
func Split(format string, raw []byte) []Part { return split(format, raw, MaxRows, MaxPart) }

func split(format string, raw []byte, maxRows, maxBytes int) (parts []Part) {
	ends, ok := lineEnds(raw), true
	heading := 0
	if format == CSV {
		if ends, ok = recordEnds(raw); ok && len(ends) > 0 {
			heading, ends = ends[0], ends[1:]
		}
	}
	if !ok || len(ends) == 0 {
		return []Part{{raw, 0}}
	}
	begin, rows, end := heading, 0, heading
	cut := func() {
		for begin < end && (raw[begin] == '\n' || raw[begin] == '\r') {
			begin++
		}
		if begin < end { // not just empty lines
			parts = append(parts, Part{slices.Concat(raw[:heading], raw[begin:end]), 1 + bytes.Count(raw[:begin], []byte("\n"))})
		}
		begin, rows = end, 0
	}
	for _, next := range ends {
		if rows > 0 && (rows == maxRows || heading+next-begin > maxBytes) {
			cut()
		}
		end = next
		rows++
	}
	cut()
	if len(parts) == 0 {
		return []Part{{raw, 0}}
	}
	return parts
}

func lineEnds(raw []byte) (ends []int) {
	at := 0
	for line := range bytes.Lines(raw) {
		at += len(line)
		ends = append(ends, at)
	}
	return ends
}

// recordEnds are where the records of CSV end: a cell may hold line breaks.
func recordEnds(raw []byte) (ends []int, ok bool) {
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	if first, _, _ := bytes.Cut(raw, []byte("\n")); !bytes.Contains(first, []byte(",")) && bytes.Contains(first, []byte(";")) {
		r.Comma = ';'
	}
	for {
		if _, err := r.Read(); err != nil {
			return ends, errors.Is(err, io.EOF)
		}
		ends = append(ends, int(r.InputOffset()))
	}
}
