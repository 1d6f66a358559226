package registry

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// law is what the programme runs by: the pack this software brings along, and
// whatever the administration approved and put in force in its place. It is not
// changed once made; whoever approves or activates makes another.
type law struct {
	template *programme.Pack
	packs    []enforced[*programme.Pack]    // by instant; of one instant the last counts
	holidays []enforced[*deadline.Holidays] // the same
	cache    *lawCache

	calendars *sync.Map // *deadline.Calendar; see calendar
}

// An enforced document is in force from an instant on.
type enforced[D any] struct {
	from int64
	doc  D
}

// A lawCache holds what is made of documents that do not change. It outlives the law.
type lawCache struct {
	read  sync.Map // *programme.Pack by digest
	views sync.Map // *programme.Pack by digest and authority
}

// at is the pack in force at an instant.
func (l *law) at(instant int64) *programme.Pack {
	pack := l.template
	for _, e := range l.packs {
		if e.from <= instant {
			pack = e.doc
		}
	}
	return pack
}

// published are the holidays in force at an instant, those that take the place of
// others after them.
func (l *law) published(instant int64) (out []*deadline.Holidays) {
	for _, e := range l.holidays {
		if e.from <= instant {
			out = append(out, e.doc)
		}
	}
	return out
}

func digestOf(p *programme.Pack) string {
	sum := p.SHA256()
	return hex.EncodeToString(sum[:])
}

// Pack is the programme the node runs now, as its own authority sees it.
func (n *Node) Pack() *programme.Pack { return n.law.Load().at(n.now().Unix()) }

// packFor is the programme in force as an authority sees it, whose days begin in its
// own time zone; "" is the node's own. What is no member any more is seen as by the
// union: what it decided stays.
func (n *Node) packFor(authority string) *programme.Pack { return n.packAs(n.Pack(), authority) }

func (n *Node) packAs(p *programme.Pack, authority string) *programme.Pack {
	if authority == "" || authority == p.Authority {
		return p
	}
	views, key := &n.law.Load().cache.views, digestOf(p)+authority
	if seen, ok := views.Load(key); ok {
		return seen.(*programme.Pack)
	}
	seen, err := p.As(authority)
	if err != nil {
		n.opts.Log.Warn("no programme of an authority this node acts for", "authority", authority, "error", err)
		return p
	}
	views.Store(key, seen)
	return seen
}

// packOf is the programme a case goes by, as an authority sees it: the one it began
// under, or one that came in force since and says that it reaches running cases. A
// case that does not say under which it began goes by the one in force; so does one
// begun under rules of an older release of this software, none of which were
// approved here.
func (n *Node) packOf(authority, sha256 string) *programme.Pack {
	return n.packIn(n.law.Load(), authority, sha256, n.now().Unix())
}

func (n *Node) packIn(l *law, authority, sha256 string, at int64) *programme.Pack {
	if sha256 == "" {
		return n.packAs(l.at(at), authority)
	}
	p := l.template
	if digestOf(p) != sha256 {
		var err error
		if p, err = n.readPack(l.cache, sha256); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				n.opts.Log.Error("the programme a case began under cannot be read", "sha256", sha256, "error", err)
			}
			return n.packAs(l.at(at), authority)
		}
	}
	return n.packAs(l.reaching(p, at), authority)
}

// lawOn is the programme an authorisation goes by: that of the application it was
// granted on. What was taken over from another register, and what does not say, goes by
// the one in force.
func (n *Node) lawOn(a authorisation.Authorisation) (p *programme.Pack, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		p, err = n.lawIn(tx, n.law.Load(), a, n.now().Unix())
		return err
	})
	return p, err
}

func (n *Node) lawIn(tx ledger.Projection, l *law, a authorisation.Authorisation, at int64) (*programme.Pack, error) {
	app, err := view.Application(tx, a.Application)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return nil, err
	}
	return n.packIn(l, a.Authority, app.Pack, at), nil
}

// reaching is the pack by which a case begun under p goes at an instant.
func (l *law) reaching(p *programme.Pack, at int64) *programme.Pack {
	began := digestOf(p)
	since := -1
	for i, e := range l.packs {
		if digestOf(e.doc) == began {
			since = i
		}
	}
	for _, e := range l.packs[since+1:] {
		if e.from <= at && e.doc.Procedure.Transitional == programme.TransitionNew {
			p = e.doc
		}
	}
	return p
}

// calendarOf is the calendar of the authority that sees a pack so, with the holidays
// in force now.
func (n *Node) calendarOf(p *programme.Pack) (*deadline.Calendar, error) {
	return n.law.Load().calendar(p, n.now().Unix())
}

