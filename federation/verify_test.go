package federation_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/google/go-cmp/cmp"
)

// wantReason fails the test where the decision has another reason.
func wantReason(t *testing.T, d *federation.Decision, want federation.Reason) {
	t.Helper()
	if d.Reason != want || d.Verdict != want.Verdict() {
		t.Errorf("%s/%s, want %s/%s: %v", d.Verdict, d.Reason, want.Verdict(), want, d.Checks)
	}
}

func caveats(d *federation.Decision) string {
	var codes []string
	for _, c := range d.Caveats {
		codes = append(codes, c.Code)
	}
	return strings.Join(codes, " ")
}

func TestRecognisedSaysWhatForAndWhy(t *testing.T) {
	d := verify(now(), "orchards")
	wantReason(t, d, federation.ByArrangement)
	w := theWorld()
	want := &federation.Decision{
		Schema: "aeo.decision/1", Verdict: federation.Recognised, Reason: federation.ByArrangement,
		Status: "in_force", Recognition: "recognised", Basis: "presented_copy", As: "JP",
		RecognisedFor: []federation.Scope{{Role: "exporter", Direction: "import", As: "AEO exporter", Benefits: []string{"fewer_inspections"}}},
		MRA:           &federation.MRARef{ID: "JP-NZ", Version: 1},
		Holder: &federation.Holder{
			LegalName: "Orchards Ltd", Identifiers: []string{identifier(w.nz, "orchards")}, Roles: []string{"exporter"},
			Programme: "nz-aeo", Type: "AEO", NotBefore: opened + 2*day, Expires: opened + 700*day,
		},
		Issuer: &federation.IssuerRef{EntityID: w.nz.entity(), Territory: "NZ", Authority: "NZ", Name: "Customs of NZ"},
		Contacts: []federation.Contact{
			{Of: "NZ", Mailbox: "aeo@aeo.customs.nz.example"}, {Of: "JP", Mailbox: "aeo@aeo.customs.jp.example"},
		},
		At: built + 3600, Now: built + 3600, StatusAsOf: built, StatusSince: opened + 2*day,
		Bundle:   &federation.BundleRef{Territory: "JP", Seq: 7, Iat: built, Age: 3600},
		Checks:   d.Checks,
		Evidence: d.Evidence,
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if e := d.Evidence; len(e.Input) != 64 || len(e.Manifest) != 64 || len(e.Anchor) != 64 || len(e.MRA) != 64 {
		t.Errorf("evidence %+v", e)
	}
}

func TestBoundaries(t *testing.T) {
	for name, c := range map[string]struct {
		trader  string
		at, now int64
		want    federation.Reason
		caveats string
	}{
		"the second before it takes effect":      {"orchards", opened + 2*day - 1, built, federation.NotYet, ""},
		"the second it takes effect":             {"home", opened + 2*day, built, federation.OwnProgramme, ""},
		"the last second of an arrangement":      {"korean", opened + 40*day - 1, built, federation.ByArrangement, "ends"},
		"the second an arrangement ends early":   {"korean", opened + 40*day, built, federation.ArrangementEnded, "early_end in_transit"},
		"the second an arrangement begins":       {"orchards", opened + 5*day, built, federation.ByArrangement, ""},
		"the last second of a credential":        {"expired", opened + 50*day - 1, built, federation.ByArrangement, ""},
		"the second a credential expires":        {"expired", opened + 50*day, built, federation.Expired, ""},
		"the second before a suspension":         {"suspended", opened + 20*day - 1, built, federation.ByArrangement, ""},
		"the second of a suspension":             {"suspended", opened + 20*day, built, federation.StatusSuspended, ""},
		"while suspended":                        {"reinstated", opened + 25*day - 1, built, federation.StatusSuspended, ""},
		"the second of a reinstatement":          {"reinstated", opened + 25*day, built, federation.ByArrangement, ""},
		"a day old":                              {"orchards", 0, built + day, federation.ByArrangement, ""},
		"older than a day":                       {"orchards", 0, built + day + 1, federation.ByArrangement, "stale"},
		"as old as the pair honours":             {"orchards", 0, built + 3*day, federation.ByArrangement, "stale"},
		"older than the pair honours":            {"orchards", 0, built + 3*day + 1, federation.StatusStale, ""},
		"as old as the policy honours":           {"home", 0, built + 7*day, federation.OwnProgramme, "stale refresh_due"},
		"older than the policy honours":          {"home", 0, built + 7*day + 1, federation.StatusStale, ""},
		"stale, and suspended":                   {"suspended", 0, built + 20*day, federation.StatusSuspended, ""},
		"the last second of the bundle":          {"home", 0, built + 30*day, federation.StatusStale, ""},
		"after the bundle expired":               {"home", 0, built + 30*day + 1, federation.BundleExpired, ""},
		"the past has no age":                    {"orchards", built, built + 300*day, federation.ByArrangement, ""},
		"just after the status was confirmed":    {"orchards", built + 1, built + 300*day, federation.BundleExpired, ""},
		"a clock somewhat behind":                {"orchards", 0, built - 300, federation.ByArrangement, ""},
		"a clock behind":                         {"orchards", 0, built - 301, federation.ClockBeforeBundle, ""},
		"no clock at all":                        {"orchards", 0, 0, federation.ClockBeforeBundle, ""},
		"expired comes before an expired bundle": {"expired", 0, built + 300*day, federation.Expired, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := verify(federation.Question{At: c.at, Now: c.now}, c.trader)
			wantReason(t, d, c.want)
			if got := caveats(d); got != c.caveats {
				t.Errorf("caveats %q, want %q", got, c.caveats)
			}
		})
	}
}

