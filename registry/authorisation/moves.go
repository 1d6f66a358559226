package authorisation

import (
	"slices"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// When rules or holidays come in force that move what is due, the clock says so in
// every case, and says why. Nothing else moves a deadline that runs.
type (
	// MoveDeadlines is for an application.
	MoveDeadlines struct {
		By
		Timed
	}
	// MoveWatched is for the monitoring of an authorisation.
	MoveWatched struct {
		By
		Timed
	}
)

func (MoveDeadlines) name() string { return "move deadlines" }
func (MoveDeadlines) byClock()     {}
func (MoveWatched) name() string   { return "move deadlines" }
func (MoveWatched) byClock()       {}

func (MoveDeadlines) in() []ApplicationState { return PassTime{}.in() }

func (c MoveDeadlines) decide(Application) ([]Event, error) {
	if err := c.onlyMove(); err != nil {
		return nil, err
	}
	return one(c.By, c.Clocks[0].At, ApplicationPeriodChanged{false, c.Timed})
}

func (c MoveWatched) decide(Monitoring) ([]Event, error) {
	if err := c.onlyMove(); err != nil {
		return nil, err
	}
	return one(c.By, c.Clocks[0].At, MonitoringTimePassed{c.Timed})
}

func (t Timed) onlyMove() error {
	if len(t.Clocks) == 0 || slices.ContainsFunc(t.Clocks, func(ch deadline.Change) bool { return ch.Do != deadline.Move }) {
		return &InputError{"clocks", "new rules move what is due and do nothing else"}
	}
	return nil
}
