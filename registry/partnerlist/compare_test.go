package partnerlist_test

import (
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/registry/partnerlist"
)

func held(id, name, status, day string) listed.Entry {
	e := listed.Entry{Identifier: "NZ:ses:" + id, Name: name, Programme: "NZ-SES", AuthorisationType: "SES",
		Roles: []string{"exporter"}, Status: status, EffectiveOn: "2024-03-06"}
	switch status {
	case listed.Suspended:
		e.SuspendedSince = day
	case listed.Ended:
		e.EndedOn = day
	}
	return e
}

func TestCompareInWords(t *testing.T) {
	register := []listed.Entry{
		held("1", "Same Ltd", listed.InForce, ""), held("2", "Ended Ltd", listed.Ended, "2026-01-01"),
		held("3", "Suspended Ltd", listed.Suspended, "2026-01-01"), held("4", "Lacking Ltd", listed.InForce, ""),
		held("5", "Old Name Ltd", listed.InForce, ""), held("6", "Private Ltd", listed.InForce, ""),
		held("7", "Ended Both Ltd", listed.Ended, "2026-01-01"), held("8", "Not There Ltd", listed.InForce, ""),
		held("9", "Long Gone Ltd", listed.Ended, "2025-01-01"), held("11", "Given Up Ltd", listed.Suspended, "2026-01-01"),
	}
	moved := held("8", "Not There Ltd", listed.Suspended, "2026-01-01")
	moved.Roles, moved.EffectiveOn = []string{"exporter", "packer"}, "2024-03-07"
	copied := []listed.Entry{
		held("1", "SAME  LTD", listed.InForce, ""), held("2", "Ended Ltd", listed.InForce, ""), held("3", "Suspended Ltd", listed.InForce, ""),
		held("5", "New Name Ltd", listed.InForce, ""), held("6", "Private Ltd", listed.InForce, ""), held("7", "Ended Both Ltd", listed.Ended, "2026-01-05"),
		held("10", "Nobody Ltd", listed.InForce, ""), moved, held("11", "Given Up Ltd", listed.Ended, "2026-01-01"),
	}
	shared := func(e *listed.Entry) bool { return e.Identifier != "NZ:ses:6" }
	differences := partnerlist.Compare(register, copied, shared)
	want := "1 we ended and they still have, 1 we suspended and they have in force, 1 we suspended and they ended, 1 in force here and not there, 1 they lack, " +
		"1 they have and we do not, 1 they have and may not: the holder is not released, 1 names differ, 1 differ in roles, 1 differ in when they took effect"
	if got := partnerlist.Summary(differences, true); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := partnerlist.Summary(differences, false); !strings.HasPrefix(got, "1 they ended and we still have, ") {
		t.Error(got)
	}
	if d := partnerlist.Compare(register, register, nil); len(d) != 0 || partnerlist.Summary(d, true) != "nothing differs" {
		t.Errorf("a register differs from itself: %+v", d)
	}
}

func TestContradictions(t *testing.T) {
	last := []listed.Entry{held("1", "A", listed.Ended, "2026-01-01"), held("2", "B", listed.Ended, "2026-01-01"),
		held("3", "C", listed.InForce, ""), held("4", "D", listed.Ended, "2026-01-01")}
	anew := held("4", "D", listed.InForce, "")
	anew.EffectiveOn = "2026-02-01"
	other := held("3", "C", listed.InForce, "")
	other.EffectiveOn = "2020-01-01"
	entries := []listed.Entry{held("1", "A", listed.InForce, ""), held("2", "B", listed.Ended, "2026-01-02"), other, anew,
		held("5", "E", listed.Suspended, "2026-03-02"), held("6", "F", listed.InForce, "")}
	got := texts(partnerlist.Contradictions(entries, []int{2, 3, 4, 5, 6, 7}, "2026-03-01", last, "2026-01-31"))
	want := `row 2, status: NZ:ses:1 SES by the list of 2026-01-31 it ended on 2026-01-01: what is granted anew takes effect after that
row 3, ended_on: 2026-01-02, by the list of 2026-01-31 it was 2026-01-01
row 4, effective_on: 2020-01-01, by the list of 2026-01-31 it was 2024-03-06 and had not ended
row 6, suspended_since: 2026-03-02 lies after 2026-03-01, the day of which the list speaks`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