// A credential that was issued anew has an index without the past of the one
// before: about a time before its issue it says so, and about later ones nothing.
func TestIssuedLaterThanAskedAbout(t *testing.T) {
	w := theWorld()
	const issued int64 = opened + 26*day
	anew := file(w.issue("suspended", grant{by: w.nz, idx: 40, edit: func(c *credential.Claims) { c.IssuedAt = issued + 3600 }}))
	for name, c := range map[string]struct {
		at, now int64
		caveats string
	}{
		"while the one before was suspended": {opened + 21*day, built, "issued_later"},
		"the last second of the day":         {issued + day - 1, built, "issued_later"},
		"the day after":                      {issued + day, built, ""},
		"now":                                {0, built, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := fromJapan().Verify(anew, federation.Question{At: c.at, Now: c.now})
			wantReason(t, d, federation.ByArrangement)
			if got := caveats(d); got != c.caveats {
				t.Errorf("caveats %q, want %q", got, c.caveats)
			}
		})
	}
}

func TestQuestionAsksForMore(t *testing.T) {
	for name, c := range map[string]struct {
		trader string
		q      federation.Question
		want   federation.Reason
	}{
		"role held and in the rule":               {"orchards", federation.Question{Role: "exporter"}, federation.ByArrangement},
		"role in no rule":                         {"orchards", federation.Question{Role: "carrier"}, federation.RoleNotCovered},
		"role held but in no rule":                {"carrier", federation.Question{Role: "carrier"}, federation.RoleNotCovered},
		"direction of the rule":                   {"orchards", federation.Question{Direction: "import"}, federation.ByArrangement},
		"type of the credential":                  {"orchards", federation.Question{Type: "AEO"}, federation.ByArrangement},
		"another type":                            {"orchards", federation.Question{Type: "AEOS"}, federation.TypeNotCovered},
		"role of one's own operator":              {"home", federation.Question{Role: "exporter", Direction: "export"}, federation.OwnProgramme},
		"another role of one's own operator":      {"home", federation.Question{Role: "carrier"}, federation.RoleNotCovered},
		"a fresher status than there is":          {"orchards", federation.Question{MaxAge: 3599}, federation.StatusStale},
		"as fresh a status as there is":           {"orchards", federation.Question{MaxAge: 3600}, federation.ByArrangement},
		"an older status than the pair honours":   {"orchards", federation.Question{Now: built + 5*day, MaxAge: 6 * day}, federation.StatusStale},
		"a level nobody knows":                    {"orchards", federation.Question{Level: "none"}, federation.ReceiptMissing},
		"status alone, under no arrangement":      {"exchange only", federation.Question{StatusOnly: true}, federation.OK},
		"status alone, whatever the role":         {"carrier", federation.Question{StatusOnly: true, Role: "exporter"}, federation.OK},
		"status alone of a suspended operator":    {"suspended", federation.Question{StatusOnly: true}, federation.StatusSuspended},
		"status alone under an expired bundle":    {"orchards", federation.Question{Now: built + 31*day, StatusOnly: true}, federation.BundleExpired},
		"status alone, by the policy's freshness": {"orchards", federation.Question{Now: built + 5*day, StatusOnly: true}, federation.OK},
	} {
		t.Run(name, func(t *testing.T) {
			if c.q.Now == 0 {
				c.q.Now = built + 3600
			}
			d := verify(c.q, c.trader)
			wantReason(t, d, c.want)
			if c.q.StatusOnly && d.Recognition != "not_asked" {
				t.Errorf("recognition %s though not asked", d.Recognition)
			}
		})
	}
}

