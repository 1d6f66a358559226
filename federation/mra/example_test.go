package mra_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
)

// A complete annex answers whom a party recognises, from when, and as what.
func ExampleRegister_Evaluate() {
	t := new(testing.T)
	annex := complete(t, jpnz(t, rule("JP", "NZ", "2026-04-01")))
	register, err := mra.NewRegister([]*mra.Annex{annex}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	q := mra.Query{By: "JP", Of: "NZ", Programme: "ses", Type: "SES", Held: []string{"exporter"}}
	for _, at := range []string{"2026-03-31T14:59:59Z", "2026-03-31T15:00:00Z"} { // midnight in Tokyo
		q.At, _ = time.Parse(time.RFC3339, at)
		o := register.Evaluate(q)
		fmt.Printf("%q", o.Failure)
		for _, m := range o.Matches {
			fmt.Printf(" %s, %s: as %s", m.Role, m.Direction, m.As)
		}
		fmt.Println()
	}
	// Output:
	// "not_yet_in_effect"
	// "" exporter, import: as AEO
}
