package mra

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

const (
	maxParties      = keys.MaxSignatures
	maxRoots        = 3
	maxRecognitions = 2048
	maxHonour       = 45 * 24 * 3600 // seconds
	maxNoticeDays   = 3650
)

// Check reports the first rule the document breaks, whoever signed it. Two
// rules for one key (by, of, programme, type, role, direction) at one time make
// it invalid: a machine must never have to choose.
func (d *Document) Check() error { return d.check(d.checkParties) }

func (d *Document) check(parties func() error) error {
	for _, rule := range []func() error{
		d.checkVersion, d.checkInstrument, parties, d.checkRecognitions, d.checkOverlaps, d.checkTerms,
	} {
		if err := rule(); err != nil {
			return fmt.Errorf("%w: %w", ErrAnnex, err)
		}
	}
	return nil
}

func (d *Document) checkVersion() error {
	if err := checkID(d.ID); err != nil {
		return err
	}
	if d.Version < 1 || d.Version > math.MaxInt32 {
		return fmt.Errorf("version %d, want 1 and up", d.Version)
	}
	if d.Version == 1 && d.PrevSHA256 != "" {
		return errors.New("version 1 has no prev_sha256")
	}
	if d.Version > 1 {
		return checkDigest("prev_sha256", d.PrevSHA256)
	}
	return nil
}

func (d *Document) checkInstrument() error {
	i := &d.Instrument
	err := cmp.Or(
		checkText("instrument.title", i.Title, 300),
		checkText("instrument.citation", i.Citation, 300),
		checkTexts("instrument.languages", i.Languages, 1, 16, 35),
	)
	if err == nil && i.URL != "" {
		err = checkText("instrument.url", i.URL, 512)
		if !strings.HasPrefix(i.URL, "https://") {
			err = errors.New("instrument.url does not begin with https://")
		}
	}
	if err == nil && i.SHA256 != "" {
		err = checkDigest("instrument.sha256", i.SHA256)
	}
	return err
}

func (d *Document) checkParties() error {
	if len(d.Parties) < 2 || len(d.Parties) > maxParties {
		return fmt.Errorf("%d parties, want 2 to %d", len(d.Parties), maxParties)
	}
	kids := map[string]bool{}
	for i := range d.Parties {
		p := &d.Parties[i]
		if err := p.check(kids); err != nil {
			return fmt.Errorf("parties[%d]: %w", i, err)
		}
		same := func(q Party) bool { return q.Territory == p.Territory || q.EntityID == p.EntityID }
		if slices.ContainsFunc(d.Parties[:i], same) {
			return fmt.Errorf("parties[%d]: territory or entity id listed twice", i)
		}
	}
	return nil
}

// Check reports the first rule that a party's entry breaks on its own.
func (p *Party) Check() error {
	if err := p.check(map[string]bool{}); err != nil {
		return fmt.Errorf("%w: party %.16q: %w", ErrAnnex, p.Territory, err)
	}
	return nil
}

func (p *Party) check(kids map[string]bool) error {
	if err := cmp.Or(
		checkTerritory("territory", p.Territory),
		trust.CheckEntityID(p.EntityID),
		checkText("contacts.mailbox", p.Contacts.Mailbox, 254),
		checkText("contacts.duty_phone", p.Contacts.DutyPhone, 40),
		checkText("signatory.function", p.Signatory.Function, 200),
		checkText("signatory.mandate", p.Signatory.Mandate, 300),
	); err != nil {
		return err
	}
	if _, err := zone(p.TimeZone); err != nil {
		return err
	}
	if len(p.Root) == 0 || len(p.Root) > maxRoots {
		return fmt.Errorf("%d root keys, want 1 to %d", len(p.Root), maxRoots)
	}
	for i, k := range p.Root {
		if k == nil || kids[k.KID()] {
			return fmt.Errorf("root[%d] is null or listed twice; nobody could tell who signed", i)
		}
		kids[k.KID()] = true
	}
	return nil
}

func (d *Document) checkTerms() error {
	if _, err := parseDate("signed_on", d.SignedOn); err != nil {
		return err
	}
	if _, err := parseDate("review_on", d.ReviewOn); err != nil {
		return err
	}
	if d.ReviewOn < d.SignedOn {
		return fmt.Errorf("review_on %s lies before signed_on %s", d.ReviewOn, d.SignedOn)
	}
	if f := d.Freshness; f != nil && (f.Target < 1 || f.WarnAfter < f.Target || f.HonourUntil < f.WarnAfter || f.HonourUntil > maxHonour) {
		return fmt.Errorf("freshness: want 0 < target <= warn_after <= honour_until <= %d seconds", maxHonour)
	}
	if n := d.Termination.NoticeDays; n < 0 || n > maxNoticeDays {
		return fmt.Errorf("termination.notice_days %d, want 0 to %d", n, maxNoticeDays)
	}
	return cmp.Or(
		checkOneOf("termination.in_transit", d.Termination.InTransit, Honour, Stop),
		checkTexts("data_sharing.fields", d.DataSharing.Fields, 0, 64, 64),
		checkOneOf("data_sharing.release_basis", d.DataSharing.ReleaseBasis, "consent", "law"),
		checkOneOf("data_sharing.basis", d.DataSharing.Basis, "exchange", "presentation", "either"),
		checkText("data_sharing.retention", d.DataSharing.Retention, 100),
		checkOneOf("data_sharing.onward", d.DataSharing.Onward, "none"),
	)
}
