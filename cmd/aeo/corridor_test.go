package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

// makeCorridor fills dir with what verifiers in Japan and New Zealand have,
// all of it made on the sixtieth day of 2026:
//
//	JP.aeobundle      number 7, with the arrangement JP-NZ
//	JP-6.aeobundle    the one before
//	JP-other.aeobundle another of number 7
//	NZ.aeobundle      which knows of no arrangement
//	JP.aeoanchor NZ.aeoanchor
//	orchards.aeo carrier.aeo suspended.aeo home.aeo two.aeo altered.aeo
//	draft.json        an amendment of JP-NZ nobody signed: carriers for exporters
//	published/nz      New Zealand's log as static files
//	other.vkey        a key in the name of New Zealand's log that is not its own
func makeCorridor(t testing.TB, dir string) {
	t.Helper()
	c := &corridor{t: t, dir: dir, nz: newOffice("NZ", "NZ-SES"), jp: newOffice("JP", "JP-AEO")}
	orchards := c.nz.grant("Southern Orchards Ltd", "NZ:ses:12345678A", "exporter", 1)
	carrier := c.nz.grant("Kiwi Freight Ltd", "NZ:ses:23456789B", "carrier", 2)
	suspended := c.nz.grant("Tasman Timber Ltd", "NZ:ses:34567890C", "exporter", 3)
	home := c.jp.grant("Sakura Precision KK", "JP:jp-aeo:JP12345678901234567", "exporter", 1)
	c.nz.suspend(3, opened+20*daySeconds)

	c.file("orchards.aeo", orchards)
	c.file("carrier.aeo", carrier)
	c.file("suspended.aeo", suspended)
	c.file("home.aeo", home)
	c.file("two.aeo", carrier, orchards)
	c.file("altered.aeo", bytes.Replace(orchards, []byte("~"), []byte("~WyJ4Il0~"), 1))
	c.write("JP.aeoanchor", c.jp.anchor().Marshal())
	c.write("NZ.aeoanchor", c.nz.anchor().Marshal())
	c.write("JP-6.aeobundle", c.japan(6, built-daySeconds))
	c.write("JP.aeobundle", c.japan(7, built))
	c.write("JP-other.aeobundle", c.japan(7, built+60))
	c.write("NZ.aeobundle", c.newZealand())
	c.write("draft.json", must(jcs.Marshal(c.amendment())))
	c.publishLog()
}

// amendment is a draft of version 2, by which carriers are recognised from the
// hundredth day on and exporters no more.
func (c *corridor) amendment() *mra.Document {
	first := c.arrangement()
	d := first.Amend(onDay(60))
	d.Cease("JP", "NZ", "", onDay(100))
	r := first.Recognitions[0]
	r.Roles, r.As, r.From = []string{"carrier"}, "AEO carrier", onDay(100)
	d.Recognise(r)
	return d
}

type corridor struct {
	t      testing.TB
	dir    string
	nz, jp *office
}

func (c *corridor) write(name string, content []byte) {
	c.t.Helper()
	name = filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *corridor) file(name string, sdjwts ...[]byte) {
	c.write(name, credential.FormatFile(sdjwts, nil))
}

func manifestOf(o *office, seq, iat int64) bundle.Manifest {
	return bundle.Manifest{
		Iss: o.entity(), Iat: iat, RefreshBy: iat + 3*daySeconds, Exp: iat + 30*daySeconds, Seq: seq,
		Profile: bundle.ProfilePublic, Territory: o.territory,
	}
}

// japan is the bundle of Japan, which recognises New Zealand's exporters.
func (c *corridor) japan(seq, iat int64) []byte {
	m, members := c.own(c.jp, manifestOf(c.jp, seq, iat))
	configuration := c.nz.configuration(c.jp.entity())
	partner := c.nz.material(bundle.RelationPartner, configuration)
	s := author.Partner(c.jp.entity(), must(trust.Parse(configuration)), nil, built-daySeconds)
	partner.Statement = must(author.Statement(s, c.jp.signer("federation")))
	c.add(&m, members, partner)
	d := c.arrangement()
	annex := must(author.Sign(d, c.jp.signer("root")))
	members[bundle.AnnexPath(d.ID, 1)] = must(author.Countersign(annex, c.nz.signer("root")))
	return must(author.Bundle(m, members, c.jp.anchor(), c.jp.signer("bundle")))
}

