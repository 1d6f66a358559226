package main

import (
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

// findingFlag is the flag that gives findings.
func findingFlag(cmd *cobra.Command, findings *[]string) {
	cmd.Flags().StringArrayVar(findings, "finding", nil, "CRITERION[@SITE]=RESULT[,SEVERITY][,evidence=DIGEST][,certificate=NUMBER][: NOTE]\n"+
		"RESULT exceeds, met, partly, not_met or not_applicable, SEVERITY observation, minor or major; a group stands for all its criteria; repeatable")
}

func parseFindings(texts []string) (out []authorisation.Finding, err error) {
	for _, text := range texts {
		f, err := parseFinding(text)
		if err != nil {
			return nil, fail(exitUsage, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func parseFinding(text string) (f authorisation.Finding, err error) {
	place, rest, ok := strings.Cut(text, "=")
	if !ok {
		return f, fmt.Errorf("--finding %.60q, want CRITERION=RESULT: NOTE", text)
	}
	f.Requirement, f.Site, _ = strings.Cut(place, "@")
	said, note, _ := strings.Cut(rest, ":")
	f.Note = strings.TrimSpace(note)
	words := strings.Split(said, ",")
	f.Result = authorisation.Result(words[0])
	for _, word := range words[1:] {
		name, value, named := strings.Cut(word, "=")
		switch {
		case named && name == "evidence":
			f.Evidence = append(f.Evidence, value)
		case named && name == "certificate" && f.Certificate == "":
			f.Certificate = value
		case !named && f.Severity == "":
			f.Severity = authorisation.Severity(word)
		default:
			return f, fmt.Errorf("--finding %.60q: %.40q is neither a severity, evidence= nor certificate=", text, word)
		}
	}
	return f, nil
}
