package federation_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

const union = "https://aeo.customs.eu.example"

// A world is a federation seen from Japan: arrangements with New Zealand,
// Singapore (exchange only), Korea (ended on day 40), Canada (suspended on day
// 40) and the union EU with its member DE; the United States is only known.
type world struct {
	jp, nz, sg, kr, ca, us, eu, de *administration
	sdjwt                          map[string][]byte // by trader
}

// theWorld is made once: it never changes.
var theWorld = sync.OnceValue(newWorld)

// A grant is what goes into a credential beside the usual.
type grant struct {
	by     *administration
	idx    int64
	key    string // of the issuer
	edit   func(*credential.Claims)
	listed bool // in the directory
}

func newWorld() *world {
	w := &world{
		jp: newAdministration("JP", "JP", "aeo.customs.jp.example"),
		nz: newAdministration("NZ", "NZ", "aeo.customs.nz.example"),
		sg: newAdministration("SG", "SG", "aeo.customs.sg.example"),
		kr: newAdministration("KR", "KR", "aeo.customs.kr.example"),
		ca: newAdministration("CA", "CA", "aeo.customs.ca.example"),
		us: newAdministration("US", "US", "aeo.customs.us.example"),
		eu: newAdministration("EU", "EU", "aeo.customs.eu.example"),
		de: newAdministration("EU", "DE", "aeo.customs.de.example"),
	}
	w.sdjwt = map[string][]byte{}
	w.grantAll()
	w.recordEvents()
	return w
}

func (w *world) grantAll() {
	until := func(exp int64) func(*credential.Claims) { return func(c *credential.Claims) { c.Expires = exp } }
	w.grant("orchards", grant{by: w.nz, idx: 1, listed: true})
	w.grant("suspended", grant{by: w.nz, idx: 2, listed: true})
	w.grant("ended", grant{by: w.nz, idx: 3})
	w.grant("annulled", grant{by: w.nz, idx: 4})
	w.grant("superseded", grant{by: w.nz, idx: 5})
	w.grant("reinstated", grant{by: w.nz, idx: 6})
	w.grant("ended in retrospect", grant{by: w.nz, idx: 7})
	w.grant("expired", grant{by: w.nz, idx: 8, edit: until(opened + 50*day)})
	w.grant("stolen key", grant{by: w.nz, idx: 9, key: "issuer stolen"})
	w.grant("carrier", grant{by: w.nz, idx: 10, edit: func(c *credential.Claims) { c.Subject.Roles = []string{"carrier"} }})
	w.grant("other type", grant{by: w.nz, idx: 11, edit: func(c *credential.Claims) { c.Type = "AEOC" }})
	w.grant("sole trader", grant{by: w.nz, idx: 12, edit: func(c *credential.Claims) {
		c.Subject.Identifiers = []string{"NZ:sole:77"}
	}})
	w.grant("home", grant{by: w.jp, idx: 1, listed: true})
	w.grant("exchange only", grant{by: w.sg, idx: 1, listed: true})
	w.grant("korean", grant{by: w.kr, idx: 1})
	w.grant("canadian", grant{by: w.ca, idx: 1})
	w.grant("american", grant{by: w.us, idx: 1, listed: true})
	w.grant("german", grant{by: w.de, idx: 1, listed: true})
	w.nz.entries = append(w.nz.entries, bundle.DirectoryEntry{ // claims a trader of another administration
		Name: "Pretender Ltd", Identifiers: []string{identifier(w.us, "american"), "ZZ:biz:5"}, Roles: []string{"exporter"},
		Programme: w.nz.programme, AuthorisationType: "AEO", EffectiveOn: date(opened),
		CredentialSHA256: credentialLeaf(w.sdjwt["orchards"]).SHA256, Status: bundle.StatusRef{URI: w.nz.list(), Idx: 99},
	})
	w.grant("german simplifications", grant{by: w.de, idx: 2, edit: func(c *credential.Claims) { c.Type = "AEOC" }, listed: true})
}

