package registry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/intake"
)

const registerHead = "identifiers,legal_name,reference,authorisation_type,roles,granted_on,effective_on,expires_on,suspensions,ended_on,end\n"

func ofRegister(rows ...string) registry.ImportRegister {
	return registry.ImportRegister{Register: "SES ledger 2010", Format: intake.CSV, File: []byte(registerHead + strings.Join(rows, "\n") + "\n"), By: "Rangi", Second: "Walker"}
}

func problems(r *registry.ImportReport) (out []string) {
	for _, p := range r.Problems {
		out = append(out, p.String())
	}
	return out
}

func TestARegisterIsTakenOver(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	r := ofRegister(
		"12345678A,Southern Orchards Ltd,R-1,SES,exporter;packer,2011-05-02,,,2015-01-05..2015-03-02;2019-02-04..2019-02-11,,",
		"23456789B,Kauri Timber Exports Ltd,R-2,SES,exporter,2012-05-02,,,2025-12-01..,,",
		"34567890C,Kea Wool Ltd,R-3,SES,exporter,2012-05-02,,,,2025-06-02,revoked",
		"34567890C,Kea Wool Ltd,R-4,SES,exporter,2008-05-02,,,,2010-06-02,withdrawn",
		"12,Nobody Ltd,R-5,SES,exporter,2012-05-02,,,,,",
		"45678901D,=1+1,R-6,SES,exporter,2012-05-02,,,,,",
	)
	before := nz.size()
	dry := r
	dry.DryRun = true
	report := got(nz.ImportRegister(t.Context(), dry))(t)
	if report.Imported != 4 || report.Refused != 2 || nz.size() != before {
		t.Errorf("dry run: %+v, %d leaves", report, nz.size()-before)
	}
	report = got(nz.ImportRegister(t.Context(), r))(t)
	if report.Imported != 4 || report.Refused != 2 || report.Before != 0 || len(report.Rows) != 4 {
		t.Errorf("%+v", report)
	}
	if told := strings.Join(problems(report), "\n"); !strings.HasPrefix(told, `row 6, identifiers: "12": `) || !strings.Contains(told, "row 7, legal_name: ") {
		t.Errorf("told:\n%s", told)
	}
	states := map[string]string{}
	numbers := map[string]registry.ImportedRow{}
	for _, row := range report.Rows {
		a := got(nz.Authorisation(row.Authorisation))(t)
		c, _ := a.Component("SES")
		states[row.Reference] = fmt.Sprintf("%s %s since %s, for %v", c.State, c.End, time.Unix(c.Since, 0).UTC().Format(time.DateOnly), a.Roles)
		numbers[row.Reference] = row
		if a.Imported == nil || *a.Imported != (authorisation.Imported{Register: "SES ledger 2010", Reference: row.Reference, Second: "Walker"}) || a.GrantedBy != "Rangi" || a.Operator != row.Operator {
			t.Errorf("%s: %+v", row.Reference, a)
		}
	}
	want := map[string]string{
		"R-1": "effective  since 2019-02-10, for [exporter packer]", "R-2": "suspended  since 2025-11-30, for [exporter]",
		"R-3": "ended revoke since 2025-06-01, for [exporter]", "R-4": "ended withdraw since 2010-06-01, for [exporter]",
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
	if numbers["R-3"].Operator != numbers["R-4"].Operator || numbers["R-1"].Operator == numbers["R-3"].Operator {
		t.Errorf("%+v", numbers)
	}

	// Credentials come by themselves, for what is in force; monitoring begins now.
	nz.pass(time.Second)
	for reference, count := range map[string]int{"R-1": 1, "R-2": 0, "R-3": 0} {
		a := got(nz.Authorisation(numbers[reference].Authorisation))(t)
		if len(a.Credentials) != count {
			t.Errorf("%s has %d credentials", reference, len(a.Credentials))
		}
		m, err := nz.Monitoring(a.Case)
		if ended := reference == "R-3"; (err == nil) == ended || !ended && m.Since < start.Unix() {
			t.Errorf("%s is watched since %d, %v", reference, m.Since, err)
		}
	}

	// Officers go on from there, bars hold, and the log gives the same state.
	got(nz.Suspend(t.Context(), nz.measure(numbers["R-1"].Authorisation)))(t)
	nz.restart()
	if err := nz.Ledger().Rebuild(); err != nil {
		t.Fatal(err)
	}
	a := got(nz.Authorisation(numbers["R-1"].Authorisation))(t)
	if c, _ := a.Component("SES"); c.State != authorisation.Suspended || a.Imported.Reference != "R-1" {
		t.Errorf("%+v", a)
	}
	must(t, nz.Healthy())
}

func TestWhatWasImportedIsNotImportedAgain(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	one, two := "12345678A,Southern Orchards Ltd,R-1,SES,exporter,2011-05-02,,,,,", "23456789B,Kauri Timber Exports Ltd,R-2,SES,exporter,2012-05-02,,,,,"
	first := got(nz.ImportRegister(t.Context(), ofRegister(one)))(t)
	again := got(nz.ImportRegister(t.Context(), ofRegister(two, one)))(t)
	if again.Imported != 1 || again.Before != 1 || again.Refused != 0 || again.Rows[1].Authorisation != first.Rows[0].Authorisation || !again.Rows[1].Before {
		t.Errorf("%+v", again)
	}
	size := nz.size()
	otherwise := got(nz.ImportRegister(t.Context(), ofRegister(
		strings.Replace(one, "2011", "2012", 1), // another content
		"12345678A,Southern Pears Ltd,R-7,SES,exporter,2011-05-02,,,,,",
		"12345678A;56789012E,Southern Orchards Ltd,R-8,SES,exporter,2011-05-02,,,,,",
		"56789012E,New Ltd,R-9,SES,exporter,2011-05-02,,,,,", "56789012E,New Ltd,R-9,SES,exporter,2011-05-02,,,,,",
	)))(t)
	told := strings.Join(problems(otherwise), "\n")
	for _, want := range []string{"row 2, reference: R-1 was imported with another content, as NZ-AUT-000001", "row 3, legal_name: NZ:ses:12345678A is NZ-OP-000001, with another name",
		"row 4, identifiers: ", "row 6, reference: R-9 of this operator stands in row 5 already"} {
		if !strings.Contains(told, want) {
			t.Errorf("want %q, told:\n%s", want, told)
		}
	}
	if otherwise.Imported != 1 || otherwise.Refused != 4 || nz.size() != size+4 { // operator, authorisation, monitoring, state
		t.Errorf("%+v, %d leaves", otherwise, nz.size()-size)
	}
	for name, r := range map[string]registry.ImportRegister{
		"one officer":  {Register: "x", Format: intake.CSV, File: []byte(registerHead + one), By: "Rangi", Second: "rangi"},
		"no register":  {Format: intake.CSV, File: []byte(registerHead + one), By: "Rangi", Second: "Walker"},
		"no format":    {Register: "x", File: []byte(registerHead + one), By: "Rangi", Second: "Walker"},
		"of a foreign": {Register: "x", Format: intake.CSV, File: []byte(registerHead + one), By: "Rangi", Second: "Walker", For: "DE"},
	} {
		if _, err := nz.ImportRegister(t.Context(), r); err == nil {
			t.Errorf("%s: imported", name)
		}
	}
}

// Many rows at once, some sent twice at the same time, are each taken once.
func TestRowsSentTwiceAtOnceAreTakenOnce(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	var rows []string
	for i := range 120 {
		rows = append(rows, fmt.Sprintf("%08dA,Trader %d Ltd,R-%d,SES,exporter,2019-05-01,,,2020-01-06..2020-02-03,,", i%40, i%40, i))
	}
	reports := make([]*registry.ImportReport, 3)
	must(t, atOnce(len(reports), func(i int) (err error) {
		reports[i], err = nz.ImportRegister(t.Context(), ofRegister(rows...))
		return err
	}))
	imported := 0
	for _, r := range reports {
		imported += r.Imported
		if r.Imported+r.Before != len(rows) {
			t.Errorf("%+v", r.Problems)
		}
	}
	operators := got(nz.Operators())(t)
	authorisations := got(nz.Authorisations())(t)
	if imported != len(rows) || len(operators) != 40 || len(authorisations) != len(rows) {
		t.Errorf("%d rows imported, %d operators, %d authorisations", imported, len(operators), len(authorisations))
	}
	if !slices.IsSortedFunc(reports[0].Rows, func(a, b registry.ImportedRow) int { return a.Row - b.Row }) {
		t.Error("the report is not in the order of the file")
	}
}
