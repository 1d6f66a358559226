package view_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/view"
)

// Pages, whatever their size, give each case that is looked for once, also while
// others are written: those that were there from the first page to the last.
func TestPagesGiveEachCaseOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLog(nil)
		all := map[string]string{}
		add := func() {
			number := fmt.Sprintf("NZ-OP-%06d", len(all)+1)
			name := rapid.StringMatching(`(Ab|aB|B)[ a-c]{0,2}x`).Draw(t, "name")
			e := event(number, 1, 1, authorisation.OperatorRegistered{Holder: holder(name, fmt.Sprint("NZ:ses:", len(all)))})
			if len(all)%3 == 2 { // found by two names, listed by one
				h := holder(name, fmt.Sprint("NZ:ses:", len(all)))
				h.Names = []authorisation.Name{{Script: "Latn", Value: "Abz"}}
				e.Data = authorisation.OperatorRegistered{Holder: h}
			}
			raw, err := authorisation.MarshalEvent(e)
			if err == nil {
				err = l.add(transparency.Case{}, raw)
			}
			if err != nil {
				t.Fatal(err)
			}
			all[number] = name
			if len(all)%3 == 0 {
				all[number] += "|Abz"
			}
		}
		for range rapid.IntRange(0, 30).Draw(t, "operators") {
			add()
		}
		prefix := rapid.SampledFrom([]string{"", "a", "AB", "b", "abz", "c"}).Draw(t, "prefix")
		var want []string
		for number, names := range all {
			if slices.ContainsFunc(strings.Split(names, "|"), func(name string) bool {
				return strings.HasPrefix(authorisation.Folded(name), authorisation.Folded(prefix))
			}) {
				want = append(want, number)
			}
		}
		q := view.Query{Limit: rapid.IntRange(1, 5).Draw(t, "limit")}
		if prefix != "" {
			q.Prefix = authorisation.Facet{Name: authorisation.ByName, Value: authorisation.Folded(prefix)}
		}
		var got []string
		for pages := 0; ; pages++ {
			items, next, err := view.Page[authorisation.Operator](l.rows, view.KindOperator, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range items {
				if slices.Contains(got, o.Case) {
					t.Fatalf("%s twice", o.Case)
				}
				got = append(got, o.Case)
			}
			if q.Cursor = next; next == "" {
				break
			}
			if pages < 5 {
				add()
			}
		}
		for _, number := range want {
			if !slices.Contains(got, number) {
				t.Fatalf("%s of %q is missing among %v", number, prefix, got)
			}
		}
	})
}

func TestACursorBelongsToItsQuery(t *testing.T) {
	l := newLog(t)
	for i, name := range []string{"Aa", "Ab", "Ba"} {
		l.must(event(fmt.Sprintf("NZ-OP-%06d", i+1), 1, 1, authorisation.OperatorRegistered{Holder: holder(name, fmt.Sprint("NZ:ses:", i))}))
	}
	named := func(prefix, cursor string) (string, error) {
		_, next, err := view.Page[authorisation.Operator](l.rows, view.KindOperator,
			view.Query{Prefix: authorisation.Facet{Name: authorisation.ByName, Value: prefix}, Cursor: cursor, Limit: 1})
		return next, err
	}
	next, err := named("a", "")
	if err != nil || next == "" {
		t.Fatal(next, err)
	}
	for _, other := range []string{next, "nothing", "_w"} {
		if _, err := named("b", other); !errors.Is(err, view.ErrCursor) {
			t.Errorf("cursor %q: %v", other, err)
		}
	}
}

func TestWhatWaitsIsInTheOrderOfItsDueDate(t *testing.T) {
	l := newLog(t)
	for i := range 3 {
		l.must(event(fmt.Sprintf("NZ-APP-%06d", i+1), 1, 1, authorisation.ApplicationSubmitted{Wish: authorisation.Wish{
			Operator: "NZ-OP-000001", Programme: "NZ-SES", Type: "SES", Components: []string{"SES"}, Roles: []string{"exporter"}, Requirements: []string{"A"}}}))
	}
	l.must(event("NZ-APP-000002", 2, 2, authorisation.ApplicationAssigned{Officer: "Mere Ngata", Office: "AKL", Reason: "hers"}))
	got := func(q view.Queue) (out []string) {
		for {
			items, next, err := view.Tasks(l.rows, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range items {
				out = append(out, i.Number+" "+i.What)
			}
			if q.Cursor = next; next == "" {
				return out
			}
		}
	}
	for want, q := range map[string]view.Queue{
		"NZ-APP-000001 accept,NZ-APP-000002 accept,NZ-APP-000003 accept": {Limit: 2},
		"NZ-APP-000002 accept": {Officer: "mere  ngata"},
		"":                     {Office: "WLG"},
	} {
		if text := strings.Join(got(q), ","); text != want {
			t.Errorf("%+v: %s, want %s", q, text, want)
		}
	}
	l.must(event("NZ-APP-000002", 3, 3, authorisation.ApplicationWithdrawn{}))
	if left := got(view.Queue{Office: "AKL"}); len(left) > 0 {
		t.Errorf("it was withdrawn and waits for %v", left)
	}
}
