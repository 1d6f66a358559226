package authorisation_test

import (
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
)

// An operator applies for an AEOF, one officer assesses, another grants; on the
// fifth day it takes effect; later only the security part is suspended.
func Example() {
	at := func(date string) int64 {
		t, err := time.Parse(time.DateOnly, date)
		if err != nil {
			panic(err)
		}
		return t.Unix()
	}
	by := func(actor, date string) authorisation.By {
		return authorisation.By{Case: "APP-7", Actor: actor, At: at(date)}
	}

	var application authorisation.Application
	var opened authorisation.Event
	for _, command := range []authorisation.Command{
		authorisation.Submit{By: by("Nordlicht Logistik GmbH", "2024-01-08"), Wish: authorisation.Wish{
			Operator: "OP-3", Programme: "EU-AEO", Type: "AEOF", Components: []string{"AEOC", "AEOS"},
			Roles: []string{"exporter", "forwarder"}, Requirements: []string{"39A", "39E"},
		}},
		authorisation.Accept{By: by("Anna Blum", "2024-01-15")},
		authorisation.Assess{By: by("Anna Blum", "2024-02-20"), Findings: []authorisation.Finding{
			{Requirement: "39A", Result: authorisation.Met},
			{Requirement: "39E", Result: authorisation.Partly, Note: "visitor log to be completed by May"},
		}},
		authorisation.Grant{By: by("Jan Vogt", "2024-03-01"), Authorisation: "DE-AEOF-7", EffectiveAt: at("2024-03-06")},
	} {
		events, err := application.Decide(command)
		if err != nil {
			fmt.Println(err)
			return
		}
		if application, err = application.Apply(events[0]); err != nil {
			fmt.Println(err)
			return
		}
		opened = events[len(events)-1]
	}
	fmt.Println(application.State, opened.Type())

	granted, err := authorisation.Replay[authorisation.Authorisation]([]authorisation.Event{opened})
	if err != nil {
		fmt.Println(err)
		return
	}
	events, err := granted.Decide(authorisation.Suspend{
		By:         authorisation.By{Case: "DE-AEOF-7", Actor: "Jan Vogt", At: at("2024-09-02")},
		Components: []string{"AEOS"},
		Grounds:    authorisation.Grounds{Reason: "security-doubt", Basis: "DA Art. 16(1)(a)"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range events {
		if granted, err = granted.Apply(e); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Type(), time.Unix(e.EffectiveAt, 0).UTC().Format(time.DateOnly))
	}
	for _, c := range granted.Components {
		fmt.Println(c.Code, c.State)
	}
	// Output:
	// decided_grant authorisation.granted
	// authorisation.took_effect 2024-03-06
	// authorisation.took_effect 2024-03-06
	// authorisation.suspended 2024-09-02
	// AEOC effective
	// AEOS suspended
}
