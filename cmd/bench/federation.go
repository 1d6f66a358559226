package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	mathrand "math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	day      = 24 * 3600
	changed  = 0.05 // share of holders whose status changed in sixty days
	released = 0.02 // share of holders in the public directory
)

// The logs open two months ago, the bundle is of yesterday.
var (
	opened = time.Now().Unix()/day*day - 61*day
	built  = opened + 60*day
	asked  = built + 3600
)

// A home is the administration whose bundle it is, with its partners. Everything
// in the bundle is real but the holders: keys, signatures, logs and their trees.
type home struct {
	*administration
	partners []*partner
	bundle   []byte
	anchor   *bundle.Anchor
}

// A partner is an administration of which nothing is kept but the signed
// credential of one of its holders and the key it can be checked with.
type partner struct {
	entity string
	sdjwt  []byte
	key    *keys.Signer
}

// newHome builds the bundle of an administration with so many partners, each
// with so many holders.
func newHome(partners, holders int) (*home, error) {
	self, err := newAdministration("ZZ", 1)
	if err != nil {
		return nil, err
	}
	h := &home{administration: self, partners: make([]*partner, partners)}
	m := bundle.Manifest{
		Iss: self.entity, Iat: built, RefreshBy: built + 3*day, Exp: built + 30*day, Seq: 1,
		Profile: bundle.ProfilePublic, Territory: self.territory,
	}
	members := map[string][]byte{bundle.PathPolicy: bundle.DefaultPolicy()}
	if members[bundle.PathRosters], err = author.Rosters(&self.rosters); err != nil {
		return nil, err
	}
	own, err := self.configuration("")
	if err != nil {
		return nil, err
	}
	members[bundle.PathConfiguration] = own
	parts := make([]*part, partners+1)
	if parts[partners], err = self.part(bundle.RelationSelf, own, nil); err != nil {
		return nil, err
	}
	if err := parallel(partners, func(i int) error {
		territory := string([]byte{'A' + byte(i/26), 'A' + byte(i%26)})
		h.partners[i], parts[i], err = h.newPartner(territory, holders)
		return err
	}); err != nil {
		return nil, err
	}
	for _, p := range parts {
		m.Issuers = append(m.Issuers, p.issuer)
		for path, raw := range p.members {
			members[path] = raw
		}
	}
	if h.bundle, err = author.Pack(m, members, self.signers[keys.RoleBundle]); err != nil {
		return nil, err
	}
	h.anchor, err = bundle.NewAnchor(self.territory, self.entity, self.roots(), 1, opened)
	return h, err
}

