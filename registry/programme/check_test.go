package programme

import (
	"strings"
	"testing"
	"time"
)

func TestPacksThatDoNotHoldTogetherAreRefused(t *testing.T) {
	eu := string(load(t, "EU", "").Raw())
	for name, tc := range map[string]struct{ old, new, why string }{
		"another format":                       {`aeo.pack/2`, `aeo.pack/1`, "format"},
		"an unknown member":                    {`"since":`, `"hence": 1, "since":`, "hence"},
		"a member twice":                       {`"since":`, `"since": 1, "since":`, "duplicate"},
		"no administration":                    {`"European Commission, DG TAXUD"`, `""`, "administration is missing"},
		"a territory that is no code":          {`"territory": "EU"`, `"territory": "Europe"`, "malformed"},
		"a time zone nobody knows":             {`Europe/Berlin`, `Europe/Bonn`, "Europe/Bonn"},
		"a member twice in the union":          {`"code": "DE"`, `"code": "FR"`, "repeated"},
		"a role outside SAFE":                  {`"code": "distributor"`, `"code": "smuggler"`, "smuggler"},
		"a role twice":                         {`"code": "distributor"`, `"code": "airport"`, "repeated"},
		"a component that is not there":        {`["AEOC", "AEOS"]`, `["AEOC", "AEOX"]`, "AEOX"},
		"a type that is its own component":     {`["AEOC", "AEOS"]`, `["AEOF"]`, "has components itself"},
		"a requirement for a joined type":      {`"types": ["AEOC"]`, `"types": ["AEOF"]`, "not a component"},
		"a criterion SAFE does not have":       {`"safe": ["A"]`, `"safe": ["N"]`, "SAFE"},
		"a rule of effect nobody wrote":        {`"start_of_day"`, `"next_moon"`, "next_moon"},
		"a start of day without days":          {`"days": 5`, `"days": 0`, "0 days"},
		"a validity without end or unlimited":  {`"rule": "unlimited"`, `"rule": "years"`, "validity"},
		"a credential living three years":      {`"credential_days": 730`, `"credential_days": 1095`, "1095"},
		"an audience nobody wrote":             {`"suspension_shown_to": "customs"`, `"suspension_shown_to": "press"`, "press"},
		"a release for a purpose nobody wrote": {`"purpose": "exchange"`, `"purpose": "marketing"`, "marketing"},
		"a pattern open at its end":            {`{1,15}$`, `{1,15}`, "anchored"},
		"a pattern that does not compile":      {`^[A-Z]{2}[A-Z0-9]{1,15}$`, `^[A-Z$`, "missing closing"},
		"an example its pattern refuses":       {`"DE1234567"`, `"1234567"`, "example"},
		"an example of no member":              {`"DE1234567"`, `"CH1234567"`, "example"},
		"a rule without source":                {`DA Art. 29: the fifth day after the decision was taken`, ``, "source"},
		"a letter under two requirements":      {`"safe": ["B"]`, `"safe": ["A"]`, "another requirement"},
		"a criterion under no requirement":     {`"group": "39D"`, `"group": "39X"`, "39X"},
		"a criterion for a joined type":        {"\"types\": [\"AEOC\"],\n      \"evidence\"", `"types": ["AEOF"], "evidence"`, "B-7"},
		"a criterion that asks nothing":        {`completed training in customs law?`, `completed training in customs law`, "X-1"},
		"a deadline nothing acts on":           {`"id": "recheck"`, `"id": "seance"`, "seance"},
		"a silence that means nothing":         {`"outcome": "deemed_accepted"`, `"outcome": "deemed_acepted"`, "deemed_acepted"},
		"a deadline both there and absent":     {`{"rule": "renewal"`, `{"rule": "hearing"`, "hearing"},
		"a deadline without a period":          {`{"n": 120, "unit": "days"}`, `{"n": 0, "unit": "days"}`, "decision"},
		"a hearing nobody wrote":               {`"hearing": "before"`, `"hearing": "later"`, "later"},
		"a visit of what is no component":      {`"AEOS": "required"`, `"AEOF": "required"`, "visit"},
		"an hour more than the deadline says":  {`"urgent_hours": 72`, `"urgent_hours": 73`, "urgent_hours"},
		"a silence nobody wrote":               {`"silence": "must_answer"`, `"silence": "golden"`, "silence"},
		"a consultation that ends first":       {`"until": "2025-05-19"`, `"until": "2015-05-19"`, "until"},
		"a bar after nothing":                  {`"after": "annulment"`, `"after": "lunch"`, "bars"},
		"a part ended by what is not its own":  {`"AEOC": ["39D"]`, `"AEOC": ["39A"]`, "39A"},
		"young companies nobody watches":       {`"young": "young_monitoring"`, `"young": ""`, "young"},
		"a change told by no deadline":         {`"rule": "change_notice"`, `"rule": "notice"`, "notice"},
		"a time to appeal against lunch":       {`"bars": [`, `"appeal_after": {"lunch": {"n": 30, "unit": "days"}}, "bars": [`, "lunch"},
		"a certificate of what is not asked":   {`"covers": ["H-6"`, `"covers": ["H-66"`, "H-66"},
	} {
		if !strings.Contains(eu, tc.old) {
			t.Errorf("%s: the pack does not hold %q", name, tc.old)
			continue
		}
		_, err := read([]byte(strings.Replace(eu, tc.old, tc.new, 1)))
		if err == nil || !strings.Contains(err.Error(), tc.why) {
			t.Errorf("%s: %v, want %q", name, err, tc.why)
		}
	}
	sg := string(load(t, "SG", "").Raw())
	for name, tc := range map[string]struct{ old, new, why string }{
		"an operation that cannot be undone": {`"op": "drop_prefix", "arg": "AEO"`, `"op": "lower", "arg": "AEO"`, "no operation"},
		"a prefix the number does not have":  {`"op": "drop_prefix", "arg": "AEO"`, `"op": "drop_prefix", "arg": "EOA"`, "does not begin"},
		"a rendering with a reserved name":   {`"profile": "china"`, `"profile": "plain"`, "reserved"},
	} {
		_, err := read([]byte(strings.Replace(sg, tc.old, tc.new, 1)))
		if err == nil || !strings.Contains(err.Error(), tc.why) {
			t.Errorf("%s: %v, want %q", name, err, tc.why)
		}
	}
}

