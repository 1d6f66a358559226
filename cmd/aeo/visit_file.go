package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/visit"
	"github.com/spf13/cobra"
)

// A taken visit is a file on a laptop, which may get lost: it is encrypted with age
// to an identity or a passphrase, unless who exports it wants it plain.
type taken struct{ lock unlocking }

func (t *taken) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.lock.identity, "identity", "", "age identity file that the file is encrypted to")
	cmd.Flags().StringVar(&t.lock.passphrase, "passphrase-file", "", "file whose first line is the passphrase that the file is encrypted with")
}

// again is what may be typed next about the file.
func (t *taken) again(verb string, words ...string) string {
	words = append([]string{"aeo", "application", "visit", verb}, words...)
	if !t.plain() {
		words = append(words, t.lock.words()...)
	}
	return commandLine(words...)
}

func (t *taken) plain() bool { return t.lock.identity == "" && t.lock.passphrase == "" }

// sealedHead begins what age encrypted.
const sealedHead = "age-encryption.org/"

func (t *taken) read(name string) (f visit.File, form visit.Form, err error) {
	raw, err := readNamed(name, visit.MaxFile+4096)
	if err != nil {
		return f, form, err
	}
	if bytes.HasPrefix(raw, []byte(sealedHead)) {
		if t.plain() {
			return f, form, fail(exitUsage, fmt.Errorf("%s is encrypted: use --identity FILE or --passphrase-file FILE", name))
		}
		key, err := t.lock.open()
		if err != nil {
			return f, form, err
		}
		r, err := key.Decrypt(bytes.NewReader(raw))
		if err != nil {
			return f, form, fail(exitNotAllowed, fmt.Errorf("open %s: %w", name, err))
		}
		if raw, err = io.ReadAll(io.LimitReader(r, visit.MaxFile+1)); err != nil {
			return f, form, fail(exitUsage, fmt.Errorf("read %s: %w", name, err))
		}
	}
	f, form, err = visit.Parse(raw)
	if err != nil {
		err = fail(exitUsage, fmt.Errorf("read %s: %w", name, err))
	}
	return f, form, err
}

func (t *taken) write(name string, raw []byte) error {
	if !t.plain() {
		key, err := t.lock.open()
		if err != nil {
			return err
		}
		var out bytes.Buffer
		w, err := key.Encrypt(&out)
		if err == nil {
			_, err = w.Write(raw)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return err
		}
		raw = out.Bytes()
	}
	return writeNamed(name, raw)
}

func (a *app) visitExport() *cobra.Command {
	r := registry.ExportVisit{}
	var t taken
	var list string
	cmd := &cobra.Command{
		Use:   "export VISIT FILE",
		Short: "write the file a validator takes to the site: what to look at, what was answered, a sample",
		Example: `  aeo application visit export NZ-VIS-000001 visit.aeovisit --passphrase-file word --by "V. Lead" --yes
  aeo application visit export NZ-VIS-000001 visit.aeovisit --sample declarations.csv --draw 10 --by "V. Lead" --yes`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := notThere(args[1]); err != nil {
				return err
			}
			if (list == "") != (r.Draw == 0) {
				return fail(exitUsage, errors.New("--sample FILE and --draw N go together"))
			}
			if list != "" {
				raw, err := readWords(list, visit.MaxList)
				if err != nil {
					return err
				}
				r.List = string(raw)
			}
			r.Visit, r.DryRun = args[0], a.dryRun
			var h registry.HandedOut
			if err := a.change("hand out the form of visit "+args[0], "/visits/export", r, &h); err != nil {
				return err
			}
			for _, p := range h.Problems {
				a.warn("%s: %s", list, p)
			}
			if a.dryRun {
				return a.showVisit(h.Visit)
			}
			if t.plain() {
				a.warn("%s is not encrypted: laptops get lost; use --identity FILE or --passphrase-file FILE", args[1])
			}
			if err := t.write(args[1], h.File); err != nil {
				return err
			}
			a.hint("%s", t.again("form", args[1]))
			return a.showVisit(h.Visit)
		},
	}
	t.flags(cmd)
	cmd.Flags().StringVar(&list, "sample", "", "CSV list with a heading, such as declarations, of which rows are drawn")
	cmd.Flags().IntVar(&r.Draw, "draw", 0, "how many rows of it")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) visitForm() *cobra.Command {
	var t taken
	var sheet string
	cmd := &cobra.Command{
		Use:     "form FILE",
		Short:   "show a file taken along, or write it as a spreadsheet; needs no node",
		Example: `  aeo application visit form visit.aeovisit --csv form.csv`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, form, err := t.read(args[0])
			if err != nil {
				return err
			}
			if sheet != "" {
				raw, err := f.WriteCSV(form)
				if err != nil {
					return err
				}
				if err := errors.Join(notThere(sheet), writeNamed(sheet, raw)); err != nil {
					return err
				}
				a.hint("%s", t.again("fill", args[0], "--csv", sheet, "--visited-on", day(a.now().Unix())))
			}
			return a.showTaken(f, form)
		},
	}
	t.flags(cmd)
	cmd.Flags().StringVar(&sheet, "csv", "", "write the form to this file, to be filled in with a spreadsheet")
	return cmd
}

// A takenResult is what is in a file and what is wrong with it so far.
type takenResult struct {
	Schema    string                      `json:"schema"` // aeo.visit-file/1
	Form      visit.Form                  `json:"form"`
	SHA256    string                      `json:"sha256"` // of the form
	VisitedOn string                      `json:"visited_on"`
	Answers   []visit.Answer              `json:"answers"`
	Samples   []authorisation.VisitSample `json:"samples"`
	Problems  []visit.Problem             `json:"problems"`
}

