package registry

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/files"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// openFiles is the store of evidence, put in order after a crash.
func openFiles(dir string, keys ledger.Sealer, l *ledger.Ledger) (*files.Store, error) {
	return files.Open(dir, keys, func(name string) (operator string, ok bool, err error) {
		err = l.View(func(tx ledger.Projection) error {
			operator, ok, err = view.FileOf(tx, name)
			return err
		})
		return operator, ok, err
	})
}

// AddEvidence enters a file into the register of an application.
type AddEvidence struct {
	Application string
	Title       string   // what it is; names of files are not kept
	Criteria    []string // criteria or groups it is evidence for
	Site        string
	KeepUntil   int64 // Unix seconds when its retention ends; 0: with the case
	By          string
	DryRun      bool
}

// AddEvidence checks, seals and keeps a file of at most files.MaxFile bytes, and
// enters it. When it returns, file and entry are durable.
func (n *Node) AddEvidence(ctx context.Context, r AddEvidence, content []byte) (a authorisation.Assessment, err error) {
	app, err := readCase(n, r.Application, view.Application)
	if err != nil {
		return a, err
	}
	f, err := n.files.Describe(app.Wish.Operator, content)
	if errors.Is(err, files.ErrType) {
		return a, invalid(err)
	}
	if err != nil {
		return a, err
	}
	// Nothing is kept of what would be refused, nor of what comes to nothing after all.
	if a, err = n.enterEvidence(ctx, r, f, true); err != nil || r.DryRun {
		return a, err
	}
	if err := n.ledger.Room(); err != nil {
		return a, err
	}
	defer n.cases.lock("file " + f.Name)() // of two who hand in the same, one may fail
	if err := n.files.Put(app.Wish.Operator, f, content); err != nil {
		return a, err
	}
	if a, err = n.enterEvidence(ctx, r, f, false); err != nil {
		n.dropFile(f.Name)
		return a, err
	}
	if err := n.files.Keep(app.Wish.Operator, f.Name); err != nil {
		n.opts.Log.Warn("a file of evidence stays staged until the next start", "error", err)
	}
	return a, nil
}

// dropFile removes what was staged and is in no register: on a full disk it would be
// in the way of what comes next. Where that is not certain, the next start finds out.
func (n *Node) dropFile(name string) {
	err := n.ledger.View(func(tx ledger.Projection) error {
		_, known, err := view.FileOf(tx, name)
		if err == nil && !known {
			err = n.files.Drop(name)
		}
		return err
	})
	if err != nil {
		n.opts.Log.Warn("a file of evidence that came to nothing stays staged until the next start", "error", err)
	}
}

func (n *Node) enterEvidence(ctx context.Context, r AddEvidence, f files.File, dryRun bool) (authorisation.Assessment, error) {
	if dryRun {
		ctx = context.WithoutCancel(WithCaller(ctx, Caller{Account: CallerOf(ctx).Account})) // the key is spent once
	}
	return n.onAssessment(ctx, r.Application, r.By, dryRun, func(b beside) (authorisation.Command, error) {
		criteria, err := n.expanded(b, r.Criteria)
		if err != nil {
			return nil, err
		}
		return authorisation.AddEvidence{By: b.by, Evidence: authorisation.Evidence{SHA256: f.SHA256, File: f.Name, Size: f.Size, MediaType: f.MediaType,
			Title: r.Title, Criteria: criteria, Site: r.Site, KeepUntil: r.KeepUntil}}, nil
	}, applicants...)
}