// An alternation must not slip past the anchors.
func TestPatternsCoverTheWholeValue(t *testing.T) {
	nz := string(load(t, "NZ", "").Raw())
	p, err := read([]byte(strings.Replace(nz, `^[0-9]{8}[A-Z]$`, `^[0-9]{8}[A-Z]|X$`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if id, err := p.ParseIdentifier("12345678AJUNK"); err == nil {
		t.Errorf("junk after the number read as %s", id)
	}
}

// FuzzPack: a pack from a file is refused, or every question that is put to packs has
// an answer.
func FuzzPack(f *testing.F) {
	for _, territory := range []string{"EU", "NZ", "TH"} {
		raw, err := packs.ReadFile("packs/" + strings.ToLower(territory) + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"format":"aeo.pack/2"}`))
	f.Add([]byte(`{"format":"aeo.outline/2","types":[null]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Read(raw, "")
		if err != nil {
			return
		}
		for _, ty := range p.Types {
			roles, err := p.RolesFor(ty.Code)
			if err != nil {
				t.Fatal(err)
			}
			criteria, err := p.CriteriaFor(ty.Code, words(roles))
			if err != nil || len(criteria) == 0 || len(criteria) > MaxCriteria {
				t.Fatalf("%s: %d criteria: %v", ty.Code, len(criteria), err)
			}
			p.EffectiveAt(time.Unix(1, 0))
			p.ValidUntil(ty.Code, time.Unix(1, 0))
		}
		if again, err := Read(p.Raw(), ""); err != nil || again.SHA256() != p.SHA256() {
			t.Fatalf("not read again: %v", err)
		}
	})
}
