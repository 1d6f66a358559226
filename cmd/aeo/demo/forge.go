package demo

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
	"golang.org/x/mod/sumdb/tlog"
)

// A forger holds the key rings of the demo's administrations, as somebody would
// who stole them: what the verdicts say about his work is part of the demo.
type forger struct {
	workshop
	rings map[string]*keyring.Ring
	now   time.Time
}

// strangerKey signs with a key that stands in no roster.
func strangerKey() (*keys.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return keys.NewSigner(key)
}

// claims of an invented credential that looks like one of New Zealand's.
func (f *forger) claims(issuer string, uri string) credential.Claims {
	return credential.Claims{
		Issuer: issuer, IssuedAt: f.now.AddDate(0, 0, -3).Unix(), NotBefore: f.now.AddDate(0, 0, -3).Unix(), Expires: f.now.AddDate(1, 0, 0).Unix(),
		Territory: "NZ", Authority: "NZ", Programme: "NZ-SES", Type: "SES",
		Status:  credential.StatusRef{URI: uri, Idx: 7},
		Subject: credential.Subject{LegalName: "Phantom Trading Ltd", Identifiers: []string{"NZ:ses:99999999Z"}, Roles: []string{"exporter"}},
	}
}

func (f *forger) issue(name, issuer, uri string, s *keys.Signer) (string, error) {
	raw, err := credential.Issue(f.claims(issuer, uri), issuer, s, rand.Reader)
	if err != nil {
		return "", fmt.Errorf("forge %s: %w", name, err)
	}
	return f.write("cases/"+name+".aeo", credential.FormatFile([][]byte{raw}, nil))
}

// unknownIssuer is a credential of an administration nobody knows.
func (f *forger) unknownIssuer() (string, error) {
	s, err := strangerKey()
	if err != nil {
		return "", err
	}
	e := "https://aeo.customs.zz.example"
	return f.issue("issuer-unknown", e, e+"/status/1", s)
}

// unknownKey names a real issuer and is signed with somebody else's key.
func (f *forger) unknownKey() (string, error) {
	s, err := strangerKey()
	if err != nil {
		return "", err
	}
	return f.issue("issuer-key-unknown", entity("NZ"), entity("NZ")+"/status/1", s)
}

// noStatus is signed with the stolen issuer key and names a list no log knows.
func (f *forger) noStatus() (string, error) {
	s, err := f.rings["NZ"].Signer(keys.RoleIssuer, f.now)
	if err != nil {
		return "", err
	}
	return f.issue("status-missing", entity("NZ"), entity("NZ")+"/status/77", s)
}

// repeatedDigest is signed with the stolen issuer key over a payload that names one digest twice.
func (f *forger) repeatedDigest(file string) (string, error) {
	return f.alter(file, "duplicate-digest", func(s *sheet) error {
		p := s.credentials[0]
		list := p.payload[bytes.Index(p.payload, []byte(`"_sd":["`))+len(`"_sd":["`):]
		copy(list[46:], list[:43]) // the second digest becomes the first: 43 characters, then `","`
		signer, err := f.rings["NZ"].Signer(keys.RoleIssuer, f.now)
		if err != nil {
			return err
		}
		jwt, err := keys.Sign(keys.KindCredential, p.payload, signer)
		if err != nil {
			return err
		}
		signed, err := takeApartOne(string(jwt) + "~")
		if err != nil {
			return err
		}
		signed.disclosures = p.disclosures
		s.credentials[0], s.receipts = signed, ""
		return nil
	})
}

// throughUnion writes a Japanese bundle in which the EU's statement about its
// partner, the United States, stands where one about a member belongs. It is
// signed with Japan's own bundle key: not even that makes the US a member.
func (f *forger) throughUnion(statement []byte) (string, error) {
	raw, err := f.read(bundleOf("JP"))
	if err != nil {
		return "", err
	}
	rawAnchor, err := f.read(anchorOf("JP"))
	if err != nil {
		return "", err
	}
	anchor, err := bundle.ParseAnchor(rawAnchor)
	if err != nil {
		return "", err
	}
	b, err := bundle.Open(raw, anchor)
	if err != nil {
		return "", err
	}
	m := *b.Manifest()
	var issuers []bundle.Issuer
	for _, i := range m.Issuers {
		if i.Territory == "US" {
			i.Territory, i.Authority, i.Relation = "EU", "US", "member"
		}
		issuers = append(issuers, i)
	}
	m.Issuers = issuers
	members := map[string][]byte{"p/eu/m/us/member-statement.jwt": statement}
	for _, path := range b.Paths() {
		content, _, err := b.Member(path)
		if err != nil {
			return "", err
		}
		if path != "p/us/statement.jwt" {
			members[strings.Replace(path, "p/us/", "p/eu/m/us/", 1)] = content
		}
	}
	signer, err := f.rings["JP"].Signer(keys.RoleBundle, f.now)
	if err != nil {
		return "", err
	}
	crafted, err := author.Pack(m, members, signer)
	if err != nil {
		return "", err
	}
	return f.write("cases/JP-us-through-eu.aeobundle", crafted)
}

