package federation_test

import (
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation"
)

func TestReasonTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range federation.Reasons() {
		key := r.Verdict().String() + "/" + r.String()
		if r.String() == "" || r.Text() == "" || seen[key] {
			t.Errorf("reason %d: %s has no word or text, or is listed twice", int(r), key)
		}
		seen[key] = true
		if !strings.HasSuffix(r.Text(), ".") || strings.ContainsAny(r.Text(), "!\n") {
			t.Errorf("%s: %q is not a plain sentence", key, r.Text())
		}
		if got, err := federation.ReasonOf(r.Verdict(), r.String()); err != nil || got != r {
			t.Errorf("ReasonOf(%s) = %d, %v", key, int(got), err)
		}
		if want := "urn:aeo:problem:" + strings.ReplaceAll(key, "/", ":"); r.Problem() != want {
			t.Errorf("problem type %s, want %s", r.Problem(), want)
		}
	}
	if len(seen) != 47 {
		t.Errorf("%d reasons, protocol 11 has 47", len(seen))
	}
}

// The exit codes are of ux.md; scripts rely on them.
func TestExitCodes(t *testing.T) {
	byVerdict := map[federation.Verdict]int{
		federation.Recognised: 0, federation.InForce: 0, federation.NotRecognised: 26, federation.Suspended: 21,
		federation.NotInForce: 20, federation.NotAuthentic: 22, federation.NotACredential: 4, federation.CannotTell: 24,
	}
	special := map[federation.Reason]int{
		federation.IssuerUnknown: 23, federation.ChainInvalid: 23, federation.IssuerKeyUnknown: 23,
		federation.IssuerKeyCompromised: 23, federation.LogMisbehaviour: 25, federation.NotListed: 27,
	}
	for _, r := range federation.Reasons() {
		want, ok := special[r]
		if !ok {
			want = byVerdict[r.Verdict()]
		}
		if r.Exit() != want {
			t.Errorf("%s/%s exits with %d, want %d", r.Verdict(), r, r.Exit(), want)
		}
		if (r.Exit() == 0) != r.Verdict().Good() {
			t.Errorf("%s/%s exits with %d", r.Verdict(), r, r.Exit())
		}
	}
}

func TestZeroValuesAreNoGoodVerdict(t *testing.T) {
	var v federation.Verdict
	var r federation.Reason
	if v != federation.CannotTell || r.Verdict() != federation.CannotTell || r.Exit() == 0 {
		t.Errorf("zero verdict %s, zero reason %s with verdict %s", v, r, r.Verdict())
	}
	for _, foreign := range []federation.Reason{-1, 1000} {
		if foreign.Verdict().Good() || foreign.Exit() == 0 {
			t.Errorf("reason %d passes for %s", int(foreign), foreign.Verdict())
		}
	}
}

func TestVerdictsAndReasonsReadBack(t *testing.T) {
	for _, v := range federation.Verdicts() {
		var got federation.Verdict
		if err := got.UnmarshalText([]byte(v.String())); err != nil || got != v {
			t.Errorf("%s reads back as %s, %v", v, got, err)
		}
	}
	for _, r := range federation.Reasons() {
		var got federation.Reason
		if err := got.UnmarshalText([]byte(r.String())); err != nil || got.String() != r.String() {
			t.Errorf("%s reads back as %s, %v", r, got, err)
		}
	}
	var v federation.Verdict
	var r federation.Reason
	if v.UnmarshalText([]byte("valid")) == nil || r.UnmarshalText([]byte("valid")) == nil {
		t.Error("an unknown word is taken")
	}
}

func TestGravest(t *testing.T) {
	of := func(reasons ...federation.Reason) (ds []*federation.Decision) {
		for _, r := range reasons {
			ds = append(ds, &federation.Decision{Verdict: r.Verdict(), Reason: r})
		}
		return ds
	}
	order := []federation.Reason{
		federation.LogMisbehaviour, federation.BadSignature, federation.Ended, federation.StatusSuspended,
		federation.NoArrangement, federation.IssuerUnknown, federation.StatusStale, federation.NotListed,
		federation.Unreadable, federation.ByArrangement,
	}
	for i, r := range order {
		rest := of(order[i:]...)
		if got := federation.Gravest(rest); got != r.Exit() {
			t.Errorf("of %s and what is less grave: %d, want %d", r, got, r.Exit())
		}
	}
	if got := federation.Gravest(nil); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}