// grant issues a credential on day 1, in effect on day 2, and logs it.
func (w *world) grant(trader string, g grant) {
	w.sdjwt[trader] = w.issue(trader, g)
	g.by.record(opened+day, credentialLeaf(w.sdjwt[trader]))
	if g.listed {
		g.by.entries = append(g.by.entries, bundle.DirectoryEntry{
			Name: legalName(trader), Identifiers: []string{identifier(g.by, trader)}, Roles: []string{"exporter"},
			Programme: g.by.programme, AuthorisationType: w.visible(trader).Type, EffectiveOn: date(opened + 2*day),
			CredentialSHA256: credentialLeaf(w.sdjwt[trader]).SHA256,
			Status:           bundle.StatusRef{URI: g.by.list(), Idx: g.idx},
		})
	}
}

func (w *world) issue(trader string, g grant) []byte {
	c := credential.Claims{
		Issuer: g.by.entity(), IssuedAt: opened + day, NotBefore: opened + 2*day, Expires: opened + 700*day,
		Status:    credential.StatusRef{URI: g.by.list(), Idx: g.idx},
		Territory: g.by.territory, Authority: g.by.authority, Programme: g.by.programme, Type: "AEO",
		Subject: credential.Subject{
			LegalName: legalName(trader), Identifiers: []string{identifier(g.by, trader)},
			Roles: []string{"exporter"}, EffectiveOn: date(opened + 2*day),
		},
	}
	if g.edit != nil {
		g.edit(&c)
	}
	if g.key == "" {
		g.key = "issuer"
	}
	vct := g.by.entity()
	if g.by.authority != g.by.territory {
		vct = union
	}
	salts := rand.NewChaCha8(sha256.Sum256([]byte(trader)))
	raw := must(credential.Issue(c, vct, g.by.signer(g.key), salts))
	return must(credential.Present(raw, credential.Counterparty))
}

func (w *world) visible(trader string) credential.Claims {
	return must(credential.Parse(w.sdjwt[trader])).Visible()
}

func legalName(trader string) string { return strings.ToUpper(trader[:1]) + trader[1:] + " Ltd" }

func identifier(a *administration, trader string) string {
	sum := sha256.Sum256([]byte(trader))
	return fmt.Sprintf("%s:biz:%s", a.territory, strings.ToUpper(hex.EncodeToString(sum[:4])))
}

func date(at int64) string { return time.Unix(at, 0).UTC().Format(time.DateOnly) }

func (w *world) recordEvents() {
	w.nz.record(opened+20*day,
		w.nz.status(2, statuslist.Suspended, opened+20*day),
		w.nz.status(3, statuslist.Ended, opened+20*day),
		w.nz.status(4, statuslist.Ended, opened+2*day),
		w.nz.status(5, statuslist.Superseded, opened+20*day),
		w.nz.status(6, statuslist.Suspended, opened+20*day))
	w.nz.record(opened+25*day, w.nz.status(6, statuslist.Valid, opened+25*day))
	w.nz.reportTheft(opened+30*day, opened+22*day)
	w.sdjwt["forged by thief"] = w.issue("forged by thief", grant{by: w.nz, idx: 13, key: "issuer stolen"})
	w.nz.record(opened+35*day, credentialLeaf(w.sdjwt["forged by thief"]))
	w.nz.record(opened+40*day, w.nz.status(7, statuslist.Ended, opened+10*day))
}

// A recipe is a bundle to be packed; tests spoil it before.
type recipe struct {
	manifest bundle.Manifest
	members  map[string][]byte
}