func TestUnionMemberGrantsUnderTheProgrammeOfTheUnion(t *testing.T) {
	w := theWorld()
	eu := w.union().open(w.eu)
	for _, as := range []string{"", "EU", "DE"} {
		q := now()
		q.As = as
		if err := eu.CheckQuestion(q); err != nil {
			t.Errorf("asked as %q: %v", as, err)
		}
		d := eu.Verify(file(w.sdjwt["german"]), q)
		wantReason(t, d, federation.OwnProgramme)
		if d.Recognition != "own_programme" || as != "" && d.As != as {
			t.Errorf("recognition %s as %s", d.Recognition, d.As)
		}
	}
	d := verify(now(), "german")
	wantReason(t, d, federation.ByArrangement)
	if d.MRA.ID != "JP-EU" || d.Issuer.Authority != "DE" {
		t.Errorf("under %+v of %+v", d.MRA, d.Issuer)
	}
}

func TestIssuerSaysWhatItMay(t *testing.T) {
	w := theWorld()
	nz := w.nz.signer("issuer")
	replace := func(old, new string) []byte {
		return resign(w.sdjwt["orchards"], nz, func(p []byte) []byte { return []byte(strings.Replace(string(p), old, new, 1)) })
	}
	vct := credential.VCT(w.sg.entity())
	foreign := resign(w.sdjwt["orchards"], nz, func(p []byte) []byte {
		own := credential.VCT(w.nz.entity())
		return []byte(strings.NewReplacer(own, vct, credential.Integrity(own), credential.Integrity(vct)).Replace(string(p)))
	})
	for name, c := range map[string]struct {
		sdjwt []byte
		want  federation.Reason
	}{
		"another's territory":             {replace(`"territory":"NZ"`, `"territory":"SG"`), federation.ChainInvalid},
		"another's authority":             {replace(`"authority":"NZ"`, `"authority":"SG"`), federation.ChainInvalid},
		"another's type":                  {foreign, federation.ChainInvalid},
		"another's list":                  {replace(w.nz.list(), w.sg.list()), federation.WrongFormat},
		"a list that is not in the log":   {replace(w.nz.list(), w.nz.entity()+"/status/9"), federation.StatusMissing},
		"another's key":                   {resign(w.sdjwt["orchards"], w.sg.signer("issuer"), func(p []byte) []byte { return p }), federation.IssuerKeyUnknown},
		"a key that is not for this":      {resign(w.sdjwt["orchards"], w.nz.signer("bundle"), func(p []byte) []byte { return p }), federation.IssuerKeyUnknown},
		"signed before the key's window":  {w.issue("orchards", grant{by: w.nz, edit: func(c *credential.Claims) { c.IssuedAt = opened - day }}), federation.IssuerKeyUnknown},
		"signed after the key's window":   {w.issue("orchards", grant{by: w.nz, edit: func(c *credential.Claims) { c.IssuedAt = opened + 301*day }}), federation.IssuerKeyUnknown},
		"signed on the window's last day": {w.issue("orchards", grant{by: w.nz, edit: func(c *credential.Claims) { c.IssuedAt = opened + 300*day }}), federation.ByArrangement},
	} {
		t.Run(name, func(t *testing.T) {
			wantReason(t, fromJapan().Verify(file(c.sdjwt), now()), c.want)
		})
	}
}

