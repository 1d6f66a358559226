package deadline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func anyCalendar(t testing.TB) *rapid.Generator[*Calendar] {
	return rapid.Custom(func(rt *rapid.T) *Calendar {
		h := german()
		h.Weekend = rapid.SampledFrom([][]string{{"saturday", "sunday"}, {"friday", "saturday"}, {"sunday"}, {}}).Draw(rt, "weekend")
		c, err := NewCalendar(zone(t, rapid.SampledFrom(zones).Draw(rt, "zone")), h)
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}

func anyRule() *rapid.Generator[Rule] {
	return rapid.Custom(func(rt *rapid.T) Rule {
		r := Rule{ID: "x", Title: "x", Source: "x", Stops: []string{"information", "hearing"}, Warn: []int{10, 3, 1},
			Extensions: []Extension{{ID: "agreed", Source: "x"}, {ID: "criminal", OpenEnded: true, Source: "x"}}}
		r.Period.Unit = rapid.SampledFrom([]Unit{Hours, Days, WorkingDays, Months, Years}).Draw(rt, "unit")
		r.Period.N = rapid.IntRange(1, min(most[r.Period.Unit], 150)).Draw(rt, "n")
		r.Roll = r.Period.Unit != Hours && rapid.Bool().Draw(rt, "roll")
		return r
	})
}

func anyInstant(rt *rapid.T, name string) time.Time {
	return time.Unix(rapid.Int64Range(1_700_000_000, 1_800_000_000).Draw(rt, name), 0)
}

// history walks a clock through a random life and gives each change with the clocks after it.
func history(rt *rapid.T, p Planner, r Rule) (list []Change, states []Clocks) {
	at := anyInstant(rt, "start")
	add := func(ch Change, err error) {
		if err != nil {
			return
		}
		var last Clocks
		if len(states) > 0 {
			last = states[len(states)-1]
		}
		next, err := last.Apply(ch)
		if err != nil {
			rt.Fatalf("planned and refused: %v", err)
		}
		list, states = append(list, ch), append(states, next)
	}
	add(p.Start("x", at))
	for range rapid.IntRange(0, 12).Draw(rt, "steps") {
		at = at.Add(time.Duration(rapid.Int64Range(0, 20*secondsPerDay).Draw(rt, "later")) * time.Second)
		c := states[len(states)-1]
		why := Why{For: rapid.SampledFrom([]string{"information", "hearing", "criminal", "agreed"}).Draw(rt, "why")}
		switch rapid.IntRange(0, 3).Draw(rt, "do") {
		case 0:
			add(p.Stop(c, "x", at, why))
		case 1:
			add(p.Resume(c, "x", at, why))
		case 2:
			by := &Period{rapid.IntRange(1, 40).Draw(rt, "by"), r.Period.Unit}
			if by.Unit == Years {
				by.N = 1
			}
			if why.For == "criminal" {
				by = nil
			}
			add(p.Extend(c, "x", at, by, why))
		case 3:
			for _, ch := range c.Fallen(at.Unix()) {
				if ch.Do == Warn {
					add(ch, nil)
				}
			}
		}
	}
	return list, states
}

// TestOfAnyHistory: replay gives the same clocks; nothing an officer may do makes
// a period shorter or negative; what rolls is never due after a closed day; a clock
// that stands still is due never, and any other is.
func TestOfAnyHistory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := anyRule().Draw(rt, "rule")
		p := Planner{Rules{r}, anyCalendar(t).Draw(rt, "calendar")}
		list, states := history(rt, p, r)
		again, err := Clocks{}.Apply(list...)
		if diff := cmp.Diff(states[len(states)-1], again); diff != "" || err != nil {
			rt.Fatalf("replayed: %v (-want +got):\n%s", err, diff)
		}
		was := list[0].At
		for i, ch := range list {
			k := states[i][0]
			if (ch.Due == 0) != (len(k.Standing) > 0) {
				rt.Fatalf("after %d changes due %d while standing for %d reasons", i, ch.Due, len(k.Standing))
			}
			if ch.Due == 0 {
				continue
			}
			if ch.Due <= list[0].At || ch.Due < was {
				rt.Fatalf("change %d: due %s, before it %s", i, due(ch.Due, p.Calendar), due(was, p.Calendar))
			}
			was = ch.Due
			last := DateOf(time.Unix(ch.Due-1, 0), p.Calendar.Zone())
			if r.Roll && p.Calendar.Closed(last) {
				rt.Fatalf("change %d: the last day is %s, which is closed", i, last)
			}
			if r.Period.Unit != Hours && !(last + 1).Begins(p.Calendar.Zone()).Equal(time.Unix(ch.Due, 0)) {
				rt.Fatalf("change %d: due in the middle of a day: %s", i, due(ch.Due, p.Calendar))
			}
			for _, w := range k.Warnings {
				if w <= ch.At || w >= k.Due {
					rt.Fatalf("change %d: a warning at %d, now %d, due %d", i, w, ch.At, k.Due)
				}
			}
		}
	})
}

