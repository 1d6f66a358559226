package main

import (
	"testing"

	"github.com/spf13/cobra"
)

func TestRefusalsSpeakOfFlags(t *testing.T) {
	cmd := &cobra.Command{Use: "x"}
	for _, name := range []string{"reason", "heard", "without-hearing", "item", "name", "second", "received"} {
		cmd.Flags().String(name, "", "")
	}
	cmd.Flags().String("json", "", "")
	for text, want := range map[string]string{
		"invalid request: reason: missing":                                    "invalid request: --reason: missing",
		"heard: say when (heard_at), or what law lets it (without_hearing)":   "--heard: say when (--heard), or what law lets it (--without-hearing)",
		"invalid request: application.information_requested: items: want one": "invalid request: application.information_requested: --item: want one",
		"operator.registered: legal_name: missing":                            "operator.registered: --name: missing",
		"this takes two people: second is missing":                            "this takes two people: --second is missing",
		"received_at: before it was sent":                                     "--received: before it was sent",
		"conflict: no grant yet: a reason without a colon":                    "conflict: no grant yet: a reason without a colon",
	} {
		if got := inFlags(cmd, text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
