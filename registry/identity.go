package registry

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// How long statements live and when they are renewed (protocol 7).
const (
	configurationLife  = 30 * 24 * time.Hour
	configurationRenew = 7 * 24 * time.Hour
	statementRenew     = 24 * time.Hour
)

// refreshIdentity re-issues the entity configuration weekly, subordinate
// statements daily, and either whenever what it says has changed.
func (n *Node) refreshIdentity(ctx context.Context) error {
	peers, err := n.loadPeers()
	if err != nil {
		return err
	}
	for _, p := range peers {
		if err := n.refreshStatement(ctx, p); err != nil {
			return fmt.Errorf("renew statement about %s: %w", p.EntityID(), err)
		}
	}
	// After the statements: a union names the members it has stated something about.
	if err := n.refreshConfiguration(ctx, peers); err != nil {
		return fmt.Errorf("renew entity configuration: %w", err)
	}
	return nil
}

func (n *Node) refreshConfiguration(ctx context.Context, peers []*Peer) error {
	rosters, err := n.rosters()
	if err != nil {
		return err
	}
	s, err := n.configuration(peers, rosters)
	if err != nil {
		return err
	}
	return n.renew(ctx, s, view.Configuration, view.Current, configurationRenew)
}

// renew signs and publishes a statement unless the published one of that name
// says the same and is younger than every.
func (n *Node) renew(ctx context.Context, s trust.Statement, kind view.ArtefactKind, name string, every time.Duration) error {
	raw, err := n.artefact(kind, name)
	if err != nil {
		return err
	}
	if raw != nil {
		old, err := trust.Parse(raw)
		if err != nil {
			return err
		}
		if s.Iat-old.Iat < int64(every/time.Second) && sameStatement(s, old.Statement) {
			return nil
		}
	}
	signer, err := n.signer(keys.RoleFederation, time.Unix(s.Iat, 0))
	if err != nil {
		return err
	}
	signed, err := author.Statement(s, signer)
	if err != nil {
		return err
	}
	return n.publishArtefacts(ctx, view.Artefact{Kind: kind, Name: name, Content: string(signed)})
}

// configuration is what this administration says of itself now, with the keys
// of the newest of its rosters, those announced included.
func (n *Node) configuration(peers []*Peer, rosters *keys.History) (trust.Statement, error) {
	now := n.now().Unix()
	logKey, err := rosters.Note(keys.RoleLog)
	if err != nil {
		return trust.Statement{}, err
	}
	witness, err := rosters.Note(keys.RoleWitness)
	if err != nil {
		return trust.Statement{}, err
	}
	auditor, err := rosters.Note(keys.RoleAuditor)
	if err != nil {
		return trust.Statement{}, err
	}
	raw := rosters.Raw()
	e := n.config.EntityID
	s := trust.Statement{
		Iss: e, Sub: e, Iat: now, Exp: now + int64(configurationLife/time.Second),
		JWKS: trust.JWKS{Keys: federationKeys(rosters, now)},
		Metadata: &trust.Metadata{
			Entity: &trust.FederationEntity{
				OrganizationName:       n.Pack().AuthorityName,
				FetchEndpoint:          e + "/federation/fetch",
				ListEndpoint:           e + "/federation/list",
				HistoricalKeysEndpoint: e + "/federation/historical-keys",
			},
			Registry: &trust.Registry{
				Territory: n.config.Territory, Authority: n.config.Authority,
				RosterSHA256: keys.SHA256Hex(raw[len(raw)-1]),
				Keys: trust.RegistryKeys{
					Issuer:   joseKeys(rosters, keys.RoleIssuer, now),
					Exchange: joseKeys(rosters, keys.RoleExchange, now),
					Receipt:  joseKeys(rosters, keys.RoleReceipt, now),
				},
				Log:       trust.LogRef{Origin: logKey.Name(), VKey: logKey.String()},
				Witness:   trust.VKeyRef{VKey: witness.String()},
				Auditor:   trust.VKeyRef{VKey: auditor.String()},
				Endpoints: endpoints(e),
				VCT:       []string{credential.VCT(n.vctEntity(peers))},
				Programmes: []trust.ProgrammeRef{{Code: n.Pack().Code,
					SHA256: keys.SHA256Hex(n.Pack().Profile())}},
				Contacts: trust.Contacts{Name: n.Pack().AuthorityName, Mailbox: n.Pack().Contact.Mailbox},
			},
		},
	}
	err = n.ledger.View(func(tx ledger.Projection) (err error) {
		s.Metadata.Registry.ActsFor, err = view.ActedFor(tx)
		return err
	})
	if err != nil {
		return s, err
	}
	return s, n.relations(&s, peers)
}

