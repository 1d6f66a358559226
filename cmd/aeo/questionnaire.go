package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/federation/sheet"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

// maxForm bounds a questionnaire that is read back.
const maxForm = 8 << 20

func (a *app) applicationQuestionnaire() *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use:   "questionnaire APPLICATION",
		Short: "show the self-assessment questionnaire, or write it as a form to fill in",
		Example: `  aeo application questionnaire NZ-APP-000001
  aeo application questionnaire NZ-APP-000001 --csv form.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var q registry.Questionnaire
			if err := a.fetch("/applications/"+escape(args[0])+"/questionnaire", &q); err != nil {
				return err
			}
			if form == "" {
				return a.reply("aeo.questionnaire/1", q, func(w io.Writer) { writeQuestions(w, q) })
			}
			return a.deliverNew("aeo.file/1", form, formCSV(q))
		},
	}
	cmd.Flags().StringVar(&form, "csv", "", "write a form for a spreadsheet to this file; application answer reads it back")
	return cmd
}

func writeQuestions(w io.Writer, q registry.Questionnaire) {
	fmt.Fprintf(w, "%s  %s as %s: %s open\n", q.Application, q.Type, strings.Join(q.Roles, ", "), counted(int(q.Open), "question"))
	for _, s := range q.Sections {
		fmt.Fprintf(w, "\n%s  %s", s.Group, s.Title)
		if s.Person != "" {
			fmt.Fprintf(w, "  (answered by %s)", plain(s.Person))
		}
		fmt.Fprintln(w)
		for _, asks := range s.Questions {
			where := asks.Criterion
			if asks.Site != "" {
				where += "@" + asks.Site
			}
			advised := ""
			if !asks.Must {
				advised = " (advised)"
			}
			fmt.Fprintf(w, "  %-8s %s%s\n", where, asks.Question, advised)
			switch {
			case asks.Answer != nil:
				fmt.Fprintf(w, "           %s %s  %s, %s\n", asks.Answer.Answer, plain(asks.Answer.Text), plain(asks.Answer.By), day(asks.Answer.At))
			case asks.Earlier != nil:
				fmt.Fprintf(w, "           open; in %s: %s %s\n", asks.Earlier.From, asks.Earlier.Answer, plain(asks.Earlier.Text))
			}
		}
	}
}

// formColumns are the columns of a form. Those of the applicant are the last three;
// of the others criterion and site are read.
var formColumns = []string{"section", "criterion", "site", "question", "expected", "answer", "text", "evidence"}

func formCSV(q registry.Questionnaire) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(formColumns) // into memory
	for _, s := range q.Sections {
		for _, asks := range s.Questions {
			row := []string{s.Group, asks.Criterion, asks.Site, asks.Question, strings.Join(asks.Evidence, "; "), "", "", ""}
			if asks.Answer != nil {
				row[5], row[6], row[7] = asks.Answer.Answer, asks.Answer.Text, strings.Join(asks.Answer.Evidence, " ")
			} else if asks.Earlier != nil {
				row[6] = asks.Earlier.Text
			}
			for i := range row {
				row[i] = sheet.Inert(row[i])
			}
			_ = w.Write(row)
		}
	}
	w.Flush()
	return out.Bytes()
}

// readForm reads the rows of a form that have an answer.
func readForm(raw []byte) (out []authorisation.Response, err error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("the form is not in UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the form is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("the form's first line: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		if _, twice := at[name]; twice || !slices.Contains(formColumns, name) {
			return nil, fmt.Errorf("column %.40q of the form: want each of %s at most once", name, strings.Join(formColumns, ", "))
		}
		at[name] = i
	}
	if _, ok := at["criterion"]; !ok {
		return nil, errors.New("the form has no column criterion")
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the form: %w", err)
		}
		cell := func(name string) string {
			i, ok := at[name]
			if !ok {
				return ""
			}
			return oneLine(row[i])
		}
		if cell("answer") == "" {
			continue
		}
		answer := strings.ReplaceAll(strings.ToLower(cell("answer")), " ", "_")
		out = append(out, authorisation.Response{Criterion: cell("criterion"), Site: cell("site"), Answer: answer, Text: cell("text"), Evidence: strings.Fields(cell("evidence"))})
		if e := &out[len(out)-1].Evidence; len(*e) == 0 {
			*e = nil
		}
	}
}

// oneLine is what a cell says, on one line.
func oneLine(cell string) string {
	text, _ := sheet.Text(cell)
	return strings.Join(strings.Fields(text), " ")
}

func (a *app) applicationAnswer() *cobra.Command {
	r := registry.AnswerQuestionnaire{}
	var file string
	var answers []string
	cmd := &cobra.Command{
		Use:   "answer APPLICATION",
		Short: "answer the questionnaire, for the applicant",
		Example: `  aeo application answer NZ-APP-000001 --form form.csv --by "M. Hemi" --yes
  aeo application answer NZ-APP-000001 --answer "G-2@S-1=partly: seals are logged by hand" --by "M. Hemi" --yes
  aeo application answer NZ-APP-000002 --prefill --by "M. Hemi" --yes`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			responses, err := readAnswers(file, answers)
			if err != nil {
				return err
			}
			if file != "" && len(responses) == 0 {
				return fail(exitUsage, fmt.Errorf("%s answers nothing: its column answer wants yes, no, partly or not_applicable", file))
			}
			if len(responses) == 0 && !r.Prefill {
				return fail(exitUsage, errors.New("no answers: use --form, --answer or --prefill"))
			}
			r.Application, r.Responses, r.DryRun = args[0], responses, a.dryRun
			what := fmt.Sprintf("answer %d questions of %s", len(responses), args[0])
			if r.Prefill {
				what += ", and take over what was answered in earlier cases"
			}
			return changed(a, what, "/applications/questionnaire", r, a.showAssessment)
		},
	}
	cmd.Flags().StringVar(&file, "form", "", "a form as application questionnaire --csv writes it, or JSON {\"responses\": [...]}")
	cmd.Flags().StringArrayVar(&answers, "answer", nil, "CRITERION[@SITE]=ANSWER[: TEXT], ANSWER yes, no, partly or not_applicable; repeatable")
	cmd.Flags().BoolVar(&r.Prefill, "prefill", false, "take over what the operator answered in earlier cases, where a question is open")
	byFlag(cmd, &r.By)
	return cmd
}

func readAnswers(file string, answers []string) (out []authorisation.Response, err error) {
	if file != "" {
		raw, err := readNamed(file, maxForm)
		if err != nil {
			return nil, err
		}
		if out, err = parseAnswers(raw); err != nil {
			return nil, fail(exitUsage, fmt.Errorf("%s: %w", file, err))
		}
	}
	for _, text := range answers {
		place, rest, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fail(exitUsage, fmt.Errorf("--answer %.60q, want CRITERION=ANSWER: TEXT", text))
		}
		answer, explanation, _ := strings.Cut(rest, ":")
		criterion, site, _ := strings.Cut(place, "@")
		out = append(out, authorisation.Response{Criterion: criterion, Site: site, Answer: answer, Text: strings.TrimSpace(explanation)})
	}
	return out, nil
}

func parseAnswers(raw []byte) ([]authorisation.Response, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return readForm(raw)
	}
	var form struct {
		Responses []authorisation.Response `json:"responses"`
	}
	err := jcs.Unmarshal(raw, &form)
	return form.Responses, err
}

func (a *app) applicationSection() *cobra.Command {
	r := registry.AssignSection{}
	cmd := &cobra.Command{
		Use:     "section APPLICATION SECTION PERSON",
		Short:   "give a section of the questionnaire to a colleague of the applicant",
		Example: `  aeo application section NZ-APP-000001 G "J. Tamihana" --by "M. Hemi" --yes`,
		Args:    cobra.ExactArgs(3),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Application, r.Section, r.Person, r.DryRun = args[0], args[1], args[2], a.dryRun
			return changed(a, "give section "+args[1]+" of "+args[0]+" to "+args[2], "/applications/section", r, a.showAssessment)
		},
	}
	byFlag(cmd, &r.By)
	return cmd
}
