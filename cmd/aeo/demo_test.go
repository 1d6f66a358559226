package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/federation"
)

// beyond are the reasons that neither verify nor check can give yet, and why.
var beyond = map[federation.Reason]string{
	federation.IssuerKeyCompromised: "keys are revoked by a rotation, which no verb does yet",
	federation.BindingMissing:       "no credential is bound to a holder's key yet",
	federation.BindingBad:           "no credential is bound to a holder's key yet",
	federation.LevelTooLow:          "no bundle demands a level yet",
	federation.TokenDiffersFromLog:  "bundles carry the bits, not tokens; a differing token stops the sync",
	federation.LocalHold:            "holds belong to border bundles",
}

// demoParent is where the demo below is, of which hundreds of megabytes are left;
// empty until there is one.
var demoParent string

// demoDir is one demo for all tests that read what it leaves.
var demoDir = sync.OnceValues(func() (dir string, err error) {
	if demoParent, err = os.MkdirTemp("", "aeo-demo-"); err != nil {
		return "", err
	}
	dir = filepath.Join(demoParent, "demo")
	var out, errs bytes.Buffer
	if code := run([]string{"demo", "--dir", dir}, testApp(&out, &errs)); code != 0 {
		return dir, &exitError{code: code, err: bytesError(out.String() + errs.String())}
	}
	return dir, nil
})

type bytesError string

func (e bytesError) Error() string { return string(e) }

func testApp(out, errs *bytes.Buffer) *app {
	return &app{in: bytes.NewReader(nil), out: out, err: errs, now: time.Now, env: func(string) string { return "" }}
}

func demoReport(t *testing.T) (string, *demo.Report) {
	t.Helper()
	dir, err := demoDir()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r demo.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return dir, &r
}

func TestDemoComesToEveryVerdictAndEveryReasonThereIs(t *testing.T) {
	_, r := demoReport(t)
	if len(r.Cases) < 40 {
		t.Errorf("%d cases, want at least 40", len(r.Cases))
	}
	seen := map[demo.Outcome]bool{}
	names := map[string]bool{}
	for _, c := range r.Cases {
		if c.Got != c.Expect {
			t.Errorf("%s: got %v, want %v", c.Name, c.Got, c.Expect)
		}
		if names[c.Name] {
			t.Errorf("two cases are named %q", c.Name)
		}
		names[c.Name], seen[c.Got] = true, true
	}
	for _, reason := range federation.Reasons() {
		o := demo.Outcome{Verdict: reason.Verdict().String(), Reason: reason.String()}
		why, excused := beyond[reason]
		if seen[o] == excused {
			t.Errorf("%v: in the demo %t, excused %t (%s)", o, seen[o], excused, why)
		}
	}
}

// TestDemoCasesRepeat runs the recorded command lines backwards, as a stranger would run them one by one.
func TestDemoCasesRepeat(t *testing.T) {
	dir, r := demoReport(t)
	for _, c := range slices.Backward(r.Cases) {
		if strings.HasPrefix(c.Name, "rolled-back") {
			continue // these need what the verifier saw before
		}
		input := c.Input
		if c.Command == "verify" {
			input = filepath.Join(dir, input)
		}
		args := append([]string{c.Command, input, "--bundle", filepath.Join(dir, c.Bundle), "--anchor", filepath.Join(dir, c.Anchor), "--no-state"}, c.Args...)
		var out, errs bytes.Buffer
		if code := run(args, testApp(&out, &errs)); code != c.Exit {
			t.Errorf("%s: exit %d, was %d: %s", c.Name, code, c.Exit, errs.String())
		}
	}
}

func TestDemoLeavesWhatItPromises(t *testing.T) {
	dir, _ := demoReport(t)
	for _, code := range []string{"NZ", "JP", "SG", "US", "EU", "DE"} {
		names := []string{"nodes/" + code + "/node.json"}
		for _, n := range []string{"entity-configuration.jwt", "roster.json", "status-1.jwt", "jwt-vc-issuer.json", "vkey", "log/checkpoint"} {
			names = append(names, "published/"+code+"/"+n)
		}
		if code != "DE" {
			names = append(names, "bundles/"+code+".aeobundle", "anchors/"+code+".aeoanchor")
		}
		for _, n := range names {
			if _, err := os.Stat(filepath.Join(dir, n)); err != nil {
				t.Error(err)
			}
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "partners.csv"))
	if err != nil || !strings.HasPrefix(string(raw), "name,identifier,country,role\n") {
		t.Errorf("partners.csv: %v %.60q", err, raw)
	}
}

// TestBundlesNameNobodyWhoDidNotConsent greps the public bundles for every holder not released for publication.
func TestBundlesNameNobodyWhoDidNotConsent(t *testing.T) {
	dir, _ := demoReport(t)
	holders := demo.Holders()
	for _, name := range []string{"Maple Instruments Inc", "Prairie Grain Co", "Saint-Laurent Bois Ltée"} { // on imported lists
		holders[name] = false
	}
	for _, code := range []string{"NZ", "JP", "SG", "US", "EU"} {
		raw, err := os.ReadFile(filepath.Join(dir, "bundles", code+".aeobundle"))
		if err != nil {
			t.Fatal(err)
		}
		for name, listed := range holders {
			for _, form := range encodings(name) {
				if found := bytes.Contains(raw, form); found && !listed {
					t.Errorf("the bundle of %s names %s", code, name)
				}
			}
		}
	}
}

// encodings are the ways a text can stand in a signed document: as it is, and in
// base64url from each of the three places it can begin at.
func encodings(text string) [][]byte {
	out := [][]byte{[]byte(text)}
	for shift := range 3 {
		code := base64.RawURLEncoding.EncodeToString(append(make([]byte, shift), text...))
		out = append(out, []byte(code[2 : len(code)-2][shift:]))
	}
	return out
}

// Whatever nodes there are, each case is asked or named as left out.
func TestASmallDemoNamesWhatItLeavesOut(t *testing.T) {
	_, whole := demoReport(t)
	var out, errs bytes.Buffer
	if code := run([]string{"demo", "--nodes", "2", "--dir", filepath.Join(t.TempDir(), "demo"), "--json"}, testApp(&out, &errs)); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	var r demo.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	names := slices.Clone(r.LeftOut)
	for _, c := range r.Cases {
		names = append(names, c.Name)
	}
	var all []string
	for _, c := range whole.Cases {
		all = append(all, c.Name)
	}
	slices.Sort(names)
	slices.Sort(all)
	if len(r.LeftOut) == 0 || !slices.Equal(names, all) {
		t.Errorf("asked or left out: %d, left out %d; all: %d\n%q\n%q", len(names), len(r.LeftOut), len(all), names, all)
	}
}

func TestDemoReplacesOnlyDemos(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "precious"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run([]string{"demo", "--dir", dir}, testApp(&out, &errs)); code != exitConflict {
		t.Errorf("exit %d, want %d: %s", code, exitConflict, errs.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "precious")); err != nil {
		t.Error(err)
	}
}