// TestNoDayIsLost: what an interruption took is given back to the day.
func TestNoDayIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := anyRule().Draw(rt, "rule")
		r.Roll = false
		c := anyCalendar(t).Draw(rt, "calendar")
		p := Planner{Rules{r}, c}
		at := anyInstant(rt, "start")
		first, err := p.Start("x", at)
		if err != nil {
			rt.Fatal(err)
		}
		stopped := at.Add(time.Duration(rapid.Int64Range(0, first.Due-first.At-1).Draw(rt, "stop")) * time.Second)
		resumed := stopped.Add(time.Duration(rapid.Int64Range(0, 400*secondsPerDay).Draw(rt, "stands")) * time.Second)
		clocks, _ := Clocks{}.Apply(first)
		stop, err := p.Stop(clocks, "x", stopped, Why{For: "information"})
		if err != nil {
			rt.Fatal(err)
		}
		clocks, _ = clocks.Apply(stop)
		resume, err := p.Resume(clocks, "x", resumed, Why{For: "information"})
		if err != nil {
			rt.Fatal(err)
		}
		day := func(at int64) Date { return DateOf(time.Unix(at, 0), c.Zone()) }
		last, next := day(first.Due-1), day(resume.Due-1)
		switch r.Period.Unit {
		case Hours:
			if resume.Due-first.Due != resumed.Unix()-stopped.Unix() {
				rt.Fatalf("stood still for %d seconds, moved by %d", resumed.Unix()-stopped.Unix(), resume.Due-first.Due)
			}
		case WorkingDays:
			if was, is := c.open(day(stop.At), last), c.open(day(resume.At), next); was != is {
				rt.Fatalf("%d working days were left, now %d", was, is)
			}
		default:
			if stood := day(resume.At) - day(stop.At); next-last != stood && c.Zone().String() != "Pacific/Apia" {
				rt.Fatalf("stood still for %d days, moved by %d", stood, next-last)
			}
		}
	})
}

// TestWhoIsLaterIsNotDueEarlier: what is due is monotone in its event.
func TestWhoIsLaterIsNotDueEarlier(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := anyRule().Draw(rt, "rule")
		r.Before = r.Period.Unit != Hours && rapid.Bool().Draw(rt, "before")
		r.Roll = r.Roll && !r.Before
		p := Planner{Rules{r}, anyCalendar(t).Draw(rt, "calendar")}
		a := anyInstant(rt, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, 40*secondsPerDay).Draw(rt, "later")) * time.Second)
		x, err := p.Start("x", a)
		if err != nil {
			rt.Fatal(err)
		}
		y, err := p.Start("x", b)
		if err != nil || y.Due < x.Due {
			rt.Fatalf("from %s due %d, from %s due %d, %v", a, x.Due, b, y.Due, err)
		}
	})
}
