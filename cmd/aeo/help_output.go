package main

import (
	"fmt"
	"io"
)

const outputText = `Standard output carries the result and nothing else. All that is said besides
goes to standard error, one line each:

  aeo: ...            what is going on; -q silences it, and hints
  aeo: warning: ...   something to know although the command goes on
  aeo: error: ...     why it ended
  aeo: hint: ...      what to type next, as it stands; two at most

With --json the result is exactly one JSON object on one line, also on failure.
Its member "schema" says which. Members are added, never renamed. Times are
Unix seconds. For one object a line the list verbs of operators, applications,
authorisations, arrangements, peers and imported lists take --jsonl, check takes --format jsonl.

`

// schemas are the JSON objects the verbs print.
var schemas = [][2]string{
	{"aeo.decision/1", "verify: verdict, reason, status, recognition, recognised_for, basis, caveats, mra, list, holder, issuer, contacts, as, at, now, status_as_of, status_since, cosigned, bundle, checks, evidence, known_then, components"},
	{"aeo.check/1", "check: rows [{row, name, identifier, country, role, problem or decision}], exit"},
	{"aeo.check-row/1", "check --format jsonl: row, name, identifier, country, role, problem or decision"},
	{"aeo.bundle/1", "bundle inspect and verify: verified, sha256, manifest, members, arrangements, administrations"},
	{"aeo.bundle-diff/1", "bundle diff: older, newer, administrations, gone, members"},
	{"aeo.log-audit/1", "log audit: origin, vkey, pinned, size, root, at, credentials, events, lists, tiles, tokens, leaves"},
	{"aeo.node-audit/1", "log audit of a node: size, root, published_size, tokens, files, differing, differences [{what, row, how}]"},
	{"aeo.init/1", "init: dir, territory, authority, entity_id, anchor, ca, fingerprint, words"},
	{"aeo.health/1", "doctor: findings [{ok, level, about, what, hint}]"},
	{"aeo.operator/1", "operator: case, holder, releases, decided_at"},
	{"aeo.application/1", "application: case, state, wish, findings, assessors, submitted_at, authorisation, decided_at; pack, complete_at, accepted_at, deemed, clocks, request, consultations, heard, decision, service, appeals, stays, officer, office; missing"},
	{"aeo.visit-case/1", "application visit: case, state, operator, subject, plan, exports, reports, signed_by, signed_at, reason, decided_at"},
	{"aeo.visit-file/1", "application visit form and fill: form, sha256, visited_on, answers, samples, problems [{row, what, remark}]"},
	{"aeo.visits/1", "application visit list: items"},
	{"aeo.programme-status/1", "programme show, list, approve and activate: code, title, time_zone, sha256, template, holidays, case, documents, activations, decided_at"},
	{"aeo.programme-check/1", "programme check and diff: kind, name, sha256, problems, changes [{path, old, new}], moves [{case, rule, old, new}]"},
	{"aeo.authorisation/1", "authorisation: case, application, operator, programme, authority, type, roles, scope_text, components (each with why it is suspended), credentials, granted_by, granted_at, effective_at, expires_at, decided_at, clocks, appeals, resting, imported"},
	{"aeo.monitorings/1", "authorisation monitor of all: items"},
	{"aeo.monitoring/1", "authorisation monitor and what a holder reports: case, operator, risk, since, closed_at, clocks, count, reports, recheck, checks, asked, actions, decided_at"},
	{"aeo.credential/1", "credential show: credentials, receipts; nothing in it is checked"},
	{"aeo.arrangement/1", "mra: id, version, sha256, parties, live, state, at, pairs, rules, notices, versions, signed_on, review_on, termination, document, alone (as aeo.recognition/1)"},
	{"aeo.negotiation/1", "mra show and drop, draft --keep: id, version, sha256, parties, signed, missing, received_from, kept_at, waits_for, document, annex"},
	{"aeo.proposed/1", "mra propose, sign --send: negotiation, sent [{to, signed, problem}]"},
	{"aeo.difference/1", "mra show --diff: id, before, after, changes"},
	{"aeo.comparison/1", "mra compare: a, b, roles, criteria, differences, suggested"},
	{"aeo.rehearsal/1", "mra rehearse: mra, version, sha256, by, today, from, until, totals, groups, problems"},
	{"aeo.recognition/1", "mra recognise: id, version, sha256, of, rules, state, signed_on, lists, document"},
	{"aeo.list-import/1", "exchange import: header, taken, problems [{row, column, text}], news {added, gone, ended, suspended, reinstated, otherwise, same}"},
	{"aeo.import/1", "operator import: register, imported, before, refused, rows [{row, reference, operator, authorisation, before}], problems [{row, column, text}], awaits"},
	{"aeo.list/1", "exchange list --jsonl: partner, number, sha256, channel, received_at, stated_as_of, time_zone, imported_by, second_officer, rows, personal"},
	{"aeo.reconciliation/1", "exchange reconcile: partner, about, summary, compared, differences [{kind, identifier, authorisation_type, register, copy}], problems"},
	{"aeo.peer/1", "peer: entity_id, territory, relation, fingerprint, words, synced_at, log_size, lists, credentials, names_us, members, cosigns, following, notices"},
	{"aeo.rotation/1", "key rotate: role, roster, present, next, switch_at, old_until"},
	{"aeo.account/1", "user, login and whoami: case, name, person, office, disabled, roles, attorney, conflicts, deputies, opened_at, decided_at"},
	{"aeo.accounts/1", "user list: items"},
	{"aeo.approval/1", "approve, and every act that waits for a second person: case, state, what, request, sha256, operator, by, at, expires_at, second, reason, decided_at"},
	{"aeo.approvals/1", "approve list: items"},
	{"aeo.session/1", "user token --make: token, expires_at, account"},
	{"aeo.tokens/1", "user token: items [{id, sha256, label, created_at, expires_at, used_at}]"},
	{"aeo.reads/1", "user reads: items [{at, account, route, id, operator}]"},
	{"aeo.busy/1", "user busy: items [{account, acts, limit}]"},
	{"aeo.logout/1", "logout: done"},
	{"aeo.queue/1", "queue: items, each as --jsonl prints it but for its schema"},
	{"aeo.queue-item/1", "queue --jsonl: kind, number, what, due, overdue, warned, standing [{for, since, reason, basis}], officer, office"},
	{"aeo.operators/1", "operator list: items, each as --jsonl prints it but for its schema; the next five likewise"},
	{"aeo.questionnaire/1", "application questionnaire: application, programme, type, roles, sites, sections [{group, title, person, questions}], open"},
	{"aeo.assessment/1", "application answer, section, assessment, certificate, young, action and scoring score: case, operator, criteria, sites, opened_at, decided_at, sections, responses, evidence, certificates, young, sample, second, actions"},
	{"aeo.evidence/1", "application evidence add and list: items"},
	{"aeo.evidence-check/1", "application evidence check: files, missing, damaged, unreadable, past"},
	{"aeo.actions/1", "application action list: items"},
	{"aeo.samples/1", "application scoring draw: items [{application, criteria, percent, seed}]"},
	{"aeo.scoring-report/1", "application scoring report: pairs, outstanding, assessors [{who, pairs, agree, lean, apart}], offices, disagreements"},
	{"aeo.applications/1", "application list: items"},
	{"aeo.authorisations/1", "authorisation list: items"},
	{"aeo.arrangements/1", "mra list: items, negotiations, attention"},
	{"aeo.peers/1", "peer list and sync: items"},
	{"aeo.lists/1", "exchange list: items"},
	{"aeo.rotations/1", "key rotate --status: items, as of aeo.rotation/1"},
	{"aeo.keys/1", "key list: items [{role, id, key, state, nbf, sign_until, exp}]"},
	{"aeo.log-entries/1", "log entries: items [{index, leaf}]"},
	{"aeo.manifest/1", "bundle build: the manifest of the bundle"},
	{"aeo.file/1", "verbs with --out: file, bytes, and text where no file was named"},
	{"aeo.issued/1", "credential issue --all: authorisations, credentials"},
	{"aeo.log-head/1", "log head: origin, size, root, checkpoint, published_size, cosigners"},
	{"aeo.log-export/1", "log export: dir, origin, size, root"},
	{"aeo.log-rebuild/1", "log rebuild: size"},
	{"aeo.log-recover/1", "log recover: before, size, proven_by, lost, kept"},
	{"aeo.log-evidence/1", "log verify-evidence: kind, origin, pinned, misbehaviour, what"},
	{"aeo.backup-made/1", "backup: node, subject_keys"},
	{"aeo.restored/1", "restore: entity_id, made_at, keys_at, size, files"},
	{"aeo.log-proof/1", "log prove: index, leaf, proof, checkpoint"},
	{"aeo.exit-codes/1", "help exit-codes: codes [{code, name, meaning}]"},
	{"aeo.reasons/1", "help reasons: reasons [{verdict, reason, exit, text}], caveats [{code, text}]"},
	{"aeo.output/1", "help output: text, schemas"},
	{"aeo.dry-run/1", "--dry-run where there is nothing to show: would"},
	{"aeo.version/1", "version: version, revision, modified, built_at, go"},
	{"aeo.error/1", "any failure without a result: code, name, message, hints"},
}

func (a *app) helpOutput() error {
	v := struct {
		Schema  string            `json:"schema"`
		Text    string            `json:"text"`
		Schemas map[string]string `json:"schemas"`
	}{"aeo.output/1", outputText, map[string]string{}}
	for _, s := range schemas {
		v.Schemas[s[0]] = s[1]
	}
	return a.result(v, func(w io.Writer) {
		fmt.Fprint(w, outputText)
		for _, s := range schemas {
			fmt.Fprintf(w, "  %-20s  %s\n", s[0], s[1])
		}
	})
}
