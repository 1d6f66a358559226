package main

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"
)

// samples are what the words of a usage line stand for in an example.
var samples = map[string]string{
	"APPLICATION": "NZ-APP-000001", "AUTHORISATION": "NZ-AUT-000001", "AUTHORISATION|--all": "NZ-AUT-000001", "VISIT": "NZ-VIS-000001", "APPROVAL": "NZ-APR-000001",
	"ACCOUNT": "NZ-ACC-000002", "OPERATOR": "NZ:ses:12345678A", "ACTION": "CA-1", "PEER": "JP", "ID": "JP-NZ", "INDEX": "42",
	"FILE": "southern-orchards.aeo", "BUNDLE": "JP.aeobundle", "OLDER": "october.aeobundle", "NEWER": "november.aeobundle",
	"DIR": "nz", "IN": "nz.backup", "OUT": "nz-copy", "FILE|DIR": "known.json",
}

// sampleFlags are what is said with nearly every act that has these flags.
var sampleFlags = []struct{ flag, value string }{
	{"due", "2027-03-01"}, {"identity", "nz.key"}, {"heard", "2026-11-20"}, {"reason", "audit"}, {"basis", `"SES rules 7"`}, {"second", `"R. Hemi"`}, {"by", `"T. Walker" --yes`},
}

// exampleOf is what a verb shows to be typed: its own example, or one made of its
// usage line and the flags that acts of its kind need.
func exampleOf(cmd *cobra.Command) string {
	if cmd.Example != "" || cmd.HasSubCommands() || !cmd.Runnable() {
		return cmd.Example
	}
	line := []string{"  " + cmd.CommandPath()}
	for _, word := range strings.Fields(cmd.Use)[1:] {
		if word = strings.Trim(word, "[]"); samples[word] != "" {
			line = append(line, samples[word])
		}
	}
	for _, s := range sampleFlags {
		if cmd.Flags().Lookup(s.flag) != nil {
			line = append(line, "--"+s.flag+" "+s.value)
		}
	}
	return strings.Join(line, " ")
}

// showExamples lets the help of every verb hold an example.
func showExamples(root *cobra.Command) {
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Example = cmp.Or(cmd.Example, exampleOf(cmd))
		help(cmd, args)
	})
}