func (a *app) showTaken(f visit.File, form visit.Form) error {
	_, problems := f.Report(form)
	r := takenResult{"aeo.visit-file/1", form, f.Digest(), f.VisitedOn, f.Answers, f.Samples, slices.Concat([]visit.Problem{}, problems)}
	return a.result(r, func(w io.Writer) {
		fmt.Fprintf(w, "%s  for %s: %s\n", form.Visit, form.Subject, plain(form.Name))
		for _, l := range form.Lines {
			result := "open"
			if i := slices.IndexFunc(f.Answers, func(x visit.Answer) bool { return x.Line == l.Line }); i >= 0 {
				result = string(f.Answers[i].Result)
			}
			item := authorisation.VisitItem{Criterion: l.Criterion, Site: l.Site}
			fmt.Fprintf(w, "  %3d  %-12s %-8s %s\n", l.Line, item, result, plain(l.Question))
			if l.Answered != "" {
				fmt.Fprintf(w, "       applicant: %s %s\n", plain(l.Answered), plain(l.Text))
			}
		}
		if s := form.Sample; s != nil {
			fmt.Fprintf(w, "  sample of %d rows of %d, seed %s\n", len(s.Drawn), s.Rows, s.Seed)
			for _, d := range s.Drawn {
				fmt.Fprintf(w, "    %6d  %s\n", d.Row, plain(strings.Join(d.Cells, " | ")))
			}
		}
		for _, p := range problems {
			fmt.Fprintf(w, "  open: %s\n", plain(p.String()))
		}
	})
}

func (a *app) visitFill() *cobra.Command {
	var t taken
	var sheet, on string
	var answers []string
	cmd := &cobra.Command{
		Use:   "fill FILE",
		Short: "put into a file taken along what was found; needs no node",
		Example: `  aeo application visit fill visit.aeovisit --csv form.csv --visited-on 2026-12-01
  aeo application visit fill visit.aeovisit --answer "7=partly/minor: the fence has a gap"`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, form, err := t.read(args[0])
			if err != nil {
				return err
			}
			if sheet != "" {
				raw, err := readNamed(sheet, visit.MaxFile)
				if err != nil {
					return err
				}
				var problems []visit.Problem
				if f, problems = f.FillCSV(form, raw); len(problems) > 0 {
					if err := a.tellProblems(sheet, problems); err != nil {
						return err
					}
				}
			}
			for _, text := range answers {
				answer, err := parseAnswer(text)
				if err != nil {
					return err
				}
				f.Answer(answer)
			}
			if on != "" {
				if _, err := time.Parse(time.DateOnly, on); err != nil {
					return fail(exitUsage, fmt.Errorf("--visited-on %.40q is no day such as 2026-11-23", on))
				}
				f.VisitedOn = on
			}
			// What is open may be filled in later; what is wrong would stay in the file.
			_, problems := f.Report(form)
			if err := a.tellProblems(args[0], slices.DeleteFunc(problems, func(p visit.Problem) bool { return p.Row == 0 })); err != nil {
				return err
			}
			raw, err := f.Marshal()
			if err != nil {
				return err
			}
			if a.dryRun {
				a.note("dry run: nothing was written")
			} else if err := t.write(args[0], raw); err != nil {
				return err
			}
			return a.showTaken(f, form)
		},
	}
	t.flags(cmd)
	cmd.Flags().StringVar(&sheet, "csv", "", "the form as a spreadsheet, filled in")
	cmd.Flags().StringArrayVar(&answers, "answer", nil, "LINE=RESULT[/SEVERITY][: NOTE]; repeatable")
	cmd.Flags().StringVar(&on, "visited-on", "", "the day of the visit, as 2026-12-01")
	return cmd
}

// tellProblems warns of remarks, and ends where there is more.
func (a *app) tellProblems(name string, problems []visit.Problem) error {
	wrong := 0
	for _, p := range problems {
		if !p.Remark {
			wrong++
		}
		a.warn("%s: %s", name, p)
	}
	if wrong > 0 {
		return fail(exitUsage, fmt.Errorf("%s: nothing was taken over: %s", name, counted(wrong, "problem")))
	}
	return nil
}

func parseAnswer(text string) (visit.Answer, error) {
	line, rest, ok := strings.Cut(text, "=")
	n, err := strconv.ParseInt(line, 10, 64)
	if !ok || err != nil {
		return visit.Answer{}, fail(exitUsage, fmt.Errorf("--answer %.60q, want LINE=RESULT[/SEVERITY][: NOTE]", text))
	}
	result, note, _ := strings.Cut(rest, ":")
	result, severity, _ := strings.Cut(result, "/")
	return visit.Answer{Line: n, Result: authorisation.Result(result), Severity: authorisation.Severity(severity), Note: strings.TrimSpace(note)}, nil
}

func (a *app) visitImport() *cobra.Command {
	r := registry.ImportVisit{}
	var t taken
	cmd := &cobra.Command{
		Use:     "import FILE",
		Short:   "bring back a file that was filled in: all of it or nothing",
		Example: `  aeo application visit import visit.aeovisit --passphrase-file word --by "V. Lead" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, form, err := t.read(args[0])
			if err != nil {
				return err
			}
			if _, problems := f.Report(form); len(problems) > 0 {
				return a.tellProblems(args[0], problems)
			}
			r.Visit, r.DryRun = form.Visit, a.dryRun
			if r.File, err = f.Marshal(); err != nil {
				return err
			}
			return changed(a, "report what visit "+form.Visit+" found", "/visits/import", r, a.showVisit)
		},
	}
	t.flags(cmd)
	cmd.Flags().BoolVar(&r.Replace, "replace", false, "replace what an earlier report says otherwise")
	byFlag(cmd, &r.By)
	return cmd
}
