package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/federation/rehearsal"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestJSONKeepsItsMembers compares the members of every JSON object the offline
// verbs print with testdata/schemas.golden: members are added, never renamed.
func TestJSONKeepsItsMembers(t *testing.T) {
	members := map[string]bool{}
	for _, out := range everyResult(t) {
		for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
			var object map[string]any
			if err := json.Unmarshal([]byte(line), &object); err != nil {
				t.Fatalf("no JSON object: %v: %s", err, line)
			}
			schema, _ := object["schema"].(string)
			for path := range paths(object, "") {
				members[schema+" "+path] = true
			}
		}
	}
	var lines []string
	for m := range members {
		lines = append(lines, m)
	}
	slices.Sort(lines)
	golden := filepath.Join("testdata", "schemas.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Split(strings.TrimSpace(string(must(os.ReadFile(golden)))), "\n")
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	documented(t, lines)
}

// everyResult has each schema at least once, with all members it can have.
func everyResult(t *testing.T) []string {
	dir := t.TempDir()
	makeCorridor(t, dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	jp := []string{"--bundle", at("JP.aeobundle"), "--anchor", at("JP.aeoanchor"), "--no-state", "--now", "2026-03-02T01:00:00Z", "--json"}
	results := [][]string{
		append([]string{"verify", at("two.aeo")}, jp...),
		append([]string{"verify", at("orchards.aeo"), "--at", "2026-02-01", "--type", "AEOC"}, jp...),
		append([]string{"check", "NZ:ses:12345678A"}, jp...),
		{"bundle", "inspect", at("JP.aeobundle"), "--json"},
		append([]string{"bundle", "verify", at("JP.aeobundle")}, jp[2:]...),
		{"bundle", "diff", at("JP-6.aeobundle"), at("JP.aeobundle"), "--anchor", at("JP.aeoanchor"), "--json"},
		{"log", "audit", at("published/nz"), "--json"},
		{"version", "--json"},
		{"help", "exit-codes", "--json"},
		{"help", "reasons", "--json"},
		{"help", "output", "--json"},
		{"no-such-command", "--json"},
	}
	partners := at("partners.csv")
	if err := os.WriteFile(partners, []byte("identifier\n\"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	results = append(results, append([]string{"check", partners, "--format", "jsonl"}, jp[:len(jp)-1]...))
	var outs []string
	for _, args := range results {
		out, _, _ := runApp(args...)
		outs = append(outs, out)
	}
	return outs
}

// paths are the members of a JSON value: a.b for b in a, a[].b in each of its elements.
func paths(v any, at string) map[string]bool {
	out := map[string]bool{}
	add := func(more map[string]bool) {
		for p := range more {
			out[p] = true
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if at == ".schemas" || at == ".leaves" { // maps, not members
				continue
			}
			out[strings.TrimPrefix(at+"."+name, ".")] = true
			add(paths(member, at+"."+name))
		}
	case []any:
		for _, element := range v {
			add(paths(element, at+"[]"))
		}
	}
	return out
}

// TestHelpExplainsEverySchema finds the schemas in the source of the verbs, and
// the members that results of a node can have in their types.
func TestHelpExplainsEverySchema(t *testing.T) {
	known := map[string]bool{}
	for _, s := range schemas {
		known[s[0]] = true
	}
	for _, name := range must(filepath.Glob("*.go")) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`"(aeo\.[a-z-]+/\d+)"`).FindAllStringSubmatch(string(must(os.ReadFile(name))), -1) {
			if !known[m[1]] {
				t.Errorf("%s prints %s, which aeo help output does not know", name, m[1])
			}
		}
	}
	var lines []string
	for schema, result := range map[string]reflect.Type{
		"aeo.arrangement/1": reflect.TypeFor[registry.Arrangement](), "aeo.negotiation/1": reflect.TypeFor[registry.Negotiation](),
		"aeo.proposed/1": reflect.TypeFor[registry.Proposed](), "aeo.recognition/1": reflect.TypeFor[registry.Recognised](),
		"aeo.comparison/1": reflect.TypeFor[programme.Comparison](), "aeo.rehearsal/1": reflect.TypeFor[rehearsal.Report](),
		"aeo.difference/1": reflect.TypeFor[difference](), "aeo.arrangements/1": reflect.TypeFor[arrangementList](),
		"aeo.peer/1": reflect.TypeFor[registry.PeerStatus](), "aeo.rotation/1": reflect.TypeFor[registry.Rotation](),
		"aeo.list/1": reflect.TypeFor[listed.Header](), "aeo.list-import/1": reflect.TypeFor[registry.ListReport](),
		"aeo.reconciliation/1": reflect.TypeFor[registry.Reconciliation](), "aeo.log-head/1": reflect.TypeFor[registry.LogHead](),
		"aeo.dry-run/1": reflect.TypeFor[dryRun](), "aeo.health/1": reflect.TypeFor[health](),
	} {
		for i := range result.NumField() {
			if name, _, _ := strings.Cut(result.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
				lines = append(lines, schema+" "+name)
			}
		}
	}
	documented(t, lines)
}

// documented wants every schema with its members in aeo help output.
func documented(t *testing.T, lines []string) {
	help := map[string]string{}
	for _, s := range schemas {
		help[s[0]] = s[1]
	}
	for _, line := range lines {
		schema, path, _ := strings.Cut(line, " ")
		if schema == "aeo.output/1" || path == "schema" || strings.ContainsAny(path, ".[") {
			continue
		}
		words := strings.FieldsFunc(help[schema], func(r rune) bool { return strings.ContainsRune(" ,:[]{}", r) })
		if !slices.Contains(words, path) {
			t.Errorf("aeo help output does not say that %s has %s", schema, path)
		}
	}
}

// TestTheHelpNamesEveryMember: what a case holds is named in aeo help output, also
// what was added to it last.
func TestTheHelpNamesEveryMember(t *testing.T) {
	for schema, state := range map[string]any{
		"aeo.application/1": authorisation.Application{}, "aeo.authorisation/1": authorisation.Authorisation{},
		"aeo.monitoring/1": authorisation.Monitoring{}, "aeo.assessment/1": authorisation.Assessment{},
		"aeo.account/1": authorisation.Account{}, "aeo.approval/1": authorisation.Approval{}, "aeo.visit-case/1": authorisation.Visit{},
	} {
		i := slices.IndexFunc(schemas, func(s [2]string) bool { return s[0] == schema })
		if i < 0 {
			t.Errorf("%s is not there", schema)
			continue
		}
		named := strings.FieldsFunc(schemas[i][1], func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, f := range reflect.VisibleFields(reflect.TypeOf(state)) {
			if member, _, _ := strings.Cut(f.Tag.Get("json"), ","); member != "" && !slices.Contains(named, member) {
				t.Errorf("%s: %s is not named", schema, member)
			}
		}
	}
}
