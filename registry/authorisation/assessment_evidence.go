package authorisation

import (
	"fmt"
	"slices"
)

// Evidence is a file in the register. Its content is outside the log (registry/files).
type Evidence struct {
	SHA256    string   `json:"sha256"` // of the content
	File      string   `json:"file"`   // its name in the store, which tells nobody the digest
	Size      int64    `json:"size"`
	MediaType string   `json:"media_type"`
	Title     string   `json:"title"` // what it is, in the words of who handed it in
	Criteria  []string `json:"criteria"`
	Site      string   `json:"site,omitzero"`
	KeepUntil int64    `json:"keep_until,omitzero"` // when its retention ends; 0: with the case
	By        string   `json:"by"`
	At        int64    `json:"at"`
	Read      int64    `json:"read,omitzero"` // how often
	Readers   []Reader `json:"readers,omitzero"`
}

// A Reader is somebody who read a file. The newest are in the state, all are in the log.
type Reader struct {
	By      string `json:"by"`
	At      int64  `json:"at"`
	Purpose string `json:"purpose,omitzero"`
}

// Bounds of one register.
const (
	MaxEvidence      = 512     // files
	MaxEvidenceBytes = 1 << 30 // of all of them
	maxReaders       = 8
)

// A HeldCertificate is one of another body (ISO 28000, ISPS, TAPA, regulated agent)
// that the programme recognises: findings on what it covers may rest on it.
type HeldCertificate struct {
	Code       string   `json:"code"`   // of the pack
	Number     string   `json:"number"` // which findings name
	Issuer     string   `json:"issuer"`
	ValidUntil int64    `json:"valid_until"`
	Covers     []string `json:"covers"`            // criteria, as the pack says
	Evidence   []string `json:"evidence,omitzero"` // digests of the certificate itself
}

// Bases on which a young company is judged instead of its own record (SAFE, the
// criterion of compliance).
const (
	OtherRecords         = "other_records"
	RepresentativeRecord = "representative" // of its legal representative
	InvestorRecord       = "investor"
)

// Young says that a company is younger than the programme looks back, and on what
// it is judged; nothing yet where Basis is empty.
type Young struct {
	EstablishedOn int64    `json:"established_on"`
	Until         int64    `json:"until"` // when it is young no longer, as the pack says
	Basis         string   `json:"basis,omitzero"`
	Note          string   `json:"note,omitzero"`
	Evidence      []string `json:"evidence,omitzero"`
}

// Commands about evidence.
type (
	AddEvidence struct {
		By
		Evidence Evidence // By and At are the command's
	}
	ReadEvidence struct {
		By
		SHA256  string
		Purpose string
	}
	RegisterCertificate struct {
		By
		Certificate HeldCertificate
	}
	JudgeYoung struct {
		By
		Young Young
	}
)

// Facts about evidence.
type (
	AssessmentEvidenceAdded struct {
		SHA256    string   `json:"sha256"`
		File      string   `json:"file"`
		Size      int64    `json:"size"`
		MediaType string   `json:"media_type"`
		Title     string   `json:"title"`
		Criteria  []string `json:"criteria"`
		Site      string   `json:"site,omitzero"`
		KeepUntil int64    `json:"keep_until,omitzero"`
	}
	AssessmentEvidenceRead struct {
		SHA256  string `json:"sha256"`
		Purpose string `json:"purpose,omitzero"`
	}
	AssessmentCertificateRegistered struct{ HeldCertificate }
	AssessmentYoung                 struct{ Young }
)

func (AddEvidence) name() string         { return "add evidence" }
func (ReadEvidence) name() string        { return "read evidence" }
func (RegisterCertificate) name() string { return "register certificate" }
func (JudgeYoung) name() string          { return "judge a young company" }