// japan is the bundle of Japan, with all that happened since an instant.
func (w *world) japan(since int64) *recipe {
	r := newRecipe(w.jp)
	hints := []string{w.jp.entity()}
	own := w.jp.configuration(nil, nil)
	r.add(since, material(w.jp, bundle.RelationSelf, own))
	for _, a := range []*administration{w.nz, w.sg, w.kr, w.ca} {
		r.add(since, w.partner(a, a.configuration(hints, nil)))
	}
	r.add(since, material(w.us, bundle.RelationKnown, w.us.configuration(nil, nil)))
	eu := w.eu.configuration(hints, []string{w.de.entity()})
	de := w.de.configuration([]string{union}, nil)
	r.add(since, w.partner(w.eu, eu, w.de.host))
	r.add(since, w.member(de))
	r.members[bundle.PathConfiguration] = own
	w.addArrangements(r)
	return r
}

// union is the bundle of the union EU, which has no arrangements.
func (w *world) union() *recipe {
	r := newRecipe(w.eu)
	own := w.eu.configuration(nil, []string{w.de.entity()})
	r.add(0, material(w.eu, bundle.RelationSelf, own))
	r.add(0, w.member(w.de.configuration([]string{union}, nil)))
	r.members[bundle.PathConfiguration] = own
	return r
}

func newRecipe(self *administration) *recipe {
	return &recipe{
		manifest: bundle.Manifest{
			Iss: self.entity(), Iat: built, RefreshBy: built + 3*day, Exp: built + 30*day, Seq: 7,
			Profile: bundle.ProfilePublic, Territory: self.territory,
		},
		members: map[string][]byte{
			bundle.PathRosters: must(author.Rosters(&self.rosters)),
			bundle.PathPolicy:  bundle.DefaultPolicy(),
		},
	}
}

func material(a *administration, relation string, configuration []byte) *author.Material {
	return &author.Material{
		Territory: a.territory, Authority: a.authority, EntityID: a.entity(), Relation: relation,
		Configuration: configuration, Rosters: &a.rosters, Checkpoint: a.checkpoint(), Log: a.log,
		Directory: a.directory(), Programme: a.profile(), FetchedAt: built,
	}
}

func (w *world) partner(a *administration, configuration []byte, members ...string) *author.Material {
	m := material(a, bundle.RelationPartner, configuration)
	s := author.Partner(w.jp.entity(), must(trust.Parse(configuration)), members, built-day)
	m.Statement = must(author.Statement(s, w.jp.signer("federation")))
	return m
}

func (w *world) member(configuration []byte) *author.Material {
	m := material(w.de, bundle.RelationMember, configuration)
	s := author.Member(union, must(trust.Parse(configuration)), built-day)
	m.MemberStatement = must(author.Statement(s, w.eu.signer("federation")))
	return m
}

func (r *recipe) add(since int64, m *author.Material) {
	r.manifest.Issuers = append(r.manifest.Issuers, m.Issuer())
	for path, raw := range must(m.Members(since)) {
		r.members[path] = raw
	}
}

func (r *recipe) issuer(a *administration) *bundle.Issuer {
	for i := range r.manifest.Issuers {
		if r.manifest.Issuers[i].EntityID == a.entity() {
			return &r.manifest.Issuers[i]
		}
	}
	panic("no such issuer")
}

func (w *world) addArrangements(r *recipe) {
	for _, a := range []*administration{w.nz, w.sg, w.kr, w.ca, w.eu} {
		d := w.arrangement(a)
		annex := must(author.Sign(d, w.jp.signer("root")))
		r.members[bundle.AnnexPath(d.ID, 1)] = must(author.Countersign(annex, a.signer("root")))
	}
	r.addNotice(w.kr, mra.ActEnd)
	r.addNotice(w.ca, mra.ActSuspend)
}

// addNotice has a partner's act take effect on day 40, announced on day 39.
func (r *recipe) addNotice(a *administration, act string) {
	n := mra.Notice{
		Iss: a.entity(), MRA: "JP-" + a.territory, Party: a.territory, Seq: 1,
		Act: act, Against: []string{"JP"}, From: opened + 40*day, Iat: opened + 39*day,
	}
	r.members[bundle.NoticePath(n.MRA, n.Party, 1)] = must(author.Notice(n, a.signer("federation")))
}

