package authorisation

import (
	"fmt"
	"slices"
)

// A Result is what an assessor found for one requirement.
type Result string

// The results.
const (
	Exceeds       Result = "exceeds" // more than is asked: SAFE wants it rewarded
	Met           Result = "met"
	Partly        Result = "partly" // enough for a grant; what is missing stands in the note
	NotMet        Result = "not_met"
	NotApplicable Result = "not_applicable"
)

// A Severity is how grave a shortcoming is; there is none where all is well.
type Severity string

// The severities.
const (
	Observation Severity = "observation"
	Minor       Severity = "minor"
	Major       Severity = "major"
)

// A Weight is what a requirement counts in a decision. The pack says it, and the
// finding carries it, so that a decision is judged by what was asked at the time.
type Weight string

// The weights.
const (
	Must   Weight = ""       // has to be met
	Grave  Weight = "grave"  // the same, and a major finding bars a grant whatever the result
	Should Weight = "should" // bars nothing
)

// A Finding is a result for a requirement, at a site where it is judged per site.
// All results but met need a note.
type Finding struct {
	Requirement string   `json:"requirement"`
	Result      Result   `json:"result"`
	Note        string   `json:"note,omitzero"`
	Severity    Severity `json:"severity,omitzero"`
	Site        string   `json:"site,omitzero"`
	Evidence    []string `json:"evidence,omitzero"`    // SHA-256 digests of the case's evidence register
	Certificate string   `json:"certificate,omitzero"` // number of a recognised certificate the finding rests on
	Weight      Weight   `json:"weight,omitzero"`
}

// An Assessed finding names who found it and when.
type Assessed struct {
	Finding
	Assessor string `json:"assessor"`
	At       int64  `json:"at"`
}

// place is what there is one newest finding for.
func (f Finding) place() string { return f.Requirement + "@" + f.Site }

// written is more than the bytes a finding takes, as long as its note is no worse than
// such writing as most.
func (f Finding) written() int { return 300 + 2*len(f.Note) + 80*len(f.Evidence) }

// second reports whether a finding says what the first version had no words for.
func (f Finding) second() bool {
	return f.Result == Exceeds || f.Severity != "" || f.Site != "" || f.Evidence != nil || f.Certificate != "" || f.Weight != ""
}

// bars says why the findings do not let a requirement pass; "" where they do.
func bars(findings []Assessed, requirement string) string {
	assessed := false
	for _, f := range findings {
		if f.Requirement != requirement {
			continue
		}
		assessed = true
		where := ""
		if f.Site != "" {
			where = " at site " + f.Site
		}
		switch {
		case f.Weight == Should:
		case f.Result == NotMet:
			return "requirement " + requirement + " is not met" + where
		case f.Weight == Grave && f.Severity == Major:
			return "requirement " + requirement + " has a major finding" + where
		}
	}
	if !assessed {
		return "requirement " + requirement + " is not assessed"
	}
	return ""
}

func (d ApplicationAssessed) event() (string, int64) {
	if slices.ContainsFunc(d.Findings, Finding.second) {
		return "application.assessed", 2
	}
	return "application.assessed", 1
}

func (d ApplicationAssessed) check() error { return checkFindings(d.Findings) }

func checkFindings(findings []Finding) error {
	if len(findings) == 0 || len(findings) > maxRequirements {
		return &InputError{"findings", fmt.Sprintf("want 1 to %d entries", maxRequirements)}
	}
	places := map[string]bool{}
	for _, f := range findings {
		if err := f.check(); err != nil {
			return err
		}
		if places[f.place()] {
			return &InputError{"findings", "an entry is named twice"}
		}
		places[f.place()] = true
	}
	return nil
}

// Check says what is wrong with a finding in itself.
func (f Finding) Check() error { return f.check() }

func (f Finding) check() error {
	err := first(
		code("findings", f.Requirement), oneOf("result", f.Result, Exceeds, Met, Partly, NotMet, NotApplicable),
		oneOf("severity", f.Severity, append(f.Severity.Values(), "")...), oneOf("weight", f.Weight, append(f.Weight.Values(), Must)...),
		optional("certificate of "+f.Requirement, f.Certificate, maxCode), optionalCode("site", f.Site), digests("evidence of "+f.Requirement, f.Evidence),
	)
	if err != nil {
		return err
	}
	if (f.Result == Exceeds || f.Result == NotApplicable) && (f.Severity == Minor || f.Severity == Major) {
		return &InputError{"severity", fmt.Sprintf("%s is %s: there is no shortcoming", f.Requirement, f.Result)}
	}
	if f.Result == Met && f.Severity == "" {
		return optional("note", f.Note, maxNote)
	}
	return text("note of "+f.Requirement, f.Note, maxNote)
}

func optionalCode(field, s string) error {
	if s == "" {
		return nil
	}
	return code(field, s)
}

// digests admits distinct SHA-256 digests; a list that is there is not empty.
func digests(field string, list []string) error {
	if list != nil && (len(list) == 0 || len(list) > maxList) {
		return &InputError{field, fmt.Sprintf("want 1 to %d digests", maxList)}
	}
	for i, s := range list {
		if err := digest(field, s); err != nil {
			return err
		}
		if slices.Contains(list[:i], s) {
			return &InputError{field, "an entry is named twice"}
		}
	}
	return nil
}
