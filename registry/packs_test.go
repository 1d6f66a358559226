package registry_test

import (
	"testing"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/programme"
)

// In every programme the shortest way leads from an application to a credential:
// submitted, accepted, all met, granted, for each of its types.
func TestTheShortestWayInEveryProgramme(t *testing.T) {
	for _, territory := range programme.Territories() {
		t.Run(territory, func(t *testing.T) {
			t.Parallel()
			pack := got(programme.Load(territory, ""))(t)
			o := found(t, newClock(), territory, "")
			identifier := pack.Schemes[0].Code + ":" + pack.Schemes[0].Example
			op := o.register(trader{name: "Example Trading", identifier: identifier})
			for _, ty := range pack.Types {
				ctx := t.Context()
				var roles []string
				for _, r := range got(pack.RolesFor(ty.Code))(t) {
					roles = append(roles, string(r))
				}
				a := got(o.SubmitApplication(ctx, registry.SubmitApplication{Operator: op.Case, Type: ty.Code, Roles: roles, By: "Example Trading"}))(t)
				got(o.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(t)
				got(o.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"}))(t)
				a = got(o.DecideApplication(ctx, registry.DecideApplication{Application: a.Case, Grant: true, Without: unvisited, By: "Decider"}))(t)
				if len(o.export(a.Authorisation)) == 0 {
					t.Errorf("%s: no credential", ty.Code)
				}
			}
		})
	}
}
