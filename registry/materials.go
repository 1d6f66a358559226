package registry

import (
	"slices"
	"time"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// materials are what the bundle carries, ourselves first.
func (n *Node) materials() ([]*author.Material, error) {
	self, err := n.ownMaterial()
	if err != nil {
		return nil, err
	}
	out := []*author.Material{self}
	known, err := n.cosigners()
	if err != nil {
		return nil, err
	}
	peers, err := n.loadPeers()
	if err != nil {
		return nil, err
	}
	for _, p := range peers {
		v, err := n.viewOf(p)
		if err != nil {
			return nil, err
		}
		if v == nil || !fresh(v, n.now()) {
			continue
		}
		m, err := n.peerMaterial(p, v)
		if err != nil {
			return nil, err
		}
		if m == nil {
			continue
		}
		m.ContradictedAt = p.frozenAt(p.EntityID())
		m.Checkpoint = n.cosignedCheckpoint(v, known)
		out = append(out, m)
		for _, member := range v.Members {
			if !fresh(member, n.now()) {
				continue
			}
			mm := viewMaterial(member, bundle.RelationKnown, n.now())
			mm.ContradictedAt = p.frozenAt(member.EntityID)
			mm.Checkpoint = n.cosignedCheckpoint(member, known)
			if m.Relation == bundle.RelationPartner { // only then does a chain lead through the union
				mm.Relation, mm.MemberStatement = bundle.RelationMember, []byte(member.MemberStatement)
			}
			out = append(out, mm)
		}
	}
	return out, nil
}

// fresh reports whether what the view rests on is still valid: an expired
// configuration is no longer anybody's word.
func fresh(v *peer.View, now time.Time) bool {
	if now.Unix() >= v.Config.Exp || now.Unix() >= v.Rosters.Current().Exp {
		return false
	}
	if v.MemberStatement == "" {
		return true
	}
	s, err := trust.Parse([]byte(v.MemberStatement))
	return err == nil && now.Unix() < s.Exp
}

func viewMaterial(v *peer.View, relation string, now time.Time) *author.Material {
	r := v.Config.Metadata.Registry
	m := &author.Material{
		Territory: r.Territory, Authority: r.Authority, EntityID: v.EntityID, Relation: relation,
		Configuration: []byte(v.Configuration), Rosters: v.Rosters, Checkpoint: v.Checkpoint, Log: v.Log,
		FetchedAt: v.FetchedAt,
	}
	if d, err := bundle.ParseDirectory([]byte(v.Directory), v.Rosters); err == nil && now.Unix() < d.Exp {
		m.Directory = []byte(v.Directory)
	}
	for _, p := range r.Programmes {
		m.Programme = v.Programmes[p.Code]
	}
	return m
}

// peerMaterial is what the bundle carries about a peer; nil for a member of our
// union that has not named us as its superior yet.
func (n *Node) peerMaterial(p *Peer, v *peer.View) (*author.Material, error) {
	statement, err := n.validStatement(p.Host())
	if err != nil {
		return nil, err
	}
	if !slices.Contains(v.Config.AuthorityHints, n.config.EntityID) {
		statement = nil // it has left us: our word runs out
	}
	switch {
	case p.Relation(n.config) != relationMember:
		m := viewMaterial(v, bundle.RelationKnown, n.now())
		if statement != nil {
			m.Relation, m.Statement = bundle.RelationPartner, statement
		}
		return m, nil
	case statement == nil:
		return nil, nil
	}
	m := viewMaterial(v, bundle.RelationMember, n.now())
	m.MemberStatement = statement
	return m, nil
}

// ownMaterial is this administration itself, as published.
func (n *Node) ownMaterial() (*author.Material, error) {
	config, err := n.EntityConfiguration()
	if err != nil {
		return nil, err
	}
	rosters, err := n.rosters()
	if err != nil {
		return nil, err
	}
	dir, err := n.artefact(view.Directory, view.Current)
	if err != nil {
		return nil, err
	}
	published := n.ledger.Published()
	checkpoint := *published.Checkpoint
	checkpoint.Raw = n.withCosignatures(&checkpoint)
	return &author.Material{
		Territory: n.config.Territory, Authority: n.config.Authority, EntityID: n.config.EntityID, Relation: bundle.RelationSelf,
		Configuration: config, Rosters: rosters, Checkpoint: &checkpoint, Log: ownLog{n.ledger, published},
		Directory: dir, Programme: n.Pack().Profile(), FetchedAt: n.now().Unix(),
	}, nil
}

// An ownLog is our log as published, read from the ledger: a bundle takes a
// proof and the status events from it, not every leaf.
type ownLog struct {
	*ledger.Ledger
	published *ledger.Published
}

func (l ownLog) Reduction() *transparency.Reduction { return l.published.Reduction }

func (l ownLog) History(since int64) (*transparency.History, error) {
	base, err := l.StateBefore(since, l.published.Checkpoint.Size)
	if err != nil {
		return nil, err
	}
	proven, err := l.Prove(base, l.published.Checkpoint.Size)
	if err != nil {
		return nil, err
	}
	return transparency.MakeHistory(*proven, nil, l.published.Reduction)
}
