package authorisation

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/deadline"
)

// oneOfEach is an event of every form there is.
func oneOfEach() []Event {
	both, hash := []string{"AEOC", "AEOS"}, strings.Repeat("a", 64)
	timed := Timed{[]deadline.Change{{Rule: RuleDecision, Do: deadline.Start, At: 100, Due: 200, Warn: []int{10}}}}
	var list []Event
	for _, d := range []Data{
		OperatorRegistered{holder()}, OperatorAmended{holder()},
		ReleaseGranted{Exchange, ByConsent, []string{"JP"}}, ReleaseWithdrawn{Exchange},
		ApplicationSubmitted{Wish: wish()}, ApplicationAccepted{}, ApplicationNotAccepted{Grounds: grounds()},
		ApplicationAssessed{findings(Met, Partly)}, ApplicationGranted{Authorisation: "AUT-1"}, ApplicationRefused{Grounds: grounds()}, ApplicationWithdrawn{},
		AuthorisationImported{"OP-1", "EU-AEO", "DE", "AEOF", both, []string{"exporter"}, 900, Imported{"old", "7", "second"}},
		AuthorisationGranted{"APP-1", "OP-1", "EU-AEO", "AEOF", both, []string{"exporter"}, 0, ""},
		ApplicationDrafted{wish()}, ApplicationRedrafted{wish()}, ApplicationFiled{Wish: wish(), Timed: timed},
		ApplicationInformationRequested{[]string{"a site plan"}, timed}, ApplicationInformationGiven{"sent", timed},
		ApplicationTimePassed{timed}, ApplicationPeriodChanged{true, timed}, ApplicationLapsed{RuleInformation, timed},
		ApplicationConsulted{"FR", true, true, "sites in Lyon?", timed}, ApplicationConsultationAnswered{"FR", Objects, []string{hash}, "see there", timed},
		ApplicationGroundsSent{grounds(), "We found\nthis.", timed}, ApplicationReplied{"No.", timed}, ApplicationAssigned{"anna", "DE-HH", "moved"},
		ApplicationServed{ByPost, 100, 150, true, "RR 1", timed}, ApplicationAppealed{"court", "4 K 1/26", timed},
		ApplicationAppealDecided{"4 K 1/26", Upheld, timed}, ApplicationStayed{Stay{"refused", ByCourt, 100, 200}, grounds()},
		ApplicationStayLifted{grounds()}, ApplicationSetAside{ByCourt, grounds(), timed}, ApplicationRectified{"basis", "a", "b", grounds()},
		AuthorisationTookEffect{"AEOC", ActTakeEffect}, AuthorisationSuspended{Components: both, Grounds: grounds()}, AuthorisationReinstated{both},
		AuthorisationRevoked{both, "second", grounds(), Heard{}, false}, AuthorisationAnnulled{both, "second", grounds(), Heard{}, false}, AuthorisationWithdrawn{both},
		AuthorisationAmended{[]string{"importer"}, "fresh fruit", grounds(), Heard{}},
		AssessmentOpened{"OP-1", []Asked{{"G-2", "G", Grave, true}}, []string{"S-1"}}, AssessmentSectionAssigned{"G", "J. Tamihana"},
		AssessmentAnswered{[]Response{{"G-2", "S-1", SaysPartly, "by hand", []string{aDigest}, "APP-0"}}},
		AssessmentEvidenceAdded{aDigest, aDigest, 12, "text/plain", "seal log", []string{"G-2"}, "S-1", 900}, AssessmentEvidenceRead{aDigest, "validation"},
		AssessmentCertificateRegistered{HeldCertificate{"ISO-28000", "NZ 771", "a body", 900, []string{"G-2"}, nil}},
		AssessmentYoung{Young{50, 900, InvestorRecord, "parent since 1990", nil}}, AssessmentSampled{[]string{"G-2"}, 10, aDigest}, AssessmentSecondScored{findings(Met)},
		AssessmentActionRequired{"CA-1", "G-2", "S-1", Minor, "number the seals", "J. Tamihana", 900, true}, AssessmentActionExtended{"CA-1", 950, grounds()},
		AssessmentActionClosed{"CA-1", []string{aDigest}, "seen"}, AssessmentActionOverdue{"CA-1", 900},
		credential("AEOC", 0, 1, 105), CredentialSuperseded{credential("AEOC", 0, 1, 105).SHA256, credential("AEOC", 1, 2, 105).SHA256},
		CredentialStatusSet{[]StatusChange{change(0, statuslist.Suspended, 105)}},
		MonitoringOpened{"OP-1", "low", timed}, MonitoringPlanned{"high", "after an incident", timed}, MonitoringTimePassed{timed}, MonitoringClosed{}, MonitoringReopened{timed},
		AuthorisationAppealed{ActSuspend, []string{"AEOC"}, "court", "4 K 1"}, AuthorisationAppealDecided{"4 K 1", Upheld},
		AuthorisationRectified{"basis", "UCC", "UCC Art. 28", ActRevoke, []string{"AEOC"}, grounds()},
		AuthorisationStayed{Stay{"revoke", ByCourt, 5, 9}, []string{"AEOC"}, grounds(), ""}, AuthorisationStayLifted{[]string{"AEOC"}, grounds()},
		AuthorisationSetAside{ActAnnul, []string{"AEOC", "AEOS"}, ByReview, "Second", grounds()},
		MonitoringReported{1, ReportCargo, "", "A seal is broken.", 90, 150, "Shed 4, Bremerhaven", "", "DE-HB", timed},
		MonitoringAcknowledged{1, "DE-HB", Hold, "stays there"}, MonitoringRecheckOpened{"incident", "the seal", timed},
		MonitoringRecheckClosed{Keep, findings(Met), "portal", "All is well.", timed}, MonitoringChecked{"criminal_record", "clear", "court register", ""},
		MonitoringActionAsked{"CA-1", "I-1", "S1", Minor, "fence", "Head of security", 300, timed}, MonitoringActionFinished{"CA-1", "seen", []string{hash}, timed},
		AuthorisationRenewed{300, "second"}, AuthorisationConfirmed{both}, AuthorisationClocksChanged{[]deadline.Change{starting(RuleRemedyCheck, "ask", 200, 30, 3)}},
		AuthorisationServed{ActRevoke, both, ByPost, 100, 150, "RR 1", timed},
		AuthorisationRemedied{both, "The fence stands.", Timed{[]deadline.Change{starting("remedy_check#AEOC", "ask", 200, 30, 3)}}},
		AuthorisationDecisionRegistered{"GW-1", "guarantee_waiver", "HZA Bremen", "AEOC"}, AuthorisationDecisionsTold{[]string{"GW-1"}},
		AuthorisationDecisionEnded{"GW-1", "revoked", true, "arrears"},
		AuthorisationFellDue{deadline.Change{Rule: "remedy#AEOC", Do: deadline.Lapse, At: 230, Due: 230, Outcome: "ask"}},
		ProgrammeOpened{DocumentApproved{packDocument(), "second"}}, DocumentApproved{packDocument(), "second"},
		DocumentActivated{packDocument().SHA256, "second"}, DocumentInForce{packDocument().SHA256},
	} {
		list = append(list, Event{Case: "C-1", Actor: "Aroha Ngata", DecidedAt: 100, EffectiveAt: 200, Data: d})
	}
	return list
}

