package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation"
	"github.com/spf13/cobra"
)

// A topic is something `aeo help` explains that is no command.
type topic struct {
	name, short string
	print       func(a *app) error
}

func topics() []topic {
	return []topic{
		{"output", "what goes where, and the JSON of results", (*app).helpOutput},
		{"exit-codes", "what the exit code says", (*app).helpExitCodes},
		{"reasons", "every verdict and its reasons", (*app).helpReasons},
		{"verdicts", "the same", (*app).helpReasons},
	}
}

func newHelpCmd(a *app) *cobra.Command {
	long := &strings.Builder{}
	long.WriteString("Explains a command or one of these topics:\n\n")
	for _, t := range topics() {
		fmt.Fprintf(long, "  %-12s %s\n", t.name, t.short)
	}
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "explain a command or a topic: output, exit-codes, reasons",
		Long:  long.String(),
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				for _, t := range topics() {
					if t.name == args[0] {
						return t.print(a)
					}
				}
			}
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return fail(exitUsage, fmt.Errorf("no help about %.60q", strings.Join(args, " ")), "aeo help help")
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

func (a *app) helpExitCodes() error {
	v := struct {
		Schema string     `json:"schema"`
		Codes  []exitCode `json:"codes"`
	}{"aeo.exit-codes/1", exitCodes}
	return a.result(v, func(w io.Writer) {
		for _, c := range exitCodes {
			fmt.Fprintf(w, "%3d  %-16s  %s\n", c.Code, c.Name, c.Meaning)
		}
		fmt.Fprintln(w, "\nBatches exit with the gravest: 25, 22, 20, 21, 26, 23, 24, 27, 4; --exit-zero opts out.")
	})
}

// A reasonResult is one row of aeo.reasons/1.
type reasonResult struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Exit    int    `json:"exit"`
	Text    string `json:"text"`
}

func (a *app) helpReasons() error {
	v := struct {
		Schema  string         `json:"schema"`
		Reasons []reasonResult `json:"reasons"`
	}{Schema: "aeo.reasons/1"}
	for _, verdict := range federation.Verdicts() {
		for _, r := range federation.Reasons() {
			if r.Verdict() == verdict {
				v.Reasons = append(v.Reasons, reasonResult{verdict.String(), r.String(), r.Exit(), r.Text()})
			}
		}
	}
	return a.result(v, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, r := range v.Reasons {
			fmt.Fprintf(t, "%s\t%s\t%d\t%s\n", r.Verdict, r.Reason, r.Exit, r.Text)
		}
		t.Flush()
	})
}

const outputText = `Standard output carries the result and nothing else. All that is said besides
goes to standard error, one line each:

  aeo: ...            what is going on; -q silences it, and hints
  aeo: warning: ...   something to know although the command goes on
  aeo: error: ...     why it ended
  aeo: hint: ...      what to type next, as it stands; two at most

With --json the result is exactly one JSON object on one line, also on failure.
Its member "schema" says which. Members are added, never renamed. Times are
Unix seconds. For one object a line the list verbs of operators, applications,
authorisations, arrangements and peers take --jsonl, check takes --format jsonl.

`

// schemas are the JSON objects the verbs print.
var schemas = [][2]string{
	{"aeo.decision/1", "verify: verdict, reason, status, recognition, recognised_for, basis, caveats, mra, list, holder, issuer, contacts, as, at, now, status_as_of, status_since, cosigned, bundle, checks, evidence, known_then, components"},
	{"aeo.check/1", "check: rows [{row, name, identifier, country, role, problem or decision}], exit"},
	{"aeo.check-row/1", "check --format jsonl: row, name, identifier, country, role, problem or decision"},
	{"aeo.bundle/1", "bundle inspect and verify: verified, sha256, manifest, members, arrangements, administrations"},
	{"aeo.bundle-diff/1", "bundle diff: older, newer, administrations, gone, members"},
	{"aeo.log-audit/1", "log audit: origin, vkey, pinned, size, root, at, credentials, events, lists, tiles, tokens, leaves"},
	{"aeo.node-audit/1", "log audit of a node: size, root, published_size, tokens, differing, differences [{what, row, how}]"},
	{"aeo.init/1", "init: dir, territory, authority, entity_id, anchor, ca, fingerprint, words"},
	{"aeo.health/1", "doctor: findings [{ok, what}]"},
	{"aeo.operator/1", "operator: case, holder, releases, decided_at"},
	{"aeo.application/1", "application: case, state, wish, findings, assessors, submitted_at, authorisation, decided_at"},
	{"aeo.authorisation/1", "authorisation: case, application, operator, programme, authority, type, roles, scope_text, components, credentials, granted_by, granted_at, effective_at, expires_at, decided_at"},
	{"aeo.credential/1", "credential show: credentials, receipts; nothing in it is checked"},
	{"aeo.arrangement/1", "mra: id, version, sha256, parties, live, rules, notices"},
	{"aeo.recognition/1", "mra recognise: id, version, sha256, of, rules, state, signed_on, lists, document; also member alone of aeo.arrangement/1"},
	{"aeo.list-import/1", "exchange import: header, taken, problems [{row, column, text}], news {added, gone, ended, suspended, reinstated, otherwise, same}"},
	{"aeo.list/1", "exchange list --jsonl: partner, number, sha256, channel, received_at, stated_as_of, time_zone, imported_by, second_officer, rows, personal; aeo.lists/1 has items of them"},
	{"aeo.reconciliation/1", "exchange reconcile: partner, about, summary, compared, differences [{kind, identifier, authorisation_type, register, copy}], problems"},
	{"aeo.peer/1", "peer: entity_id, territory, relation, fingerprint, words, synced_at, log_size, lists, credentials, names_us, members, notices"},
	{"aeo.rotation/1", "key rotate: role, roster, present, next, switch_at, old_until; with --status aeo.rotations/1, items of them"},
	{"aeo.operators/1", "list, also applications, authorisations, arrangements, peers (one object a line with --jsonl), keys and log-entries: items"},
	{"aeo.manifest/1", "bundle build: the manifest of the bundle"},
	{"aeo.file/1", "verbs with --out: file, bytes, and text where no file was named"},
	{"aeo.issued/1", "credential issue --all: authorisations, credentials"},
	{"aeo.log-head/1", "log head: origin, size, root, checkpoint, published_size"},
	{"aeo.log-export/1", "log export: dir, origin, size, root"},
	{"aeo.log-rebuild/1", "log rebuild: size"},
	{"aeo.log-recover/1", "log recover: before, size, proven_by, lost, kept"},
	{"aeo.log-evidence/1", "log verify-evidence: kind, origin, pinned, misbehaviour, what"},
	{"aeo.backup-made/1", "backup: node, subject_keys"},
	{"aeo.restored/1", "restore: entity_id, made_at, keys_at, size, files"},
	{"aeo.log-proof/1", "log prove: index, leaf, proof, checkpoint"},
	{"aeo.exit-codes/1", "help exit-codes: codes [{code, name, meaning}]"},
	{"aeo.reasons/1", "help reasons: reasons [{verdict, reason, exit, text}]"},
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
			fmt.Fprintf(w, "  %-19s  %s\n", s[0], s[1])
		}
	})
}
