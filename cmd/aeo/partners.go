package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/rehearsal"
)

const (
	maxPartnerFile = 16 << 20
	maxPartners    = 100_000
	maxCell        = 1024
)

// A partner is one row of a list of trading partners.
type partner struct {
	row                             int // from 1, the heading not counted
	name, identifier, country, role string
}

// readPartners takes identifiers, or the one file that was named: an
// identifier has colons and a file's name here has none.
func readPartners(args []string) ([]partner, error) {
	if len(args) == 1 && !strings.Contains(args[0], ":") {
		raw, err := readNamed(args[0], maxPartnerFile)
		if err != nil {
			return nil, err
		}
		partners, err := parsePartners(raw)
		if err != nil {
			return nil, fail(exitUsage, fmt.Errorf("read %s: %w", args[0], err))
		}
		return partners, nil
	}
	if len(args) > maxIdentifiers {
		return nil, fail(exitUsage, fmt.Errorf("%d identifiers, at most %d: put them into a file", len(args), maxIdentifiers))
	}
	partners, packs := make([]partner, len(args)), packs{}
	for i, id := range args {
		partners[i] = partner{row: i + 1, identifier: id}
		if _, err := partners[i].canonical(packs); err != nil {
			return nil, fail(exitUsage, fmt.Errorf("identifier %.80q: %w", id, err))
		}
	}
	return partners, nil
}

// parsePartners reads CSV (RFC 4180) with a heading. Columns that are not
// known are refused: a misspelt one would silently not be asked about.
func parsePartners(raw []byte) ([]partner, error) {
	if len(raw) > maxPartnerFile {
		return nil, fmt.Errorf("more than %d bytes", maxPartnerFile)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) {
		return nil, errors.New("not UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.ReuseRecord = true
	heading, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("no heading: want a first row that names the columns")
	}
	if err != nil {
		return nil, err
	}
	columns, err := rehearsal.Heading(heading, columnNames, "identifier")
	if err != nil {
		return nil, err
	}
	partners := []partner{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return partners, nil
		}
		if err != nil {
			return nil, err
		}
		if len(partners) == maxPartners {
			return nil, fmt.Errorf("more than %d rows", maxPartners)
		}
		p := partner{row: len(partners) + 1}
		for i, cell := range record {
			if len(cell) > maxCell {
				return nil, fmt.Errorf("row %d, %s: %d bytes, at most %d", p.row, columns[i], len(cell), maxCell)
			}
			p.set(columns[i], strings.TrimSpace(cell))
		}
		partners = append(partners, p)
	}
}

// columnNames are the columns there can be.
var columnNames = []string{"name", "identifier", "country", "role"}

func (p *partner) set(column, cell string) {
	switch column {
	case "name":
		p.name = cell
	case "identifier":
		p.identifier = cell
	case "country":
		p.country = cell
	case "role":
		p.role = cell
	}
}

// canonical is the identifier in the one form directories list. What a pack is
// there for may be written in that country's ways.
func (p *partner) canonical(packs packs) (string, error) {
	if p.identifier == "" {
		return "", errors.New("no identifier")
	}
	territory, _, full := strings.Cut(p.identifier, ":")
	full = full && strings.Count(p.identifier, ":") == 2
	if !full {
		if p.country == "" {
			return "", errors.New("want territory:scheme:value, as NZ:ses:12345678A, or a country beside it")
		}
		territory = p.country
	}
	pack, err := packs.of(strings.ToUpper(territory))
	if err != nil {
		if full {
			return p.identifier, federation.CheckIdentifier(p.identifier)
		}
		return "", fmt.Errorf("how %.16q writes identifiers is not known: want territory:scheme:value", territory)
	}
	id, err := pack.ParseIdentifier(p.identifier)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}
