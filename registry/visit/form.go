// Package visit is what a validator takes to a site: a file that needs no network
// and no node. The office makes the [Form] - what is to be looked at where, what the
// applicant answered, the sample to compare with the papers - and signs it; the
// validator adds what was found to the [File] around it; the office reads it back
// and knows by the digest of the form that nobody altered the questions.
//
//	{"schema":"aeo.visit/1", "form":"eyJ...", "visited_on":"2026-11-23",
//	 "answers":[{"line":1, "result":"met"}, {"line":2, "result":"partly", "severity":"minor", "note":"..."}],
//	 "samples":[{"row":17, "result":"agrees"}]}
//
// form is a compact JWS of kind aeo-visit+jwt over a Form. Results and severities are
// those of findings, evidence the digests of files in the register of the case.
package visit

import (
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// Schemas of a form and of the file around it.
const (
	FormSchema = "aeo.visit-form/1"
	FileSchema = "aeo.visit/1"
)

// MaxFile bounds a file in bytes: a form, and an answer to each line of it.
const MaxFile = 4 << 20

// ErrFile says that a file is no visit file.
var ErrFile = errors.New("not a visit file")

// A Form is what is to be looked at.
type Form struct {
	Schema    string                    `json:"schema"`
	Visit     string                    `json:"visit"`
	Subject   string                    `json:"subject"` // the application or authorisation
	Operator  string                    `json:"operator"`
	Name      string                    `json:"name"`
	Programme string                    `json:"programme"`
	Type      string                    `json:"type"`
	Roles     []string                  `json:"roles"`
	Mode      string                    `json:"mode"`
	Partner   *authorisation.VisitGuest `json:"partner,omitzero"`
	From      int64                     `json:"from"`
	Until     int64                     `json:"until"`
	Team      []string                  `json:"team"`
	Sites     []authorisation.Site      `json:"sites"`
	Lines     []Line                    `json:"lines"`
	Sample    *Sample                   `json:"sample,omitzero"`
}

// A Line is one question, at a site where it is asked per site.
type Line struct {
	Line      int64      `json:"line"`
	Criterion string     `json:"criterion"`
	Site      string     `json:"site,omitzero"`
	Question  string     `json:"question"`
	Must      bool       `json:"must"`
	Look      []string   `json:"look"`              // what a validator takes away
	Answered  string     `json:"answered,omitzero"` // by the applicant
	Text      string     `json:"text,omitzero"`
	Evidence  []Document `json:"evidence"`
}

// A Document is a file of the register.
type Document struct {
	SHA256 string `json:"sha256"`
	Title  string `json:"title"`
}

// A File is a form and what was filled in.
type File struct {
	Schema    string                      `json:"schema"`
	Form      string                      `json:"form"`
	VisitedOn string                      `json:"visited_on"` // empty until then
	Answers   []Answer                    `json:"answers"`
	Samples   []authorisation.VisitSample `json:"samples"`
}

// An Answer is what was found on a line of the form.
type Answer struct {
	Line     int64                  `json:"line"`
	Result   authorisation.Result   `json:"result"`
	Severity authorisation.Severity `json:"severity,omitzero"`
	Note     string                 `json:"note,omitzero"`
	Evidence []string               `json:"evidence,omitzero"`
}

// New signs a form and puts the empty file around it.
func New(f Form, s *keys.Signer) (File, error) {
	f.Schema = FormSchema
	raw, err := jcs.Marshal(f)
	if err != nil {
		return File{}, fmt.Errorf("write visit form: %w", err)
	}
	signed, err := keys.Sign(keys.KindVisit, raw, s)
	return File{Schema: FileSchema, Form: string(signed), Answers: []Answer{}, Samples: []authorisation.VisitSample{}}, err
}

// Digest names a form.
func (f File) Digest() string { return keys.SHA256Hex([]byte(f.Form)) }

// Marshal writes a file in RFC 8785 form, so that its digest names what it says.
func (f File) Marshal() ([]byte, error) { return jcs.Marshal(f) }

// Parse reads a file and the form in it. Whether the form is the office's own says
// its digest, to the office; a laptop has no keys and need not.
func Parse(raw []byte) (f File, form Form, err error) {
	if len(raw) > MaxFile {
		return f, form, fmt.Errorf("%w: larger than %d bytes", ErrFile, MaxFile)
	}
	if err := jcs.Unmarshal(raw, &f); err != nil {
		return f, form, fmt.Errorf("%w: %w", ErrFile, err)
	}
	if f.Schema != FileSchema {
		return f, form, fmt.Errorf("%w: schema %.40q, want %s", ErrFile, f.Schema, FileSchema)
	}
	if _, err := keys.ParseInto(keys.KindVisit, []byte(f.Form), &form); err != nil {
		return f, form, fmt.Errorf("%w: its form: %w", ErrFile, err)
	}
	if form.Schema != FormSchema {
		return f, form, fmt.Errorf("%w: schema of the form %.40q, want %s", ErrFile, form.Schema, FormSchema)
	}
	return f, form, nil
}
