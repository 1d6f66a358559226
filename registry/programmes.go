package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// A ProgrammeStatus is the law the node runs by.
type ProgrammeStatus struct {
	Code     string `json:"code"`
	Title    string `json:"title"`
	TimeZone string `json:"time_zone"` // in which the node's own authority reckons
	SHA256   string `json:"sha256"`
	Template bool   `json:"template,omitzero"` // what this software brings along is in force, approved by nobody here
	Holidays []int  `json:"holidays"`          // years for which they are known
	authorisation.Programme
}

// ProgrammeStatus says by which law the node runs, what is approved, and what comes
// in force when.
func (n *Node) ProgrammeStatus() (*ProgrammeStatus, error) {
	state, err := n.lawState()
	if err != nil {
		return nil, err
	}
	return n.programmeStatus(state)
}

func (n *Node) programmeStatus(state authorisation.Programme) (*ProgrammeStatus, error) {
	p := n.Pack()
	c, err := n.calendarOf(p)
	if err != nil {
		return nil, err
	}
	s := &ProgrammeStatus{Code: p.Code, Title: p.Title, TimeZone: p.Zone().String(), SHA256: digestOf(p), Holidays: []int{}, Programme: state}
	s.Template = p == n.template
	for year := 2000; year < 2200; year++ {
		if c.Covers(year) {
			s.Holidays = append(s.Holidays, year)
		}
	}
	return s, nil
}

// A Candidate is a document that somebody would have approved or put in force.
type Candidate struct {
	authorisation.Document
	Problems []string               `json:"problems,omitzero"` // why it cannot be
	Changes  []programme.Difference `json:"changes"`           // against what is in force now
	Moves    []Move                 `json:"moves"`             // open deadlines that would be due at another time

	raw      []byte
	pack     *programme.Pack
	holidays *deadline.Holidays
}

// A CheckDocument is a pack or a year of holidays, as a file.
type CheckDocument struct {
	Content string `json:"content"`
}

// CheckProgramme reads a pack or a year of holidays and says what it would change.
// Nothing is changed. What is wrong with it is an answer, not an error.
func (n *Node) CheckProgramme(_ context.Context, r CheckDocument) (*Candidate, error) {
	c, err := n.candidate([]byte(r.Content))
	if errors.Is(err, ErrInvalid) {
		return &Candidate{Problems: strings.Split(err.Error(), "\n"), Changes: []programme.Difference{}, Moves: []Move{}}, nil
	}
	if err != nil {
		return nil, err
	}
	return c, n.compareWithLaw(c)
}

func (n *Node) candidate(raw []byte) (*Candidate, error) {
	c := &Candidate{raw: raw, Changes: []programme.Difference{}, Moves: []Move{}}
	var format struct {
		Format string `json:"format"`
	}
	if jcs.UnmarshalOpen(raw, &format) == nil && strings.HasPrefix(format.Format, "aeo.holidays/") {
		h, err := deadline.ParseHolidays(raw)
		if err != nil {
			return nil, invalid(err)
		}
		if _, err := n.Pack().As(h.Authority); err != nil {
			return nil, fmt.Errorf("%w: holidays of %s are none of this programme", ErrInvalid, h.Authority)
		}
		c.holidays = h
		c.Document = authorisation.Document{Kind: authorisation.HolidaysDocument, Name: fmt.Sprintf("%s-%d", h.Authority, h.Year), SHA256: keys.SHA256Hex(raw)}
		return c, nil
	}
	p, err := programme.Read(raw, n.config.Authority)
	if err != nil {
		return nil, invalid(err)
	}
	if p.Territory != n.config.Territory {
		return nil, fmt.Errorf("%w: the pack is of %s, this node of %s", ErrInvalid, p.Territory, n.config.Territory)
	}
	c.pack = p
	c.Document = authorisation.Document{Kind: authorisation.RulesDocument, Name: p.Code, SHA256: keys.SHA256Hex(raw)}
	return c, nil
}

