// Package keys is where every signature of the system is made or checked.
//
// Two families exist and never mix. Documents are JWS (RFC 7515) signed with
// ES256 and read through one strict entry point, [Parse] or [ParseGeneral],
// that is told which [Kind] of artefact it must be. Logs and their witnesses
// sign C2SP notes with Ed25519 ([VKey]).
//
// Which key may sign what, and when, stands in an administration's [Roster]:
// a document its root keys sign, numbered, so that the chain of rosters is the
// history of its keys.
//
// The package is pure: no file, no network, no clock.
package keys

// A Role is what a key is for. A key has one role.
type Role string

// The roles a roster knows.
const (
	RoleFederation Role = "federation" // ES256: entity configuration, subordinate statements, MRA notices
	RoleBundle     Role = "bundle"     // ES256: bundle manifests, directories
	RoleIssuer     Role = "issuer"     // ES256: credentials, status list tokens
	RoleExchange   Role = "exchange"   // ES256: messages between partners
	RoleReceipt    Role = "receipt"    // ES256: check receipts
	RoleLog        Role = "log"        // Ed25519 note key: checkpoints
	RoleWitness    Role = "witness"    // Ed25519 cosignature/v1: append-only
	RoleAuditor    Role = "auditor"    // Ed25519 cosignature/v1: replayed
	RoleRoot       Role = "root"       // ES256: the roster, MRA versions; listed in Roster.Root
)

// JOSE reports whether keys of the role are ES256 JWKs; the others are note keys.
func (r Role) JOSE() bool {
	switch r {
	case RoleFederation, RoleBundle, RoleIssuer, RoleExchange, RoleReceipt, RoleRoot:
		return true
	}
	return false
}

func (r Role) known() bool {
	return r.JOSE() && r != RoleRoot || r == RoleLog || r == RoleWitness || r == RoleAuditor
}
