package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

// A draftCommand is what the flags of draft say. Empty means the default, or
// with amend what the version before says.
type draftCommand struct {
	id, amend                         string
	parties, rules, ceases, languages []string
	title, citation, url, instrument  string
	notice                            int64
	inTransit, freshness              string
	reviewOn, signedOn                string
	fields                            []string
	release, basis, retention         string
	keep                              bool
	by, out                           string
}

func newMRADraftCmd(a *app) *cobra.Command {
	c := &draftCommand{}
	cmd := &cobra.Command{
		Use:   "draft [ID]",
		Short: "write the draft of an executable annex, or of its next version",
		Long: `Writes a draft that the parties sign one after the other. --party names files made
with "aeo mra party" at each administration; --recognise says who recognises what:

` + ruleHelp + `

Dates begin at local midnight of the recognising party. With --amend ID the draft is
the next version of an arrangement of this node: what is not said stays, a rule of the
same kind ends where a new one begins, and --cease by=JP,of=NZ,on=DATE[,type=SES] ends
rules. With --keep the node remembers the draft; "aeo mra list" shows it.`,
		Example: `  aeo mra draft JP-NZ --party nz.json --party jp.json --title 'Arrangement' --citation '2026/1' \
    --recognise 'by=JP,of=NZ,programme=NZ-SES,type=SES,roles=exporter,as=AEO exporter,from=2026-06-01' --out draft.json
  aeo mra draft --amend JP-NZ --cease by=NZ,of=JP,on=2027-01-01 --out second.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if (len(args) == 1) == (c.amend != "") {
				return fail(exitUsage, errors.New("want either the ID of a new arrangement or --amend ID"))
			}
			if len(args) == 1 {
				c.id = args[0]
			}
			d, err := a.draft(c)
			if err != nil {
				return err
			}
			raw, err := jcs.Marshal(d)
			if err != nil {
				return err
			}
			if c.keep {
				return a.keepDraft(d, raw, c)
			}
			return a.deliver("aeo.file/1", c.out, append(raw, '\n'))
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.amend, "amend", "", "begin from the newest version of this arrangement")
	f.StringArrayVar(&c.parties, "party", nil, "file with a party's entry; repeatable, at least two")
	f.StringArrayVar(&c.rules, "recognise", nil, "one rule, see above; repeatable")
	f.StringArrayVar(&c.ceases, "cease", nil, "end rules on a day, see above; repeatable")
	f.StringVar(&c.title, "title", "", "title of the legal instrument")
	f.StringVar(&c.citation, "citation", "", "where it is published")
	f.StringVar(&c.url, "url", "", "where it can be read, https://")
	f.StringVar(&c.instrument, "instrument", "", "file of its text, whose SHA-256 goes into the annex")
	f.StringSliceVar(&c.languages, "language", nil, "language in which it is authentic; repeatable (default: en)")
	f.Int64Var(&c.notice, "notice-days", -1, "days of notice before an end")
	f.Lookup("notice-days").DefValue = "30" // with amend, as before
	f.StringVar(&c.inTransit, "in-transit", "", "goods under way when it ends: honour or stop (default: honour)")
	f.StringVar(&c.freshness, "freshness", "", "age aimed at, warned of, honoured (default: 1h,24h,7d)")
	f.StringVar(&c.reviewOn, "review-on", "", "when the parties look at it again (default: in two years)")
	f.StringVar(&c.signedOn, "signed-on", "", "day of signature (default: today, UTC)")
	f.StringSliceVar(&c.fields, "share", nil, "what is told about holders; repeatable")
	f.StringVar(&c.release, "release-basis", "", "consent or law (default: consent)")
	f.StringVar(&c.basis, "data-basis", "", "what counts: exchange, presentation or either (default: either)")
	f.StringVar(&c.retention, "retention", "", "how long it is kept")
	f.BoolVar(&c.keep, "keep", false, "have the node remember the draft")
	f.StringVar(&c.by, "by", "", "with --keep, who acts: the officer's name")
	f.StringVar(&c.out, "out", "", "file to write (default: standard output)")
	return cmd
}

// draft is the document that was asked for, checked.
func (a *app) draft(c *draftCommand) (*mra.Document, error) {
	today := a.now().UTC()
	d := &mra.Document{
		ID: c.id, Version: 1, Instrument: mra.Instrument{Languages: []string{"en"}}, SignedOn: today.Format(time.DateOnly),
		DataSharing: mra.DataSharing{Fields: []string{"legal_name", "identifiers", "roles", "effective_on"},
			ReleaseBasis: "consent", Basis: "either", Retention: "while in effect and five years after", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 30, InTransit: mra.Honour},
		ReviewOn:    today.AddDate(2, 0, 0).Format(time.DateOnly),
	}
	if c.amend != "" {
		var s registry.Arrangement
		if err := a.fetch("/mras/"+escape(c.amend), &s); err != nil {
			return nil, err
		}
		if s.Text == nil {
			return nil, onlyAlone(c.amend)
		}
		d = s.Text.Amend(today.Format(time.DateOnly))
		d.ReviewOn = max(d.ReviewOn, d.SignedOn)
	}
	if err := c.terms(d); err != nil {
		return nil, err
	}
	if err := addParties(d, c.parties); err != nil {
		return nil, err
	}
	if err := c.recognitions(d); err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, fail(exitUsage, err)
	}
	return d, nil
}

// terms puts in what the flags say of all but parties and rules.
func (c *draftCommand) terms(d *mra.Document) error {
	for _, set := range []struct {
		field *string
		value string
	}{
		{&d.Instrument.Title, c.title}, {&d.Instrument.Citation, c.citation}, {&d.Instrument.URL, c.url},
		{&d.Termination.InTransit, c.inTransit}, {&d.ReviewOn, c.reviewOn}, {&d.SignedOn, c.signedOn},
		{&d.DataSharing.ReleaseBasis, c.release}, {&d.DataSharing.Basis, c.basis}, {&d.DataSharing.Retention, c.retention},
	} {
		*set.field = cmp.Or(set.value, *set.field)
	}
	if len(c.languages) > 0 {
		d.Instrument.Languages = c.languages
	}
	if len(c.fields) > 0 {
		d.DataSharing.Fields = c.fields
	}
	if c.notice >= 0 {
		d.Termination.NoticeDays = c.notice
	}
	if c.instrument != "" {
		raw, err := readNamed(c.instrument, maxInstrument)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		d.Instrument.SHA256 = hex.EncodeToString(sum[:])
	}
	if c.freshness != "" {
		f, err := parseFreshness(c.freshness)
		if err != nil {
			return fail(exitUsage, fmt.Errorf("--freshness: %w", err))
		}
		d.Freshness = f
	}
	return nil
}

// maxInstrument bounds the file of a legal text, scanned or not.
const maxInstrument = 64 << 20

func (c *draftCommand) recognitions(d *mra.Document) error {
	for _, text := range c.ceases {
		by, of, kind, on, err := parseCease(text)
		if err == nil && d.Cease(by, of, kind, on) == 0 {
			err = errors.New("no rule that it would end")
		}
		if err != nil {
			return fail(exitUsage, fmt.Errorf("--cease %.80q: %w", text, err))
		}
	}
	for _, text := range c.rules {
		r, err := parseRecognition(text)
		if err != nil {
			return fail(exitUsage, fmt.Errorf("--recognise %.80q: %w", text, err))
		}
		if c.amend != "" {
			d.Recognise(r)
			continue
		}
		d.Recognitions = append(d.Recognitions, r) // two that collide are a mistake
	}
	return nil
}

// addParties adds the entries of files; an entry of a party that is there
// already takes its place.
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
		replaced := false
		for i := range d.Parties {
			if d.Version > 1 && d.Parties[i].Territory == p.Territory {
				d.Parties[i], replaced = p, true
			}
		}
		if !replaced {
			d.Parties = append(d.Parties, p)
		}
	}
	return nil
}

// keepDraft has the node remember a draft, and writes it where a file is named.
func (a *app) keepDraft(d *mra.Document, raw []byte, c *draftCommand) error {
	what := fmt.Sprintf("keep a draft of %s version %d between %s; it binds nobody", d.ID, d.Version, strings.Join(parties(d), " and "))
	return changed(a, what, "/mras/negotiations", registry.KeepDraft{Document: d, By: c.by, DryRun: a.dryRun}, func(k *registry.Negotiation) error {
		if c.out != "" {
			return a.deliver("aeo.file/1", c.out, append(raw, '\n'))
		}
		return a.showNegotiation(k)
	})
}

// showDiff says what a text changes: a version against the one before, or
// without a version the draft that is kept, if there is one, against what is in
// the register.
func (a *app) showDiff(id string, version int64) error {
	after, err := a.laterText(id, version)
	if err != nil {
		return err
	}
	if after.Version == 1 {
		return fail(exitUsage, fmt.Errorf("version 1 of %s follows no other", after.ID))
	}
	var before registry.Arrangement
	if err := a.fetch(fmt.Sprintf("/mras/%s?version=%d", escape(after.ID), after.Version-1), &before); err != nil {
		return err
	}
	changes := mra.Difference(before.Text, after)
	if changes == nil {
		changes = []string{}
	}
	return a.result(difference{"aeo.difference/1", after.ID, before.Version, after.Version, changes}, func(w io.Writer) {
		fmt.Fprintf(w, "%s  version %d against version %d: %s\n", after.ID, after.Version, before.Version, counted(len(changes), "change"))
		for _, c := range changes {
			fmt.Fprintf(w, "  %s\n", plain(c))
		}
	})
}

func (a *app) laterText(id string, version int64) (*mra.Document, error) {
	var k registry.Negotiation
	if version == 0 && a.fetch("/mras/negotiations/"+escape(id), &k) == nil {
		return k.Text, nil
	}
	var s registry.Arrangement
	err := a.fetch(fmt.Sprintf("/mras/%s?version=%d", escape(id), version), &s)
	if err == nil && s.Text == nil {
		err = onlyAlone(id)
	}
	return s.Text, err
}

// onlyAlone is said of what has no annex yet.
func onlyAlone(id string) error {
	return fail(exitConflict, fmt.Errorf("%s is recognised by us alone, there is no annex: its next version is written with \"aeo mra recognise\"", id))
}

// difference is aeo.difference/1.
type difference struct {
	Schema  string   `json:"schema"`
	ID      string   `json:"id"`
	Before  int64    `json:"before"`
	After   int64    `json:"after"`
	Changes []string `json:"changes"`
}
