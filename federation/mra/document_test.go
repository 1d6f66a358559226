package mra_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

func TestDocumentRules(t *testing.T) {
	many := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprint("item ", i))
		}
		return list
	}
	for _, c := range []struct {
		name string
		edit func(d *mra.Document)
		want string // part of the refusal; empty = accepted
	}{
		{"a plain document holds", func(d *mra.Document) {}, ""},
		{"an id is capitals, digits and inner hyphens", func(d *mra.Document) { d.ID = "jp/nz" }, "id"},
		{"an id is not empty", func(d *mra.Document) { d.ID = "" }, "id"},
		{"versions begin with 1", func(d *mra.Document) { d.Version = 0 }, "version 0"},
		{"version 1 follows nothing", func(d *mra.Document) { d.PrevSHA256 = strings.Repeat("0", 64) }, "prev_sha256"},
		{"version 2 names what it follows", func(d *mra.Document) { d.Version = 2 }, "prev_sha256"},
		{"an instrument has a title", func(d *mra.Document) { d.Instrument.Title = "" }, "instrument.title"},
		{"an instrument's URL is https", func(d *mra.Document) { d.Instrument.URL = "http://mra.example/" }, "instrument.url"},
		{"an instrument may be published", func(d *mra.Document) { d.Instrument.URL = "https://mra.example/1" }, ""},
		{"an instrument's digest is SHA-256", func(d *mra.Document) { d.Instrument.SHA256 = "ABCD" }, "instrument.sha256"},
		{"an instrument has a language", func(d *mra.Document) { d.Instrument.Languages = nil }, "languages"},
		{"text turning the direction of writing is refused", func(d *mra.Document) { d.Instrument.Title = "a\u202eb" }, "control"},
		{"one party recognises nobody", func(d *mra.Document) { d.Parties = d.Parties[:1] }, "parties"},
		{"a territory is two capitals", func(d *mra.Document) { d.Parties[0].Territory = "jp" }, "territory"},
		{"a territory is listed once", func(d *mra.Document) { d.Parties[1].Territory = "JP" }, "twice"},
		{"an entity is listed once", func(d *mra.Document) { d.Parties[1].EntityID = entityOf("JP") }, "twice"},
		{"an entity id is a host", func(d *mra.Document) { d.Parties[0].EntityID = "https://10.0.0.1" }, "entity id"},
		{"a party has a root key", func(d *mra.Document) { d.Parties[0].Root = nil }, "root keys"},
		{"a root key belongs to one party", func(d *mra.Document) { d.Parties[1].Root = d.Parties[0].Root }, "who signed"},
		{"a root key is not null", func(d *mra.Document) { d.Parties[0].Root = []*keys.PublicKey{nil} }, "null"},
		{"a time zone exists", func(d *mra.Document) { d.Parties[0].TimeZone = "Asia/Atlantis" }, "no such zone"},
		{"a time zone is the same everywhere", func(d *mra.Document) { d.Parties[0].TimeZone = "Local" }, "IANA"},
		{"a time zone does not leave the zone database", func(d *mra.Document) { d.Parties[0].TimeZone = "../../etc/passwd" }, "no such zone"},
		{"a party can be reached", func(d *mra.Document) { d.Parties[0].Contacts.DutyPhone = "" }, "duty_phone"},
		{"a party signs in a function", func(d *mra.Document) { d.Parties[0].Signatory.Function = " " }, "signatory.function"},
		{"there is something to recognise", func(d *mra.Document) { d.Recognitions = nil }, "recognitions"},
		{"nobody recognises itself", func(d *mra.Document) { d.Recognitions[0].Of = "JP" }, "two different parties"},
		{"only parties are recognised", func(d *mra.Document) { d.Recognitions[0].Of = "US" }, "two different parties"},
		{"a programme has at most 32 characters", func(d *mra.Document) { d.Recognitions[0].Programme = strings.Repeat("x", 33) }, "programme"},
		{"a type is named", func(d *mra.Document) { d.Recognitions[0].AuthorisationType = "" }, "authorisation_type"},
		{"a role is named", func(d *mra.Document) { d.Recognitions[0].Roles = nil }, "roles"},
		{"a role is lower case", func(d *mra.Document) { d.Recognitions[0].Roles = []string{"Exporter"} }, "role"},
		{"a role is listed once", func(d *mra.Document) { d.Recognitions[0].Roles = []string{"carrier", "carrier"} }, "twice"},
		{"a direction is a known one", func(d *mra.Document) { d.Recognitions[0].Direction = "transit" }, "direction"},
		{"applies_when is a known word", func(d *mra.Document) { d.Recognitions[0].AppliesWhen = "sometimes" }, "applies_when"},
		{"date_basis is a known word", func(d *mra.Document) { d.Recognitions[0].DateBasis = "payment" }, "date_basis"},
		{"a benefit has at most 64 characters", func(d *mra.Document) { d.Recognitions[0].Benefits = []string{strings.Repeat("x", 65)} }, "benefits[0]"},
		{"benefits are at most 32", func(d *mra.Document) { d.Recognitions[0].Benefits = many(33) }, "33 benefits"},
		{"a hint is complete", func(d *mra.Document) { d.Recognitions[0].DeclarationHint = &mra.Hint{Code: "Y031"} }, "declaration_hint.element"},
		{"a date is a date", func(d *mra.Document) { d.Recognitions[0].From = "2026-02-30" }, "from"},
		{"a date has one spelling", func(d *mra.Document) { d.Recognitions[0].From = "2026-2-3" }, "from"},
		{"until comes after from", func(d *mra.Document) { d.Recognitions[0].Until = d.Recognitions[0].From }, "not after"},
		{"a review does not precede the signature", func(d *mra.Document) { d.ReviewOn = "2025-01-01" }, "review_on"},
		{"freshness ascends", func(d *mra.Document) { d.Freshness = &mra.Freshness{Target: 9, WarnAfter: 8, HonourUntil: 10} }, "freshness"},
		{"freshness ends within 45 days", func(d *mra.Document) {
			d.Freshness = &mra.Freshness{Target: 1, WarnAfter: 1, HonourUntil: 45*86400 + 1}
		}, "freshness"},
		{"notice days are bounded", func(d *mra.Document) { d.Termination.NoticeDays = 3651 }, "notice_days"},
		{"in_transit is a known word", func(d *mra.Document) { d.Termination.InTransit = "maybe" }, "in_transit"},
		{"data are not passed on", func(d *mra.Document) { d.DataSharing.Onward = "all" }, "onward"},
		{"release rests on consent or law", func(d *mra.Document) { d.DataSharing.ReleaseBasis = "habit" }, "release_basis"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := jpnz(t, rule("JP", "NZ", "2026-04-01"))
			c.edit(&d)
			err := d.Check()
			if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, mra.ErrAnnex) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want a refusal with %q", err, c.want)
			}
		})
	}
}

