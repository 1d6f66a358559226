package registry

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// A Negotiation is a text this node keeps that is not in force here: a draft, an
// annex some parties signed, or one all signed that nobody has imported yet.
// It is in no log and no bundle, so no verdict knows of it.
type Negotiation struct {
	ID      string         `json:"id"`
	Version int64          `json:"version"`
	SHA256  string         `json:"sha256"` // of the document
	Parties []string       `json:"parties"`
	Signed  []string       `json:"signed"`
	Missing []string       `json:"missing"`
	From    string         `json:"received_from,omitzero"` // territory; empty = drafted or read here
	KeptAt  int64          `json:"kept_at"`                // Unix seconds
	Waits   string         `json:"waits_for"`              // us, partners, import
	Text    *mra.Document  `json:"document"`
	Annex   jsontext.Value `json:"annex,omitzero"` // once somebody signed
}

// What a negotiation waits for.
const (
	WaitsForUs       = "us"
	WaitsForPartners = "partners"
	WaitsForImport   = "import"
)

// kept is a file in negotiations/.
type kept struct {
	Schema   string         `json:"schema"`
	From     string         `json:"from,omitzero"`
	At       int64          `json:"at"`
	Document *mra.Document  `json:"document,omitzero"`
	Annex    jsontext.Value `json:"annex,omitzero"`
}

const (
	keptSchema  = "aeo.negotiation/1"
	maxKept     = 2 << 20 // bytes of one
	maxTexts    = 256     // all together
	maxReceived = 128     // that partners may leave here
	maxFromPeer = 32      // and one of them
)

func (p paths) negotiations() string { return filepath.Join(p.dir, "negotiations") }

// KeepDraft is a request to remember a text that is being negotiated.
type KeepDraft struct {
	Annex    jsontext.Value `json:"annex,omitzero"`
	Document *mra.Document  `json:"document,omitzero"`
	By       string         `json:"by"`
	DryRun   bool           `json:"dry_run,omitzero"`
}

// KeepDraft keeps a draft or a partly signed annex that names us as a party.
// What is kept binds nobody, so one person is enough.
func (n *Node) KeepDraft(ctx context.Context, r KeepDraft) (*Negotiation, error) {
	if err := n.alone(ctx, &r.By); err != nil {
		return nil, err
	}
	k := kept{Document: r.Document, Annex: r.Annex}
	if r.DryRun {
		return n.negotiation(&k)
	}
	return n.keep(k)
}

// Negotiations are all texts kept, by id, version and digest.
func (n *Node) Negotiations() ([]*Negotiation, error) {
	entries, err := os.ReadDir(n.paths.negotiations())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read negotiations: %w", err)
	}
	var out []*Negotiation
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") { // not yet in place
			continue
		}
		raw, err := readBounded(filepath.Join(n.paths.negotiations(), e.Name()), maxKept)
		if err != nil {
			return nil, fmt.Errorf("read negotiations: %w", err)
		}
		var k kept
		if err := jcs.Unmarshal(raw, &k); err != nil || k.Schema != keptSchema {
			return nil, fmt.Errorf("negotiations/%s is damaged (%v): move it away", e.Name(), err)
		}
		one, err := n.negotiation(&k)
		if err != nil {
			return nil, fmt.Errorf("negotiations/%s: %w", e.Name(), err)
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b *Negotiation) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version), cmp.Compare(a.SHA256, b.SHA256))
	})
	return out, nil
}

// minDigest is how much of a digest tells texts apart.
const minDigest = 8

