package demo

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/registry"
)

// shownTasks is how much of a queue is printed.
const shownTasks = 6

// settle is the last look at the German node: what waits for somebody, and whether all
// that it keeps follows from its log, made anew from the first leaf on.
func (s *story) settle() error {
	if s.life == nil {
		return nil
	}
	n := s.sites["DE"].node
	items, _, err := n.Queue(registry.QueueOf{}, registry.Page{})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nWhat waits at the German desk, the first due first (%d in all):\n", len(items))
	for _, item := range items[:min(len(items), shownTasks)] {
		due := "no deadline"
		if item.Due != 0 {
			due = "until the end of " + dayBefore(item.Due)
		}
		who := cmp.Or(item.Officer, "nobody's")
		fmt.Fprintf(s.out, "  %-14s  %-14s  %-12s  %s\n", item.Number, strings.ReplaceAll(item.What, "_", " "), who, due)
	}
	a, err := n.Audit()
	if err != nil {
		return err
	}
	f := s.fact("the log replays to the same state", a.Differing == 0 && a.Files > 0,
		"%d leaves, %d files of evidence, %d status lists: %d differences", a.Size, a.Files, a.Tokens, a.Differing)
	s.facts = append(s.facts, f)
	fmt.Fprintf(s.out, "All it keeps made anew from its log: %s.\n", f.Got)
	return nil
}

// wholeLife: what a border is told about the AEO whose life was told, of moments in it.
func (d *docket) wholeLife() {
	file := credentialOf(sensorik.file)
	d.verify("life: before the fifth day", file, "JP", "not_in_force", "not_yet", "--at", d.day(-103))
	d.verify("life: once in effect", file, "JP", "recognised", "by_arrangement", "--at", d.day(-80))
	d.verify("life: suspended for a remedy", file, "JP", "suspended", "suspended", "--at", d.day(-50))
	d.verify("life: while it was annulled, as the court left it", file, "JP", "recognised", "by_arrangement", "--at", d.day(-25))
	d.verify("life: while the annulment was stayed", file, "JP", "recognised", "by_arrangement", "--at", d.day(-15))
	d.verify("life: restored by the court", file, "JP", "recognised", "by_arrangement")
	const stays = "life: the credential that was annulled stays so"
	if d.life == nil {
		d.without(stays)
	} else {
		d.verify(stays, d.life.annulled, "JP", "not_in_force", "annulled")
	}
}
