package registry

import (
	"context"
	"fmt"
	"sync"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
)

// Ask is a question about a credential or an identifier, answered by the node's
// newest bundle: what partners told is in it as soon as it was followed.
type Ask struct {
	Presentation string           `json:"presentation,omitzero"` // lines of an .aeo file
	Identifier   string           `json:"identifier,omitzero"`   // or this alone
	At           int64            `json:"at,omitzero"`           // Unix seconds; 0 = now
	As           string           `json:"as,omitzero"`           // "" = our territory
	StatusOnly   bool             `json:"status_only,omitzero"`
	Type         string           `json:"type,omitzero"`
	Role         string           `json:"role,omitzero"`
	Direction    string           `json:"direction,omitzero"`
	Level        federation.Level `json:"level,omitzero"`
	MaxAge       int64            `json:"max_age,omitzero"` // seconds
	Name         string           `json:"name,omitzero"`
}

// verifiers keeps the one made last: bundles are replaced far less often than asked.
type verifiers struct {
	mu   sync.Mutex
	made map[string]madeVerifier // by profile of the bundle; guarded by mu
}

type madeVerifier struct {
	seq int64
	v   *federation.Verifier
}

// profileFor is the bundle that an identifier is looked up in: that of our own
// desks where its territory sends lists.
func (n *Node) profileFor(identifier string) (string, error) {
	territory, _, _, err := credential.SplitIdentifier(identifier)
	if err != nil || !n.buildsBundles() {
		return bundle.ProfilePublic, nil
	}
	lists, err := n.storedLists(territory)
	if err != nil || len(lists) == 0 {
		return bundle.ProfilePublic, err
	}
	return bundle.ProfileBorder, nil
}

// Verdict answers as a verifier with our newest bundle and our anchor does, by our clock.
func (n *Node) Verdict(r Ask) (*federation.Decision, error) {
	if (r.Presentation == "") == (r.Identifier == "") {
		return nil, fmt.Errorf("%w: want a presentation or an identifier", ErrInvalid)
	}
	now := n.now().Unix()
	profile, err := n.profileFor(r.Identifier)
	if err != nil {
		return nil, err
	}
	v, err := n.verifier(profile, now)
	if err != nil {
		return nil, err
	}
	q := federation.Question{At: r.At, Now: now, As: r.As, StatusOnly: r.StatusOnly, Type: r.Type, Role: r.Role,
		Direction: r.Direction, Level: r.Level, MaxAge: r.MaxAge, Name: r.Name}
	if err := v.CheckQuestion(q); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if r.Identifier != "" {
		return v.Lookup(r.Identifier, q), nil
	}
	return v.Verify([]byte(r.Presentation), q), nil
}

func (n *Node) verifier(profile string, now int64) (*federation.Verifier, error) {
	newest := n.Bundle
	if profile == bundle.ProfileBorder {
		newest = func() ([]byte, *bundle.Manifest, error) { return n.BorderBundle(context.Background()) }
	}
	raw, manifest, err := newest()
	if err != nil {
		return nil, err
	}
	n.verifiers.mu.Lock()
	defer n.verifiers.mu.Unlock()
	if made := n.verifiers.made[profile]; made.v != nil && made.seq == manifest.Seq {
		return made.v, nil
	}
	anchor, err := n.Anchor()
	if err != nil {
		return nil, err
	}
	v, _, err := federation.Open(raw, anchor, nil, now, 0)
	if err != nil {
		return nil, fmt.Errorf("open our own bundle: %w", err)
	}
	if n.verifiers.made == nil {
		n.verifiers.made = map[string]madeVerifier{}
	}
	n.verifiers.made[profile] = madeVerifier{manifest.Seq, v}
	return v, nil
}
