package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aeo-registry/aeo/federation/mra"
)

const ruleHelp = `  by=JP,of=NZ,programme=NZ-SES,type=SES,roles=exporter+manufacturer,
  direction=import,as=AEO exporter,from=2026-06-01

and, where they differ from the defaults shown,

  until=DATE                 the first day on which the rule no longer holds
  pilot=yes                  for test data alone; wants an until
  applies_when=consignor     or manufacturer, any, all
  date_basis=acceptance      or arrival, loading: the date that counts
  benefits=fewer inspections+priority release
  hint=13 01/Y031/TEXT       where By's declaration takes the number
  id_rendering=ses:abroad:prefix NZ;pad_left 12
                             how the number is written there: scheme, name of the
                             form, then drop_prefix TEXT, prefix TEXT, upper, pad_left N

A part that holds a comma is put into double quotes, as in CSV.`

// parts splits name=value,name=value as CSV does, so that a value may hold a comma.
func parts(text string) (names, values []string, err error) {
	r := csv.NewReader(strings.NewReader(text))
	r.LazyQuotes = false
	fields, err := r.Read()
	if err != nil {
		return nil, nil, errors.New("want name=value, separated by commas")
	}
	for _, f := range fields {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			return nil, nil, errors.New("want name=value, separated by commas")
		}
		names, values = append(names, strings.TrimSpace(name)), append(values, value)
	}
	return names, values, nil
}

// parseRecognition reads one --recognise.
func parseRecognition(text string) (mra.Recognition, error) {
	r := mra.Recognition{AppliesWhen: "consignor", DateBasis: "acceptance", Direction: mra.Import, Benefits: []string{"fewer inspections", "priority release"}}
	names, values, err := parts(text)
	if err != nil {
		return r, err
	}
	texts := map[string]*string{"by": &r.By, "of": &r.Of, "programme": &r.Programme, "type": &r.AuthorisationType, "direction": &r.Direction,
		"as": &r.As, "from": &r.From, "until": &r.Until, "applies_when": &r.AppliesWhen, "date_basis": &r.DateBasis}
	for i, name := range names {
		value := values[i]
		if field := texts[name]; field != nil {
			*field = value
			continue
		}
		switch name {
		case "roles":
			r.Roles = strings.Split(value, "+")
		case "benefits":
			r.Benefits = strings.Split(value, "+")
		case "pilot":
			if value != "yes" {
				return r, fmt.Errorf("pilot=%.20q, want yes", value)
			}
			r.Pilot = true
		case "hint":
			if r.DeclarationHint, err = parseHint(value); err != nil {
				return r, err
			}
		case "id_rendering":
			if r.IDRendering, err = parseRendering(value); err != nil {
				return r, err
			}
		default:
			return r, fmt.Errorf("%.20q is no part of a rule", name)
		}
	}
	return r, nil
}

func parseHint(value string) (*mra.Hint, error) {
	f := strings.SplitN(value, "/", 3)
	if len(f) != 3 {
		return nil, errors.New("hint: want ELEMENT/CODE/TEXT")
	}
	return &mra.Hint{Element: strings.TrimSpace(f[0]), Code: strings.TrimSpace(f[1]), Text: strings.TrimSpace(f[2])}, nil
}

func parseRendering(value string) (*mra.IDRendering, error) {
	f := strings.SplitN(value, ":", 3)
	if len(f) != 3 {
		return nil, errors.New("id_rendering: want SCHEME:FORM:STEP and more steps after semicolons")
	}
	out := &mra.IDRendering{Scheme: f[0], To: f[1], Ops: []mra.Op{}}
	for _, step := range strings.Split(f[2], ";") {
		name, arg, _ := strings.Cut(strings.TrimSpace(step), " ")
		op := mra.Op{Op: name, Text: arg}
		if name == mra.OpPadLeft {
			width, err := strconv.ParseInt(arg, 10, 16)
			if err != nil {
				return nil, fmt.Errorf("id_rendering: pad_left %.20q is no width", arg)
			}
			op.Text, op.Width = "", width
		}
		out.Ops = append(out.Ops, op)
	}
	return out, nil
}

// parseCease reads one --cease.
func parseCease(text string) (by, of, kind, on string, err error) {
	names, values, err := parts(text)
	fields := map[string]*string{"by": &by, "of": &of, "type": &kind, "on": &on}
	for i, name := range names {
		if fields[name] == nil {
			return "", "", "", "", fmt.Errorf("%.20q, want by, of, on and perhaps type", name)
		}
		*fields[name] = values[i]
	}
	if err == nil && (by == "" || of == "" || on == "") {
		err = errors.New("want by=, of= and on=")
	}
	return by, of, kind, on, err
}

// parseFreshness reads --freshness.
func parseFreshness(text string) (*mra.Freshness, error) {
	f := strings.Split(text, ",")
	if len(f) != 3 {
		return nil, errors.New("want TARGET,WARN,HONOUR, as 1h,24h,7d")
	}
	var out mra.Freshness
	for i, field := range []*int64{&out.Target, &out.WarnAfter, &out.HonourUntil} {
		var err error
		if *field, err = parseAge(strings.TrimSpace(f[i])); err != nil {
			return nil, err
		}
	}
	return &out, nil
}