func (n *Node) compareWithLaw(c *Candidate) (err error) {
	old := n.Pack().Raw()
	if c.holidays != nil {
		if old, err = n.holidaysInForce(c.holidays.Authority, c.holidays.Year); err != nil {
			return err
		}
	}
	if c.Changes, err = programme.Diff(old, c.raw); err != nil {
		return err
	}
	now := n.now().Unix()
	moved, err := n.moved(n.law.Load().with(c, now), now, deadline.Why{})
	for _, m := range moved {
		c.Moves = append(c.Moves, m.Move)
	}
	return err
}

// holidaysInForce is the newest document of a year of an authority; an empty object
// where there is none.
func (n *Node) holidaysInForce(authority string, year int) ([]byte, error) {
	list, err := programme.Holidays(authority)
	if err != nil {
		return nil, err
	}
	list = append(list, n.law.Load().published(n.now().Unix())...)
	for _, h := range slices.Backward(list) {
		if h.Authority == authority && h.Year == year {
			return jcs.Marshal(h)
		}
	}
	return []byte("{}"), nil
}

// ExportProgramme is a document to be edited: the pack in force, or of a year the
// holidays of an authority ("" is the node's own).
func (n *Node) ExportProgramme(authority string, year int) ([]byte, error) {
	if year == 0 {
		return n.Pack().Raw(), nil
	}
	if authority == "" {
		authority = n.config.Authority
	}
	if _, err := n.Pack().As(authority); err != nil {
		return nil, invalid(err)
	}
	raw, err := n.holidaysInForce(authority, year)
	if err != nil || string(raw) != "{}" {
		return raw, err
	}
	return nil, fmt.Errorf("%w: no holidays of %s in %d", ErrNotFound, authority, year)
}

// ApproveDocument is two persons' approval of a pack or of a year of holidays.
type ApproveDocument struct {
	Content string `json:"content"`
	By      string `json:"by"`
	Second  string `json:"second"`
	DryRun  bool   `json:"dry_run,omitzero"`
}