func (c *corridor) newZealand() []byte {
	m, members := c.own(c.nz, manifestOf(c.nz, 1, built))
	return must(author.Bundle(m, members, c.nz.anchor(), c.nz.signer("bundle")))
}

func (c *corridor) own(o *office, m bundle.Manifest) (bundle.Manifest, map[string][]byte) {
	own := o.configuration()
	members := map[string][]byte{
		bundle.PathConfiguration: own,
		bundle.PathRosters:       must(author.Rosters(&o.rosters)),
		bundle.PathPolicy:        bundle.DefaultPolicy(),
	}
	c.add(&m, members, o.material(bundle.RelationSelf, own))
	return m, members
}

func (c *corridor) add(m *bundle.Manifest, members map[string][]byte, material *author.Material) {
	material.FetchedAt = m.Iat
	m.Issuers = append(m.Issuers, material.Issuer())
	for path, raw := range must(material.Members(0)) {
		members[path] = raw
	}
}

func (c *corridor) arrangement() mra.Document {
	d := mra.Document{
		ID: "JP-NZ", Version: 1, SignedOn: onDay(-30), ReviewOn: "2029-01-10",
		Instrument: mra.Instrument{Title: "Arrangement on mutual recognition", Citation: "2025/1", Languages: []string{"en"}},
		DataSharing: mra.DataSharing{Fields: []string{"legal_name"}, ReleaseBasis: "consent", Basis: "either",
			Retention: "P5Y", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 90, InTransit: "honour"},
		Recognitions: []mra.Recognition{{
			By: "JP", Of: "NZ", Programme: c.nz.programme, AuthorisationType: "AEO", Roles: []string{"exporter"},
			Direction: mra.Import, As: "AEO exporter", AppliesWhen: "consignor", DateBasis: "acceptance",
			Benefits: []string{"fewer_inspections", "priority_release"}, From: onDay(5),
		}},
	}
	for _, o := range []*office{c.jp, c.nz} {
		d.Parties = append(d.Parties, mra.Party{
			Territory: o.territory, EntityID: o.entity(), Root: []*keys.PublicKey{o.signer("root").Public()}, TimeZone: "UTC",
			Contacts:  mra.Contacts{Mailbox: "aeo@" + o.host, DutyPhone: "+00 555 0100"},
			Signatory: mra.Signatory{Function: "Director, AEO desk", Mandate: "Delegation 7/2025"},
		})
	}
	return d
}

// publishLog writes New Zealand's log as the static files a node serves.
func (c *corridor) publishLog() {
	c.write("other.vkey", []byte(c.nz.noteSignerOf(keys.RoleLog, "another key").String()+"\n"))
	c.writeLog("published/nz/", c.nz, c.nz.log.Entries())
}

// writeLog signs a log of any entries and writes it as static files.
func (c *corridor) writeLog(below string, o *office, entries [][]byte) {
	var hashes storedHashes
	for n, entry := range entries {
		hashes = append(hashes, must(tlog.StoredHashes(int64(n), entry, hashes))...)
	}
	size, signer := int64(len(entries)), o.noteSigner(keys.RoleLog)
	c.write(below+"vkey", []byte(signer.String()+"\n"))
	c.write(below+"log/checkpoint", must(transparency.SignCheckpoint(size, must(tlog.TreeHash(size, hashes)), signer)))
	for n := int64(0); n < size; n += tileWidth {
		end := min(size, n+tileWidth)
		tile := tlog.Tile{H: 8, L: -1, N: n / tileWidth, W: int(end - n)}
		c.write(below+"log/"+transparency.TilePath(tile), must(transparency.FormatEntries(entries[n:end])))
	}
	for _, tile := range tlog.NewTiles(8, 0, size) {
		c.write(below+"log/"+transparency.TilePath(tile), must(tlog.ReadTileData(tile, hashes)))
	}
}
