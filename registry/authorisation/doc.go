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
//	draft -> submitted -> accepted -> under_examination -> decided_grant | decided_refuse
//	         submitted <-> info_requested -> not_accepted | lapsed
//	                      under_examination <-> hearing
//	         and withdrawn at any time before the decision
//
// Beside that others are consulted, information is asked for, and clocks run: what
// is due and what silence means comes from the rules of the programme with each
// command, and [PassTime] records that time has passed. A decision is served,
// appealed against, stayed, set aside and rectified after the end.
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
// are refused with [ErrFourEyes]. An [Account] is one person's; two accounts of one
// person count as one ([By].Also). What takes two people and is asked for by an
// account waits as an [Approval] until another agrees to the very same bytes.
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
// An event brought about by a request that bore a key has the member request too:
// {"body":..., "key":...}, digests by which the same request is known again.
//
// Clocks are changes of deadlines, [deadline.Change]. An unknown type, version or member is refused. A form once written stays
// readable for ever; what has to change becomes another version.
//
//	account.opened            name, person, office?
//	account.role_given        role, operator?, from, until?, second?
//	account.role_taken        role, operator?, second?
//	account.disabled          reason, second?
//	account.enabled           -; version 2: second
//	account.recovered         -
//	account.attorney_given    operator, acts, from, until, evidence
//	account.attorney_ended    operator
//	account.conflict_declared operator, reason
//	account.conflict_withdrawn operator
//	account.deputy_named      for, office?, from, until
//	account.deputy_ended      for
//	approval.proposed         what, request?, sha256, operator?, expires_at
//	approval.given            -
//	approval.refused          reason
//	approval.done             -
//	approval.failed           reason
//	approval.lapsed           -
//	operator.registered       legal_name, natural, identifiers, names, address
//	operator.amended          the same
//	operator.release_granted  purpose, basis, partners
//	operator.release_withdrawn purpose
//	application.drafted       operator, programme, type, components, roles, requirements, authority?, sites?; version 2 also successor_of
//	application.redrafted     the same
//	application.submitted     operator to requirements; version 2 also authority, 3 also sites?, pack?, clocks?, 4 successor_of
//	application.filed         a draft is submitted: as application.submitted version 3; version 2 also successor_of
//	application.information_requested items, clocks?
//	application.information_given answer, clocks?
//	application.accepted      -; version 2: deemed?, clocks?; takes effect when the last data came in
//	application.not_accepted  reason, basis; version 2 also clocks
//	application.time_passed   clocks: a warning, or what was due; takes effect then
//	application.period_changed asked?, clocks
//	application.lapsed        rule, clocks?
//	application.consulted     consulted, mandatory?, binding?, question?, clocks?
//	application.consultation_answered consulted, answer, documents?, note?, clocks?
//	application.assessed      findings [{requirement, result, note?}]; version 2 also severity, site, evidence, certificate, weight
//	application.grounds_sent  reason, basis, text, clocks?
//	application.replied       text, clocks?
//	application.assigned      officer, office?, reason?
//	application.granted       authorisation; version 2 also refused?, part_grounds?, reasons?, conditions?, without?, late?, clocks?
//	application.refused       reason, basis; version 2 also bar_until?, reasons?, without?, late?, clocks?
//	application.withdrawn     -; version 2 also clocks
//	application.served        channel, sent_at, received_at?, deemed?, proof?, clocks?
//	application.appealed      body, reference, clocks?
//	application.appeal_decided reference, outcome, clocks?
//	application.stayed        of, who, from, until?, reason, basis
//	application.stay_lifted   reason, basis
//	application.set_aside     who, reason, basis, clocks?
//	application.rectified     field, old, new, reason, basis
//	assessment.opened         operator, criteria [{code, group, weight?, per_site?}], sites
//	assessment.section_assigned group, person
//	assessment.answered       responses [{criterion, site?, answer, text?, evidence?, from?}]
//	assessment.evidence_added sha256, file, size, media_type, title, criteria, site?, keep_until?
//	assessment.evidence_read  sha256, purpose?
//	assessment.certificate_registered code, number, issuer, valid_until, covers, evidence?
//	assessment.young          established_on, until, basis?, note?, evidence?
//	assessment.sampled        criteria, percent, seed
//	assessment.second_scored  findings
//	assessment.action_required id, criterion, site?, severity, what, owner, due, condition?
//	assessment.action_extended id, due, reason, basis
//	assessment.action_closed  id, evidence, note?
//	assessment.action_overdue id, due
//	visit.planned             operator, subject, plan {mode, sites, from, until, team, items [{criterion, site?}], partner?}
//	visit.moved               from, until, team, reason
//	visit.cancelled           reason
//	visit.exported            sha256: of the form that was handed out
//	visit.reported            sha256, form, visited_on, findings, samples [{row, result, note?}]
//	visit.signed_off          -
//	authorisation.imported    operator, programme, authority?, type, components, roles, expires_at?, register, reference, second
//	authorisation.granted     application, operator, programme, type, components, roles, expires_at?; version 2 also authority
//	authorisation.took_effect component, act
//	authorisation.suspended   components, reason, basis, second?; version 2 also ground, urgent?, clocks?, heard_at or without_hearing; 3 also on_receipt
//	authorisation.confirmed   components
//	authorisation.renewed     expires_at, second
//	authorisation.appealed    against, components, body, reference
//	authorisation.appeal_decided reference, outcome
//	authorisation.rectified   field, old?, new?, of?, components?, reason, basis
//	authorisation.stayed      of, who, from, until?, components, reason, basis; version 2 also second
//	authorisation.stay_lifted components, reason, basis
//	authorisation.set_aside   of, components, who, second?, reason, basis; takes effect in the past
//	authorisation.clocks_changed changes
//	authorisation.served      of, components, channel, sent_at, received_at?, proof?, clocks?
//	authorisation.remedied    components, text, clocks?
//	authorisation.decision_registered id, kind, authority, component?: of others, resting on the status
//	authorisation.decisions_told ids
//	authorisation.decision_ended id, outcome, on_aeo?, note?
//	authorisation.fell_due    change: a warning, or what silence means
//	authorisation.reinstated  components
//	authorisation.revoked     components, reason, basis, second; version 2 also heard_at or without_hearing, 3 on_receipt
//	authorisation.annulled    the same; of version 3 it takes effect when received, and reaches back
//	authorisation.withdrawn   components
//	authorisation.amended     roles, reason, basis, scope_text?; version 2 also heard_at or without_hearing
//	monitoring.opened         operator, risk?, clocks?
//	monitoring.planned        risk?, note?, clocks?
//	monitoring.time_passed    clocks
//	monitoring.closed         -
//	monitoring.reopened       clocks?: the end of the authorisation was taken back
//	monitoring.reported       id, kind, code?, text, happened_at?, due_at?, held_at?, result?, office?, clocks?
//	monitoring.acknowledged   report, office?, goods?, note?
//	monitoring.recheck_opened cause, note?, clocks?
//	monitoring.recheck_closed result, findings?, told, said, clocks?
//	monitoring.checked        what, finding, source, note?
//	monitoring.action_asked   id, criterion, site?, severity, what, owner, due, clocks?
//	monitoring.action_finished id, note, evidence?, clocks?
//	programme.opened          document {kind, name, sha256}, second; the first one approved
//	programme.approved        the same
//	programme.activated       sha256, second; effective when it comes in force
//	programme.in_force        sha256
//	credential.issued         component, sha256, uri, idx, not_before, expires, sequence
//	credential.superseded     sha256, newer
//	credential.status_set     changes [{uri, idx, value, effective_at}]
package authorisation