func TestEveryEventHasOneSpelling(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range oneOfEach() {
		raw, err := MarshalEvent(e)
		if err != nil {
			t.Fatalf("%s: %v", e.Type(), err)
		}
		again, err := UnmarshalEvent(raw)
		if err != nil {
			t.Fatalf("%s: %v", e.Type(), err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e.Type(), diff)
		}
		if reflected, err := jcs.Marshal(e.enveloped()); err != nil || !bytes.Equal(raw, reflected) {
			t.Errorf("%s: written as %s, its form is %s, %v", e.Type(), raw, reflected, err)
		}
		if seen[e.Type()] || e.Version() != 1 {
			t.Errorf("%s version %d: name taken, or not the first version", e.Type(), e.Version())
		}
		seen[e.Type()] = true
	}
}

// TestWhoDecidesIsInTheSecondVersion: an event that names a member of the union
// is of version 2, one that names none of version 1 as ever, and no other way round.
func TestWhoDecidesIsInTheSecondVersion(t *testing.T) {
	w := wish()
	w.Authority = "DE"
	granted := AuthorisationGranted{"APP-1", "OP-1", "EU-AEO", "AEOS", []string{"AEOS"}, []string{"exporter"}, 0, "DE"}
	for _, d := range []Data{ApplicationSubmitted{Wish: w}, granted} {
		e := Event{Case: "C-1", Actor: "Aroha Ngata", DecidedAt: 100, EffectiveAt: 200, Data: d}
		raw, err := MarshalEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := UnmarshalEvent(raw); err != nil || again.Version() != 2 || cmp.Diff(e, again) != "" {
			t.Errorf("%s became %+v, %v", raw, again, err)
		}
		for _, edit := range [][2]string{{`"version":2`, `"version":1`}, {`"authority":"DE",`, ``}, {`"DE"`, `""`}, {`"DE"`, `"Germany"`}, {`"DE"`, `"de"`}} {
			spoilt := strings.Replace(string(raw), edit[0], edit[1], 1)
			if _, err := UnmarshalEvent([]byte(spoilt)); err == nil || spoilt == string(raw) {
				t.Errorf("%s was read", spoilt)
			}
		}
	}
}

