package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/intake"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// ImportRegister is a request to take over operators and authorisations from a
// register that was kept before this one, or a part of it; see [intake].
type ImportRegister struct {
	Register string `json:"register"` // what it is called, such as "AEO database 2016"
	File     []byte `json:"file"`
	Format   string `json:"format"`             // csv, jsonl
	FirstRow int    `json:"first_row,omitzero"` // the number its first row has in the whole file
	For      string `json:"for,omitzero"`       // as in [SubmitApplication]
	By       string `json:"by"`
	Second   string `json:"second,omitzero"`
	DryRun   bool   `json:"dry_run,omitzero"`
}

// An ImportReport says what became of each row. A row is taken as a whole or not at
// all, and whatever became of the others.
type ImportReport struct {
	Register string           `json:"register"`
	Imported int              `json:"imported"` // of a dry run: would be
	Before   int              `json:"before"`   // were imported before, and are passed over
	Refused  int              `json:"refused"`
	Rows     []ImportedRow    `json:"rows"` // those that were imported, now or before
	Problems []intake.Problem `json:"problems"`
}

// An ImportedRow says where a row is in this register. The numbers are empty in a dry run.
type ImportedRow struct {
	Row           int    `json:"row"`
	Reference     string `json:"reference"`
	Operator      string `json:"operator,omitzero"`
	Authorisation string `json:"authorisation,omitzero"`
	Before        bool   `json:"before,omitzero"`
}

