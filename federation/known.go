package federation

import "slices"

// knownThen answers a question about the past once more from what had been
// recorded by the instant asked about: what somebody who asked then could have
// known at best. An annulment, or whatever else takes effect before it is
// recorded, makes the two differ.
func (e *examination) knownThen() *Answers {
	all := e.statusAsOf() // by then all was known that the bundle tells
	if e.record != nil {
		all = e.record.lists.History.Newest().ReceivedAt
	}
	if e.q.At == 0 || e.at >= all {
		return nil
	}
	then := e.again()
	then.known = e.at
	then.walk()
	d := then.decision
	return &Answers{Verdict: d.Verdict, Reason: d.Reason, Status: d.Status, Recognition: d.Recognition}
}

// again is the examination as it stands, to be taken another way.
func (e *examination) again() *examination {
	then, d, evidence := *e, *e.decision, *e.decision.Evidence
	if e.record != nil {
		record := *e.record
		then.record = &record
	}
	d.Checks, d.Caveats, d.Evidence = slices.Clone(d.Checks), slices.Clone(d.Caveats), &evidence
	then.decision = &d
	return &then
}