// calendar is that of a law as it is at an instant. It is made once for each zone and
// as many published holidays as are in force.
func (l *law) calendar(p *programme.Pack, at int64) (*deadline.Calendar, error) {
	published := l.published(at)
	key := fmt.Sprintf("%s %s %d", p.Authority, p.Zone(), len(published))
	if c, ok := l.calendars.Load(key); ok {
		return c.(*deadline.Calendar), nil
	}
	c, err := p.Calendar(published...)
	if err == nil {
		l.calendars.Store(key, c)
	}
	return c, err
}

// with is the law as it would be with another document from an instant on.
func (l *law) with(c *Candidate, from int64) *law {
	next := *l
	next.calendars = new(sync.Map)
	if c.pack != nil {
		next.packs = append(slices.Clip(l.packs), enforced[*programme.Pack]{from, c.pack})
	}
	if c.holidays != nil {
		next.holidays = append(slices.Clip(l.holidays), enforced[*deadline.Holidays]{from, c.holidays})
	}
	return &next
}

// lawNumber is the number of the one case in which the node's law is decided.
func (n *Node) lawNumber() string { return view.FormatNumber(n.series("PRG"), 1) }

var lawCases = caseKind[authorisation.Programme]{view.Law, func(authorisation.Programme) string { return subjectNode }}

// lawState is what was approved and put in force.
func (n *Node) lawState() (p authorisation.Programme, err error) {
	p, err = readCase(n, n.lawNumber(), view.Law)
	if errors.Is(err, ErrNotFound) {
		return authorisation.Programme{}, nil
	}
	return p, err
}

// loadLaw makes the law of what was decided. A document that was put in force and is
// not there, or not what was approved, is an error: the node must not fall back
// silently to other rules.
func (n *Node) loadLaw() error {
	state, err := n.lawState()
	if err != nil {
		return err
	}
	next := &law{template: n.template, cache: &lawCache{}, calendars: new(sync.Map)}
	if old := n.law.Load(); old != nil {
		next.cache = old.cache
	}
	for _, a := range state.Activations {
		switch a.Kind {
		case authorisation.RulesDocument:
			p, err := n.readPack(next.cache, a.SHA256)
			if err != nil {
				return fmt.Errorf("programme in force from %d: %w", a.From, err)
			}
			next.packs = append(next.packs, enforced[*programme.Pack]{a.From, p})
		case authorisation.HolidaysDocument:
			raw, err := n.readDocument(a.SHA256)
			if err != nil {
				return fmt.Errorf("holidays %s: %w", a.Name, err)
			}
			h, err := deadline.ParseHolidays(raw)
			if err != nil {
				return err
			}
			next.holidays = append(next.holidays, enforced[*deadline.Holidays]{a.From, h})
		}
	}
	n.law.Store(next)
	return nil
}

// ErrLawLost says that rules were approved here and put in force, and nobody knows any
// more which: what said so was sealed with a key that is gone. The node signs nothing
// until its operator lets it go on by the rules the software brings along
// ([Options.TemplateLaw]); what was approved before is approved again from there.
var ErrLawLost = errors.New("the rules of the programme that were in force are lost")

func (p paths) lawLost() string { return filepath.Join(p.programme(), "lost") }

// findLaw holds the node where its law was lost.
func (n *Node) findLaw() error {
	state, err := n.lawState()
	if err != nil {
		return err
	}
	_, err = os.Stat(n.paths.lawLost())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case state.Case == "" && !n.opts.TemplateLaw:
		n.ledger.Hold(ErrLawLost)
		return nil
	}
	if err := os.Remove(n.paths.lawLost()); err != nil { // its keys are back, or nobody waits for them
		return err
	}
	return syncDirectory(n.paths.programme())
}

func (n *Node) readPack(c *lawCache, sha256 string) (*programme.Pack, error) {
	if p, ok := c.read.Load(sha256); ok {
		return p.(*programme.Pack), nil
	}
	raw, err := n.readDocument(sha256)
	if err != nil {
		return nil, err
	}
	p, err := programme.Read(raw, n.config.Authority)
	if err != nil {
		return nil, err
	}
	c.read.Store(sha256, p)
	return p, nil
}

// documentName is where a document of a digest is kept, signed.
func (n *Node) documentName(sha256 string) string {
	return filepath.Join(n.paths.programme(), filepath.Base(sha256)+".jws")
}

// readDocument reads the content of a document, which its digest binds. Its
// signature is for others: what is approved here says the log.
func (n *Node) readDocument(sha256 string) ([]byte, error) {
	raw, err := readBounded(n.documentName(sha256), int64(keys.KindPack.Max()))
	if err != nil {
		return nil, err
	}
	token, err := keys.Parse(keys.KindPack, raw)
	if err != nil {
		return nil, fmt.Errorf("document %s: %w", sha256, err)
	}
	if got := keys.SHA256Hex(token.Payload()); got != sha256 {
		return nil, fmt.Errorf("%w: document %s has the content of %s", ledger.ErrDamaged, sha256, got)
	}
	return token.Payload(), nil
}