// Negotiation finds a text by the id of its arrangement, of several versions the
// newest, or by the beginning of its digest.
func (n *Node) Negotiation(name string) (*Negotiation, error) {
	all, err := n.Negotiations()
	if err != nil {
		return nil, err
	}
	var found []*Negotiation
	for _, k := range all {
		if k.ID == name || len(name) >= minDigest && strings.HasPrefix(k.SHA256, name) {
			found = append(found, k)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: no draft of %.64q is kept here", ErrNotFound, name)
	}
	last := found[len(found)-1]
	for _, k := range found[:len(found)-1] {
		if k.Version == last.Version {
			return nil, fmt.Errorf("%w: two texts of %s version %d are kept: name one by the first letters of its digest, %.12s or %.12s",
				ErrConflict, k.ID, k.Version, k.SHA256, last.SHA256)
		}
	}
	return last, nil
}

// DropDraft is a request to forget a text.
type DropDraft struct {
	Name   string `json:"name"` // id or digest
	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// DropDraft forgets a text that is kept. Whoever signed it may still hold it.
func (n *Node) DropDraft(ctx context.Context, r DropDraft) (*Negotiation, error) {
	if err := n.alone(ctx, &r.By); err != nil {
		return nil, err
	}
	unlock := n.cases.lock("negotiations")
	defer unlock()
	k, err := n.Negotiation(r.Name)
	if err != nil || r.DryRun {
		return k, err
	}
	n.opts.Log.Info("draft dropped", "mra", k.ID, "version", k.Version, "sha256", k.SHA256, "by", r.By)
	return k, n.forget(k)
}

func (n *Node) forget(k *Negotiation) error {
	if err := os.Remove(n.negotiationFile(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDirectory(n.paths.negotiations())
}

func (n *Node) negotiationFile(k *Negotiation) string {
	return filepath.Join(n.paths.negotiations(), fmt.Sprintf("%s.%d.%s.json", strings.ToLower(k.ID), k.Version, k.SHA256[:32]))
}

// negotiation checks a text and says how it stands.
func (n *Node) negotiation(k *kept) (*Negotiation, error) {
	out := &Negotiation{From: k.From, KeptAt: k.At, Annex: k.Annex, Signed: []string{}, Missing: []string{}, Waits: WaitsForPartners}
	switch {
	case (k.Annex == nil) == (k.Document == nil):
		return nil, fmt.Errorf("%w: want either a document or an annex", ErrInvalid)
	case k.Document != nil:
		if err := k.Document.Check(); err != nil {
			return nil, invalid(err)
		}
		out.Text, out.SHA256 = k.Document, k.Document.SHA256()
		for _, p := range k.Document.Parties {
			out.Missing = append(out.Missing, p.Territory)
		}
	default:
		annex, err := mra.Parse(k.Annex)
		if err != nil {
			return nil, invalid(err)
		}
		out.Text, out.SHA256 = &annex.Document, annex.SHA256()
		out.Missing = append(out.Missing, annex.Missing()...)
	}
	if err := n.checkOwnParty(out.Text); err != nil {
		return nil, err
	}
	out.ID, out.Version = out.Text.ID, out.Text.Version
	for _, p := range out.Text.Parties {
		out.Parties = append(out.Parties, p.Territory)
		if !slices.Contains(out.Missing, p.Territory) {
			out.Signed = append(out.Signed, p.Territory)
		}
	}
	switch {
	case len(out.Missing) == 0:
		out.Waits = WaitsForImport
	case slices.Contains(out.Missing, n.config.Territory):
		out.Waits = WaitsForUs
	}
	return out, nil
}

// keep makes a text durable. One that is kept already gains the signatures it
// lacked; none is ever lost.
func (n *Node) keep(k kept) (*Negotiation, error) {
	unlock := n.cases.lock("negotiations")
	defer unlock()
	next, err := n.negotiation(&k)
	if err != nil {
		return nil, err
	}
	all, err := n.Negotiations()
	if err != nil {
		return nil, err
	}
	if !mayKeep(all, next, k.From) {
		return nil, fmt.Errorf("%w: %d texts are kept already: drop some first", ErrConflict, len(all))
	}
	for _, old := range all {
		if !old.same(next) {
			continue
		}
		merged, err := author.Merge(old.Annex, k.Annex)
		if err != nil {
			return nil, invalid(err)
		}
		if bytes.Equal(merged, old.Annex) {
			return old, nil
		}
		k.Document, k.Annex, k.From = nil, merged, old.From
	}
	k.Schema, k.At = keptSchema, n.now().Unix()
	if next, err = n.negotiation(&k); err != nil {
		return nil, err
	}
	raw, err := jcs.Marshal(k)
	if err != nil {
		return nil, err
	}
	if len(raw) > maxKept {
		return nil, fmt.Errorf("%w: the text is larger than %d bytes", ErrInvalid, maxKept)
	}
	if err := os.MkdirAll(n.paths.negotiations(), 0o700); err != nil {
		return nil, err
	}
	if err := peer.ReplaceFile(n.negotiationFile(next), raw); err != nil {
		return nil, fmt.Errorf("keep %s version %d: %w", next.ID, next.Version, err)
	}
	return next, syncDirectory(n.paths.dir)
}

func (k *Negotiation) same(o *Negotiation) bool {
	return k.SHA256 == o.SHA256 && k.ID == o.ID && k.Version == o.Version
}

// mayKeep reports whether there is room for a text of a partner, of ours for "".
// There always is for the signatures of one that is kept, and partners together
// leave half of the room to us.
func mayKeep(all []*Negotiation, text *Negotiation, from string) bool {
	received, ofIt := 0, 0
	for _, old := range all {
		if old.same(text) {
			return true
		}
		if old.From != "" {
			received++
		}
		if old.From == from {
			ofIt++
		}
	}
	if from == "" {
		return len(all) < maxTexts
	}
	return received < maxReceived && ofIt < maxFromPeer
}

// concluded forgets the texts that an imported version settles: that version
// and those before it.
func (n *Node) concluded(annex *mra.Annex) error {
	unlock := n.cases.lock("negotiations")
	defer unlock()
	all, err := n.Negotiations()
	for _, k := range all {
		if k.ID == annex.ID && k.Version <= annex.Version {
			err = errors.Join(err, n.forget(k))
		}
	}
	return err
}
