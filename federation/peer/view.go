package peer

import (
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	// ErrRollback says that a partner shows a smaller log than before.
	ErrRollback = errors.New("partner's log is smaller than before")
	// ErrSplitView says that a partner signed two different trees of one size,
	// or a tree that does not extend the one it signed before.
	ErrSplitView = errors.New("partner's log shows two histories")
	// ErrTokenDiffers says that a status list token does not hold the bits that follow from the log.
	ErrTokenDiffers = errors.New("status list token differs from the log")
	// ErrIdentity says that what was fetched is not the administration that was asked for.
	ErrIdentity = errors.New("not the administration expected")
)

// Documents is what an administration published beside its log, as fetched.
// It is the JSON of a mirror (aeo.mirror/1) together with the log entries.
type Documents struct {
	Schema          string                    `json:"schema"`
	EntityID        string                    `json:"entity_id"`
	FetchedAt       int64                     `json:"fetched_at"` // the fetch of the checkpoint
	Checkpoint      string                    `json:"checkpoint"`
	Configuration   string                    `json:"configuration"`
	Statement       string                    `json:"statement,omitzero"`        // its statement about us
	MemberStatement string                    `json:"member_statement,omitzero"` // its union's statement about it
	Directory       string                    `json:"directory,omitzero"`
	Programmes      map[string]jsontext.Value `json:"programmes"`
	Arrangements    map[string]Arrangement    `json:"arrangements"`
}

// An Arrangement is the answer of /mras/<id>: every version, oldest first, and every notice.
type Arrangement struct {
	Annexes []jsontext.Value `json:"annexes"`
	Notices []string         `json:"notices"`
}

// ArrangementList is the answer of /mras.
type ArrangementList struct {
	Arrangements []ArrangementEntry `json:"arrangements"`
}

// An ArrangementEntry names one arrangement and its parties.
type ArrangementEntry struct {
	ID      string   `json:"id"`
	Parties []string `json:"parties"`
	Version int64    `json:"version"`
	SHA256  string   `json:"sha256"`
	Notices int64    `json:"notices"`
}

// A View is a verified picture of an administration at one published size.
type View struct {
	Documents
	Config     *trust.Signed
	Rosters    *keys.History
	Checkpoint *transparency.Checkpoint
	Log        *transparency.Copy
	Members    []*View // of a union
}

// open verifies documents and log copy against each other and the pinned root
// keys (nil for a member of a union, whose roster its union vouches for) at an
// instant.
func open(d Documents, log *transparency.Copy, pinned []*keys.PublicKey, at int64) (*View, error) {
	if log.Reduction().Rosters().First() == nil {
		return nil, fmt.Errorf("%w: no key roster in it", transparency.ErrFaulty)
	}
	config, err := trust.Parse([]byte(d.Configuration))
	if err != nil {
		return nil, err
	}
	if config.Iss != d.EntityID || !config.IsConfiguration() || config.Metadata == nil || config.Metadata.Registry == nil {
		return nil, fmt.Errorf("%w: entity configuration of %.200q, asked for %s", ErrIdentity, config.Iss, d.EntityID)
	}
	replayed := log.Reduction().Rosters()
	if pinned == nil {
		pinned = replayed.First().Root
	}
	rosters, err := keys.VerifyHistory(replayed.Raw(), pinned)
	if err != nil {
		return nil, err
	}
	if rosters.Current().Iss != d.EntityID {
		return nil, fmt.Errorf("%w: key roster of %.200q, asked for %s", ErrIdentity, rosters.Current().Iss, d.EntityID)
	}
	if err := trust.VerifyConfiguration(config, rosters, at); err != nil {
		return nil, err
	}
	logKey, err := rosters.Note(keys.RoleLog)
	if err != nil {
		return nil, err
	}
	cp, err := transparency.ParseCheckpoint([]byte(d.Checkpoint), logKey)
	if err != nil {
		return nil, err
	}
	if err := matches(cp, log); err != nil {
		return nil, err
	}
	if d.MemberStatement != "" {
		if _, err := trust.Parse([]byte(d.MemberStatement)); err != nil {
			return nil, err
		}
	}
	return &View{Documents: d, Config: config, Rosters: rosters, Checkpoint: cp, Log: log}, nil
}

// matches compares a checkpoint with the replayed log, which must end in a state leaf.
func matches(cp *transparency.Checkpoint, log *transparency.Copy) error {
	if log.Size() != cp.Size || log.Reduction().Open() || cp.Size == 0 {
		return fmt.Errorf("%w: a log of %d entries does not end with the state leaf its checkpoint of size %d promises",
			transparency.ErrFaulty, log.Size(), cp.Size)
	}
	return log.Matches(cp)
}

// Annexes parses the annexes of all arrangements fetched.
func (v *View) Annexes() ([]*mra.Annex, error) {
	var out []*mra.Annex
	for id, a := range v.Arrangements {
		for _, raw := range a.Annexes {
			annex, err := mra.Parse(raw)
			if err != nil {
				return nil, fmt.Errorf("arrangement %s: %w", id, err)
			}
			out = append(out, annex)
		}
	}
	return out, nil
}