func TestOneBadIssuerSpoilsNoOther(t *testing.T) {
	w := theWorld()
	r := w.japan(0)
	delete(r.members, "p/sg/checkpoint")
	v := r.open(w.jp)
	wantReason(t, v.Verify(file(w.sdjwt["exchange only"]), now()), federation.ChainInvalid)
	wantReason(t, v.Verify(file(w.sdjwt["orchards"]), now()), federation.ByArrangement)
	wantReason(t, v.Lookup(identifier(w.sg, "exchange only"), now()), federation.ChainInvalid)
	wantReason(t, v.Lookup(identifier(w.nz, "orchards"), now()), federation.ByArrangement)
}

// A bad arrangement is the fault of who signed the bundle, and counts where the
// arrangement does: not for other territories, nor for the status alone.
func TestABadArrangementCountsWhereItApplies(t *testing.T) {
	w := theWorld()
	r := w.japan(0)
	half := must(author.Sign(w.arrangement(w.nz), w.jp.signer("root")))
	r.members[bundle.AnnexPath("JP-NZ", 1)] = half
	v := r.open(w.jp)
	status := now()
	status.StatusOnly = true
	for name, c := range map[string]struct {
		trader string
		q      federation.Question
		want   federation.Reason
	}{
		"for those it names":               {"orchards", now(), federation.BundleInvalid},
		"not for their status alone":       {"orchards", status, federation.OK},
		"not where the status is bad":      {"ended", now(), federation.Ended},
		"not under the own programme":      {"home", now(), federation.OwnProgramme},
		"not for those of other countries": {"german", now(), federation.ByArrangement},
	} {
		if d := v.Verify(file(w.sdjwt[c.trader]), c.q); d.Reason != c.want {
			t.Errorf("%s: %v, want %v", name, d.Reason, c.want)
		}
	}
}

func TestPastShowsWhatWasKnownThen(t *testing.T) {
	for name, c := range map[string]struct {
		trader    string
		at        int64
		want      federation.Reason
		knownThen federation.Reason
	}{
		"ended later, with effect from before": {"ended in retrospect", opened + 15*day, federation.Ended, federation.ByArrangement},
		"ended and known to be":                {"ended in retrospect", opened + 41*day, federation.Ended, federation.Ended},
		"annulled later":                       {"annulled", opened + 10*day, federation.Annulled, federation.ByArrangement},
		"suspension lifted since":              {"reinstated", opened + 22*day, federation.StatusSuspended, federation.StatusSuspended},
		"arrangement ended since":              {"korean", opened + 30*day, federation.ByArrangement, federation.ByArrangement},
		"before the arrangement took effect":   {"orchards", opened + 4*day, federation.NotYetInEffect, federation.NotYetInEffect},
		"before the authorisation took effect": {"orchards", opened + day, federation.NotYet, federation.NotYet},
	} {
		t.Run(name, func(t *testing.T) {
			d := verify(at(now(), c.at), c.trader)
			wantReason(t, d, c.want)
			if d.KnownThen == nil || d.KnownThen.Reason != c.knownThen || d.KnownThen.Verdict != c.knownThen.Verdict() {
				t.Errorf("known then %+v, want %s", d.KnownThen, c.knownThen)
			}
		})
	}
	for name, q := range map[string]federation.Question{"now": now(), "a past not confirmed yet": at(now(), built+1)} {
		if d := verify(q, "orchards"); d.KnownThen != nil {
			t.Errorf("%s: known then %+v", name, d.KnownThen)
		}
	}
	if d := fromJapan().Verify(file(swapSignature(theWorld().sdjwt["orchards"], theWorld().sdjwt["ended"])), at(now(), built-day)); d.KnownThen != nil {
		t.Errorf("of a forgery: known then %+v", d.KnownThen)
	}
}