// TestOneSpellingOfEveryVersion: what an earlier version could say is said in it,
// what it could not in the next.
func TestOneSpellingOfEveryVersion(t *testing.T) {
	timed := Timed{[]deadline.Change{{Rule: RuleDecision, Do: deadline.End, At: 100}}}
	sited, succeeding := wish(), wish()
	succeeding.SuccessorOf = "AUT-0"
	sited.Sites = []Site{{"S-1", "Hamburg", Address{Country: "DE"}}}
	for _, tc := range []struct {
		data    Data
		version string
	}{
		{ApplicationSubmitted{Wish: succeeding}, "4"}, {ApplicationFiled{Wish: succeeding}, "2"}, {ApplicationDrafted{succeeding}, "2"}, {ApplicationRedrafted{succeeding}, "2"},
		{AuthorisationRevoked{[]string{"AEOC"}, "second", grounds(), Heard{Served: ByPost}, true}, "3"},
		{AuthorisationSuspended{Components: []string{"AEOC"}, Grounds: grounds(), Ground: OnDoubt, OnReceipt: true}, "3"},
		{AccountEnabled{"second"}, "2"},
		{AuthorisationStayed{Stay{"revoke", ByReview, 5, 9}, []string{"AEOC"}, grounds(), "second"}, "2"},
		{AuthorisationAnnulled{[]string{"AEOC"}, "second", grounds(), Heard{Served: ByPost}, true}, "3"},
		{ApplicationSubmitted{Wish: sited}, "3"}, {ApplicationSubmitted{Wish: wish(), Timed: timed}, "3"},
		{ApplicationSubmitted{Wish: wish(), Pack: strings.Repeat("a", 64)}, "3"},
		{ApplicationAccepted{Deemed: true}, "2"}, {ApplicationAccepted{Timed: timed}, "2"},
		{ApplicationNotAccepted{grounds(), timed}, "2"}, {ApplicationWithdrawn{timed}, "2"},
		{ApplicationGranted{"AUT-1", How{Reasons: "All is well."}}, "2"},
		{ApplicationGranted{"AUT-1", How{Refused: []string{"AEOS"}, PartGrounds: &Grounds{"r", "b"}, Late: true}}, "2"},
		{ApplicationRefused{Grounds: grounds(), BarUntil: 300}, "2"},
		{ApplicationRefused{Grounds: grounds(), How: How{Without: Without{Hearing: "DA Art. 10"}}}, "2"},
	} {
		e := Event{Case: "C-1", Actor: "Aroha Ngata", DecidedAt: 100, EffectiveAt: 200, Data: tc.data}
		raw, err := MarshalEvent(e)
		if err != nil || !strings.HasSuffix(string(raw), `"version":`+tc.version+`}`) {
			t.Fatalf("%s, %v", raw, err)
		}
		if again, err := UnmarshalEvent(raw); err != nil || cmp.Diff(e, again) != "" {
			t.Errorf("%s became %+v, %v", raw, again, err)
		}
		older := strings.Replace(string(raw), `"version":`+tc.version+`}`, `"version":1}`, 1)
		if _, err := UnmarshalEvent([]byte(older)); err == nil {
			t.Errorf("%s was read", older)
		}
	}
	for _, raw := range []string{
		`{"actor":"x","case":"C-1","data":{},"decided_at":1,"effective_at":1,"type":"application.accepted","version":2}`,
		`{"actor":"x","case":"C-1","data":{"clocks":[]},"decided_at":1,"effective_at":1,"type":"application.accepted","version":2}`,
	} {
		if _, err := UnmarshalEvent([]byte(raw)); err == nil {
			t.Errorf("%s was read", raw)
		}
	}
}

