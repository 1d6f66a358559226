package main

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

func newQueueCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "what waits for somebody: what is due, what is overdue, whose it is",
		Long: `Lists what every case waits for, what is due first coming first and what has no date
last. A clock that stands still says since when, and why; one that is late enough for
the programme to warn says WARNED. With --mine it is what the account that is logged in
has, and what it may agree to as a second person.`,
		Example: `  aeo queue --due 7d
  aeo queue --officer "M. Rangi"`,
		Args: cobra.NoArgs,
	}
	l := listing[registry.QueueItem]{"/queue", "aeo.queue/1", "aeo.queue-item/1", func(t registry.QueueItem) [][]string {
		return [][]string{{a.dueWords(t), t.Number, strings.TrimSpace(t.What + " " + t.Act), cmp.Or(t.Officer, "nobody"), t.Office}}
	}}
	l.run(a, cmd, filter{"mine", "mine", "of the account that is logged in, and what awaits its agreement", nil}, filter{"officer", "officer", "of this officer", nil}, filter{"office", "office", "of this office", nil},
		filter{"due", "within", "due within this time, as 36h or 7d, or overdue", parseAgeFlag})
	cmd.Flags().Lookup("mine").NoOptDefVal = "true"
	cmd.MarkFlagsMutuallyExclusive("mine", "officer", "office")
	return cmd
}

func (a *app) dueWords(t registry.QueueItem) string {
	switch {
	case len(t.Standing) > 0:
		s := t.Standing[0]
		return strings.TrimSpace("stands still since " + a.dayOf(s.Since) + " " + cmp.Or(s.Reason, "for "+s.For))
	case t.Since != 0:
		return "no date, since " + a.dayOf(t.Since)
	case t.Due == 0:
		return "no date"
	case t.Overdue:
		return "OVERDUE since " + a.deadlineOf(t.Due)
	case t.Warned:
		return "WARNED, by " + a.deadlineOf(t.Due)
	case t.From != 0:
		return "from " + a.dayOf(t.From)
	}
	return "by " + a.deadlineOf(t.Due)
}

// caseFilters are what applications and authorisations are looked for by.
func caseFilters() []filter {
	return []filter{{"state", "state", "in this state", nil}, {"type", "type", "of this type", nil},
		{"holder", "holder", "of this operator, by number or identifier", nil}}
}

func (a *app) parseTimeFlag(s string) (string, error) {
	at, err := a.parseTime(s)
	return strconv.FormatInt(at, 10), err
}

func parseAgeFlag(s string) (string, error) {
	seconds, err := parseAge(s)
	return strconv.FormatInt(seconds, 10), err
}
