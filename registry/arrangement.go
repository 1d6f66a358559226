package registry

import (
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
)

// An Arrangement is how an arrangement stands at this node at an instant.
type Arrangement struct {
	ID       string          `json:"id"`
	Version  int64           `json:"version"` // the one shown: the newest, where none is asked for
	SHA256   string          `json:"sha256"`
	Parties  []string        `json:"parties"`
	Live     []string        `json:"live"`  // territories with which it is in effect
	State    mra.State       `json:"state"` // of the pair that is furthest
	At       int64           `json:"at"`    // the instant described, Unix seconds
	Pairs    []PairLife      `json:"pairs"`
	Rules    []ruleStatus    `json:"rules"`
	Notices  []mra.Notice    `json:"notices"` // given by then
	Versions []VersionRef    `json:"versions"`
	SignedOn string          `json:"signed_on"`
	ReviewOn string          `json:"review_on"`
	Ends     mra.Termination `json:"termination"`
	Text     *mra.Document   `json:"document,omitzero"` // only where one arrangement is asked for
	Alone    *Recognised     `json:"alone,omitzero"`    // what we recognise alone under the same id; without an annex the only rung
}

// A PairLife is the life of one ordered pair. Now is the phase at the instant
// described; nil before the first.
type PairLife struct {
	mra.Pair
	Now  *mra.Phase  `json:"now,omitzero"`
	Life []mra.Phase `json:"life"`
}

// A VersionRef names a version.
type VersionRef struct {
	Version  int64  `json:"version"`
	SHA256   string `json:"sha256"`
	SignedOn string `json:"signed_on"`
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
	Pilot             bool     `json:"pilot,omitzero"`
	State             string   `json:"state"` // in_effect, pilot, not_yet_in_effect, ended, suspended_arrangement, replaced
}

// Arrangements is how every arrangement stands now.
func (n *Node) Arrangements() ([]*Arrangement, error) {
	annexes, register, notices, err := n.register()
	if err != nil {
		return nil, err
	}
	out := []*Arrangement{}
	for _, a := range register.Documents() {
		s := n.describe(a, annexes, register, notices, n.now())
		s.Text = nil
		out = append(out, s)
	}
	return n.withAlone(out, true)
}

// Arrangement is how one arrangement stands now.
func (n *Node) Arrangement(id string) (*Arrangement, error) {
	return n.ArrangementAt(id, 0, time.Time{})
}

// ArrangementAt is how one version of an arrangement, the newest for 0, stands
// at an instant, now for the zero one, by all that is known now.
func (n *Node) ArrangementAt(id string, version int64, at time.Time) (*Arrangement, error) {
	annexes, register, notices, err := n.register()
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = n.now()
	}
	for _, a := range slices.Backward(annexes) { // by version
		if a.ID == id && (version == 0 || a.Version == version) {
			all, err := n.withAlone([]*Arrangement{n.describe(a, annexes, register, notices, at)}, false)
			return all[0], err
		}
	}
	if s, err := n.onlyAlone(id); version == 0 && (err != nil || s != nil) {
		return s, err
	}
	if version != 0 {
		return nil, fmt.Errorf("%w: no version %d of an arrangement %.40q", ErrNotFound, version, id)
	}
	return nil, fmt.Errorf("%w: no arrangement %.40q", ErrNotFound, id)
}

func (n *Node) register() ([]*mra.Annex, *mra.Register, []*mra.SignedNotice, error) {
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return nil, nil, nil, err
	}
	register, err := mra.NewRegister(annexes, notices)
	return annexes, register, notices, err
}

func (n *Node) describe(a *mra.Annex, all []*mra.Annex, register *mra.Register, notices []*mra.SignedNotice, at time.Time) *Arrangement {
	out := &Arrangement{ID: a.ID, Version: a.Version, SHA256: a.SHA256(), Live: []string{}, Notices: []mra.Notice{}, Text: &a.Document,
		At: at.Unix(), Pairs: []PairLife{}, SignedOn: a.SignedOn, ReviewOn: a.ReviewOn, Ends: a.Termination}
	for _, p := range a.Parties {
		out.Parties = append(out.Parties, p.Territory)
		if p.Territory != n.config.Territory && register.Live(n.config.Territory, p.Territory, at) {
			out.Live = append(out.Live, p.Territory)
		}
	}
	for _, p := range register.Pairs(a.ID) {
		one := PairLife{Pair: p, Life: register.Life(a.ID, p)}
		if now, ok := register.State(a.ID, p, at); ok {
			one.Now = &now
			out.State = further(out.State, now.State)
		}
		out.Pairs = append(out.Pairs, one)
	}
	for i, state := range register.RuleStates(a, at) {
		r := &a.Recognitions[i]
		out.Rules = append(out.Rules, ruleStatus{By: r.By, Of: r.Of, Programme: r.Programme, AuthorisationType: r.AuthorisationType,
			Roles: r.Roles, Direction: r.Direction, As: r.As, From: r.From, Until: r.Until, Pilot: r.Pilot, State: state})
	}
	for _, s := range notices {
		if s.MRA == a.ID && s.Iat <= at.Unix() {
			out.Notices = append(out.Notices, s.Notice)
		}
	}
	for _, v := range all {
		if v.ID == a.ID {
			out.Versions = append(out.Versions, VersionRef{v.Version, v.SHA256(), v.SignedOn})
		}
	}
	return out
}

// further is the state that says more about an arrangement as a whole: it is in
// effect where one pair is, and terminated only where all are.
func further(a, b mra.State) mra.State {
	order := []mra.State{"", mra.Terminated, mra.Signed, mra.Suspended, mra.Pilot, mra.InEffect}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}
