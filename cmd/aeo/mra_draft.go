package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/spf13/cobra"
)

func newMRADraftCmd(a *app) *cobra.Command {
	var files, rules []string
	var title, citation, out string
	var notice int64
	cmd := &cobra.Command{
		Use:   "draft ID",
		Short: "write the draft of an executable annex",
		Long: `Writes a draft that the parties sign one after the other. --party names files made
with "aeo mra party" at each administration; --recognise says who recognises what:

  by=JP,of=NZ,programme=NZ-SES,type=SES,roles=exporter+manufacturer,
  direction=import,as=AEO exporter,from=2026-06-01[,until=DATE][,benefits=A+B]

Dates begin at local midnight of the recognising party.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d := mra.Document{
				ID: args[0], Version: 1,
				Instrument: mra.Instrument{Title: title, Citation: citation, Languages: []string{"en"}},
				SignedOn:   a.now().UTC().Format(time.DateOnly),
				DataSharing: mra.DataSharing{Fields: []string{"legal_name", "identifiers", "roles", "effective_on"},
					ReleaseBasis: "consent", Basis: "either", Retention: "while in effect and five years after", Onward: "none"},
				Termination: mra.Termination{NoticeDays: notice, InTransit: "honour"},
				ReviewOn:    a.now().UTC().AddDate(2, 0, 0).Format(time.DateOnly),
			}
			if err := addParties(&d, files); err != nil {
				return err
			}
			for _, text := range rules {
				r, err := parseRecognition(text)
				if err != nil {
					return fail(exitUsage, fmt.Errorf("--recognise %.80q: %w", text, err))
				}
				d.Recognitions = append(d.Recognitions, r)
			}
			if err := d.Check(); err != nil {
				return fail(exitUsage, err)
			}
			raw, err := jcs.Marshal(d)
			if err != nil {
				return err
			}
			return a.deliver("aeo.file/1", out, append(raw, '\n'))
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&files, "party", nil, "file with a party's entry; repeatable, at least two")
	f.StringArrayVar(&rules, "recognise", nil, "one rule, see above; repeatable")
	f.StringVar(&title, "title", "", "title of the legal instrument")
	f.StringVar(&citation, "citation", "", "where it is published")
	f.Int64Var(&notice, "notice-days", 30, "days of notice before an end")
	f.StringVar(&out, "out", "", "file to write (default: standard output)")
	return cmd
}

func addParties(d *mra.Document, files []string) error {
	for _, name := range files {
		raw, err := readNamed(name, maxAnnexFile)
		if err != nil {
			return err
		}
		var p mra.Party
		if err := jcs.Unmarshal(raw, &p); err != nil {
			return fail(exitUsage, fmt.Errorf("%s: %w", name, err))
		}
		d.Parties = append(d.Parties, p)
	}
	return nil
}

// parseRecognition reads one --recognise.
func parseRecognition(text string) (mra.Recognition, error) {
	r := mra.Recognition{AppliesWhen: "consignor", DateBasis: "acceptance", Direction: "import", Benefits: []string{"fewer inspections", "priority release"}}
	for _, pair := range strings.Split(text, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return r, errors.New("want name=value, separated by commas")
		}
		switch strings.TrimSpace(name) {
		case "by":
			r.By = value
		case "of":
			r.Of = value
		case "programme":
			r.Programme = value
		case "type":
			r.AuthorisationType = value
		case "roles":
			r.Roles = strings.Split(value, "+")
		case "direction":
			r.Direction = value
		case "as":
			r.As = value
		case "from":
			r.From = value
		case "until":
			r.Until = value
		case "benefits":
			r.Benefits = strings.Split(value, "+")
		default:
			return r, fmt.Errorf("%.20q is no part of a rule", name)
		}
	}
	return r, nil
}
