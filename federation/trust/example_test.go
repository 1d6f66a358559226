package trust_test

import (
	"fmt"
	"testing"

	"github.com/aeo-registry/aeo/federation/trust"
)

// New Zealand states who the European Union is, the Union states who its
// members are: so a verifier in New Zealand knows the German administration.
// It does not come to know the Union's partners that way.
func ExampleVerifyChain() {
	t := new(testing.T)
	anchor := public(t, "NZ federation")
	union := parsed(t, stated(t, "NZ", "EU", "partner", host("DE"), host("US")))

	de := []*trust.Signed{parsed(t, configuration(t, "DE", "EU")), parsed(t, stated(t, "EU", "DE", "member")), union, parsed(t, configuration(t, "NZ"))}
	registry, err := trust.VerifyChain(de, anchor, now)
	fmt.Println(registry.Authority, "in", registry.Territory, err)

	us := []*trust.Signed{parsed(t, configuration(t, "US", "EU")), parsed(t, stated(t, "EU", "US", "partner")), union, parsed(t, configuration(t, "NZ"))}
	_, err = trust.VerifyChain(us, anchor, now)
	fmt.Println(err)
	// Output:
	// DE in EU <nil>
	// trust chain does not hold: https://aeo.customs.us.example is partner of https://aeo.customs.eu.example; recognition is not passed on
}