// ImportRegister takes over rows, many side by side. A row that was imported before is
// known by its identifier and its reference, so that after a crash or a mistake
// the same file is sent again; with other content it is refused. Two officers answer
// for what the register says. Credentials follow by themselves.
func (n *Node) ImportRegister(ctx context.Context, r ImportRegister) (*ImportReport, error) {
	if err := n.jointly(ctx, "imports", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	if r.Register == "" {
		return nil, fmt.Errorf("%w: register is missing", ErrInvalid)
	}
	authority, err := n.actingFor(r.For)
	if err != nil {
		return nil, err
	}
	rows, found, err := intake.Read(r.Format, r.File, r.FirstRow)
	if err != nil {
		return nil, invalid(err)
	}
	t := &taking{n: n, r: r, pack: n.packFor(authority), now: n.now().Unix(),
		report: ImportReport{Register: r.Register, Rows: []ImportedRow{}, Problems: slices.Concat([]intake.Problem{}, found)}}
	if err := inParallel(ctx, t.groups(rows), func(g []intake.Entry) error {
		for _, e := range g {
			if err := t.row(ctx, e); err != nil {
				return fmt.Errorf("row %d: %w", e.Number, err)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	report := t.done()
	if !r.DryRun {
		n.opts.Log.Info("register imported", "register", r.Register, "rows", report.Imported, "before", report.Before,
			"refused", report.Refused, "by", r.By, "second", r.Second)
	}
	return report, nil
}

// taking is an import at work.
type taking struct {
	n    *Node
	r    ImportRegister
	pack *programme.Pack
	now  int64

	mu     sync.Mutex
	report ImportReport // guarded by mu
}

func (t *taking) say(found ...intake.Problem) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Problems = append(t.report.Problems, found...)
}

func (t *taking) took(row ImportedRow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Rows = append(t.report.Rows, row)
}

// groups are the rows that can be taken, those of one operator together and in the
// order of the file.
func (t *taking) groups(rows []intake.Row) [][]intake.Entry {
	at, seen := map[string]int{}, map[string]int{}
	var out [][]intake.Entry
	for _, r := range rows {
		e, found := r.Check(t.pack, t.now)
		if len(found) > 0 {
			t.say(found...)
			continue
		}
		if first, twice := seen[e.Request.Key]; twice {
			t.say(intake.Problem{Row: e.Number, Column: "reference", Text: fmt.Sprintf("%.40s of this operator stands in row %d already", e.Reference, first)})
			continue
		}
		seen[e.Request.Key] = e.Number
		first := slices.Min(e.Holder.Identifiers)
		i, has := at[first]
		if !has {
			i = len(out)
			at[first], out = i, append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}

// row takes one row. What is wrong with it is in the report; the error is the node's.
func (t *taking) row(ctx context.Context, e intake.Entry) error {
	for _, id := range slices.Sorted(slices.Values(e.Holder.Identifiers)) {
		defer t.n.cases.lock("identifier " + id)()
	}
	row := ImportedRow{Row: e.Number, Reference: e.Reference}
	done, found, err := t.before(e)
	if err != nil {
		return err
	}
	if found {
		if done.Body != e.Request.Body {
			t.say(intake.Problem{Row: e.Number, Column: "reference", Text: fmt.Sprintf("%s was imported with another content, as %s: change it there", e.Reference, done.Number)})
			return nil
		}
		a, err := t.n.Authorisation(done.Number)
		row.Operator, row.Authorisation, row.Before = a.Operator, done.Number, true
		t.took(row)
		return err
	}
	holder, problem, err := t.holder(e)
	if err != nil {
		return err
	}
	if problem.Text != "" {
		problem.Row = e.Number
		t.say(problem)
		return nil
	}
	return t.enter(ctx, e, holder, row)
}

func (t *taking) before(e intake.Entry) (done view.Done, found bool, err error) {
	err = t.n.ledger.View(func(tx ledger.Projection) error {
		done, found, err = view.Request(tx, e.Request.Key)
		return err
	})
	return done, found, err
}

// holder is the operator in the register that a row is about; none where it is new.
func (t *taking) holder(e intake.Entry) (o authorisation.Operator, problem intake.Problem, err error) {
	numbers := make([]string, len(e.Holder.Identifiers))
	err = t.n.ledger.View(func(tx ledger.Projection) (err error) {
		for i, id := range e.Holder.Identifiers {
			if numbers[i], err = view.ByIdentifier(tx, id); err != nil {
				return err
			}
		}
		if numbers[0] != "" {
			o, err = view.Operator(tx, numbers[0])
		}
		return err
	})
	if err != nil {
		return o, problem, err
	}
	for i, number := range numbers {
		if number != numbers[0] {
			problem = intake.Problem{Column: "identifiers", Text: fmt.Sprintf("%s and %s are not those of one operator here", e.Holder.Identifiers[0], e.Holder.Identifiers[i])}
			return o, problem, nil
		}
	}
	if numbers[0] == "" {
		return o, problem, nil
	}
	if o.Holder.LegalName != e.Holder.LegalName {
		return o, intake.Problem{Column: "legal_name", Text: fmt.Sprintf("%s is %s, with another name", e.Holder.Identifiers[0], o.Case)}, nil
	}
	for _, who := range []string{t.r.By, t.r.Second} {
		conflict, err := t.n.conflicted(who, o.Case)
		if err != nil {
			return o, problem, err
		}
		if conflict {
			return o, intake.Problem{Text: fmt.Sprintf("%s has declared a conflict of interest about %s", who, o.Case)}, nil
		}
	}
	return o, problem, nil
}

// enter writes a row: the operator, where it is new, and the authorisation with all
// that became of it, in one batch.
func (t *taking) enter(ctx context.Context, e intake.Entry, o authorisation.Operator, row ImportedRow) error {
	var events []authorisation.Event
	open := func(number string) (bool, error) {
		list, err := t.events(e, o.Case, number)
		if err != nil {
			return false, err
		}
		row.Operator, row.Authorisation = o.Case, number
		return t.write(ctx, append(events, list...), o.Case)
	}
	var err error
	if o.Case != "" {
		err = t.n.openCase(t.n.series("AUT"), open)
	} else {
		err = t.n.openCase(t.n.series("OP"), func(number string) (written bool, err error) {
			by := authorisation.By{Case: number, Actor: t.r.By, At: t.now}
			if events, err = decide(o, authorisation.Register{By: by, Holder: e.Holder}); err != nil {
				return false, err
			}
			o.Case = number
			err = t.n.openCase(t.n.series("AUT"), func(number string) (bool, error) {
				written, err = open(number)
				return written, err
			})
			return written, err
		})
	}
	if errors.Is(err, ErrInvalid) || errors.Is(err, ErrConflict) {
		t.say(intake.Problem{Row: e.Number, Text: err.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	if t.r.DryRun {
		row.Operator, row.Authorisation = "", ""
	} else {
		t.n.directory.touch(o.Case, len(o.Releases) > 0)
	}
	t.took(row)
	return nil
}

// events are those of an authorisation that is taken over.
func (t *taking) events(e intake.Entry, operator, number string) ([]authorisation.Event, error) {
	watch, err := t.n.watchFrom(t.pack, max(e.EffectiveAt, t.now), e.ExpiresAt, false)
	if err != nil {
		return nil, err
	}
	authority := ""
	if t.pack.Authority != t.n.Pack().Authority {
		authority = t.pack.Authority
	}
	return decide(authorisation.Authorisation{}, authorisation.Import{
		By:       authorisation.By{Case: number, Actor: t.r.By, At: t.now},
		Imported: authorisation.Imported{Register: t.r.Register, Reference: e.Reference, Second: t.r.Second},
		Operator: operator, Programme: t.pack.Code, Authority: authority, Type: e.Type, Components: e.Components, Roles: e.Roles,
		GrantedAt: e.GrantedAt, EffectiveAt: e.EffectiveAt, ExpiresAt: e.ExpiresAt, Acts: e.Acts, Watch: watch, Request: e.Request,
	})
}

func (t *taking) write(ctx context.Context, events []authorisation.Event, operator string) (bool, error) {
	entries, err := eventEntries(events, operator)
	if err != nil || t.r.DryRun {
		return false, err
	}
	_, err = t.n.ledger.Append(ctx, entries...)
	return err == nil, err
}

// done is the report, in the order of the file.
func (t *taking) done() *ImportReport {
	t.mu.Lock()
	defer t.mu.Unlock()
	refused := map[int]bool{}
	for _, p := range t.report.Problems {
		if p.Row > 0 {
			refused[p.Row] = true
		}
	}
	t.report.Refused = len(refused)
	for _, row := range t.report.Rows {
		if row.Before {
			t.report.Before++
		} else {
			t.report.Imported++
		}
	}
	slices.SortFunc(t.report.Rows, func(a, b ImportedRow) int { return cmp.Compare(a.Row, b.Row) })
	slices.SortStableFunc(t.report.Problems, func(a, b intake.Problem) int { return cmp.Compare(a.Row, b.Row) })
	return &t.report
}
