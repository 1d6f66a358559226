package peer

import (
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	// ErrRollback says that a partner shows a smaller log than before.
	ErrRollback = errors.New("partner's log is smaller than before")
	// ErrSplitView says that a partner signed two different trees of one size,
	// or a tree that does not extend the one it signed before.
	ErrSplitView = errors.New("partner's log shows two histories")
	// ErrLogTooLarge says that a log has more entries, or more bytes of them, than are followed.
	ErrLogTooLarge = fmt.Errorf("%w: log too large to follow", ErrAnswer)
	// ErrBudget says that a round cost all it may; what it fetched is kept, and
	// the next goes on from there.
	ErrBudget = fmt.Errorf("%w: more to fetch than one round takes", ErrUnreachable)
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

	digest string // of the documents; see News
}

// News names everything the view says but when it was fetched: two views with
// the same are the same for whoever builds on them.
func (v *View) News() string {
	news := v.digest
	for _, m := range v.Members {
		news += " " + m.News()
	}
	return news
}

// digest names the documents, whenever they were fetched.
func (d Documents) digest() (string, error) {
	d.FetchedAt = 0
	raw, err := jcs.Marshal(d)
	if err != nil {
		return "", err
	}
	return keys.SHA256Hex(raw), nil
}

// open verifies documents and log copy against each other and against why the
// subject's keys are believed, at an instant.
func open(d Documents, log *transparency.Copy, s subject, at int64) (*View, error) {
	replayed := log.Reduction().Rosters()
	if replayed.First() == nil {
		return nil, fmt.Errorf("%w: no key roster in it", transparency.ErrFaulty)
	}
	config, err := trust.Parse([]byte(d.Configuration))
	if err != nil {
		return nil, err
	}
	if err := s.checkIdentity(config); err != nil {
		return nil, err
	}
	if s.union != nil {
		// What the union vouches for is the configuration, and that names the
		// roster: see vouchedFor.
		s.pinned = replayed.First().Root
	}
	rosters, err := keys.VerifyHistory(replayed.Raw(), s.pinned)
	if err != nil {
		return nil, err
	}
	if rosters.Current().Iss != s.entityID {
		return nil, fmt.Errorf("%w: key roster of %.200q, asked for %s", ErrIdentity, rosters.Current().Iss, s.entityID)
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
	digest, err := d.digest()
	if err != nil {
		return nil, err
	}
	return &View{Documents: d, Config: config, Rosters: rosters, Checkpoint: cp, Log: log, digest: digest}, nil
}

// checkIdentity holds what a configuration says of itself against whom we asked for.
func (s subject) checkIdentity(config *trust.Signed) error {
	if config.Iss != s.entityID || !config.IsConfiguration() {
		return fmt.Errorf("%w: entity configuration of %.200q, asked for %s", ErrIdentity, config.Iss, s.entityID)
	}
	r := config.Metadata.Registry
	if r.Territory != s.territory {
		return fmt.Errorf("%w: %s says it is of %s, we know it as %s", ErrIdentity, s.entityID, r.Territory, s.territory)
	}
	if s.union != nil && r.Authority == r.Territory {
		return fmt.Errorf("%w: %s says it is the union of which it is a member", ErrIdentity, s.entityID)
	}
	return nil
}

// vouchedFor wants the union's present word for its member's keys, as any
// verifier will. A view without it serves only to see that the log goes on.
func (s subject) vouchedFor(v *View) error {
	if s.union == nil {
		return nil
	}
	about, err := trust.Parse([]byte(v.MemberStatement))
	if err != nil {
		return err
	}
	union := s.union.Config
	_, err = trust.VerifyChain([]*trust.Signed{v.Config, about, union}, union.JWKS.Keys, s.union.FetchedAt)
	return err
}