// ApproveProgramme approves a document: it is signed with the node's federation key
// and kept, and can be put in force from then on. Nothing changes by it yet.
func (n *Node) ApproveProgramme(ctx context.Context, r ApproveDocument) (*ProgrammeStatus, error) {
	c, err := n.candidate([]byte(r.Content))
	if err != nil {
		return nil, err
	}
	if err := n.jointly(ctx, "programme/approve", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	return n.onLaw(ctx, r.By, r.DryRun, func(by authorisation.By) (authorisation.Command, error) {
		if !r.DryRun {
			// Cases that run now go by what is in force now, whatever a later release brings along.
			if err := errors.Join(n.keepDocument(n.Pack().Raw()), n.keepDocument(c.raw)); err != nil {
				return nil, err
			}
		}
		return authorisation.ApproveDocument{By: by, Second: r.Second, Document: c.Document}, nil
	})
}

// keepDocument signs a document and makes it durable under its digest.
func (n *Node) keepDocument(raw []byte) error {
	sha256 := keys.SHA256Hex(raw)
	if kept, err := n.readDocument(sha256); err == nil && len(kept) == len(raw) {
		return nil
	}
	signer, err := n.signer(keys.RoleFederation, n.now())
	if err != nil {
		return err
	}
	signed, err := keys.Sign(keys.KindPack, raw, signer)
	if err != nil {
		return invalid(err)
	}
	if err := os.MkdirAll(n.paths.programme(), 0o700); err != nil {
		return err
	}
	return errors.Join(peer.ReplaceFile(n.documentName(sha256), signed), syncDirectory(n.opts.Dir))
}

// ActivateDocument puts an approved document in force.
type ActivateDocument struct {
	Document string `json:"document"` // its name, for the newest of that name, or how its digest begins
	From     string `json:"from"`     // 2027-01-01, its first instant by the authority's own time; today is now
	By       string `json:"by"`
	Second   string `json:"second"`
	DryRun   bool   `json:"dry_run,omitzero"`
}

// ActivateProgramme decides from when a document is in force.
func (n *Node) ActivateProgramme(ctx context.Context, r ActivateDocument) (*ProgrammeStatus, error) {
	day, err := deadline.ParseDate(r.From)
	if err != nil {
		return nil, fmt.Errorf("%w: from: %w", ErrInvalid, err)
	}
	state, err := n.lawState()
	if err != nil {
		return nil, err
	}
	sha256, err := oneDocument(state, r.Document)
	if err != nil {
		return nil, err
	}
	if err := n.jointly(ctx, "programme/activate", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	s, err := n.onLaw(ctx, r.By, r.DryRun, func(by authorisation.By) (authorisation.Command, error) {
		zone := n.Pack().Zone()
		from := day.Begins(zone).Unix()
		if day == deadline.DateOf(time.Unix(by.At, 0), zone) {
			from = by.At
		}
		return authorisation.ActivateDocument{By: by, Second: r.Second, SHA256: sha256, From: from}, nil
	})
	if err != nil || r.DryRun {
		return s, err
	}
	if err := n.settleDue(ctx); err != nil {
		return nil, err
	}
	n.publishNow(ctx)
	return n.ProgrammeStatus()
}

// oneDocument is the digest of the approved document that is meant: the newest of a
// name, or the one whose digest begins so.
func oneDocument(state authorisation.Programme, named string) (found string, err error) {
	for _, d := range state.Documents {
		switch {
		case d.Name == named:
			found = d.SHA256
		case len(named) < 6 || !strings.HasPrefix(d.SHA256, named):
		case found != "":
			return "", fmt.Errorf("%w: several approved documents begin with %s", ErrInvalid, named)
		default:
			found = d.SHA256
		}
	}
	if found == "" {
		return "", fmt.Errorf("%w: no approved document %.64q; name it, or at least six characters of its digest", ErrNotFound, named)
	}
	return found, nil
}

// onLaw puts a command to the node's law and takes over what follows.
func (n *Node) onLaw(ctx context.Context, actor string, dryRun bool,
	command func(authorisation.By) (authorisation.Command, error)) (*ProgrammeStatus, error) {
	number := n.lawNumber()
	defer n.lockCase(number)()
	state, err := n.lawState()
	if err != nil {
		return nil, err
	}
	by, err := n.by(ctx, number, actor, access.Administrator, access.DecisionMaker)
	if err != nil {
		return nil, err
	}
	c, err := command(by)
	if err != nil {
		return nil, err
	}
	if state, err = enact(ctx, n, lawCases, state, c, dryRun); err != nil {
		return nil, err
	}
	if !dryRun {
		if err := n.loadLaw(); err != nil {
			return nil, err
		}
	}
	return n.programmeStatus(state)
}

// enforceLaw does what follows when a document comes in force: open deadlines move,
// and that is recorded. The law itself changes with the instant.
func (n *Node) enforceLaw(ctx context.Context) error {
	number := n.lawNumber()
	defer n.lockCase(number)()
	for {
		state, err := n.lawState()
		if err != nil {
			return err
		}
		if at, ok := state.Wakes(); !ok || at > n.now().Unix() {
			return nil
		}
		if err := n.moveDeadlines(ctx, state); err != nil {
			return err
		}
		by := authorisation.By{Case: number, Actor: authorisation.Scheduler, At: n.now().Unix()}
		if _, err := enact(ctx, n, lawCases, state, authorisation.EnforceDocument{By: by}, false); err != nil {
			return err
		}
	}
}

// refreshProgramme publishes the profile of the programme in force, which partners follow.
func (n *Node) refreshProgramme(ctx context.Context) error {
	p := n.Pack()
	return n.publishArtefacts(ctx, view.Artefact{Kind: view.Programme, Name: p.Code, Content: string(p.Profile())})
}
