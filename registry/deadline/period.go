package deadline

import "fmt"

// A Unit is what a period is counted in.
type Unit string

// The units.
const (
	Hours       Unit = "hours"
	Days        Unit = "days" // calendar days
	WorkingDays Unit = "working_days"
	Months      Unit = "months"
	Years       Unit = "years"
)

// Values are all units.
func (Unit) Values() []Unit { return []Unit{Hours, Days, WorkingDays, Months, Years} }

// most of each unit bounds what a pack or an officer may write: some twenty years.
var most = map[Unit]int{Hours: 8784, Days: 7320, WorkingDays: 2600, Months: 240, Years: 20}

// A Period is a number of units, at least one.
type Period struct {
	N    int  `json:"n"`
	Unit Unit `json:"unit"`
}

// Check refuses a period that is none.
func (p Period) Check() error {
	limit, known := most[p.Unit]
	if !known {
		return fmt.Errorf("period: unit %.20q is not one of hours, days, working_days, months, years", p.Unit)
	}
	if p.N < 1 || p.N > limit {
		return fmt.Errorf("period: %d %s is not within 1 to %d", p.N, p.Unit, limit)
	}
	return nil
}

// String writes "30 days".
func (p Period) String() string {
	unit := string(p.Unit)
	if p.Unit == WorkingDays {
		unit = "working days"
	}
	if p.N == 1 {
		unit = unit[:len(unit)-1]
	}
	return fmt.Sprintf("%d %s", p.N, unit)
}

// after is the last day of the period that begins with the day after d.
func (p Period) after(d Date, c *Calendar) Date {
	switch p.Unit {
	case WorkingDays:
		return c.working(d, p.N)
	case Months:
		return d.addMonths(p.N)
	case Years:
		return d.addMonths(12 * p.N)
	}
	return d + Date(p.N)
}

// before is the last day on which the whole period still lies ahead of d.
func (p Period) before(d Date, c *Calendar) Date {
	switch p.Unit {
	case WorkingDays:
		return c.workingBefore(d, p.N)
	case Months:
		return d.addMonths(-p.N)
	case Years:
		return d.addMonths(-12 * p.N)
	}
	return d - Date(p.N)
}
