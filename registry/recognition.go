package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/view"
)

// Recognise is a request to recognise alone, over lists, holders of a partner
// without a node. A further one under the same id is a new version.
type Recognise struct {
	ID         string            `json:"id"`      // that an arrangement to come may keep
	Partner    string            `json:"partner"` // territory
	Mailbox    string            `json:"mailbox,omitzero"`
	Title      string            `json:"title"` // of the legal instrument
	Citation   string            `json:"citation"`
	Rules      []mra.Recognition `json:"rules"` // by and of are filled in
	Freshness  *mra.Freshness    `json:"freshness,omitzero"`
	NoticeDays int64             `json:"notice_days"`
	By         string            `json:"by"`
	Second     string            `json:"second"`
	DryRun     bool              `json:"dry_run,omitzero"`
}

// Recognise signs with the root key what we recognise alone, and logs it. It is
// executed from its dates on; a dry run returns it without having signed.
func (n *Node) Recognise(ctx context.Context, r Recognise) (*Recognised, error) {
	if err := n.jointly(ctx, "recognitions", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	d, err := n.declaration(r)
	if err != nil {
		return nil, err
	}
	if err := d.CheckAlone(); err != nil {
		return nil, invalid(err)
	}
	if r.DryRun {
		return n.describeAlone(d), nil
	}
	root, err := n.ring.Signer(keys.RoleRoot, n.now())
	if err != nil {
		return nil, err
	}
	raw, err := author.SignAlone(*d, root)
	if err != nil {
		return nil, invalid(err)
	}
	signed, err := mra.ParseAlone(raw)
	if err != nil {
		return nil, err
	}
	rungs, notices, err := n.rungDocuments()
	if err != nil {
		return nil, err
	}
	if _, err := mra.NewRegister(append(rungs, signed), notices); err != nil {
		return nil, invalid(err)
	}
	name := fmt.Sprintf("%s/%06d", d.ID, d.Version)
	if err := n.publishArtefacts(ctx, view.Artefact{Kind: view.Recognition, Name: name, Content: string(raw)}); err != nil {
		return nil, err
	}
	n.opts.Log.Info("recognition signed", "mra", d.ID, "version", d.Version, "of", r.Partner, "by", r.By, "second", r.Second)
	if err := n.refresh(ctx); err != nil {
		return nil, err
	}
	return n.Recognition(d.ID)
}

// declaration is the next version of what we recognise alone under an id.
func (n *Node) declaration(r Recognise) (*mra.Document, error) {
	pack, err := n.partnerPack(r.Partner)
	if err != nil {
		return nil, err
	}
	own, err := n.NewParty()
	if err != nil {
		return nil, err
	}
	other := mra.Party{Territory: r.Partner, Root: []*keys.PublicKey{}, TimeZone: "UTC", Contacts: mra.Contacts{Mailbox: r.Mailbox}}
	if pack != nil {
		other.TimeZone = pack.TimeZone
	}
	today := n.Pack().LocalDate(n.now())
	d := &mra.Document{
		ID: r.ID, Version: 1, Instrument: mra.Instrument{Title: r.Title, Citation: r.Citation, Languages: []string{"en"}},
		Parties: []mra.Party{own, other}, SignedOn: today, Freshness: r.Freshness,
		DataSharing: mra.DataSharing{Fields: partnerFields, ReleaseBasis: "law", Basis: "exchange", Retention: "while in effect and five years after", Onward: "none"},
		Termination: mra.Termination{NoticeDays: r.NoticeDays, InTransit: "honour"},
		ReviewOn:    n.Pack().LocalDate(n.now().AddDate(1, 0, 0)),
	}
	for _, rule := range r.Rules {
		rule.By, rule.Of = own.Territory, r.Partner
		d.Recognitions = append(d.Recognitions, rule)
	}
	before, err := n.recognitions()
	if err != nil {
		return nil, err
	}
	for _, a := range before { // by version
		if a.ID == d.ID {
			if of := a.Parties[1].Territory; of != r.Partner {
				return nil, fmt.Errorf("%w: %s is about %s; another id is for %s", ErrConflict, d.ID, of, r.Partner)
			}
			d.Version, d.PrevSHA256 = a.Version+1, a.SHA256()
		}
	}
	return d, nil
}

// partnerFields are what a list tells about a holder.
var partnerFields = []string{"legal_name", "identifiers", "roles", "effective_on"}

// recognitions are all versions of what we recognise alone, by id and version.
func (n *Node) recognitions() ([]*mra.Annex, error) {
	docs, err := n.artefacts(view.Recognition)
	if err != nil {
		return nil, err
	}
	var out []*mra.Annex
	for _, d := range docs {
		a, err := mra.ParseAlone([]byte(d.Content))
		if err != nil {
			return nil, fmt.Errorf("stored recognition %s: %w", d.Name, err)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *mra.Annex) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	return out, nil
}

// A Recognised is what we recognise alone under an id, the newest version.
type Recognised struct {
	ID       string            `json:"id"`
	Version  int64             `json:"version"`
	SHA256   string            `json:"sha256"`
	Of       []string          `json:"of"` // territories
	Rules    []mra.Recognition `json:"rules"`
	State    string            `json:"state"` // not_signed, in_effect, not_yet_in_effect, ended, suspended_arrangement, replaced
	SignedOn string            `json:"signed_on"`
	Lists    []ListAge         `json:"lists"` // that it is applied to
	Text     *mra.Document     `json:"document,omitzero"`
}

// A ListAge says how old the newest list of a partner is.
type ListAge struct {
	Partner    string `json:"partner"`
	Number     int64  `json:"number"`
	StatedAsOf string `json:"stated_as_of"`
}

// Recognitions is what we recognise alone, by id.
func (n *Node) Recognitions() ([]*Recognised, error) {
	rungs, notices, err := n.rungDocuments()
	if err != nil {
		return nil, err
	}
	register, err := mra.NewRegister(rungs, notices)
	if err != nil {
		return nil, err
	}
	out := []*Recognised{}
	for _, a := range register.DocumentsAlone() {
		s := n.describeAlone(&a.Document)
		s.State = stateAlone(register, a, n.now())
		out = append(out, s)
	}
	return out, nil
}

// Recognition is what we recognise alone under an id.
func (n *Node) Recognition(id string) (*Recognised, error) {
	all, err := n.Recognitions()
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.ID == id {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: we recognise nothing alone under %.40q", ErrNotFound, id)
}

// describeAlone is a text nobody has signed; the register says how a signed one stands.
func (n *Node) describeAlone(d *mra.Document) *Recognised {
	s := &Recognised{ID: d.ID, Version: d.Version, SHA256: d.SHA256(), Rules: d.Recognitions, SignedOn: d.SignedOn, Lists: []ListAge{}, Text: d, State: "not_signed"}
	for _, p := range d.Parties {
		if p.Territory == n.config.Territory {
			continue
		}
		s.Of = append(s.Of, p.Territory)
		if stored, err := n.storedLists(p.Territory); err == nil && len(stored) > 0 {
			h := stored[len(stored)-1].Header
			s.Lists = append(s.Lists, ListAge{p.Territory, h.Number, h.StatedAsOf})
		}
	}
	return s
}

// stateAlone is the best state of its rules: a holder may rely on any.
func stateAlone(register *mra.Register, a *mra.Annex, now time.Time) string {
	best := ""
	for _, r := range a.Recognitions {
		q := mra.Query{By: r.By, Of: r.Of, Programme: r.Programme, Type: r.AuthorisationType, Held: r.Roles, At: now, Listed: true}
		o := register.Evaluate(q)
		switch {
		case o.Failure == mra.OK:
			return "in_effect"
		case register.Governed(r.By, r.Of, now):
			best = "replaced"
		case best == "":
			best = string(o.Failure)
		}
	}
	return best
}

// withAlone puts what we recognise alone beside the arrangements of the same id,
// and where out is the whole list behind them where there is none: two rungs of
// one ladder.
func (n *Node) withAlone(out []*Arrangement, whole bool) ([]*Arrangement, error) {
	alone, err := n.Recognitions()
	if err != nil {
		return out, err
	}
	for _, s := range alone {
		i := slices.IndexFunc(out, func(a *Arrangement) bool { return a.ID == s.ID })
		switch {
		case i >= 0:
			out[i].Alone = s
		case whole:
			out = append(out, n.asArrangement(s))
		}
	}
	return out, nil
}

// onlyAlone is what we recognise alone under an id that has no annex; nil where
// there is nothing of it.
func (n *Node) onlyAlone(id string) (*Arrangement, error) {
	alone, err := n.Recognitions()
	if err != nil {
		return nil, err
	}
	for _, s := range alone {
		if s.ID == id {
			return n.asArrangement(s), nil
		}
	}
	return nil, nil
}

// lifeAlone are the states of what we recognise alone in the words of arrangements.
var lifeAlone = map[string]mra.State{
	"in_effect": mra.InEffect, string(mra.SuspendedArrangement): mra.Suspended, string(mra.NotYetInEffect): mra.Signed,
	string(mra.Ended): mra.Terminated, "replaced": mra.Terminated,
}

func (n *Node) asArrangement(s *Recognised) *Arrangement {
	return &Arrangement{ID: s.ID, Version: s.Version, SHA256: s.SHA256, Parties: append([]string{n.config.Territory}, s.Of...), Live: []string{},
		At: n.now().Unix(), Pairs: []PairLife{}, Rules: []ruleStatus{}, Notices: []mra.Notice{}, Versions: []VersionRef{},
		State: lifeAlone[s.State], SignedOn: s.SignedOn, ReviewOn: s.Text.ReviewOn, Alone: s}
}
