package authorisation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const day = 24 * 60 * 60

// grounds are good enough for any adverse act in these tests.
func grounds() Grounds { return Grounds{"security-doubt", "UCC Art. 28(1)(a)"} }

func wish() Wish {
	return Wish{
		Operator: "OP-1", Programme: "EU-AEO", Type: "AEOF", Components: []string{"AEOC", "AEOS"},
		Roles: []string{"exporter"}, Requirements: []string{"39A", "39E"},
	}
}

func findings(results ...Result) []Finding {
	var list []Finding
	for i, r := range results {
		f := Finding{Requirement: wish().Requirements[i], Result: r}
		if r != Met {
			f.Note = "as seen on the spot"
		}
		list = append(list, f)
	}
	return list
}

// do puts commands to a state one after the other, over the bytes of the events, and
// fails the test when one is refused.
func do[S Machine[S]](t *testing.T, state S, commands ...Command) S {
	t.Helper()
	for _, c := range commands {
		list, err := state.Decide(c)
		if err != nil {
			t.Fatalf("%s: %v", c.name(), err)
		}
		state = applied(t, state, list)
	}
	return state
}

func applied[S Machine[S]](t *testing.T, state S, list []Event) S {
	t.Helper()
	for _, e := range list {
		if e.Case != list[0].Case {
			continue // a grant opens another case
		}
		raw, err := MarshalEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		if e, err = UnmarshalEvent(raw); err != nil {
			t.Fatal(err)
		}
		if state, err = state.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

// granted is an AEOF decided at 100 days, effective from the given day, with a
// credential for each component that lives 700 days.
func granted(t *testing.T, effectiveDay int64) Authorisation {
	t.Helper()
	var a Authorisation
	a = applied(t, a, []Event{{
		Case: "AUT-1", Actor: "decider", DecidedAt: 100 * day, EffectiveAt: effectiveDay * day,
		Data: AuthorisationGranted{Application: "APP-1", Operator: "OP-1", Programme: "EU-AEO", Type: "AEOF",
			Components: wish().Components, Roles: wish().Roles},
	}})
	for i, code := range wish().Components {
		a = do(t, a, IssueCredential{on(100), credential(code, int64(i), 1, effectiveDay)})
	}
	return a
}

func on(d int64) By { return By{Case: "AUT-1", Actor: "decider", At: d * day} }

func credential(component string, idx, sequence, notBefore int64) CredentialIssued {
	return CredentialIssued{
		Component: component, SHA256: fmt.Sprintf("%064x", idx+1), URI: "https://aeo.customs.de.example/status/1", Idx: idx,
		NotBefore: notBefore * day, Expires: (notBefore + 700) * day, Sequence: sequence,
	}
}

func states(a Authorisation) string {
	var words []string
	for _, c := range a.Components {
		words = append(words, string(c.State))
	}
	return strings.Join(words, " ")
}

// wantRefused fails unless err is of the kind: ErrFourEyes, or the type of a pointer
// given, and says why.
func wantRefused(t *testing.T, name string, err error, kind any, why string) {
	t.Helper()
	var ok bool
	switch kind := kind.(type) {
	case *TransitionError:
		ok = errors.As(err, &kind)
	case *InputError:
		ok = errors.As(err, &kind)
	case error:
		ok = errors.Is(err, kind)
	}
	if !ok || !strings.Contains(err.Error(), why) {
		t.Errorf("%s: %v, want %T with %q", name, err, kind, why)
	}
}
