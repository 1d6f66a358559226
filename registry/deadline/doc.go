// Package deadline computes when something is due in law, and remembers how that
// came about. It is pure: instants, rules and calendars come in as arguments.
//
//	p := deadline.Planner{Rules: pack.Deadlines, Calendar: calendar}
//	start, err := p.Start("decision", accepted)      // a Change, which an event carries
//	clocks, err = clocks.Apply(start)                // what the state of a case holds
//	stop, err := p.Stop(clocks, "decision", asked, deadline.Why{Reason: "information", Basis: "DA Art. 13(1)"})
//
// # How periods are counted
//
// As in Regulation (EEC, Euratom) 1182/71, Art. 3:
//
//   - the day of the event is not counted, and a period in days, months or years
//     ends with the end of its last day by the authority's own time: what is due is
//     due at the first instant of the day after ([Date.Begins]);
//   - days are calendar days, holidays included; working days leave out what is closed;
//   - months and years end on the day of the same number, or where the month has
//     none on its last day;
//   - where a rule rolls ([Rule].Roll) and the last day is closed, the period ends with
//     the next open day. A period counted backwards never rolls (Art. 3(4) is about
//     periods from an event), nor does a date rule such as the fifth day of DA Art. 29,
//     which is none of this package;
//   - hours are exact: they run from the instant of the event and end at an instant.
//
// # A clock that stands still
//
// While a clock stands still no day of it passes. The day it stops has passed, the
// day it runs again is not counted: a clock stopped on the 3rd and running again on
// the 7th is due four days later. It may stand still for several reasons at once and
// runs when the last of them is gone. An extension that has no end (criminal
// proceedings, DA Art. 28(2)) is a clock that stands still.
//
// # Replay
//
// A [Change] carries the instant it leads to. [Clocks.Apply] computes no date, so that a
// replay gives the same dates whatever the rules say by then; a rule or a holiday
// that changes an open deadline does so by a [Move] that says why.
package deadline
