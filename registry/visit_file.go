package registry

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/aeo-registry/aeo/registry/visit"
	"github.com/go-json-experiment/json/jsontext"
)

// ExportVisit is the wish for the file that goes to the site.
type ExportVisit struct {
	Visit  string `json:"visit"`
	List   string `json:"list,omitzero"` // CSV, such as declarations, of which a sample is drawn
	Draw   int    `json:"draw,omitzero"` // rows of it
	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// A HandedOut visit is the file, to be encrypted by who carries it away.
type HandedOut struct {
	Visit    authorisation.Visit `json:"visit"`
	File     jsontext.Value      `json:"file"`
	Problems []visit.Problem     `json:"problems"` // remarks about the list
}

// ExportVisit makes the file and records that it was handed out.
func (n *Node) ExportVisit(ctx context.Context, r ExportVisit) (h HandedOut, err error) {
	h.Visit, err = n.onVisit(ctx, r.Visit, r.By, r.DryRun, func(v authorisation.Visit, by authorisation.By) (authorisation.Command, error) {
		form, err := n.visitForm(v)
		if err != nil {
			return nil, err
		}
		h.Problems = []visit.Problem{}
		if r.List != "" || r.Draw != 0 {
			var seed [16]byte
			if _, err := io.ReadFull(n.opts.Rand, seed[:]); err != nil {
				return nil, err
			}
			var told []visit.Problem
			if form.Sample, told, err = visit.Draw([]byte(r.List), r.Draw, seed); err != nil {
				return nil, invalid(err)
			}
			h.Problems = append(h.Problems, told...)
		}
		signer, err := n.signer(keys.RoleFederation, n.now())
		if err != nil {
			return nil, err
		}
		file, err := visit.New(form, signer)
		if err != nil {
			return nil, invalid(err)
		}
		h.File, err = file.Marshal()
		return authorisation.ExportVisit{By: by, SHA256: file.Digest()}, err
	}, validators...)
	return h, err
}

// visitForm is what a visit looks at, with what the applicant said about it.
func (n *Node) visitForm(v authorisation.Visit) (f visit.Form, err error) {
	app, err := n.visited(v.Subject)
	if err != nil {
		return f, err
	}
	o, err := readCase(n, v.Operator, view.Operator)
	if err != nil {
		return f, err
	}
	a, err := n.Assessment(app.Case)
	if err != nil {
		return f, err
	}
	f = visit.Form{Visit: v.Case, Subject: v.Subject, Operator: v.Operator, Name: o.Holder.LegalName, Programme: app.Wish.Programme,
		Type: app.Wish.Type, Roles: app.Wish.Roles, Mode: v.Plan.Mode, Partner: v.Plan.With, From: v.Plan.From, Until: v.Plan.Until,
		Team: v.Plan.Team, Sites: []authorisation.Site{}}
	for _, s := range app.Wish.Sites {
		if slices.Contains(v.Plan.Sites, s.ID) {
			f.Sites = append(f.Sites, s)
		}
	}
	pack := n.lawOf(app)
	for i, item := range v.Plan.Items {
		line := visit.Line{Line: int64(i + 1), Criterion: item.Criterion, Site: item.Site, Question: item.Criterion,
			Must: asked(pack, item.Criterion).Weight != authorisation.Should, Look: []string{}, Evidence: []visit.Document{}}
		if c, known := pack.Criterion(item.Criterion); known {
			line.Question, line.Look = c.Question, slices.Concat([]string{}, c.Evidence)
		}
		for _, r := range a.Responses {
			if r.Criterion == item.Criterion && (r.Site == item.Site || r.Site == "") {
				line.Answered, line.Text = string(r.Answer), r.Text
			}
		}
		for _, e := range a.Evidence {
			if slices.Contains(e.Criteria, item.Criterion) && (e.Site == "" || e.Site == item.Site) {
				line.Evidence = append(line.Evidence, visit.Document{SHA256: e.SHA256, Title: e.Title})
			}
		}
		f.Lines = append(f.Lines, line)
	}
	return f, nil
}

// ImportVisit brings back a file that was filled in.
type ImportVisit struct {
	Visit   string         `json:"visit"`
	File    jsontext.Value `json:"file"`
	Replace bool           `json:"replace,omitzero"` // what an earlier report says otherwise
	By      string         `json:"by"`
	DryRun  bool           `json:"dry_run,omitzero"`
}

// ImportVisit records what a file reports. It takes all or nothing, and says all that
// is wrong with it at once; the same file again changes nothing.
func (n *Node) ImportVisit(ctx context.Context, r ImportVisit) (authorisation.Visit, error) {
	file, form, err := visit.Parse(r.File)
	if err != nil {
		return authorisation.Visit{}, invalid(err)
	}
	if form.Visit != r.Visit {
		return authorisation.Visit{}, fmt.Errorf("%w: the file is of visit %.60q", ErrInvalid, form.Visit)
	}
	report, problems := file.Report(form)
	if len(problems) > 0 {
		return authorisation.Visit{}, fmt.Errorf("%w: nothing is taken over: %s", ErrInvalid, joined(problems))
	}
	raw, err := file.Marshal()
	if err != nil {
		return authorisation.Visit{}, invalid(err)
	}
	report.SHA256 = keys.SHA256Hex(raw)
	return n.onVisit(ctx, r.Visit, r.By, r.DryRun, func(v authorisation.Visit, by authorisation.By) (authorisation.Command, error) {
		app, err := n.visited(v.Subject)
		if err != nil {
			return nil, err
		}
		for i, f := range report.Findings {
			report.Findings[i] = weighed(n.lawOf(app), f)
		}
		return authorisation.ReportVisit{By: by, Report: report, Replace: r.Replace}, n.mayReport(app, v, report.Findings, by)
	}, validators...)
}

// mayReport refuses findings that rest on files which are not in the register.
func (n *Node) mayReport(app authorisation.Application, v authorisation.Visit, findings []authorisation.Finding, by authorisation.By) error {
	a, _, err := n.assessmentOf(app.Case)
	if err != nil {
		return err
	}
	var problems []visit.Problem
	for _, f := range findings {
		if err := a.Supports(f, by.At); err != nil {
			line := slices.Index(v.Plan.Items, authorisation.VisitItem{Criterion: f.Requirement, Site: f.Site})
			problems = append(problems, visit.Problem{Row: int64(line + 1), What: err.Error()})
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: nothing is taken over: %s", ErrInvalid, joined(problems))
	}
	return nil
}

func joined(problems []visit.Problem) string {
	var words []string
	for _, p := range problems {
		words = append(words, p.String())
	}
	return strings.Join(words, "; ")
}

// SignOffVisit is the lead's word that the report is whole and right.
type SignOffVisit struct {
	Visit  string `json:"visit"`
	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// SignOffVisit closes a visit. What it found becomes, in the same batch, findings of
// the application it was made for, under the name of the lead who answers for it.
func (n *Node) SignOffVisit(ctx context.Context, r SignOffVisit) (authorisation.Visit, error) {
	v, err := n.Visit(r.Visit)
	if err != nil {
		return v, err
	}
	defer n.lockCase(v.Subject)() // always before the visit's own
	return n.afterSignOff(ctx, r)
}

func (n *Node) afterSignOff(ctx context.Context, r SignOffVisit) (v authorisation.Visit, err error) {
	defer n.lockCase(r.Visit)()
	if v, err = n.Visit(r.Visit); err != nil {
		return v, err
	}
	if err := n.match(ctx, r.Visit); err != nil {
		return v, err
	}
	by, err := n.by(ctx, r.Visit, r.By, validators...)
	if err != nil {
		return v, err
	}
	list, err := decide(v, authorisation.SignOffVisit{By: by})
	if err != nil {
		return v, err
	}
	app, err := n.visited(v.Subject)
	if err != nil {
		return v, err
	}
	if app.Case == v.Subject && !app.State.Final() { // what was found in a re-check, or after the decision, stays with the visit
		found := by
		found.Case = app.Case
		if err := n.mayAssess(app, found, v.Findings()); err != nil {
			return v, err
		}
		more, err := decide(app, authorisation.Assess{By: found, Findings: v.Findings()})
		if err != nil {
			return v, err
		}
		list = append(list, more...)
	}
	return record(ctx, n, visitCases, v, list, r.DryRun)
}