func TestTwoRulesForOneKey(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(r *mra.Recognition)
		ok   bool
	}{
		{"the same rule twice", func(r *mra.Recognition) {}, false},
		{"both directions cover one", func(r *mra.Recognition) { r.Direction = mra.Both }, false},
		{"one role in common", func(r *mra.Recognition) { r.Roles = []string{"importer", "exporter"} }, false},
		{"a later start within the first", func(r *mra.Recognition) { r.From = "2027-04-01" }, false},
		{"an end after the first began", func(r *mra.Recognition) { r.From, r.Until = "2025-01-01", "2026-04-02" }, false},
		{"an end on the day the first begins", func(r *mra.Recognition) { r.From, r.Until = "2025-01-01", "2026-04-01" }, true},
		{"another direction", func(r *mra.Recognition) { r.Direction = mra.Export }, true},
		{"other roles", func(r *mra.Recognition) { r.Roles = []string{"importer"} }, true},
		{"another type", func(r *mra.Recognition) { r.AuthorisationType = "SES2" }, true},
		{"another programme", func(r *mra.Recognition) { r.Programme = "other" }, true},
		{"the other way round", func(r *mra.Recognition) { r.By, r.Of = "NZ", "JP" }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			second := rule("JP", "NZ", "2026-04-01")
			c.edit(&second)
			for _, rules := range [][]mra.Recognition{
				{rule("JP", "NZ", "2026-04-01"), second},
				{second, rule("JP", "NZ", "2026-04-01")},
			} {
				d := jpnz(t, rules...)
				if err := d.Check(); (err == nil) != c.ok {
					t.Errorf("got %v, want accepted = %t", err, c.ok)
				}
			}
		})
	}
}

