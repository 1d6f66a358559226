package registry

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/view"
)

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
	if err := n.jointly(ctx, "mras/notices", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	annexes, notices, err := n.rungDocuments()
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(annexes, func(a *mra.Annex) bool { return a.ID == r.MRA }) {
		return nil, fmt.Errorf("%w: no arrangement %.40q", ErrNotFound, r.MRA)
	}
	now := n.now()
	if r.From != 0 && r.From < now.Unix() { // what was answered about a past day stays the answer
		return nil, fmt.Errorf("%w: from %d: a notice takes effect when it is given, or later", ErrInvalid, r.From)
	}
	signer, err := n.signer(keys.RoleFederation, now)
	if err != nil {
		return nil, err
	}
	raw, err := author.Notice(n.nextNotice(r, notices, now.Unix()), signer)
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
		return n.Arrangement(r.MRA)
	}
	if err := n.publishArtefacts(ctx, noticeArtefact(signed)); err != nil {
		return nil, err
	}
	n.opts.Log.Info("notice given", "mra", r.MRA, "act", r.Act, "by", r.By, "second", r.Second)
	if err := n.refresh(ctx); err != nil {
		return nil, err
	}
	return n.Arrangement(r.MRA)
}

// nextNotice is the notice asked for, numbered after those given before.
func (n *Node) nextNotice(r GiveNotice, given []*mra.SignedNotice, now int64) mra.Notice {
	notice := mra.Notice{Iss: n.config.EntityID, MRA: r.MRA, Party: n.config.Territory, Seq: 1,
		Act: r.Act, Against: r.Against, From: cmp.Or(r.From, now), Iat: now}
	if len(notice.Against) == 0 {
		notice.Against = []string{mra.Everyone}
	}
	for _, old := range given {
		if old.MRA == r.MRA && old.Party == notice.Party {
			notice.Seq = max(notice.Seq, old.Seq+1)
		}
	}
	return notice
}

func noticeArtefact(s *mra.SignedNotice) view.Artefact {
	return view.Artefact{Kind: view.Notice, Name: fmt.Sprintf("%s/%s/%d", s.MRA, s.Party, s.Seq), Content: string(s.Raw())}
}

// takeNotice logs a partner's notice, verified with the federation keys of its view.
func (n *Node) takeNotice(ctx context.Context, raw []byte, v *peer.View) error {
	s, err := mra.ParseNotice(raw)
	if err != nil {
		return fmt.Errorf("%w: %w", peer.ErrAnswer, err)
	}
	if s.Iss != v.EntityID {
		return nil // notices of others come from the others
	}
	key := v.Rosters.Key(keys.RoleFederation, s.KID())
	if key == nil || !key.MaySignAt(s.Iat) {
		return fmt.Errorf("%w: notice %d is signed by no federation key of %s", peer.ErrAnswer, s.Seq, v.EntityID)
	}
	if err := s.Verify(key.JWK); err != nil {
		return fmt.Errorf("%w: %w", peer.ErrAnswer, err)
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
			if bytes.Equal(old.Raw(), raw) {
				return nil
			}
			return fmt.Errorf("%w: two notices number %d of %s about %s", peer.ErrAnswer, s.Seq, s.Party, s.MRA)
		}
	}
	if _, err := mra.NewRegister(annexes, append(notices, s)); err != nil {
		return fmt.Errorf("%w: %w", peer.ErrAnswer, err)
	}
	n.opts.Log.Info("notice received", "mra", s.MRA, "party", s.Party, "act", s.Act, "from", s.From)
	return n.publishArtefacts(ctx, noticeArtefact(s))
}
