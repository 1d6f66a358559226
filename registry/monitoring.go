package registry

import (
	"context"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/view"
)

var monitoringCases = caseKind[authorisation.Monitoring]{
	view.Monitoring, func(m authorisation.Monitoring) string { return m.Operator },
}

// settleMonitoring records what fell due in the monitoring of an authorisation. Once
// that has ended, nothing is watched any more.
func (n *Node) settleMonitoring(ctx context.Context, number string) error {
	defer n.lockCase(number)()
	m, err := readCase(n, number, view.Monitoring)
	if err != nil {
		return err
	}
	a, err := readCase(n, number, view.Authorisation)
	if err != nil {
		return err
	}
	due := m.Due(n.now().Unix())
	if len(due) > 0 && a.Ended() {
		due = []authorisation.Command{authorisation.CloseMonitoring{By: authorisation.By{Case: number, Actor: authorisation.Scheduler, At: n.now().Unix()}}}
	}
	for _, c := range due {
		if m, err = enact(ctx, n, monitoringCases, m, c, false); err != nil {
			return err
		}
	}
	return nil
}

// Monitoring reads what is watched of one authorisation.
func (n *Node) Monitoring(number string) (authorisation.Monitoring, error) {
	return readCase(n, number, view.Monitoring)
}