// parallel calls f with 0 to n-1 on all cores.
func parallel(n int, f func(i int) error) error {
	var (
		workers sync.WaitGroup
		next    = make(chan int)
		errs    = make(chan error, n)
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					errs <- err
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// open opens the bundle as a verifier does.
func (h *home) open() (*federation.Verifier, error) {
	v, _, err := federation.Open(h.bundle, h.anchor, nil, asked, 0)
	return v, err
}

// verify wants the credential of a partner's holder to be recognised.
func verify(v *federation.Verifier, sdjwt []byte) error {
	if d := v.Verify(sdjwt, federation.Question{Now: asked}); !d.Verdict.Good() {
		return fmt.Errorf("the verdict is %v: %v", d.Verdict, d.Reason)
	}
	return nil
}

// A part is what a bundle holds about one administration, its arrangement included.
type part struct {
	issuer  bundle.Issuer
	members map[string][]byte
}

func (h *home) newPartner(territory string, holders int) (*partner, *part, error) {
	a, err := newAdministration(territory, holders)
	if err != nil {
		return nil, nil, err
	}
	configuration, err := a.configuration(h.entity)
	if err != nil {
		return nil, nil, err
	}
	p, err := a.part(bundle.RelationPartner, configuration, h.administration)
	if err != nil {
		return nil, nil, err
	}
	annex, err := author.Sign(arrangement(h.administration, a), h.signers[keys.RoleRoot])
	if err != nil {
		return nil, nil, err
	}
	if annex, err = author.Countersign(annex, a.signers[keys.RoleRoot]); err != nil {
		return nil, nil, err
	}
	p.members[bundle.AnnexPath(h.territory+"-"+territory, 1)] = annex
	return &partner{entity: a.entity, sdjwt: a.sdjwt, key: a.signers[keys.RoleIssuer]}, p, nil
}

// An administration has real keys, a real log and real statements.
type administration struct {
	territory, host, entity string
	signers                 map[keys.Role]*keys.Signer
	notes                   map[keys.Role]*keys.NoteSigner
	rosters                 keys.History
	log                     *transparency.Copy
	entries                 []bundle.DirectoryEntry
	sdjwt                   []byte // of the one holder that is more than a digest
}

func newAdministration(territory string, holders int) (*administration, error) {
	host := "aeo.customs." + strings.ToLower(territory) + ".example"
	a := &administration{
		territory: territory, host: host, entity: "https://" + host,
		signers: map[keys.Role]*keys.Signer{}, notes: map[keys.Role]*keys.NoteSigner{},
		log: transparency.NewCopy(host + "/log"),
	}
	if err := a.makeKeys(); err != nil {
		return nil, err
	}
	raw := a.rosters.Raw()[0]
	if err := a.record(opened,
		transparency.Genesis{Origin: host + "/log", Territory: territory, Authority: territory,
			Profile: transparency.Profile, RosterSHA256: keys.SHA256Hex(raw)},
		transparency.Key{Roster: raw},
		transparency.List{URI: a.list(), Bits: statuslist.Bits, Size: statuslist.DefaultSize}); err != nil {
		return nil, err
	}
	return a, a.grant(holders)
}

func (a *administration) list() string { return a.entity + "/status/0" }

func (a *administration) roots() []*keys.PublicKey {
	return []*keys.PublicKey{a.signers[keys.RoleRoot].Public()}
}

// makeKeys makes a key for every role a partner looks at, and the roster of them.
func (a *administration) makeKeys() error {
	r := keys.Roster{Iss: a.entity, Seq: 1, Iat: opened, Exp: opened + 400*day}
	window := keys.RosterKey{Nbf: opened, SignUntil: opened + 300*day, Exp: opened + 1200*day}
	for _, role := range []keys.Role{keys.RoleRoot, keys.RoleFederation, keys.RoleBundle, keys.RoleIssuer} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		if a.signers[role], err = keys.NewSigner(key); err != nil {
			return err
		}
		if role == keys.RoleRoot {
			continue
		}
		k := window
		k.Role, k.JWK = role, a.signers[role].Public()
		r.Keys = append(r.Keys, k)
	}
	for role, typ := range map[keys.Role]byte{
		keys.RoleLog: keys.NoteEd25519, keys.RoleWitness: keys.NoteCosignature, keys.RoleAuditor: keys.NoteCosignature,
	} {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		if a.notes[role], err = keys.NewNoteSigner(a.host+"/"+string(role), typ, key); err != nil {
			return err
		}
		k := window
		k.Role, k.VKey = role, a.notes[role].String()
		r.Keys = append(r.Keys, k)
	}
	r.Root = a.roots()
	return a.signRoster(r)
}

func (a *administration) signRoster(r keys.Roster) error {
	payload, err := jcs.Marshal(r)
	if err != nil {
		return err
	}
	compact, err := keys.Sign(keys.KindRoster, payload, a.signers[keys.RoleRoot])
	if err != nil {
		return err
	}
	part := strings.Split(string(compact), ".")
	raw, err := jcs.Marshal(map[string]any{
		"payload":    part[1],
		"signatures": []map[string]string{{"protected": part[0], "signature": part[2]}},
	})
	if err != nil {
		return err
	}
	return a.rosters.Append(raw)
}

// record appends a batch to the log.
func (a *administration) record(at int64, leaves ...transparency.Leaf) error {
	entries, err := transparency.Arrange(leaves)
	if err != nil {
		return err
	}
	for _, raw := range entries {
		if err := a.log.Add(raw); err != nil {
			return err
		}
	}
	raw, err := transparency.MarshalLeaf(a.log.Reduction().Next(at))
	if err != nil {
		return err
	}
	return a.log.Add(raw)
}

// grant logs holders, of whom the first is issued a credential, lets the status
// of some change over two months, a batch a day, and lists those released.
func (a *administration) grant(holders int) error {
	var err error
	if a.sdjwt, err = a.issue(); err != nil {
		return err
	}
	p, err := credential.Parse(a.sdjwt)
	if err != nil {
		return err
	}
	random := mathrand.New(mathrand.NewPCG(uint64(holders), 1))
	leaves := make([]transparency.Leaf, holders)
	for i := range leaves {
		var digest [32]byte
		binary.BigEndian.PutUint64(digest[:], uint64(i))
		if i == 0 {
			digest = p.LogSHA256()
		}
		leaves[i] = transparency.Credential{SHA256: fmt.Sprintf("%x", digest)}
		if random.Float64() < released {
			a.entries = append(a.entries, a.entry(i, digest))
		}
	}
	if err := a.record(opened+day, leaves...); err != nil {
		return err
	}
	batches := make([][]transparency.Leaf, 50)
	for i := 1; i < holders; i++ {
		if random.Float64() < changed {
			at := random.IntN(len(batches))
			batches[at] = append(batches[at], transparency.Status{
				URI: a.list(), Idx: int64(i), Value: statuslist.Suspended, EffectiveAt: opened + int64(2+at)*day,
			})
		}
	}
	for i, batch := range batches {
		if err := a.record(opened+int64(2+i)*day, batch...); err != nil {
			return err
		}
	}
	return nil
}

func (a *administration) issue() ([]byte, error) {
	raw, err := credential.Issue(credential.Claims{
		Issuer: a.entity, IssuedAt: opened + day, NotBefore: opened + 2*day, Expires: opened + 700*day,
		Status:    credential.StatusRef{URI: a.list(), Idx: 0},
		Territory: a.territory, Authority: a.territory, Programme: "aeo", Type: "AEO",
		Subject: credential.Subject{
			LegalName: "Southern Orchards Limited", Identifiers: []string{a.territory + ":biz:9429041234567"},
			Roles: []string{"exporter", "importer"}, EffectiveOn: date(opened + 2*day), DecidedBy: "Customs of " + a.territory,
			Address: &credential.Address{Country: a.territory, Locality: "Port Town", Street: "1 Quay Street"},
		},
	}, a.entity, a.signers[keys.RoleIssuer], rand.Reader)
	if err != nil {
		return nil, err
	}
	return credential.Present(raw, credential.Counterparty)
}

func (a *administration) entry(i int, digest [32]byte) bundle.DirectoryEntry {
	return bundle.DirectoryEntry{
		Name: fmt.Sprintf("Trader number %d of %s Limited", i, a.territory), Identifiers: []string{fmt.Sprintf("%s:biz:%013d", a.territory, i)},
		Roles: []string{"exporter"}, Programme: "aeo", AuthorisationType: "AEO", EffectiveOn: date(opened + 2*day),
		CredentialSHA256: fmt.Sprintf("%x", digest), Status: bundle.StatusRef{URI: a.list(), Idx: int64(i)},
	}
}

// configuration is what the administration says of itself; superior is who
// makes statements about it, if anybody.
func (a *administration) configuration(superior string) ([]byte, error) {
	var hints []string
	if superior != "" {
		hints = []string{superior}
	}
	return author.Statement(trust.Statement{
		Iss: a.entity, Sub: a.entity, Iat: built - day, Exp: built + 20*day,
		JWKS:           trust.JWKS{Keys: []*keys.PublicKey{a.signers[keys.RoleFederation].Public()}},
		AuthorityHints: hints,
		Metadata: &trust.Metadata{Registry: &trust.Registry{
			Territory: a.territory, Authority: a.territory,
			RosterSHA256: keys.SHA256Hex(a.rosters.Raw()[0]),
			Keys:         trust.RegistryKeys{Issuer: []*keys.PublicKey{a.signers[keys.RoleIssuer].Public()}},
			Log:          trust.LogRef{Origin: a.host + "/log", VKey: a.notes[keys.RoleLog].String()},
			Witness:      trust.VKeyRef{VKey: a.notes[keys.RoleWitness].String()},
			Auditor:      trust.VKeyRef{VKey: a.notes[keys.RoleAuditor].String()},
			VCT:          []string{credential.VCT(a.entity)},
			Programmes:   []trust.ProgrammeRef{},
			Contacts:     trust.Contacts{Name: "Customs of " + a.territory, Mailbox: "aeo@" + a.host},
		}},
	}, a.signers[keys.RoleFederation])
}

// part makes what the bundle of superior, nil for its own, holds about a.
func (a *administration) part(relation string, configuration []byte, superior *administration) (*part, error) {
	head, err := tlog.TreeHash(a.log.Size(), a.log)
	if err != nil {
		return nil, err
	}
	signed, err := transparency.SignCheckpoint(a.log.Size(), head, a.notes[keys.RoleLog])
	if err != nil {
		return nil, err
	}
	checkpoint, err := transparency.ParseCheckpoint(signed, a.notes[keys.RoleLog].VKey)
	if err != nil {
		return nil, err
	}
	m := author.Material{
		Territory: a.territory, Authority: a.territory, EntityID: a.entity, Relation: relation,
		Configuration: configuration, Rosters: &a.rosters, Checkpoint: checkpoint, Log: a.log, FetchedAt: built,
	}
	if m.Directory, err = author.Directory(bundle.Directory{
		Iss: a.entity, Iat: built - day, Exp: built + 20*day, Seq: 1, Entries: a.entries,
	}, a.signers[keys.RoleBundle]); err != nil {
		return nil, err
	}
	if superior != nil {
		subject, err := trust.Parse(configuration)
		if err != nil {
			return nil, err
		}
		s := author.Partner(superior.entity, subject, nil, built-day)
		if m.Statement, err = author.Statement(s, superior.signers[keys.RoleFederation]); err != nil {
			return nil, err
		}
	}
	members, err := m.Members(0)
	return &part{issuer: m.Issuer(), members: members}, err
}

// arrangement is one of mutual recognition for exporters.
func arrangement(a, b *administration) mra.Document {
	d := mra.Document{
		ID: a.territory + "-" + b.territory, Version: 1, SignedOn: date(opened - 30*day), ReviewOn: date(opened + 1000*day),
		Instrument:  mra.Instrument{Title: "Arrangement on mutual recognition", Citation: "2025/1", Languages: []string{"en"}},
		DataSharing: mra.DataSharing{Fields: []string{"legal_name"}, ReleaseBasis: "consent", Basis: "either", Retention: "P5Y", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 90, InTransit: "honour"},
	}
	for _, p := range [][2]*administration{{a, b}, {b, a}} {
		by, of := p[0], p[1]
		d.Parties = append(d.Parties, mra.Party{
			Territory: by.territory, EntityID: by.entity, Root: by.roots(), TimeZone: "UTC",
			Contacts:  mra.Contacts{Mailbox: "aeo@" + by.host, DutyPhone: "+00 555 0100"},
			Signatory: mra.Signatory{Function: "Director, AEO desk", Mandate: "Delegation 7/2025"},
		})
		d.Recognitions = append(d.Recognitions, mra.Recognition{
			By: by.territory, Of: of.territory, Programme: "aeo", AuthorisationType: "AEO", Roles: []string{"exporter"},
			Direction: mra.Import, As: "AEO exporter", AppliesWhen: "consignor", DateBasis: "acceptance",
			Benefits: []string{"fewer_inspections"}, From: date(opened + 5*day),
		})
	}
	return d
}

func date(at int64) string { return time.Unix(at, 0).UTC().Format(time.DateOnly) }
