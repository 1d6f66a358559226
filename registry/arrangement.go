package registry

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/mra"
)

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

// Arrangement is how one arrangement stands.
func (n *Node) Arrangement(id string) (*Arrangement, error) {
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

func (n *Node) describe(a *mra.Annex, register *mra.Register, notices []*mra.SignedNotice) *Arrangement {
	out := &Arrangement{ID: a.ID, Version: a.Version, SHA256: a.SHA256(), Live: []string{}, Notices: []mra.Notice{}, Text: &a.Document}
	for _, p := range a.Parties {
		out.Parties = append(out.Parties, p.Territory)
		if p.Territory != n.config.Territory && register.Live(n.config.Territory, p.Territory, n.now()) {
			out.Live = append(out.Live, p.Territory)
		}
	}
	for _, r := range a.Recognitions {
		q := mra.Query{By: r.By, Of: r.Of, Programme: r.Programme, Type: r.AuthorisationType, Held: r.Roles, At: n.now()}
		if r.Direction != mra.Both {
			q.Direction = r.Direction
		}
		o := register.Evaluate(q)
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
