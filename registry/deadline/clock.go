package deadline

import (
	"cmp"
	"fmt"
	"slices"
)

// maxHistory bounds the changes of one clock.
const maxHistory = 128

// A Clock is one deadline of a case.
type Clock struct {
	Rule     string     `json:"rule"`
	Since    int64      `json:"since"`             // the event it is counted from
	Due      int64      `json:"due,omitzero"`      // 0 while it stands still
	Outcome  string     `json:"outcome,omitzero"`  // what silence means
	Basis    string     `json:"basis,omitzero"`    // source of the rule
	Standing []Standing `json:"standing,omitzero"` // why it stands still
	Warnings []int64    `json:"warnings,omitzero"` // instants still to come at which somebody is told
	LapsedAt int64      `json:"lapsed_at,omitzero"`
	EndedAt  int64      `json:"ended_at,omitzero"`
	History  []Change   `json:"history,omitzero"` // of an open clock: what its due date is computed from
}

// A Standing is one reason why a clock stands still.
type Standing struct {
	For    string `json:"for"`
	Since  int64  `json:"since"`
	Reason string `json:"reason,omitzero"`
	Basis  string `json:"basis,omitzero"`
}

// Clocks are the clocks of a case: the open ones and of each name the last that
// ended, in the order they were started.
type Clocks []Clock

// Open is the clock of that name which has not ended.
func (c Clocks) Open(name string) (Clock, bool) {
	i := slices.IndexFunc(c, func(k Clock) bool { return k.Rule == name && k.EndedAt == 0 })
	if i < 0 {
		return Clock{}, false
	}
	return c[i], true
}

// Wakes is when something is next to be done though nobody acts: a warning, or
// what silence means.
func (c Clocks) Wakes() (at int64, ok bool) {
	for _, k := range c {
		if next, wakes := k.wakes(); wakes && (!ok || next < at) {
			at, ok = next, true
		}
	}
	return at, ok
}

func (k Clock) wakes() (int64, bool) {
	if k.Due == 0 || k.LapsedAt != 0 || k.EndedAt != 0 {
		return 0, false
	}
	if len(k.Warnings) > 0 {
		return min(k.Warnings[0], k.Due), true
	}
	return k.Due, true
}

// Fallen is what the clock of the wall brings about by now, in the order it fell
// due: [Lapse] and [Warn] changes. Of several warnings of a clock that were missed
// only the last is given, and none once it lapsed.
func (c Clocks) Fallen(now int64) []Change {
	var out []Change
	for _, k := range c {
		next, ok := k.wakes()
		switch {
		case !ok || next > now:
		case k.Due <= now:
			out = append(out, Change{Rule: k.Rule, Do: Lapse, At: max(k.Due, k.touched()), Due: k.Due, Outcome: k.Outcome})
		default:
			last := k.Warnings[0]
			for _, at := range k.Warnings {
				if at <= now {
					last = at
				}
			}
			out = append(out, Change{Rule: k.Rule, Do: Warn, At: last, Due: k.Due})
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return cmp.Compare(a.At, b.At) })
	return out
}

// Ends is the change that ends a clock because what it was for was done at an instant.
func (c Clocks) Ends(name string, at int64) (Change, error) {
	k, ok := c.Open(name)
	if !ok {
		return Change{}, fmt.Errorf("clock %.60s is not running", name)
	}
	return Change{Rule: name, Do: End, At: max(at, k.touched()), Due: k.Due}, nil
}

// EndAll are the changes that end every open clock: the case is closed.
func (c Clocks) EndAll(at int64) (out []Change) {
	for _, k := range c {
		if k.EndedAt == 0 {
			out = append(out, Change{Rule: k.Rule, Do: End, At: max(at, k.touched()), Due: k.Due})
		}
	}
	return out
}

// touched is when the clock was last changed; a period counted backwards is
// counted from an event that is still to come.
func (k Clock) touched() int64 {
	for _, c := range slices.Backward(k.History) {
		if c.Do != Start || c.Due == 0 || c.Due > c.At {
			return c.At
		}
	}
	return 0
}

