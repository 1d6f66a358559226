package month

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/registry"
)

// leave writes what the nodes hold for whoever looks later, shows how two of
// them stand in the words an operator gets, and switches all of them off.
func (s *story) leave() error {
	if err := s.credentials(); err != nil {
		return err
	}
	for _, code := range s.order {
		if s.nodes[code].member() {
			continue
		}
		if _, err := s.aeo(code, "bundle", "pull", "--out", s.path("bundles", code+".aeobundle")); err != nil {
			return err
		}
		raw, err := os.ReadFile(s.path("nodes", code, "anchor.aeoanchor"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.path("anchors", code+".aeoanchor"), raw, 0o600); err != nil {
			return err
		}
	}
	for _, code := range []string{"JP", "EU"} {
		if err := s.vouched(code); err != nil {
			return err
		}
		for _, verb := range [][]string{{"peer", "list"}, {"doctor"}} {
			fmt.Fprintf(s.out, "$ aeo %s -C %s\n", strings.Join(verb, " "), s.nodes[code].dir)
			out, errs, _ := s.try(code, verb...)
			fmt.Fprintf(s.out, "%s%s\n", out, errs)
		}
	}
	// From now on they reach each other without the demo's lines.
	if err := s.acquaint(s.direct); err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "All nodes are switched off now. One of them serves again with\n  aeo %s\n", strings.Join(s.nodes["JP"].line(), " "))
	if err := s.servedAgain("JP"); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nWhat follows reads files only.\n\n")
	return nil
}

// servedAgain serves a node as anybody may later, out of the demo, and stops it.
func (s *story) servedAgain(code string) error {
	n := s.nodes[code]
	if err := n.run(s.binary, false); err != nil {
		return err
	}
	peers, err := s.peers(code)
	if err != nil {
		return err
	}
	if err := n.stop(); err != nil {
		return err
	}
	want := len(s.neighbours(n))
	s.fact(len(peers) >= want && want > 0, "a node serves again", "the one of %s answers, has %d partners, and stops", code, len(peers))
	return nil
}

// vouched waits until the log of a node was cosigned within the hour, as it is
// by itself: for the nodes the last hours took no time.
func (s *story) vouched(code string) error {
	for end := time.Now().Add(moment); time.Now().Before(end); time.Sleep(glance) {
		var head registry.LogHead
		if err := s.nodes[code].api(s.ctx, "/log/head", nil, &head); err != nil {
			return err
		}
		if !slices.ContainsFunc(head.Cosigners, func(c registry.CosignerStatus) bool {
			return c.Role == "witness" && c.At > 0 && c.At < time.Now().Add(-time.Hour).Unix()
		}) {
			break
		}
	}
	return nil // who has not is what doctor says then
}

// judge asks the questions that are left for files, and writes the report.
func (s *story) judge() (*demo.Report, error) {
	r := &demo.Report{Schema: "aeo.demo/1", Now: time.Now().Unix(), Facts: s.facts, Cases: s.cases()}
	width := 0
	for _, c := range r.Cases {
		width = max(width, utf8.RuneCountInString(c.Name))
	}
	ask := func(args []string) ([]byte, int) {
		out, _, exit := s.run(time.Now, args)
		return out, exit
	}
	for _, c := range r.Cases {
		if err := c.Ask(s.dir, ask); err != nil {
			return nil, err
		}
		mark := "✓"
		if c.Got != c.Expect {
			mark = "✗"
		}
		fmt.Fprintf(s.out, "%s %-*s  %-37s %3d ms\n", mark, width, c.Name, c.Got.Verdict+"/"+c.Got.Reason, c.MS)
	}
	fmt.Fprintf(s.out, "\n%d facts, %d of them not as they must be; %d cases, %d of them not as they must be.\n",
		len(r.Facts), len(r.Untrue()), len(r.Cases), len(r.Failed()))
	return r, r.Write(s.dir)
}

// cases are what the files must answer for ever.
func (s *story) cases() []*demo.Case {
	var out []*demo.Case
	ask := func(name, at, of, verdict, reason string, args ...string) {
		if s.lacks([]string{at, of}) {
			return
		}
		out = append(out, &demo.Case{Name: name, Command: "verify", Input: "credentials/" + fileName(s.nodes[of].company.name) + ".aeo",
			Args: append(args, border...), Bundle: "bundles/" + at + ".aeobundle", Anchor: "anchors/" + at + ".aeoanchor",
			Expect: demo.Outcome{Verdict: verdict, Reason: reason}})
	}
	day := func(n int) []string { return []string{"--at", s.day(n).Format(time.RFC3339)} }
	ask("Japan's firm in the EU", "EU", "JP", "recognised", "by_arrangement")
	ask("Germany's firm in Japan", "JP", "DE", "recognised", "by_arrangement")
	ask("Germany's firm in Japan while it was suspended and nobody knew", "JP", "DE", "suspended", "suspended", day(11)...)
	ask("New Zealand's firm in the United States", "US", "NZ", "recognised", "by_arrangement")
	ask("New Zealand's firm while it was suspended", "US", "NZ", "suspended", "suspended", "--at", s.day(8).Add(20*time.Hour).Format(time.RFC3339))
	ask("the United States' firm in New Zealand", "NZ", "US", "recognised", "by_arrangement")
	ask("the same by what the issuer key before signed", "NZ", "US", "recognised", "by_arrangement")
	out[len(out)-1].Input = oldKeyFile
	ask("New Zealand's exporter in Japan after the amendment", "JP", "NZ", "not_recognised", "role")
	ask("New Zealand's exporter in Japan before the amendment", "JP", "NZ", "recognised", "by_arrangement", day(16)...)
	ask("Singapore's firm in the United States after the end", "US", "SG", "not_recognised", "ended")
	ask("Singapore's firm in the United States before the end", "US", "SG", "recognised", "by_arrangement", day(25)...)
	ask("before any arrangement", "US", "NZ", "not_recognised", "not_yet_in_effect", day(3)...)
	ask("two that have no arrangement", "NZ", "DE", "cannot_tell", "issuer_unknown")
	ask("Thailand's firm in Malaysia", "MY", "TH", "recognised", "by_arrangement")
	ask("Thailand's firm in Malaysia before Thailand took part", "MY", "TH", "not_recognised", "not_yet_in_effect", day(10)...)
	out = append(out, &demo.Case{Name: "a firm on the list that Chile mailed", Command: "check", Input: "CL:rut:CL761234567", Args: append(day(17), border...),
		Bundle: borderBundle, Anchor: "anchors/NZ.aeoanchor", Expect: isRecognised})
	return out
}
