package partnerlist

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/federation/sheet"
	"github.com/xuri/excelize/v2"
)

// Write writes entries in the columns [Read] reads. Cells that a spreadsheet
// would take for a formula get an apostrophe before them, which Read takes off.
func Write(format string, entries []listed.Entry) ([]byte, error) {
	switch format {
	case CSV:
		return writeCSV(entries)
	case XLSX:
		return writeXLSX(entries)
	}
	return nil, fmt.Errorf("%w %.20q, want %s or %s", ErrFormat, format, CSV, XLSX)
}

func cells(e *listed.Entry) []string {
	out := []string{e.Identifier, e.Name, e.Programme, e.AuthorisationType, strings.Join(e.Roles, "; "), e.Status,
		e.EffectiveOn, e.SuspendedSince, e.EndedOn}
	for i, c := range out {
		out[i] = sheet.Inert(c)
	}
	return out
}

// writeCSV begins with a byte order mark: without it some spreadsheets take
// UTF-8 for the encoding of their country.
func writeCSV(entries []listed.Entry) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	if err := w.Write(Columns()); err != nil {
		return nil, err
	}
	for i := range entries {
		if err := w.Write(cells(&entries[i])); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

func writeXLSX(entries []listed.Entry) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter(f.GetSheetName(0))
	if err != nil {
		return nil, err
	}
	row := func(n int, texts []string) error {
		values := make([]any, len(texts))
		for i, t := range texts {
			values[i] = t
		}
		return w.SetRow(fmt.Sprintf("A%d", n), values)
	}
	if err := row(1, Columns()); err != nil {
		return nil, err
	}
	for i := range entries {
		if err := row(i+2, cells(&entries[i])); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