// Apply returns the clocks after changes. It refuses what cannot follow: a clock
// that runs backwards, an extension that makes a period shorter, a clock that is due
// while it stands still.
func (c Clocks) Apply(changes ...Change) (Clocks, error) {
	c = slices.Clone(c)
	for _, ch := range changes {
		if err := c.apply(ch); err != nil {
			return nil, fmt.Errorf("clock %s: %s: %w", ch.Rule, ch.Do, err)
		}
	}
	return c, nil
}

func (c *Clocks) apply(ch Change) error {
	if err := ch.Check(); err != nil {
		return err
	}
	i := slices.IndexFunc(*c, func(k Clock) bool { return k.Rule == ch.Rule && k.EndedAt == 0 })
	if ch.Do == Start {
		if i >= 0 {
			return fmt.Errorf("it is running already")
		}
		if ch.Due == 0 {
			return fmt.Errorf("due is missing")
		}
		k := Clock{Rule: ch.Rule, Since: ch.At, Outcome: ch.Outcome, Basis: ch.Basis, History: []Change{ch}}
		k.due(ch.Due, k.touched())
		*c = append(slices.DeleteFunc(*c, func(old Clock) bool { return old.Rule == ch.Rule }), k)
		return nil
	}
	if i < 0 {
		return fmt.Errorf("it is not running")
	}
	k := (*c)[i]
	if ch.At < k.touched() {
		return fmt.Errorf("earlier than the change before it")
	}
	if len(k.History) >= maxHistory {
		return fmt.Errorf("changed %d times already", maxHistory)
	}
	k.Standing, k.Warnings = slices.Clone(k.Standing), slices.Clone(k.Warnings)
	k.History = append(slices.Clone(k.History), ch)
	if err := k.change(ch); err != nil {
		return err
	}
	(*c)[i] = k
	return nil
}

func (k *Clock) change(ch Change) error {
	was, stood := k.Due, len(k.Standing)
	switch ch.Do {
	case Stop, Extend:
		if ch.By == nil {
			if slices.ContainsFunc(k.Standing, func(s Standing) bool { return s.For == ch.For }) {
				return fmt.Errorf("it stands still for %s already", ch.For)
			}
			k.Standing = append(k.Standing, Standing{ch.For, ch.At, ch.Reason, ch.Basis})
		}
	case Resume:
		k.Standing = slices.DeleteFunc(k.Standing, func(s Standing) bool { return s.For == ch.For })
		if len(k.Standing) == stood {
			return fmt.Errorf("it does not stand still for %q", ch.For)
		}
	case Warn:
		k.Warnings = slices.DeleteFunc(k.Warnings, func(at int64) bool { return at <= ch.At })
	case Lapse:
		if stood > 0 || k.LapsedAt != 0 || ch.At < was {
			return fmt.Errorf("it is not due, or lapsed already")
		}
		k.LapsedAt, k.Warnings = ch.At, nil
	case End:
		k.EndedAt, k.Standing, k.Warnings, k.History = ch.At, nil, nil, nil
		return nil
	}
	if (len(k.Standing) > 0) != (ch.Due == 0) {
		return fmt.Errorf("due is for a clock that runs, and for none that stands still")
	}
	switch {
	case ch.Due == was:
	case ch.Do == Warn || ch.Do == Lapse:
		return fmt.Errorf("it does not change what is due")
	case ch.Do != Move && was != 0 && ch.Due != 0 && ch.Due < was:
		return fmt.Errorf("it would be due earlier than before")
	default:
		k.due(ch.Due, ch.At)
	}
	return nil
}

// due sets what is due, and which warnings are still to come.
func (k *Clock) due(due, now int64) {
	k.Due, k.Warnings = due, nil
	if due > now {
		k.LapsedAt = 0
	}
	if due == 0 {
		return
	}
	for _, days := range k.History[0].Warn {
		if at := due - int64(days)*secondsPerDay; at > now {
			k.Warnings = append(k.Warnings, at)
		}
	}
	slices.Sort(k.Warnings)
}
