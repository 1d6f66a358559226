package mra

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

// The acts of a notice.
const (
	ActSuspend = "suspend"
	ActResume  = "resume"
	ActEnd     = "end"
)

// Everyone, alone in Against, stands for all other parties.
const Everyone = "*"

// A Notice is what one party alone declares about an arrangement. It touches
// the ordered pairs that contain the party and no others. Times are Unix seconds.
type Notice struct {
	Iss     string   `json:"iss"`   // the party's entity id
	MRA     string   `json:"mra"`   // the arrangement's id
	Party   string   `json:"party"` // the party's territory
	Seq     int64    `json:"seq"`   // per party and arrangement: 1, 2, 3 ...
	Act     string   `json:"act"`
	Against []string `json:"against"`
	From    int64    `json:"from"` // when it takes effect
	Iat     int64    `json:"iat"`
}

// A SignedNotice is a notice whose form was checked; its signature was not.
type SignedNotice struct {
	Notice
	token *keys.Token
}

// ParseNotice reads a notice.
func ParseNotice(raw []byte) (*SignedNotice, error) {
	token, err := keys.Parse(keys.KindNotice, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotice, err)
	}
	n := &SignedNotice{token: token}
	if err := decode(token.Payload(), &n.Notice); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotice, err)
	}
	if err := n.Check(); err != nil {
		return nil, err
	}
	return n, nil
}

// Check reports the first rule the notice breaks on its own.
func (n *Notice) Check() error {
	err := cmp.Or(
		trust.CheckEntityID(n.Iss),
		checkID(n.MRA),
		checkTerritory("party", n.Party),
		checkOneOf("act", n.Act, ActSuspend, ActResume, ActEnd),
		n.checkAgainst(),
	)
	if err == nil && (n.Seq < 1 || n.From < 0 || n.Iat < 0) {
		err = errors.New("want seq from 1, from and iat not negative")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotice, err)
	}
	return nil
}

func (n *Notice) checkAgainst() error {
	if slices.Equal(n.Against, []string{Everyone}) {
		return nil
	}
	if len(n.Against) == 0 || len(n.Against) > maxParties {
		return fmt.Errorf("against %d territories, want 1 to %d, or [*]", len(n.Against), maxParties)
	}
	for i, t := range n.Against {
		if err := checkTerritory("against", t); err != nil {
			return err
		}
		if t == n.Party || slices.Contains(n.Against[:i], t) {
			return fmt.Errorf("against lists %s twice, or the party itself", t)
		}
	}
	return nil
}

// KID names the key the notice says it is signed with.
func (n *SignedNotice) KID() string { return n.token.KID() }

// Raw is the notice as it was read.
func (n *SignedNotice) Raw() []byte { return n.token.Raw() }

// Verify checks the signature with a federation key of the party.
func (n *SignedNotice) Verify(key *keys.PublicKey) error {
	if err := n.token.Verify(key); err != nil {
		return fmt.Errorf("%w: %s number %d of %s: %w", ErrNotice, n.MRA, n.Seq, n.Party, err)
	}
	return nil
}

// touches reports whether the notice is about the ordered pair.
func (n *Notice) touches(p pair) bool {
	other := p.of
	switch n.Party {
	case p.by:
	case p.of:
		other = p.by
	default:
		return false
	}
	return slices.Contains(n.Against, other) || n.Against[0] == Everyone
}