// TestWhatAppendsItselfIsInItsForm compares what is written by hand with what the form says.
func TestWhatAppendsItselfIsInItsForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := credential(rapid.StringMatching(`[A-Z][A-Za-z0-9._/-]{0,20}`).Draw(t, "component"), rapid.Int64Range(0, 1000).Draw(t, "idx"),
			rapid.Int64Range(1, 1000).Draw(t, "sequence"), rapid.Int64Range(1, 100_000).Draw(t, "not before"))
		d.URI = rapid.StringMatching(`[!-~ä]([ -~äサ💩]{0,20}[!-~ä])?`).Draw(t, "uri")
		e := Event{Case: "C-1", Actor: rapid.StringMatching(`[!-~ä]([ -~äサ💩]{0,20}[!-~ä])?`).Draw(t, "actor"), DecidedAt: 100, EffectiveAt: rapid.Int64Range(1, jcs.MaxInt).Draw(t, "effective"), Data: d}
		if rapid.Bool().Draw(t, "asked with a key") {
			e.Request = Origin{strings.Repeat("ab", 32), strings.Repeat("0f", 32)}
		}
		raw, err := MarshalEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Marshal(e.enveloped())
		if err != nil || !bytes.Equal(raw, want) {
			t.Errorf("written as %s, its form is %s, %v", raw, want, err)
		}
		if again, err := UnmarshalEvent(raw); err != nil || again != e {
			t.Errorf("%s is read as %+v, %v", raw, again, err)
		}
		if cut, ok := cutIssued(raw); ok && cut != e || !ok && e.Request == (Origin{}) && !bytes.ContainsAny(raw, `\\`) {
			t.Errorf("of %s was cut %+v, %v", raw, cut, ok)
		}
	})
}

