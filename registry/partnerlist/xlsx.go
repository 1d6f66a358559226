package partnerlist

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/xuri/excelize/v2"
)

// readXLSX reads the one sheet of a workbook that holds something.
func readXLSX(raw []byte, p *problems) (g *grid) {
	// The library is large and reads what strangers send: should it panic over
	// a workbook, that is a workbook that cannot be read, not the end of the node.
	defer func() {
		if r := recover(); r != nil {
			p.add(0, "", "the workbook cannot be read")
			g = nil
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip,
	})
	if err != nil {
		p.add(0, "", "no XLSX workbook: %v", err)
		return nil
	}
	defer f.Close()
	before := p.count()
	if !scanSheets(f, p) || p.count() > before {
		return nil
	}
	for _, name := range f.GetSheetList() {
		one, ok := readSheet(f, name, p)
		if !ok {
			return nil
		}
		switch {
		case one.heading == nil:
		case g != nil:
			p.add(0, "", "sheet %.40q holds something too: a list is one sheet", name)
			return nil
		default:
			g = one
		}
	}
	if g == nil {
		return &grid{}
	}
	props, err := f.GetWorkbookProps()
	g.serials, g.epoch04 = true, err == nil && props.Date1904 != nil && *props.Date1904
	return g
}

func readSheet(f *excelize.File, name string, p *problems) (*grid, bool) {
	rows, err := f.Rows(name)
	if err != nil {
		p.add(0, "", "sheet %.40q cannot be read: %v", name, err)
		return nil, false
	}
	defer rows.Close()
	g := &grid{}
	for row := 1; rows.Next(); row++ {
		cells, err := rows.Columns()
		if err != nil {
			p.add(row, "", "cannot be read: %v", err)
			return nil, false
		}
		if !g.take(row, cells, p) {
			return nil, false
		}
	}
	if err := rows.Error(); err != nil {
		p.add(0, "", "sheet %.40q cannot be read: %v", name, err)
		return nil, false
	}
	return g, true
}

// scanSheets looks at all sheets before any is unfolded, in one pass and little
// memory: for what no list has (formulas, merged cells) and for cells so far out
// that unfolding them would cost more than the file is worth.
func scanSheets(f *excelize.File, p *problems) bool {
	good := true
	f.Pkg.Range(func(key, value any) bool {
		path, raw := key.(string), value
		content, isBytes := raw.([]byte)
		if isBytes && strings.HasPrefix(path, "xl/worksheets/") && strings.HasSuffix(path, ".xml") {
			good = scanSheet(content, p) && good
		}
		return true
	})
	return good
}

func scanSheet(content []byte, p *problems) bool {
	d := xml.NewDecoder(bytes.NewReader(content))
	s := sheetScan{p: p}
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			p.add(0, "", "no XLSX workbook: %v", err)
			return false
		}
		if start, ok := t.(xml.StartElement); ok && !s.element(start) {
			return false
		}
	}
}

type sheetScan struct {
	p           *problems
	row, column int
}

// element looks at one element of a sheet.
func (s *sheetScan) element(e xml.StartElement) bool {
	ref := ""
	for _, a := range e.Attr {
		if a.Name.Local == "r" || a.Name.Local == "ref" && e.Name.Local == "mergeCell" {
			ref = a.Value
		}
	}
	switch e.Name.Local {
	case "row":
		s.row, s.column = s.row+1, 0
		if ref != "" {
			if _, err := fmt.Sscanf(ref, "%d", &s.row); err != nil {
				s.row = -1
			}
		}
		if s.row < 1 || s.row > listed.MaxRows+1000 {
			s.p.add(0, "", "row %.20q, at most %d", ref, listed.MaxRows)
			return false
		}
	case "c":
		s.column++
		if ref != "" {
			column, row, err := excelize.CellNameToCoordinates(ref)
			if err != nil || row != s.row {
				s.p.add(s.row, "", "cell %.20q is not of this row", ref)
				return false
			}
			s.column = column
		}
		if s.column > maxColumns {
			s.p.add(s.row, "", "a cell in column %d, at most %d", s.column, maxColumns)
			return false
		}
	case "f":
		s.p.add(s.row, letter(s.column), "a formula: a list holds values only")
	case "mergeCell":
		s.p.add(0, "", "cells %.40q are merged: every row has cells of its own", ref)
	}
	return true
}

// letter is how a spreadsheet calls a column.
func letter(column int) string {
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		return fmt.Sprint(column)
	}
	return "column " + name
}