func TestAnnexSignatures(t *testing.T) {
	d := jpnz(t, rule("JP", "NZ", "2026-04-01"))
	payload := marshal(t, d)
	for _, c := range []struct {
		name    string
		raw     []byte
		missing []string
		ok      bool
	}{
		{"all have signed", sealed(t, keys.KindAnnex, payload, "JP root", "NZ root"), nil, true},
		{"one has signed", sealed(t, keys.KindAnnex, payload, "NZ root"), []string{"JP"}, true},
		{"not in order of the parties", sealed(t, keys.KindAnnex, payload, "NZ root", "JP root"), nil, false},
		{"a stranger signed too", sealed(t, keys.KindAnnex, payload, "JP root", "US root"), nil, false},
		{"a party signed twice", sealed(t, keys.KindAnnex, payload, "JP root", "JP root"), nil, false},
		{"a federation key signed", sealed(t, keys.KindAnnex, payload, "JP federation", "NZ root"), nil, false},
		{"it is a roster by typ", sealed(t, keys.KindRoster, payload, "JP root", "NZ root"), nil, false},
		{"an unknown member in the payload", sealed(t, keys.KindAnnex, addMember(payload, `"zz":1`), "JP root", "NZ root"), nil, false},
		{"an optional member that is null", sealed(t, keys.KindAnnex, replaced(payload, `"id":`, `"freshness":null,"id":`), "JP root", "NZ root"), nil, false},
		{"a member is missing", sealed(t, keys.KindAnnex, replaced(payload, `"benefits":["lower_risk_score"],`, ``), "JP root", "NZ root"), nil, false},
		{"a payload not in RFC 8785 form", sealed(t, keys.KindAnnex, append([]byte(" "), payload...), "JP root"), nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := mra.Parse(c.raw)
			if (err == nil) != c.ok {
				t.Fatalf("got %v, want accepted = %t", err, c.ok)
			}
			if err == nil && (strings.Join(a.Missing(), " ") != strings.Join(c.missing, " ") || !bytes.Equal(a.Raw(), c.raw)) {
				t.Errorf("missing %v, want %v", a.Missing(), c.missing)
			}
			if err == nil && a.SHA256() != d.SHA256() {
				t.Errorf("the digest depends on who signed")
			}
			if err != nil && !errors.Is(err, mra.ErrAnnex) {
				t.Errorf("%v is not ErrAnnex", err)
			}
		})
	}
}

// addMember puts a member at the end of a canonical object.
func addMember(object []byte, member string) []byte {
	return append(bytes.Clone(object[:len(object)-1]), ","+member+"}"...)
}

func replaced(object []byte, from, to string) []byte {
	return bytes.Replace(object, []byte(from), []byte(to), 1)
}

func TestOneBadSignatureSpoilsTheAnnex(t *testing.T) {
	d := jpnz(t, rule("JP", "NZ", "2026-04-01"))
	other := jpnz(t, rule("JP", "NZ", "2026-05-01"))
	good := sealed(t, keys.KindAnnex, marshal(t, d), "JP root", "NZ root")
	bad := sealed(t, keys.KindAnnex, marshal(t, other), "NZ root")
	signatureOf := func(raw []byte) []byte {
		tail := raw[bytes.LastIndex(raw, []byte(`"signature":"`))+len(`"signature":"`):]
		return tail[:bytes.IndexByte(tail, '"')]
	}
	mixed := bytes.Replace(good, signatureOf(good), signatureOf(bad), 1)
	if _, err := mra.Parse(mixed); !errors.Is(err, keys.ErrSignature) {
		t.Errorf("got %v, want a signature that does not verify", err)
	}
}

func FuzzParse(f *testing.F) {
	d := jpnz(f, rule("JP", "NZ", "2026-04-01"), rule("NZ", "JP", "2026-04-01"))
	f.Add(sealed(f, keys.KindAnnex, marshal(f, d), "JP root", "NZ root"))
	f.Add(sealed(f, keys.KindAnnex, marshal(f, d), "NZ root"))
	f.Add([]byte(`{"payload":"e30","signatures":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := mra.Parse(raw)
		if err != nil {
			return
		}
		if err := a.Check(); err != nil || len(a.Missing()) >= len(a.Parties) {
			t.Errorf("accepted although %v, missing %v", err, a.Missing())
		}
	})
}

// The signature keeps mutations of a signed annex from reaching its document,
// so here the parties sign whatever is made.
func FuzzDocument(f *testing.F) {
	r := rule("JP", "NZ", "2026-04-01")
	r.Until, r.DeclarationHint = "2027-04-01", &mra.Hint{Element: "13 01", Code: "Y031", Text: "number"}
	r.IDRendering = &mra.IDRendering{Scheme: "ses", To: "tcuin", Ops: []mra.Op{{Op: "pad_left", Width: 12}, {Op: "prefix", Text: "NZ"}}}
	d := jpnz(f, r, rule("NZ", "JP", "2026-04-01"))
	f.Add(marshal(f, d))
	f.Add(marshal(f, next(d, "2026-06-01", r)))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if jcs.CheckObject(payload) != nil {
			return
		}
		a, err := mra.Parse(sealed(t, keys.KindAnnex, payload, "JP root", "NZ root"))
		if err != nil {
			return
		}
		if !bytes.Equal(marshal(t, a.Document), payload) {
			t.Errorf("the document is not what was signed")
		}
		if _, err := mra.NewRegister([]*mra.Annex{a}, nil); err != nil && a.Version == 1 {
			t.Errorf("a version 1 that all have signed: %v", err)
		}
	})
}