func TestTheBytesOfAnEvent(t *testing.T) {
	e := Event{Case: "AUT-1", Actor: "Aroha Ngata", DecidedAt: 100, EffectiveAt: 200, RecordedAt: 300,
		Data: AuthorisationSuspended{Components: []string{"AEOS"}, Grounds: grounds()}}
	raw, err := MarshalEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"actor":"Aroha Ngata","case":"AUT-1","data":{"basis":"UCC Art. 28(1)(a)","components":["AEOS"],"reason":"security-doubt"},` +
		`"decided_at":100,"effective_at":200,"type":"authorisation.suspended","version":1}`
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	raw, err := MarshalEvent(Event{Case: "C-1", Actor: "x", DecidedAt: 100, EffectiveAt: 200, Data: ReleaseGranted{Exchange, ByConsent, nil}})
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	for name, tc := range map[string]struct {
		old, new string
		kind     error
	}{
		"a type nobody defined":          {`operator.release_granted`, `operator.release_sold`, ErrUnknownEvent},
		"a version nobody defined":       {`"version":1`, `"version":2`, ErrUnknownEvent},
		"an unknown member of the event": {`{"actor"`, `{"a":1,"actor"`, jcs.ErrMember},
		"an unknown member of the data":  {`{"basis"`, `{"a":1,"basis"`, jcs.ErrMember},
		"a member of another kind":       {`"case":"C-1"`, `"case":1`, jcs.ErrMember},
		"a member twice":                 {`"case":"C-1"`, `"case":"C-1","case":"C-1"`, jcs.ErrSyntax},
		"space in between":               {`,"case"`, `, "case"`, jcs.ErrNotCanonical},
		"another order":                  {`"actor":"x","case":"C-1"`, `"case":"C-1","actor":"x"`, jcs.ErrNotCanonical},
		"something after it":             {`"version":1}`, `"version":1}{}`, jcs.ErrSyntax},
		"a missing member of the data":   {`,"partners":[]`, ``, nil},
		"null for a list":                {`"partners":[]`, `"partners":null`, nil},
		"null for the data":              {`{"basis":"consent","partners":[],"purpose":"exchange"}`, `null`, nil},
		"a missing member of the event":  {`"decided_at":100,`, ``, nil},
		"a time that is none":            {`"decided_at":100`, `"decided_at":-1`, nil},
		"an actor of two lines":          {`"actor":"x"`, `"actor":"x\ny"`, nil},
		"a case that is a path":          {`"case":"C-1"`, `"case":"../C"`, nil},
		"a word outside the closed list": {`"basis":"consent"`, `"basis":"habit"`, nil},
		"more than a leaf holds":         {`"actor":"x"`, `"actor":"` + strings.Repeat("x", MaxEvent) + `"`, nil},
		"the time when it was recorded":  {`"type"`, `"recorded_at":300,"type"`, jcs.ErrMember},
		"a request without its key":      {`"type"`, `"request":{"body":"` + strings.Repeat("a", 64) + `"},"type"`, nil},
		"a request that is no digests":   {`"type"`, `"request":{"body":"a","key":"b"},"type"`, nil},
		"a request that is nothing":      {`"type"`, `"request":{"body":"","key":""},"type"`, nil},
		"a list of sixty-five partners":  {`"partners":[]`, `"partners":["A` + strings.Repeat(`","A`, 64) + `"]`, nil},
	} {
		bad := strings.Replace(good, tc.old, tc.new, 1)
		if bad == good {
			t.Errorf("%s: nothing was changed", name)
		}
		_, err := UnmarshalEvent([]byte(bad))
		if err == nil || tc.kind != nil && !errors.Is(err, tc.kind) {
			t.Errorf("%s: %v, want %v", name, err, tc.kind)
		}
	}
}

func TestMalformedEventsAreNotWritten(t *testing.T) {
	for name, e := range map[string]Event{
		"no data":               {Case: "C-1", Actor: "x", DecidedAt: 1, EffectiveAt: 1},
		"no effect":             {Case: "C-1", Actor: "x", DecidedAt: 1, Data: ApplicationAccepted{}},
		"invalid UTF-8":         {Case: "C-1", Actor: "\xff", DecidedAt: 1, EffectiveAt: 1, Data: ApplicationAccepted{}},
		"a time past 53 bits":   {Case: "C-1", Actor: "x", DecidedAt: 1, EffectiveAt: jcs.MaxInt + 1, Data: ApplicationAccepted{}},
		"findings past a leaf":  {Case: "C-1", Actor: "x", DecidedAt: 1, EffectiveAt: 1, Data: tooMuch()},
		"a status out of range": {Case: "C-1", Actor: "x", DecidedAt: 1, EffectiveAt: 1, Data: CredentialStatusSet{[]StatusChange{change(0, 4, 1)}}},
	} {
		if raw, err := MarshalEvent(e); err == nil {
			t.Errorf("%s: %s", name, raw)
		}
	}
}

// tooMuch is well-formed part by part and too large as a whole.
func tooMuch() Data {
	var d ApplicationAssessed
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		d.Findings = append(d.Findings, Finding{Requirement: string(c), Result: Partly, Note: strings.Repeat("x", maxNote)})
	}
	return d
}

func FuzzUnmarshalEvent(f *testing.F) {
	for _, e := range oneOfEach() {
		raw, err := MarshalEvent(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`null`))
	f.Add([]byte(`{"actor":"x","case":"C","data":null,"decided_at":1,"effective_at":1,"type":"application.accepted","version":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := UnmarshalEvent(raw)
		if long, longErr := parseEvent(raw); (longErr == nil) != (err == nil) || !cmp.Equal(long, e) {
			t.Fatalf("%q is %+v, %v; the long way %+v, %v", raw, e, err, long, longErr)
		}
		if err != nil {
			return
		}
		again, err := MarshalEvent(e)
		if err != nil || string(again) != string(raw) {
			t.Fatalf("%q was accepted and is written as %q: %v", raw, again, err)
		}
		// Whatever order events come in, states refuse or follow, and never break.
		_, _ = Operator{}.Apply(e)
		_, _ = Application{}.Apply(e)
		_, _ = Authorisation{}.Apply(e)
		_, _ = Programme{}.Apply(e)
		_, _ = Assessment{}.Apply(e)
	})
}