// arrangement is in effect from day 5; Japan recognises exporters of type AEO
// for import. New Zealand's honours a status for three days, the others say nothing.
func (w *world) arrangement(a *administration) mra.Document {
	basis := "either"
	if a == w.sg {
		basis = "exchange"
	}
	d := mra.Document{
		ID: "JP-" + a.territory, Version: 1, SignedOn: date(opened - 30*day), ReviewOn: "2029-01-10",
		Instrument: mra.Instrument{Title: "Arrangement on mutual recognition", Citation: "2025/1", Languages: []string{"en"}},
		DataSharing: mra.DataSharing{Fields: []string{"legal_name"}, ReleaseBasis: "consent", Basis: basis,
			Retention: "P5Y", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 90, InTransit: "honour"},
		Recognitions: []mra.Recognition{{
			By: "JP", Of: a.territory, Programme: a.programme, AuthorisationType: "AEO", Roles: []string{"exporter"},
			Direction: mra.Import, As: "AEO exporter", AppliesWhen: "consignor", DateBasis: "acceptance",
			Benefits: []string{"fewer_inspections"}, From: date(opened + 5*day),
		}},
	}
	if a == w.nz {
		d.Freshness = &mra.Freshness{Target: 3600, WarnAfter: day, HonourUntil: 3 * day}
	}
	for _, p := range []*administration{w.jp, a} {
		d.Parties = append(d.Parties, mra.Party{
			Territory: p.territory, EntityID: p.entity(), Root: []*keys.PublicKey{p.signer("root").Public()}, TimeZone: "UTC",
			Contacts:  mra.Contacts{Mailbox: "aeo@" + p.host, DutyPhone: "+00 555 0100"},
			Signatory: mra.Signatory{Function: "Director, AEO desk", Mandate: "Delegation 7/2025"},
		})
	}
	return d
}

func anchorOf(a *administration) *bundle.Anchor {
	return must(bundle.NewAnchor(a.territory, a.entity(), []*keys.PublicKey{a.signer("root").Public()}, 1, opened))
}

// open packs the bundle as it is, without judging it, and opens it.
func (r *recipe) open(self *administration) *federation.Verifier {
	v, _, err := federation.Open(r.pack(self), anchorOf(self), nil, built, 0)
	check(err)
	return v
}

func (r *recipe) pack(self *administration) []byte {
	return must(author.Pack(r.manifest, r.members, self.signer("bundle")))
}

// fromJapan is a verifier that nothing is wrong with.
var fromJapan = sync.OnceValue(func() *federation.Verifier {
	w := theWorld()
	r := w.japan(0)
	must(author.Bundle(r.manifest, r.members, anchorOf(w.jp), w.jp.signer("bundle")))
	return r.open(w.jp)
})

// file is an .aeo file of credentials.
func file(sdjwts ...[]byte) []byte { return credential.FormatFile(sdjwts, nil) }

// now asks what holds at the instant the bundle was built.
func now() federation.Question { return federation.Question{Now: built + 3600} }

// without is an SD-JWT that does not disclose a claim.
func without(sdjwt []byte, claim string) []byte {
	parts := strings.Split(string(sdjwt), "~")
	kept := parts[:1]
	for _, d := range parts[1 : len(parts)-1] {
		if !bytes.Contains(must(keys.DecodeBase64URL(d)), []byte(`"`+claim+`"`)) {
			kept = append(kept, d)
		}
	}
	return []byte(strings.Join(append(kept, ""), "~"))
}

// resign has an issuer sign a payload that is text-edited.
func resign(sdjwt []byte, s *keys.Signer, edit func(payload []byte) []byte) []byte {
	jwt, disclosures, _ := bytes.Cut(sdjwt, []byte("~"))
	payload := must(keys.DecodeBase64URL(strings.Split(string(jwt), ".")[1]))
	return append(append(must(keys.Sign(keys.KindCredential, edit(payload), s)), '~'), disclosures...)
}
