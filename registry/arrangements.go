package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/go-json-experiment/json/jsontext"
)

// SignAnnex is a request to sign an annex for this administration. A grant of
// recognition takes two people, so both are named.
type SignAnnex struct {
	Annex    jsontext.Value `json:"annex,omitzero"`    // signed by others already
	Document *mra.Document  `json:"document,omitzero"` // or a draft nobody has signed
	By       string         `json:"by"`
	Second   string         `json:"second"`
}

// SignAnnex adds this administration's root signature to a draft or to an annex
// others signed, and returns the annex. It is not in effect by that: all parties
// sign, then each imports the whole.
func (n *Node) SignAnnex(_ context.Context, r SignAnnex) (jsontext.Value, error) {
	if err := twoPeople(r.By, r.Second); err != nil {
		return nil, err
	}
	root, err := n.ring.Signer(keys.RoleRoot, n.now())
	if err != nil {
		return nil, err
	}
	var signed []byte
	switch {
	case r.Document != nil && r.Annex == nil:
		signed, err = author.Sign(*r.Document, root)
	case r.Annex != nil && r.Document == nil:
		signed, err = author.Countersign(r.Annex, root)
	default:
		return nil, fmt.Errorf("%w: want either a document or an annex", ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	n.opts.Log.Info("annex signed", "by", r.By, "second", r.Second)
	return signed, nil
}

// twoPeople holds when two different people are named.
func twoPeople(by, second string) error {
	switch {
	case by == "" || second == "":
		return fmt.Errorf("%w: this takes two people, by and second", ErrNotAllowed)
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
		TimeZone:  n.pack.TimeZone,
		Contacts:  mra.Contacts{Mailbox: n.pack.Contact.Mailbox, DutyPhone: "+00 000 0000"},
		Signatory: mra.Signatory{Function: "Head of the AEO desk", Mandate: "delegated power"},
	}, nil
}

// ImportAnnex takes over an annex all parties signed. Its digest is logged; the
// rules in it are executed from their dates on.
func (n *Node) ImportAnnex(ctx context.Context, raw []byte) (*Arrangement, error) {
	annex, err := mra.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if missing := annex.Missing(); len(missing) > 0 {
		return nil, fmt.Errorf("%w: %s has not signed", ErrInvalid, strings.Join(missing, " and "))
	}
	if err := n.checkParties(annex); err != nil {
		return nil, err
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(annexes, func(a *mra.Annex) bool { return a.ID == annex.ID && a.Version == annex.Version }); i >= 0 {
		if annexes[i].SHA256() != annex.SHA256() {
			return nil, fmt.Errorf("%w: version %d of %s is another text", ErrConflict, annex.Version, annex.ID)
		}
		return n.arrangement(annex.ID)
	}
	if _, err := mra.NewRegister(append(annexes, annex), notices); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	name := fmt.Sprintf("%s/%d", annex.ID, annex.Version)
	if err := n.publishArtefacts(ctx, view.Artefact{Kind: view.Annex, Name: name, Content: string(raw)}); err != nil {
		return nil, err
	}
	if err := n.refresh(ctx); err != nil {
		return nil, err
	}
	n.opts.Log.Info("annex imported", "mra", annex.ID, "version", annex.Version, "sha256", annex.SHA256())
	return n.arrangement(annex.ID)
}

// checkParties holds an annex against what is known of its parties: we are one
// of them under our root keys, and each other one we follow has the root keys
// the annex names.
func (n *Node) checkParties(annex *mra.Annex) error {
	rosters, err := n.rosters()
	if err != nil {
		return err
	}
	own := false
	for _, p := range annex.Parties {
		known, what := rosters, "this administration"
		if p.EntityID != n.config.EntityID {
			if known, err = n.partyRosters(p.EntityID); err != nil {
				return err
			}
			what = p.EntityID
		} else {
			own = true
		}
		for _, k := range p.Root {
			if known.Root(k.KID()) == nil {
				return fmt.Errorf("%w: %s is no root key of %s", ErrInvalid, k.KID(), what)
			}
		}
	}
	if !own {
		return fmt.Errorf("%w: %s is no party of %s", ErrInvalid, n.config.EntityID, annex.ID)
	}
	return nil
}

func (n *Node) partyRosters(entityID string) (*keys.History, error) {
	p, err := n.findPeer(entityID)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("%w: %s is a party and not followed yet: add it as a peer and sync first", ErrConflict, entityID)
	}
	if err != nil {
		return nil, err
	}
	v, err := n.viewOf(p)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, fmt.Errorf("%w: %s was never synchronised", ErrConflict, entityID)
	}
	return v.Rosters, nil
}

// GiveNotice is a request to suspend, resume or end our side of an arrangement.
type GiveNotice struct {
	MRA     string   `json:"mra"`
	Act     string   `json:"act"` // suspend, resume, end
	Against []string `json:"against,omitzero"`
	From    int64    `json:"from,omitzero"` // Unix seconds; 0 = now
	By      string   `json:"by"`
	Second  string   `json:"second"`
	DryRun  bool     `json:"dry_run,omitzero"`
}

// GiveNotice signs and logs our notice about an arrangement; partners find it at their next sync.
func (n *Node) GiveNotice(ctx context.Context, r GiveNotice) (*Arrangement, error) {
	if err := twoPeople(r.By, r.Second); err != nil {
		return nil, err
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(annexes, func(a *mra.Annex) bool { return a.ID == r.MRA }) {
		return nil, fmt.Errorf("%w: no arrangement %.40q", ErrNotFound, r.MRA)
	}
	now := n.now()
	notice := mra.Notice{Iss: n.config.EntityID, MRA: r.MRA, Party: n.config.Territory, Seq: 1,
		Act: r.Act, Against: r.Against, From: r.From, Iat: now.Unix()}
	if notice.From == 0 {
		notice.From = now.Unix()
	}
	if len(notice.Against) == 0 {
		notice.Against = []string{"*"}
	}
	for _, old := range notices {
		if old.MRA == r.MRA && old.Party == notice.Party {
			notice.Seq = max(notice.Seq, old.Seq+1)
		}
	}
	signer, err := n.ring.Signer(keys.RoleFederation, now)
	if err != nil {
		return nil, err
	}
	raw, err := author.Notice(notice, signer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	signed, err := mra.ParseNotice(raw)
	if err != nil {
		return nil, err
	}
	if _, err := mra.NewRegister(annexes, append(notices, signed)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConflict, err)
	}
	if r.DryRun {
		return n.arrangement(r.MRA)
	}
	if err := n.publishArtefacts(ctx, noticeArtefact(signed)); err != nil {
		return nil, err
	}
	n.opts.Log.Info("notice given", "mra", r.MRA, "act", r.Act, "by", r.By, "second", r.Second)
	if err := n.refresh(ctx); err != nil {
		return nil, err
	}
	return n.arrangement(r.MRA)
}

func noticeArtefact(s *mra.SignedNotice) view.Artefact {
	return view.Artefact{Kind: view.Notice, Name: fmt.Sprintf("%s/%s/%d", s.MRA, s.Party, s.Seq), Content: string(s.Raw())}
}

// takeNotice logs a partner's notice, verified with the federation keys of its view.
func (n *Node) takeNotice(ctx context.Context, raw []byte, v *peer.View) error {
	s, err := mra.ParseNotice(raw)
	if err != nil {
		return err
	}
	if s.Iss != v.EntityID {
		return nil // notices of others come from the others
	}
	key := v.Rosters.Key(keys.RoleFederation, s.KID())
	if key == nil || !key.MaySignAt(s.Iat) {
		return fmt.Errorf("%w: notice %d is signed by no federation key of %s", ErrInvalid, s.Seq, v.EntityID)
	}
	if err := s.Verify(key.JWK); err != nil {
		return err
	}
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(annexes, func(a *mra.Annex) bool { return a.ID == s.MRA }) {
		return nil // about an arrangement we have not imported
	}
	for _, old := range notices {
		if old.MRA == s.MRA && old.Party == s.Party && old.Seq == s.Seq {
			if string(old.Raw()) != string(raw) {
				return fmt.Errorf("%w: two notices number %d of %s about %s", ErrConflict, s.Seq, s.Party, s.MRA)
			}
			return nil
		}
	}
	if _, err := mra.NewRegister(annexes, append(notices, s)); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	n.opts.Log.Info("notice received", "mra", s.MRA, "party", s.Party, "act", s.Act, "from", s.From)
	return n.publishArtefacts(ctx, noticeArtefact(s))
}

// arrangementDocuments are all annexes and notices this node holds.
func (n *Node) arrangementDocuments() (annexes []*mra.Annex, notices []*mra.SignedNotice, err error) {
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

// An Arrangement is how an arrangement stands at this node.
type Arrangement struct {
	ID      string        `json:"id"`
	Version int64         `json:"version"`
	SHA256  string        `json:"sha256"`
	Parties []string      `json:"parties"`
	Live    []string      `json:"live"` // territories with which it is in effect now
	Rules   []ruleStatus  `json:"rules"`
	Notices []mra.Notice  `json:"notices"`
	Text    *mra.Document `json:"-"`
}

type ruleStatus struct {
	By                string   `json:"by"`
	Of                string   `json:"of"`
	Programme         string   `json:"programme"`
	AuthorisationType string   `json:"authorisation_type"`
	Roles             []string `json:"roles"`
	Direction         string   `json:"direction"`
	As                string   `json:"as"`
	From              string   `json:"from"`
	Until             string   `json:"until,omitzero"`
	State             string   `json:"state"` // in_effect, not_yet_in_effect, ended, suspended_arrangement
}

// Arrangements is how every arrangement stands.
func (n *Node) Arrangements() ([]*Arrangement, error) {
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return nil, err
	}
	register, err := mra.NewRegister(annexes, notices)
	if err != nil {
		return nil, err
	}
	out := []*Arrangement{}
	for _, a := range register.Documents() {
		out = append(out, n.describe(a, register, notices))
	}
	return out, nil
}

func (n *Node) arrangement(id string) (*Arrangement, error) {
	all, err := n.Arrangements()
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if a.ID == id {
			return a, nil
		}
	}
	return nil, fmt.Errorf("%w: no arrangement %.40q", ErrNotFound, id)
}

// Arrangement is how one arrangement stands.
func (n *Node) Arrangement(id string) (*Arrangement, error) { return n.arrangement(id) }

func (n *Node) describe(a *mra.Annex, register *mra.Register, notices []*mra.SignedNotice) *Arrangement {
	out := &Arrangement{ID: a.ID, Version: a.Version, SHA256: a.SHA256(), Live: []string{}, Notices: []mra.Notice{}, Text: &a.Document}
	for _, p := range a.Parties {
		out.Parties = append(out.Parties, p.Territory)
		if p.Territory != n.config.Territory && register.Live(n.config.Territory, p.Territory, n.now()) {
			out.Live = append(out.Live, p.Territory)
		}
	}
	for _, r := range a.Recognitions {
		o := register.Evaluate(mra.Query{By: r.By, Of: r.Of, Programme: r.Programme, Type: r.AuthorisationType,
			Held: r.Roles, At: n.now()})
		state := string(o.Failure)
		if o.Failure == mra.OK {
			state = "in_effect"
		}
		out.Rules = append(out.Rules, ruleStatus{By: r.By, Of: r.Of, Programme: r.Programme, AuthorisationType: r.AuthorisationType,
			Roles: r.Roles, Direction: r.Direction, As: r.As, From: r.From, Until: r.Until, State: state})
	}
	for _, s := range notices {
		if s.MRA == a.ID {
			out.Notices = append(out.Notices, s.Notice)
		}
	}
	return out
}
