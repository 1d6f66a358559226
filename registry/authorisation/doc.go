// Package authorisation decides what may happen to an operator, an application
// and an authorisation. It holds law, not storage: pure state machines that turn a
// command into events, and events into state.
//
//	events, err := state.Decide(command) // may this happen, and what is it then?
//	state, err = state.Apply(event)      // what is the case now?
//
// State is only ever the fold of the events of one case ([Replay]). Nothing here
// reads a clock: commands say when they were decided.
//
// # Three cases
//
// An [Operator] is registered, and lets data about itself out for a purpose or
// stops doing so. An [Application] runs
//
//	submitted -> accepted -> under_examination -> decided_grant | decided_refuse
//	          -> not_accepted            and withdrawn at any time before the decision
//
// A grant opens the case of an [Authorisation], whose components each run
//
//	pending_effect -> effective <-> suspended -> ended (revoke, annul, withdraw, expire)
//
// # Times
//
// Every event carries when it was decided, when it takes effect in law, and (from
// the ledger) when it was recorded. A grant takes effect later, an annulment
// earlier: at the original effective date (UCC Art. 27(3)). What takes effect later
// is remembered; [Authorisation.Due] hands it to whoever watches the clock, and any
// other command settles it first.
//
// # Two persons
//
// Who assessed does not decide. Who revokes or annuls names a second officer. Both
// are refused with [ErrFourEyes].
//
// # Credentials
//
// Every credential of a component is a fact of the authorisation, so that an act
// reaches each of them: [Authorisation.StatusDue] says which status leaves the log
// is owed, in an order that protocol 5 admits.
//
// # Events
//
// The bytes of an event are RFC 8785 JSON, one spelling for each:
//
//	{"actor":..., "case":..., "data":{...}, "decided_at":..., "effective_at":...,
//	 "type":"authorisation.suspended", "version":1}
//
// An unknown type, version or member is refused. A form once written stays
// readable for ever; what has to change becomes another version.
//
//	operator.registered       legal_name, natural, identifiers, names, address
//	operator.amended          the same
//	operator.release_granted  purpose, basis, partners
//	operator.release_withdrawn purpose
//	application.submitted     operator, programme, type, components, roles, requirements; version 2 also authority
//	application.accepted      -
//	application.not_accepted  reason, basis
//	application.assessed      findings [{requirement, result, note?}]; version 2 also severity, site, evidence, certificate, weight
//	application.granted       authorisation
//	application.refused       reason, basis
//	application.withdrawn     -
//	authorisation.granted     application, operator, programme, type, components, roles, expires_at?; version 2 also authority
//	authorisation.took_effect component, act
//	authorisation.suspended   components, reason, basis, second?
//	authorisation.reinstated  components
//	authorisation.revoked     components, reason, basis, second
//	authorisation.annulled    components, reason, basis, second
//	authorisation.withdrawn   components
//	authorisation.amended     roles, reason, basis, scope_text?
//	credential.issued         component, sha256, uri, idx, not_before, expires, sequence
//	credential.superseded     sha256, newer
//	credential.status_set     changes [{uri, idx, value, effective_at}]
package authorisation
