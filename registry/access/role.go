// Package access holds who may act on a node, and how they prove who they are.
package access

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