// relations fills in the superiors this administration accepts and, for a union, its members.
func (n *Node) relations(s *trust.Statement, peers []*Peer) error {
	for _, p := range peers {
		switch p.Relation(n.config) {
		case relationUnion:
			s.AuthorityHints = append(s.AuthorityHints, p.EntityID())
		case relationMember:
			statement, err := n.validStatement(p.Host())
			if err != nil {
				return err
			}
			if statement != nil {
				s.Metadata.Registry.Members = append(s.Metadata.Registry.Members, p.EntityID())
			}
		case relationPartner:
			live, err := n.arrangementLive(p.Anchor.Territory)
			if err != nil {
				return err
			}
			if live {
				s.AuthorityHints = append(s.AuthorityHints, p.EntityID())
			}
		}
	}
	slices.Sort(s.AuthorityHints)
	slices.Sort(s.Metadata.Registry.Members)
	return nil
}

func endpoints(e string) map[string]string {
	return map[string]string{
		"status": e + "/status", "mras": e + "/mras", "directory": e + "/directory",
		"bundle": e + "/bundle", "log": e + "/log", "roster": e + "/roster",
	}
}

// vctEntity is whose credential type this node issues: the union's for a member that follows its union.
func (n *Node) vctEntity(peers []*Peer) string {
	for _, p := range peers {
		if p.Relation(n.config) == relationUnion {
			return p.EntityID()
		}
	}
	return n.config.EntityID
}

func joseKeys(h *keys.History, role keys.Role, now int64) []*keys.PublicKey {
	out := []*keys.PublicKey{}
	for _, k := range h.Current().Keys {
		if k.Role == role && k.JWK != nil && now < k.Exp && k.Revoked == nil {
			out = append(out, k.JWK)
		}
	}
	return out
}

// federationKeys are those that may have signed a statement that is still
// valid. They are accepted for longer as the signers of notices; in a statement
// a key that has ended could only lie about when.
func federationKeys(h *keys.History, now int64) []*keys.PublicKey {
	out := []*keys.PublicKey{}
	for _, k := range h.Current().Keys {
		if k.Role == keys.RoleFederation && now < min(k.Exp, k.SignUntil+trust.MaxConfigurationLife) && k.Revoked == nil {
			out = append(out, k.JWK)
		}
	}
	return out
}

// refreshStatement renews what we state about a partner, while an arrangement
// with it is in effect and it names us as its superior, or about a member of
// our union. What is no longer stated simply runs out.
func (n *Node) refreshStatement(ctx context.Context, p *Peer) error {
	v, err := n.viewOf(p)
	if err != nil || v == nil {
		return err
	}
	s, ok, err := n.statement(p, v.Config)
	if err != nil || !ok {
		return err
	}
	return n.renew(ctx, s, view.Statement, p.Host(), statementRenew)
}

// validStatement is our unexpired statement about a host; nil where there is none.
func (n *Node) validStatement(host string) ([]byte, error) {
	raw, err := n.artefact(view.Statement, host)
	if err != nil || raw == nil {
		return nil, err
	}
	s, err := trust.Parse(raw)
	if err != nil {
		return nil, err
	}
	if n.now().Unix() >= s.Exp {
		return nil, nil
	}
	return raw, nil
}

// statement is what is to be stated about a peer now, if anything.
func (n *Node) statement(p *Peer, config *trust.Signed) (s trust.Statement, ok bool, err error) {
	if !slices.Contains(config.AuthorityHints, n.config.EntityID) {
		return s, false, nil
	}
	now := n.now().Unix()
	switch p.Relation(n.config) {
	case relationMember:
		return author.Member(n.config.EntityID, config, now), true, nil
	case relationPartner:
		live, err := n.arrangementLive(p.Anchor.Territory)
		if err != nil || !live {
			return s, false, err
		}
		var hosts []string
		for _, id := range config.Metadata.Registry.Members {
			hosts = append(hosts, trust.Host(id))
		}
		return author.Partner(n.config.EntityID, config, hosts, now), true, nil
	}
	return s, false, nil
}

// sameStatement compares all but the dates.
func sameStatement(a, b trust.Statement) bool {
	a.Iat, a.Exp, b.Iat, b.Exp = 0, 0, 0, 0
	x, errX := jcs.Marshal(a)
	y, errY := jcs.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// rosters is the node's own key history, which the ledger verified roster by roster.
func (n *Node) rosters() (h *keys.History, err error) {
	err = n.ledger.Reduction(func(r *transparency.Reduction) error {
		history := *r.Rosters()
		h = &history
		return nil
	})
	return h, err
}