func (AssessmentEvidenceAdded) event() (string, int64) { return "assessment.evidence_added", 1 }
func (AssessmentEvidenceRead) event() (string, int64)  { return "assessment.evidence_read", 1 }
func (AssessmentCertificateRegistered) event() (string, int64) {
	return "assessment.certificate_registered", 1
}
func (AssessmentYoung) event() (string, int64) { return "assessment.young", 1 }

func (c AddEvidence) decide(a Assessment) ([]Event, error) {
	e := c.Evidence
	bytes := e.Size
	for _, old := range a.Evidence {
		bytes += old.Size
		if old.SHA256 == e.SHA256 {
			return nil, &TransitionError{a.words(), c.name(), "the register has this file already: " + old.Title}
		}
	}
	if len(a.Evidence) == MaxEvidence || bytes > MaxEvidenceBytes {
		return nil, &TransitionError{a.words(), c.name(), fmt.Sprintf("the register is full: %d files, %d bytes", MaxEvidence, MaxEvidenceBytes)}
	}
	for _, criterion := range e.Criteria {
		if _, ok := a.asked(criterion); !ok {
			return nil, &InputError{"criteria", fmt.Sprintf("%.60q is no criterion of this application", criterion)}
		}
	}
	if e.Site != "" && !slices.Contains(a.Sites, e.Site) {
		return nil, &InputError{"site", fmt.Sprintf("%.60q is no site of this application", e.Site)}
	}
	if e.KeepUntil != 0 && e.KeepUntil <= c.At {
		return nil, &InputError{"keep_until", "not after today"}
	}
	return one(c.By, c.At, AssessmentEvidenceAdded{e.SHA256, e.File, e.Size, e.MediaType, e.Title, slices.Concat([]string{}, e.Criteria), e.Site, e.KeepUntil})
}

func (c ReadEvidence) decide(a Assessment) ([]Event, error) {
	if err := a.holds("sha256", []string{c.SHA256}); err != nil {
		return nil, err
	}
	return one(c.By, c.At, AssessmentEvidenceRead{c.SHA256, c.Purpose})
}

func (c RegisterCertificate) decide(a Assessment) ([]Event, error) {
	if i := a.certificate(c.Certificate.Number); i >= 0 && !c.Certificate.renews(a.Certificates[i]) {
		return nil, &TransitionError{a.words(), c.name(), "certificate " + c.Certificate.Number + " is registered already"}
	}
	if c.Certificate.ValidUntil <= c.At {
		return nil, &InputError{"valid_until", "the certificate has expired"}
	}
	if err := a.holds("evidence", c.Certificate.Evidence); err != nil {
		return nil, err
	}
	return one(c.By, c.At, AssessmentCertificateRegistered{c.Certificate})
}

func (c JudgeYoung) decide(a Assessment) ([]Event, error) {
	if c.Young.EstablishedOn > c.At || c.Young.Until <= c.At {
		return nil, &InputError{"established_on", "the company is not young"}
	}
	if err := a.holds("evidence", c.Young.Evidence); err != nil {
		return nil, err
	}
	return one(c.By, c.At, AssessmentYoung{c.Young})
}

// Find is the file of a digest in the register.
func (a Assessment) Find(sha256 string) (Evidence, bool) {
	i := slices.IndexFunc(a.Evidence, func(e Evidence) bool { return e.SHA256 == sha256 })
	if i < 0 {
		return Evidence{}, false
	}
	return a.Evidence[i], true
}

// holds admits digests of the register.
func (a Assessment) holds(field string, list []string) error {
	for _, d := range list {
		if _, ok := a.Find(d); !ok {
			return &InputError{field, fmt.Sprintf("%.16q is no digest of the register of evidence", d)}
		}
	}
	return nil
}

func (a Assessment) certificate(number string) int {
	return slices.IndexFunc(a.Certificates, func(h HeldCertificate) bool { return h.Number == number })
}

// renews reports whether a certificate is an older one that its issuer prolonged under
// its number.
func (h HeldCertificate) renews(old HeldCertificate) bool {
	return h.Code == old.Code && h.Issuer == old.Issuer && h.ValidUntil > old.ValidUntil
}