// expanded are the criteria that codes stand for.
func (n *Node) expanded(b beside, codes []string) (out []string, err error) {
	pack := n.lawOf(b.app)
	for _, code := range codes {
		under := pack.Expand(code, b.app.Wish.Requirements)
		if len(under) == 0 {
			return nil, fmt.Errorf("%w: %.60q is neither a criterion of this application nor a group of them", ErrInvalid, code)
		}
		for _, c := range under {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// ReadEvidence is the wish to read a file of the register. It is recorded.
type ReadEvidence struct {
	Application string `json:"application"`
	SHA256      string `json:"sha256"` // or its first eight digits or more, where no other begins so
	Purpose     string `json:"purpose,omitzero"`
	By          string `json:"by"`
}

// ReadEvidence records that a file is read and by whom, and then returns it.
func (n *Node) ReadEvidence(ctx context.Context, r ReadEvidence) (e authorisation.Evidence, content []byte, err error) {
	a, err := n.Assessment(r.Application)
	if err != nil {
		return e, nil, err
	}
	if e, err = named(a, r.SHA256); err != nil {
		return e, nil, err
	}
	_, err = n.onAssessment(ctx, r.Application, r.By, false, func(b beside) (authorisation.Command, error) {
		return authorisation.ReadEvidence{By: b.by, SHA256: e.SHA256, Purpose: r.Purpose}, nil
	}, readers...)
	if err != nil {
		return e, nil, err
	}
	content, err = n.files.Get(a.Operator, e.File, e.SHA256)
	return e, content, err
}

const shortest = 8 // digits of a digest that may stand for the whole

// named is the file of a digest, or of the beginning of one.
func named(a authorisation.Assessment, digest string) (found authorisation.Evidence, err error) {
	for _, e := range a.Evidence {
		if e.SHA256 == digest || len(digest) >= shortest && len(digest) < hex.EncodedLen(32) && e.SHA256[:len(digest)] == digest {
			if found.SHA256 != "" {
				return found, fmt.Errorf("%w: more than one file begins with %.64s", ErrInvalid, digest)
			}
			found = e
		}
	}
	if found.SHA256 == "" {
		return found, fmt.Errorf("%w: no file %.64q in the register of %s", ErrNotFound, digest, a.Case)
	}
	return found, nil
}

// inFull puts whole digests in the place of beginnings of them. What names no file
// stays, for the machine to refuse.
func inFull(a authorisation.Assessment, short []string) []string {
	if short == nil {
		return nil
	}
	out := make([]string, len(short))
	for i, d := range short {
		if out[i] = d; len(d) < hex.EncodedLen(32) {
			if e, err := named(a, d); err == nil {
				out[i] = e.SHA256
			}
		}
	}
	return out
}

// digests are whole digests for beginnings of them.
func (b beside) digests(short []string) (out []string, err error) {
	for _, d := range short {
		e, err := named(b.Assessment, d)
		if err != nil {
			return nil, invalid(err)
		}
		out = append(out, e.SHA256)
	}
	return out, nil
}

// RegisterCertificate registers a certificate of another body that the programme recognises.
type RegisterCertificate struct {
	Application string   `json:"application"`
	Code        string   `json:"code"` // of the programme: ISO-28000
	Number      string   `json:"number"`
	Issuer      string   `json:"issuer"`
	ValidUntil  string   `json:"valid_until"` // 2006-01-02, the last day
	Evidence    []string `json:"evidence,omitzero"`
	By          string   `json:"by"`
	DryRun      bool     `json:"dry_run,omitzero"`
}

// RegisterCertificate lets findings on the criteria it covers rest on the certificate.
func (n *Node) RegisterCertificate(ctx context.Context, r RegisterCertificate) (authorisation.Assessment, error) {
	return n.onAssessment(ctx, r.Application, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
		pack := n.lawOf(b.app)
		c, ok := pack.Certificate(r.Code)
		if !ok {
			return nil, fmt.Errorf("%w: %.60q is no certificate that the programme recognises", ErrInvalid, r.Code)
		}
		held := authorisation.HeldCertificate{Code: c.Code, Number: r.Number, Issuer: r.Issuer}
		for _, code := range c.Covers {
			for _, q := range pack.Expand(code, b.app.Wish.Requirements) {
				if !slices.Contains(held.Covers, q) {
					held.Covers = append(held.Covers, q)
				}
			}
		}
		if len(held.Covers) == 0 {
			return nil, fmt.Errorf("%w: %s covers nothing that this application is assessed on", ErrInvalid, c.Code)
		}
		var err error
		if held.Evidence, err = b.digests(r.Evidence); err != nil {
			return nil, err
		}
		held.ValidUntil, err = endOf(pack, r.ValidUntil)
		return authorisation.RegisterCertificate{By: b.by, Certificate: held}, err
	}, applicants...)
}

// endOf is the first instant after a day of the authority's calendar.
func endOf(pack *programme.Pack, day string) (int64, error) {
	t, err := time.ParseInLocation(time.DateOnly, day, pack.Zone())
	if err != nil {
		return 0, fmt.Errorf("%w: %.40q is no day such as 2026-11-23", ErrInvalid, day)
	}
	return t.AddDate(0, 0, 1).Unix(), nil
}

// JudgeYoung says when a company was established and on what its compliance is
// judged while it is younger than the programme looks back.
type JudgeYoung struct {
	Application string   `json:"application"`
	Established string   `json:"established"`    // 2006-01-02
	Basis       string   `json:"basis,omitzero"` // as the programme lists; empty: not known yet
	Note        string   `json:"note,omitzero"`
	Evidence    []string `json:"evidence,omitzero"`
	By          string   `json:"by"`
	DryRun      bool     `json:"dry_run,omitzero"`
}

// JudgeYoung records the basis. Without one there is no grant.
func (n *Node) JudgeYoung(ctx context.Context, r JudgeYoung) (authorisation.Assessment, error) {
	return n.onAssessment(ctx, r.Application, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
		pack := n.lawOf(b.app)
		rules := pack.Procedure
		if rules.YoungYears == 0 {
			return nil, fmt.Errorf("%w: the programme judges young companies as others", ErrInvalid)
		}
		if r.Basis != "" && !slices.Contains(rules.AlternativeBases, r.Basis) {
			return nil, fmt.Errorf("%w: basis %.60q: the programme has %q", ErrInvalid, r.Basis, rules.AlternativeBases)
		}
		from, err := time.ParseInLocation(time.DateOnly, r.Established, pack.Zone())
		if err != nil {
			return nil, fmt.Errorf("%w: %.40q is no day such as 2026-11-23", ErrInvalid, r.Established)
		}
		y := authorisation.Young{EstablishedOn: from.Unix(), Until: from.AddDate(rules.YoungYears, 0, 0).Unix(), Basis: r.Basis, Note: r.Note}
		y.Evidence, err = b.digests(r.Evidence)
		return authorisation.JudgeYoung{By: b.by, Young: y}, err
	}, assessors...)
}

// FilesHealth says whether the content of all evidence is there, and what is kept for
// longer than was said. Nothing is removed by itself: whether a file may go is for a
// person to say who knows of appeals and inquiries, as part of an erasure.
type FilesHealth struct {
	Files      int      `json:"files"`
	Missing    []string `json:"missing,omitzero"`    // number of the case and digest
	Damaged    []string `json:"damaged,omitzero"`    // not what was put in
	Unreadable int      `json:"unreadable,omitzero"` // their subject's key is not here, or was destroyed
	Past       []Past   `json:"past,omitzero"`       // their retention is over
}

// A Past file is kept though its retention is over.
type Past struct {
	Application string `json:"application"`
	SHA256      string `json:"sha256"`
	Title       string `json:"title"`
	KeepUntil   int64  `json:"keep_until"` // Unix seconds
}

// CheckFiles reads the content of all evidence and compares it with its digest.
func (n *Node) CheckFiles() (h FilesHealth, err error) {
	var numbers []string
	err = n.ledger.View(func(tx ledger.Projection) error {
		numbers, err = view.AssessmentNumbers(tx)
		return err
	})
	for _, number := range numbers {
		a, err := readCase(n, number, view.Assessment)
		if err != nil {
			return h, err
		}
		for _, e := range a.Evidence {
			h.Files++
			if e.KeepUntil != 0 && e.KeepUntil <= n.now().Unix() {
				h.Past = append(h.Past, Past{a.Case, e.SHA256, e.Title, e.KeepUntil})
			}
			name := a.Case + " " + e.SHA256
			switch _, err := n.files.Get(a.Operator, e.File, e.SHA256); {
			case errors.Is(err, files.ErrMissing):
				h.Missing = append(h.Missing, name)
			case errors.Is(err, files.ErrDamaged):
				h.Damaged = append(h.Damaged, name)
			case errors.Is(err, ledger.ErrErased), errors.Is(err, ledger.ErrNotFound):
				h.Unreadable++
			case err != nil:
				return h, err
			}
		}
	}
	return h, err
}
