package mra_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// signerFor makes the same key for the same name.
func signerFor(t testing.TB, name string) *keys.Signer {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func entityOf(territory string) string {
	if territory == "EU" {
		return "https://aeo.taxud.eu.example"
	}
	return "https://aeo.customs." + strings.ToLower(territory) + ".example"
}

func party(t testing.TB, territory string) mra.Party {
	return mra.Party{
		Territory: territory,
		EntityID:  entityOf(territory),
		Root:      []*keys.PublicKey{signerFor(t, territory+" root").Public()},
		TimeZone: map[string]string{
			"JP": "Asia/Tokyo", "NZ": "Pacific/Auckland", "EU": "Europe/Brussels", "SG": "Asia/Singapore",
		}[territory],
		Contacts:  mra.Contacts{Mailbox: "aeo@customs.example", DutyPhone: "+00 555 0100"},
		Signatory: mra.Signatory{Function: "Director, AEO desk", Mandate: "Delegation 7/2026"},
	}
}

// rule is a recognition of NZ's exporters, or the like, from a date on.
func rule(by, of, from string) mra.Recognition {
	return mra.Recognition{
		By: by, Of: of, Programme: "ses", AuthorisationType: "SES", Roles: []string{"exporter"},
		Direction: mra.Import, As: "AEO", AppliesWhen: "consignor", DateBasis: "acceptance",
		Benefits: []string{"lower_risk_score"}, From: from,
	}
}

func document(t testing.TB, id string, territories []string, rules ...mra.Recognition) mra.Document {
	d := mra.Document{
		ID: id, Version: 1, SignedOn: "2026-01-10", ReviewOn: "2029-01-10",
		Instrument:   mra.Instrument{Title: "Arrangement on mutual recognition", Citation: "2026/1", Languages: []string{"en"}},
		Recognitions: rules,
		DataSharing: mra.DataSharing{Fields: []string{"legal_name"}, ReleaseBasis: "consent", Basis: "exchange",
			Retention: "P5Y", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 90, InTransit: "honour"},
	}
	for _, territory := range territories {
		d.Parties = append(d.Parties, party(t, territory))
	}
	return d
}

func jpnz(t testing.TB, rules ...mra.Recognition) mra.Document {
	return document(t, "JP-NZ", []string{"JP", "NZ"}, rules...)
}

type generalJWS struct {
	Payload    string         `json:"payload"`
	Signatures []jwsSignature `json:"signatures"`
}

type jwsSignature struct {
	Protected string `json:"protected"`
	Signature string `json:"signature"`
}

// sealed signs a payload with the roots named, in that order.
func sealed(t testing.TB, kind keys.Kind, payload []byte, signers ...string) []byte {
	t.Helper()
	var g generalJWS
	for _, name := range signers {
		token, err := keys.Sign(kind, payload, signerFor(t, name))
		if err != nil {
			t.Fatal(err)
		}
		parts := bytes.Split(token, []byte("."))
		g.Payload = string(parts[1])
		g.Signatures = append(g.Signatures, jwsSignature{string(parts[0]), string(parts[2])})
	}
	return marshal(t, g)
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// complete is the annex of a document signed by all its parties.
func complete(t testing.TB, d mra.Document) *mra.Annex {
	t.Helper()
	var signers []string
	for _, p := range d.Parties {
		signers = append(signers, p.Territory+" root")
	}
	a, err := mra.Parse(sealed(t, keys.KindAnnex, marshal(t, d), signers...))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// next is the following version of a document, with other rules.
func next(d mra.Document, signedOn string, rules ...mra.Recognition) mra.Document {
	n := d
	n.Version, n.PrevSHA256, n.SignedOn, n.Recognitions = d.Version+1, d.SHA256(), signedOn, rules
	return n
}

// notice is a party's act about JP-NZ; edit changes what it likes.
func notice(t testing.TB, n mra.Notice) *mra.SignedNotice {
	t.Helper()
	if n.MRA == "" {
		n.MRA = "JP-NZ"
	}
	if n.Against == nil {
		n.Against = []string{mra.Everyone}
	}
	n.Iss = entityOf(n.Party)
	s, err := mra.ParseNotice(signedNotice(t, n))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func signedNotice(t testing.TB, n mra.Notice) []byte {
	t.Helper()
	raw, err := keys.Sign(keys.KindNotice, marshal(t, n), signerFor(t, n.Party+" federation"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func register(t testing.TB, annexes []*mra.Annex, notices ...*mra.SignedNotice) *mra.Register {
	t.Helper()
	r, err := mra.NewRegister(annexes, notices)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func unix(t testing.TB, s string) int64 { return instant(t, s).Unix() }