// Supports holds where the evidence a finding names is in the register, and the
// certificate it rests on is registered, covers the requirement, and is valid.
func (a Assessment) Supports(f Finding, at int64) error {
	if err := a.holds("evidence of "+f.Requirement, f.Evidence); err != nil {
		return err
	}
	if f.Certificate == "" {
		return nil
	}
	i := a.certificate(f.Certificate)
	field := "certificate of " + f.Requirement
	switch {
	case i < 0:
		return &InputError{field, f.Certificate + " is not registered"}
	case !slices.Contains(a.Certificates[i].Covers, f.Requirement):
		return &InputError{field, fmt.Sprintf("%s (%s) does not cover it", f.Certificate, a.Certificates[i].Code)}
	case a.Certificates[i].ValidUntil <= at:
		return &InputError{field, f.Certificate + " has expired"}
	}
	return nil
}

func (d AssessmentEvidenceAdded) check() error {
	if d.Size <= 0 || d.Size > MaxEvidenceBytes {
		return &InputError{"size", "no size of a file"}
	}
	if d.KeepUntil != 0 {
		if err := instant("keep_until", d.KeepUntil); err != nil {
			return err
		}
	}
	return first(digest("sha256", d.SHA256), digest("file", d.File), text("media_type", d.MediaType, maxName), text("title", d.Title, maxName),
		several("criteria", d.Criteria, 0, maxRequirements), optionalCode("site", d.Site))
}

func (d AssessmentEvidenceRead) check() error {
	return first(digest("sha256", d.SHA256), optional("purpose", d.Purpose, maxLine))
}

func (d AssessmentCertificateRegistered) check() error {
	return first(code("code", d.Code), text("number", d.Number, maxCode), text("issuer", d.Issuer, maxName), instant("valid_until", d.ValidUntil),
		several("covers", d.Covers, 1, maxRequirements), digests("evidence", d.Evidence))
}

func (d AssessmentYoung) check() error {
	if d.Basis != "" {
		if err := text("note", d.Note, maxNote); err != nil {
			return err
		}
	}
	return first(instant("established_on", d.EstablishedOn), instant("until", d.Until), optional("note", d.Note, maxNote),
		oneOf("basis", d.Basis, "", OtherRecords, RepresentativeRecord, InvestorRecord), digests("evidence", d.Evidence))
}

func (d AssessmentEvidenceAdded) change(a *Assessment, e Event) error {
	a.Evidence = append(slices.Clone(a.Evidence), Evidence{SHA256: d.SHA256, File: d.File, Size: d.Size, MediaType: d.MediaType,
		Title: d.Title, Criteria: d.Criteria, Site: d.Site, KeepUntil: d.KeepUntil, By: e.Actor, At: e.DecidedAt})
	return nil
}

func (d AssessmentEvidenceRead) change(a *Assessment, e Event) error {
	next := slices.Clone(a.Evidence)
	i := slices.IndexFunc(next, func(f Evidence) bool { return f.SHA256 == d.SHA256 })
	if i < 0 {
		return fmt.Errorf("no file %.16s", d.SHA256)
	}
	readers := append(slices.Clone(next[i].Readers), Reader{e.Actor, e.DecidedAt, d.Purpose})
	next[i].Readers = readers[max(0, len(readers)-maxReaders):]
	next[i].Read++
	a.Evidence = next
	return nil
}

func (d AssessmentCertificateRegistered) change(a *Assessment, _ Event) error {
	a.Certificates = slices.Clone(a.Certificates)
	if i := a.certificate(d.Number); i >= 0 {
		a.Certificates[i] = d.HeldCertificate
		return nil
	}
	a.Certificates = append(a.Certificates, d.HeldCertificate)
	return nil
}

func (d AssessmentYoung) change(a *Assessment, _ Event) error {
	y := d.Young
	a.Young = &y
	return nil
}