// splitView gives a credential a receipt in another tree of the same size as the
// published one, signed with the stolen log key.
func (f *forger) splitView(file string) (string, error) {
	raw, err := f.read(file)
	if err != nil {
		return "", err
	}
	split, err := credential.SplitFile(raw)
	if err != nil {
		return "", err
	}
	receipt, err := f.forkedReceipt(split)
	if err != nil {
		return "", fmt.Errorf("fork the log: %w", err)
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	return f.write("cases/split-view.aeo", credential.FormatFile([][]byte{line}, [][]byte{receipt}))
}

func (f *forger) forkedReceipt(file *credential.File) ([]byte, error) {
	if len(file.Receipts) == 0 || file.Lines[0].Presentation == nil {
		return nil, fmt.Errorf("no receipt in the file")
	}
	genuine, err := transparency.ParseReceipt(file.Receipts[0])
	if err != nil {
		return nil, err
	}
	signer, err := f.rings["NZ"].NoteSigner(keys.RoleLog)
	if err != nil {
		return nil, err
	}
	cp, err := transparency.ParseCheckpoint(genuine.Checkpoint, signer.VKey)
	if err != nil {
		return nil, err
	}
	leaf, err := transparency.MarshalLeaf(transparency.Credential{SHA256: fmt.Sprintf("%x", file.Lines[0].Presentation.LogSHA256())})
	if err != nil {
		return nil, err
	}
	// a tree of the same size with nothing but this credential in it
	return receiptOf(signer, genuine.Index, cp.Size, func(int64) []byte { return leaf })
}

// receiptOf signs the head of a tree of leaves and proves one of them in it.
func receiptOf(signer *keys.NoteSigner, index, size int64, leaf func(n int64) []byte) ([]byte, error) {
	var hashes []tlog.Hash
	tree := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = hashes[x]
		}
		return out, nil
	})
	for n := range size {
		h, err := tlog.StoredHashes(n, leaf(n), tree)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h...)
	}
	root, err := tlog.TreeHash(size, tree)
	if err != nil {
		return nil, err
	}
	proof, err := tlog.ProveRecord(size, index, tree)
	if err != nil {
		return nil, err
	}
	note, err := transparency.SignCheckpoint(size, root, signer)
	if err != nil {
		return nil, err
	}
	return (&transparency.Receipt{Index: index, Proof: proof, Checkpoint: note}).Format(), nil
}

// uncosigned writes a file whose receipt leads to a head that the log did sign
// and that it has shown to nobody who cosigns.
func (f *forger) uncosigned(source string) (string, error) {
	raw, err := f.read(source)
	if err != nil {
		return "", err
	}
	split, err := credential.SplitFile(raw)
	if err != nil || len(split.Receipts) == 0 {
		return "", errors.Join(err, errors.New("no receipt in the file"))
	}
	genuine, err := transparency.ParseReceipt(split.Receipts[0])
	if err != nil {
		return "", err
	}
	signer, err := f.rings["NZ"].NoteSigner(keys.RoleLog)
	if err != nil {
		return "", err
	}
	cp, err := transparency.ParseCheckpoint(genuine.Checkpoint, signer.VKey)
	if err != nil {
		return "", err
	}
	var leaves [][]byte
	for size := cp.Size; int64(len(leaves)) < size; {
		n := int64(len(leaves)) / 256
		tile := tlog.Tile{H: 8, L: -1, N: n, W: int(min(256, size-n*256))}
		bundle, err := f.read("published/NZ/log/" + transparency.TilePath(tile))
		if err != nil {
			return "", err
		}
		entries, err := transparency.ParseEntries(bundle, tile.W)
		if err != nil {
			return "", err
		}
		leaves = append(leaves, entries...)
	}
	receipt, err := receiptOf(signer, genuine.Index, genuine.Index+1, func(n int64) []byte { return leaves[n] })
	if err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	return f.write("cases/uncosigned.aeo", credential.FormatFile([][]byte{line}, [][]byte{receipt}))
}
