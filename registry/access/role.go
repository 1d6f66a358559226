// Package access holds who may act on a node, and how they prove who they are. It
// is rules and arithmetic: it reads no file, no clock and no network.
package access

import "slices"

// A Role is what a person may do on a node.
type Role string

// The roles.
const (
	Applicant      Role = "applicant"      // acts for an operator, in its own cases
	Representative Role = "representative" // the same under a power of attorney, as far and as long as it goes
	Assessor       Role = "assessor"
	Validator      Role = "validator" // visits sites
	DecisionMaker  Role = "decision_maker"
	MRAOfficer     Role = "mra_officer"
	Auditor        Role = "auditor" // reads everything, changes nothing
	Administrator  Role = "administrator"
)

// Roles are all roles.
func Roles() []Role {
	return []Role{Applicant, Representative, Assessor, Validator, DecisionMaker, MRAOfficer, Auditor, Administrator}
}

// Values are [Roles].
func (Role) Values() []Role { return Roles() }

// Outside reports whether the role is one of the trade's, not of the administration's.
func (r Role) Outside() bool { return r == Applicant || r == Representative }

// Grave reports whether it takes two administrators to give the role: who holds it
// decides, binds the administration abroad, or makes others who do.
func (r Role) Grave() bool { return r == DecisionMaker || r == MRAOfficer || r == Administrator }

// alone reports whether a person with this role has no other: who keeps the
// accounts or checks the work takes no part in it, and the trade is not the office.
func (r Role) alone() bool { return r == Administrator || r == Auditor }

// Together reports whether one person may hold both roles.
func Together(a, b Role) bool {
	if a == b {
		return true
	}
	return !a.alone() && !b.alone() && a.Outside() == b.Outside()
}

// Officers are the roles of those who work on cases.
func Officers() []Role { return []Role{Assessor, Validator, DecisionMaker, MRAOfficer} }

// Inside are all roles of the administration: they read every case.
func Inside() []Role {
	return slices.DeleteFunc(Roles(), Role.Outside)
}
