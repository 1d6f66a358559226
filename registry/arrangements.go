package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/go-json-experiment/json/jsontext"
)

// SignAnnex is a request to sign an annex for this administration. A grant of
// recognition takes two people, so both are named.
type SignAnnex struct {
	Annex    jsontext.Value `json:"annex,omitzero"`    // signed by others already
	Document *mra.Document  `json:"document,omitzero"` // or a draft nobody has signed
	Kept     string         `json:"kept,omitzero"`     // or the name of a negotiation kept here
	By       string         `json:"by"`
	Second   string         `json:"second"`
	DryRun   bool           `json:"dry_run,omitzero"`
}

// SignAnnex adds this administration's root signature to a draft or to an annex
// others signed, returns the annex, and keeps it among the negotiations. It is
// not in effect by that: all parties sign, then each imports the whole. A dry run
// returns the text alone.
func (n *Node) SignAnnex(ctx context.Context, r SignAnnex) (jsontext.Value, error) {
	if err := n.takeKept(&r); err != nil { // first: what the second person agrees to is the text, not its name
		return nil, err
	}
	if err := n.jointly(ctx, "mras/sign", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	document, err := r.document()
	if err != nil {
		return nil, err
	}
	if err := n.checkOwnParty(document); err != nil {
		return nil, err
	}
	root, err := n.ring.Signer(keys.RoleRoot, n.now())
	if err != nil {
		return nil, err
	}
	sign := func() ([]byte, error) { return author.Sign(*document, root) }
	if r.Annex != nil {
		sign = func() ([]byte, error) { return author.Countersign(r.Annex, root) }
	}
	signed, err := sign()
	if err != nil {
		return nil, invalid(err)
	}
	if r.DryRun {
		return jcs.Marshal(document) // a signature that left would be no dry run
	}
	n.opts.Log.Info("annex signed", "mra", document.ID, "version", document.Version, "by", r.By, "second", r.Second)
	k, err := n.keep(kept{Annex: signed})
	if err != nil {
		return nil, err
	}
	return k.Annex, nil
}

// takeKept puts the text of the negotiation that is named into the request.
func (n *Node) takeKept(r *SignAnnex) error {
	if r.Kept == "" {
		return nil
	}
	if r.Annex != nil || r.Document != nil {
		return fmt.Errorf("%w: want either a text or the name of one", ErrInvalid)
	}
	k, err := n.Negotiation(r.Kept)
	if err != nil {
		return err
	}
	if r.Annex = k.Annex; k.Annex == nil {
		r.Document = k.Text
	}
	return nil
}

// document is the text that is to be signed.
func (r SignAnnex) document() (*mra.Document, error) {
	switch {
	case r.Document != nil && r.Annex == nil:
		return r.Document, nil
	case r.Annex != nil && r.Document == nil:
		annex, err := mra.Parse(r.Annex)
		if err != nil {
			return nil, invalid(err)
		}
		return &annex.Document, nil
	}
	return nil, fmt.Errorf("%w: want either a document or an annex", ErrInvalid)
}

// checkOwnParty wants the document to name us as who we are: a signature under
// another territory or entity id would bind us to what we did not mean.
func (n *Node) checkOwnParty(d *mra.Document) error {
	for _, p := range d.Parties {
		switch {
		case p.EntityID != n.config.EntityID:
		case p.Territory != n.config.Territory:
			return fmt.Errorf("%w: the document has %s as party for %s, we are %s", ErrInvalid, p.EntityID, p.Territory, n.config.Territory)
		default:
			return nil
		}
	}
	return fmt.Errorf("%w: %s is no party of %s", ErrInvalid, n.config.EntityID, d.ID)
}

// twoPeople holds when two different people are named.
func twoPeople(by, second string) error {
	switch {
	case by == "":
		return fmt.Errorf("%w: this takes two people: by is missing", ErrNotAllowed)
	case second == "":
		return fmt.Errorf("%w: this takes two people: second is missing", ErrNotAllowed)
	case strings.EqualFold(strings.TrimSpace(by), strings.TrimSpace(second)):
		return fmt.Errorf("%w: the second person must be another than %s", ErrNotAllowed, by)
	}
	return nil
}

// NewParty is this administration's entry in a draft.
func (n *Node) NewParty() (mra.Party, error) {
	rosters, err := n.rosters()
	if err != nil {
		return mra.Party{}, err
	}
	return mra.Party{
		Territory: n.config.Territory, EntityID: n.config.EntityID, Root: rosters.Current().Root,
		TimeZone:  n.Pack().TimeZone,
		Contacts:  mra.Contacts{Mailbox: n.Pack().Contact.Mailbox, DutyPhone: "+00 000 0000"},
		Signatory: mra.Signatory{Function: "Head of the AEO desk", Mandate: "delegated power"},
	}, nil
}

// ImportAnnex takes over an annex all parties signed. Its digest is logged; the
// rules in it are executed from their dates on.
func (n *Node) ImportAnnex(ctx context.Context, raw jsontext.Value) (*Arrangement, error) {
	if err := n.permit(ctx, access.MRAOfficer, access.DecisionMaker); err != nil {
		return nil, err
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	annex, known, err := n.admitAnnex(raw)
	if err != nil {
		return nil, err
	}
	if known {
		if err := n.concluded(annex); err != nil {
			return nil, err
		}
		return n.Arrangement(annex.ID)
	}
	name := fmt.Sprintf("%s/%d", annex.ID, annex.Version)
	if err := n.publishArtefacts(ctx, view.Artefact{Kind: view.Annex, Name: name, Content: string(raw)}); err != nil {
		return nil, err
	}
	n.opts.Log.Info("annex imported", "mra", annex.ID, "version", annex.Version, "sha256", annex.SHA256())
	if err := errors.Join(n.concluded(annex), n.refresh(ctx)); err != nil {
		return nil, err
	}
	return n.Arrangement(annex.ID)
}

// CheckAnnex reports whether an annex could be imported, and what it says.
func (n *Node) CheckAnnex(raw []byte) (*mra.Document, error) {
	n.federating.Lock()
	defer n.federating.Unlock()
	annex, _, err := n.admitAnnex(raw)
	if err != nil {
		return nil, err
	}
	return &annex.Document, nil
}

// admitAnnex wants an annex that is complete, between us and administrations we
// know, and follows the versions we hold.
func (n *Node) admitAnnex(raw []byte) (annex *mra.Annex, known bool, err error) {
	if annex, err = mra.Parse(raw); err != nil {
		return nil, false, invalid(err)
	}
	if missing := annex.Missing(); len(missing) > 0 {
		return nil, false, fmt.Errorf("%w: %s has not signed", ErrInvalid, strings.Join(missing, " and "))
	}
	if err := n.checkParties(annex); err != nil {
		return nil, false, err
	}
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return nil, false, err
	}
	for _, a := range annexes {
		if a.ID != annex.ID || a.Version != annex.Version {
			continue
		}
		if a.SHA256() != annex.SHA256() {
			return nil, false, fmt.Errorf("%w: version %d of %s is another text", ErrConflict, annex.Version, annex.ID)
		}
		return annex, true, nil
	}
	if _, err := mra.NewRegister(append(annexes, annex), notices); err != nil {
		return nil, false, invalid(err)
	}
	return annex, false, nil
}

// checkParties holds an annex against what is known of its parties: we are one
// of them, and each has the territory and the root keys it has for us.
func (n *Node) checkParties(annex *mra.Annex) error {
	if err := n.checkOwnParty(&annex.Document); err != nil {
		return err
	}
	for _, p := range annex.Parties {
		known, territory, err := n.partyRosters(p.EntityID)
		if err != nil {
			return err
		}
		if p.Territory != territory {
			return fmt.Errorf("%w: %s is party for %s, it is known for %s", ErrInvalid, p.EntityID, p.Territory, territory)
		}
		if err := checkRoots(p, known); err != nil {
			return err
		}
	}
	return nil
}

// checkRoots wants the root keys of a party to be those it is known by.
func checkRoots(p mra.Party, known *keys.History) error {
	for _, k := range p.Root {
		if known.Root(k.KID()) == nil {
			return fmt.Errorf("%w: %s is no root key of %s", ErrInvalid, k.KID(), p.EntityID)
		}
	}
	return nil
}

// partyRosters are the keys of a party, ourselves included, and its territory.
func (n *Node) partyRosters(entityID string) (*keys.History, string, error) {
	if entityID == n.config.EntityID {
		h, err := n.rosters()
		return h, n.config.Territory, err
	}
	p, err := n.findPeer(entityID)
	if errors.Is(err, ErrNotFound) {
		return nil, "", fmt.Errorf("%w: %s is a party and not followed yet: add it as a peer and sync first", ErrConflict, entityID)
	}
	if err != nil {
		return nil, "", err
	}
	v, err := n.viewOf(p)
	if err != nil {
		return nil, "", err
	}
	if v == nil {
		return nil, "", fmt.Errorf("%w: %s was never synchronised", ErrConflict, entityID)
	}
	return v.Rosters, p.Anchor.Territory, nil
}

// arrangementDocuments are all annexes this node holds and the notices about them.
func (n *Node) arrangementDocuments() (annexes []*mra.Annex, notices []*mra.SignedNotice, err error) {
	if annexes, notices, err = n.annexDocuments(); err != nil {
		return nil, nil, err
	}
	ids := map[string]bool{}
	for _, a := range annexes {
		ids[a.ID] = true
	}
	return annexes, slices.DeleteFunc(notices, func(s *mra.SignedNotice) bool { return !ids[s.MRA] }), nil
}

// rungDocuments are all annexes, what we recognise alone, and all notices.
func (n *Node) rungDocuments() ([]*mra.Annex, []*mra.SignedNotice, error) {
	annexes, notices, err := n.annexDocuments()
	if err != nil {
		return nil, nil, err
	}
	alone, err := n.recognitions()
	return append(annexes, alone...), notices, err
}

func (n *Node) annexDocuments() (annexes []*mra.Annex, notices []*mra.SignedNotice, err error) {
	docs, err := n.artefacts(view.Annex)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range docs {
		a, err := mra.Parse([]byte(d.Content))
		if err != nil {
			return nil, nil, fmt.Errorf("stored annex %s: %w", d.Name, err)
		}
		annexes = append(annexes, a)
	}
	slices.SortFunc(annexes, func(a, b *mra.Annex) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return int(a.Version - b.Version)
	})
	if docs, err = n.artefacts(view.Notice); err != nil {
		return nil, nil, err
	}
	for _, d := range docs {
		s, err := mra.ParseNotice([]byte(d.Content))
		if err != nil {
			return nil, nil, fmt.Errorf("stored notice %s: %w", d.Name, err)
		}
		notices = append(notices, s)
	}
	slices.SortFunc(notices, func(a, b *mra.SignedNotice) int {
		if c := strings.Compare(a.MRA+" "+a.Party, b.MRA+" "+b.Party); c != 0 {
			return c
		}
		return int(a.Seq - b.Seq)
	})
	return annexes, notices, nil
}

// arrangementLive reports whether some status is recognised between us and the
// territory, in either direction, now.
func (n *Node) arrangementLive(territory string) (bool, error) {
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return false, err
	}
	register, err := mra.NewRegister(annexes, notices)
	if err != nil {
		return false, err
	}
	return register.Live(n.config.Territory, territory, n.now()), nil
}