func TestHolderAppearsOnlyAfterTheSignature(t *testing.T) {
	for reason, how := range reaching() {
		d := how()
		early := d.Verdict == federation.NotAuthentic || d.Verdict == federation.NotACredential ||
			reason.Exit() == 23 || reason.Exit() == 27 || d.Bundle == nil || reason == federation.AtAfterBundle
		if (d.Holder == nil) != early {
			t.Errorf("%s/%s: holder %+v", d.Verdict, d.Reason, d.Holder)
		}
	}
}

func TestCaveatsDoNotDecide(t *testing.T) {
	other := now()
	other.Name = "orchards  LTD"
	if d := verify(other, "orchards"); d.Caveats != nil {
		t.Errorf("the same name in another spelling: %v", d.Caveats)
	}
	other.Name = "Orchard Ltd"
	d := verify(other, "orchards")
	wantReason(t, d, federation.ByArrangement)
	if caveats(d) != "name_differs" {
		t.Errorf("another name: %v", d.Caveats)
	}
	if d := verify(now(), "sole trader"); caveats(d) != "personal" {
		t.Errorf("a natural person's number: %v", d.Caveats)
	}
}

func TestCheckQuestion(t *testing.T) {
	for field, q := range map[string]federation.Question{
		"now":       {},
		"at":        {Now: built, At: -1},
		"as":        {Now: built, As: "NZ"},
		"direction": {Now: built, Direction: "both"},
		"level":     {Now: built, Level: "signature"},
		"max_age":   {Now: built, MaxAge: -1},
		"type":      {Now: built, Type: "AEO\n"},
		"role":      {Now: built, Role: strings.Repeat("a", 65)},
		"name":      {Now: built, Name: "\xff"},
	} {
		err := fromJapan().CheckQuestion(q)
		unfit, ok := err.(*federation.QuestionError)
		if !ok || unfit.Field != field || !strings.HasPrefix(unfit.Error(), field+": ") {
			t.Errorf("%s: %v", field, err)
		}
	}
	good := federation.Question{Now: built, At: 1, As: "JP", Type: "AEO", Role: "exporter", Direction: "import",
		Level: federation.LevelTransparency, MaxAge: 1, Name: "株式会社"}
	if err := fromJapan().CheckQuestion(good); err != nil {
		t.Error(err)
	}
}

func TestOpenComparesWithMemory(t *testing.T) {
	w := theWorld()
	raw := w.japan(0).pack(w.jp)
	_, memory, err := federation.Open(raw, anchorOf(w.jp), nil, built, 0)
	if err != nil || memory.Seq != 7 {
		t.Fatalf("seq %d, %v", memory.Seq, err)
	}
	split := memory
	split.SHA256 = strings.Repeat("0", 64)
	for want, c := range map[federation.Reason]struct {
		memory    *bundle.Memory
		buildTime int64
	}{
		federation.LogMisbehaviour:   {&split, 0},
		federation.BundleRolledBack:  {&bundle.Memory{Seq: 8}, 0},
		federation.ClockBeforeBundle: {nil, built + 301},
	} {
		v, _, err := federation.Open(raw, anchorOf(w.jp), c.memory, built, c.buildTime)
		if err == nil || v != nil {
			t.Errorf("%s: opened", want)
		}
		wantReason(t, federation.Refuse(err, []byte("x"), now()), want)
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	w := theWorld()
	v := w.japan(0).open(w.jp)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for trader := range w.sdjwt {
				d, want := v.Verify(file(w.sdjwt[trader]), now()), verify(now(), trader)
				if d.Reason != want.Reason {
					t.Errorf("%s: %s, alone %s", trader, d.Reason, want.Reason)
				}
			}
			wantReason(t, v.Lookup(identifier(w.nz, "orchards"), now()), federation.ByArrangement)
		})
	}
	wg.Wait()
}
