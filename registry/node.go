package registry

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/files"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

var (
	// ErrNoNode says that a directory is no node's.
	ErrNoNode = errors.New("no node here")
	// ErrExists says that a thing to be made is there already.
	ErrExists = errors.New("exists already")
	// ErrNotFound says that there is no such thing in this registry.
	ErrNotFound = errors.New("not found")
	// ErrInvalid says that a request cannot be understood or carried out as it is.
	ErrInvalid = errors.New("invalid request")
	// ErrConflict says that the thing is in a state that does not allow the request.
	ErrConflict = errors.New("conflict")
	// ErrNotAllowed says that this person may not do this.
	ErrNotAllowed = errors.New("not allowed")
)

// Options are what a node needs from outside.
type Options struct {
	Dir    string
	Unlock keyring.Unlock
	Now    func() time.Time // nil = the clock
	// Elapsed is a monotonic clock that Now is held against, so that one that
	// jumps a year does not let everything expire; nil = none.
	Elapsed func() time.Duration
	Rand    io.Reader    // nil = the system's randomness
	Log     *slog.Logger // nil = none
	// HistoryDays is how far back the bundles this node builds answer; 0 = 400.
	HistoryDays int
	// Poll is how often a partner that answers is looked at; 0 = [DefaultPoll].
	Poll time.Duration
	// ListSize is the size of the status lists Create opens; 0 = statuslist.DefaultSize.
	ListSize int64
	// Mirror is where the ledger keeps every batch once more, better on another
	// disk. The node remembers it; NoMirror makes it forget.
	Mirror   string
	NoMirror bool
	// TemplateLaw lets a node whose own rules were lost go on by those the software
	// brings along; see [ErrLawLost].
	TemplateLaw bool
	// PasswordCost is what a guess at a password costs; zero = access.DefaultCost.
	PasswordCost access.Cost
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.ListSize == 0 {
		o.ListSize = statuslist.DefaultSize
	}
	if o.HistoryDays == 0 {
		o.HistoryDays = 400
	}
	if o.Poll == 0 {
		o.Poll = DefaultPoll
	}
	if o.PasswordCost == (access.Cost{}) {
		o.PasswordCost = access.DefaultCost
	}
	return o
}

// A Node is the running registry of one administration. All its methods may be
// called from several goroutines.
type Node struct {
	opts      Options
	paths     paths
	config    Config
	template  *programme.Pack     // what this software brings along
	law       atomic.Pointer[law] // what the programme runs by
	ring      *keyring.Ring
	ledger    *ledger.Ledger
	cases     caseLocks
	files     *files.Store
	people    people
	secrets   secrets
	answers   answers
	guesses   access.Backoff
	guessing  sync.Mutex    // held while guesses are written
	hashing   chan struct{} // passwords tried at once
	waiting   chan struct{} // those whose turn comes next
	rates     rates
	reads     reads
	numbers   numbers
	slots     slots
	known     known
	letters   letters
	verifiers verifiers
	notices   *notices
	witness   *witness.Cosigner
	auditor   *witness.Cosigner
	met       sync.Map // *keys.VKey by log, of a view that is being judged
	cosigned  *cosigned

	// federating serialises what rewrites published documents: peers,
	// arrangements, statements, publication, bundles.
	federating   sync.Mutex
	refreshed    refreshed                   // guarded by federating
	directory    directory                   // says itself what guards it
	checkedAt    atomic.Int64                // Unix seconds; see checkHead
	lists        lists                       // guarded by its own lock
	border       currentBundle               // guarded by its own lock; for our own desks, see border.go
	current      currentBundle               // guarded by its own lock
	views        views                       // guarded by its own lock
	following    *following                  // guarded by its own lock
	news         atomic.Int64                // counts what peers published and we took over
	published    int64                       // of news, what we published with; guarded by federating
	rosterWarned time.Time                   // guarded by federating; when it was last said that the roster is not renewed
	roster       atomic.Pointer[keys.Roster] // the newest, once it was asked for
	served       atomic.Pointer[[]byte]      // the entity configuration that went with the published head
}

// Create makes a node's directory: keys, anchor, and a ledger whose first batch
// opens the log with genesis, roster, two status lists and the programme.
func Create(o Options, territory, authority, entityID string) error {
	o = o.withDefaults()
	pack, err := programme.Load(territory, authority)
	if err != nil {
		return invalid(err)
	}
	if err := trust.CheckEntityID(entityID); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	c := Config{Schema: configSchema, Territory: pack.Territory, Authority: pack.Authority,
		EntityID: entityID, CreatedAt: o.Now().Unix()}
	p := paths{o.Dir}
	if err := makeEmpty(o.Dir); err != nil {
		return err
	}
	ring, err := keyring.Create(p.ring(), o.Unlock, c.Host(), o.Now(), o.Rand)
	if err != nil {
		return err
	}
	roster, err := ring.SignRoster(entityID, nil, o.Now())
	if err != nil {
		return err
	}
	if err := keyring.CreateTLS(p.tls(), c.Host(), o.Now()); err != nil {
		return err
	}
	if err := createLedger(o, c, pack, ring, roster); err != nil {
		return err
	}
	if err := writeAnchor(p.anchor(), c, roster); err != nil {
		return err
	}
	raw, err := jcs.Marshal(c)
	if err != nil {
		return err
	}
	// Last, so that a directory with a node.json is a whole node.
	return peer.ReplaceFile(p.config(), append(raw, '\n'))
}

func makeEmpty(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%w: %s is not empty", ErrExists, dir)
	}
	return nil
}

func createLedger(o Options, c Config, pack *programme.Pack, ring *keyring.Ring, roster []byte) error {
	lo, err := ledgerOptions(o, ring)
	if err != nil {
		return err
	}
	genesis := transparency.Genesis{Origin: c.Host() + "/log", Territory: c.Territory, Authority: c.Authority,
		Profile: 1, RosterSHA256: keys.SHA256Hex(roster)}
	entries := newLists(c.EntityID, 0, o.ListSize)
	programmeEntry, err := artefactEntry(view.Programme, pack.Code, pack.Profile())
	if err != nil {
		return err
	}
	return ledger.Create(lo, genesis, roster, append(entries, programmeEntry)...)
}

func writeAnchor(name string, c Config, roster []byte) error {
	r, err := keys.ParseRoster(roster, nil)
	if err != nil {
		return err
	}
	a := bundle.Anchor{Schema: "aeo.anchor/1", Territory: c.Territory, EntityID: c.EntityID,
		Root: r.Root, MinSeq: 1, MinTime: c.CreatedAt}
	return peer.ReplaceFile(name, a.Marshal())
}

func ledgerOptions(o Options, ring *keyring.Ring) (ledger.Options, error) {
	p := paths{o.Dir}
	signer, err := ring.NoteSigner(keys.RoleLog)
	if err != nil {
		return ledger.Options{}, err
	}
	sealer, err := ledger.FileKeys(nil, p.traderKeys(), ring, o.Rand)
	if err != nil {
		return ledger.Options{}, err
	}
	return ledger.Options{Dir: p.log(), HeadDir: p.head(), Signer: signer, Keys: sealer,
		Project: view.Projector{}, Now: o.Now, Elapsed: o.Elapsed, Rand: o.Rand, Log: o.Log}, nil
}

// Open starts the node in a directory: it unlocks the keys, checks the ledger
// and brings the published documents up to date.
func Open(ctx context.Context, o Options) (*Node, error) {
	o = o.withDefaults()
	config, err := readConfig(o.Dir)
	if err != nil {
		return nil, err
	}
	pack, err := programme.Load(config.Territory, config.Authority)
	if err != nil {
		return nil, err
	}
	ring, err := keyring.Open(paths{o.Dir}.ring(), o.Unlock)
	if err != nil {
		return nil, err
	}
	lo, err := ledgerOptions(o, ring)
	if err != nil {
		return nil, err
	}
	if lo.Mirror, err = chooseMirror(o); err != nil {
		return nil, err
	}
	l, err := ledger.Open(lo)
	if err != nil {
		return nil, err
	}
	n := &Node{opts: o, paths: paths{o.Dir}, config: config, template: pack, ring: ring, ledger: l,
		following: newFollowing(), notices: newNotices(), hashing: make(chan struct{}, hashedAtOnce), waiting: make(chan struct{}, waitingAtOnce)}
	n.witness, n.auditor = n.newCosigner(keys.RoleWitness, n.paths.witness()), n.newCosigner(keys.RoleAuditor, n.paths.auditor())
	n.cosigned = newCosigned()
	// What an audit that was cut short left holds rows in clear.
	if err := os.RemoveAll(n.paths.audit()); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := errors.Join(n.loadLaw(), n.findLaw()); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if n.files, err = openFiles(n.paths.files(), lo.Keys, l); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := n.secrets.open(n.paths); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	n.loadGuesses()
	if err := n.start(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return n, nil
}

// start loads the newest bundle and publishes what changed while the node was off.
func (n *Node) start(ctx context.Context) error {
	anchor, err := n.Anchor()
	if err != nil {
		return err
	}
	for _, profile := range []string{bundle.ProfilePublic, bundle.ProfileBorder} {
		c, name := n.bundleOf(profile)
		if err := c.load(name, anchor, n.opts.Log); err != nil {
			return err
		}
	}
	if err := n.directory.open(n.ledger); err != nil {
		return err
	}
	if err := n.ledger.ReadOnly(); errors.Is(err, ledger.ErrUnproven) {
		n.opts.Log.Warn("the node was restored and signs nothing yet: aeo log recover has to prove its log the newest")
		return nil
	}
	if err := n.ledger.ReadOnly(); errors.Is(err, ErrLawLost) {
		n.opts.Log.Warn("the node signs nothing: rules of the programme were approved here and what was in force is lost; serve it with --template-programme to go on by those of the software, and approve them anew")
		return nil
	}
	if err := n.catchUpNotices(); err != nil {
		return err
	}
	if n.ledger.Headless() {
		if err := n.askHeads(ctx); err != nil {
			return err
		}
		if err := n.ledger.ReadOnly(); err != nil {
			n.opts.Log.Warn("the node signs nothing: partners know a newer head of its log; aeo log recover has to prove it", "error", err)
			return nil
		}
	}
	if err := n.retireLists(ctx); err != nil {
		return err
	}
	return n.unlessKeysEnded(n.Tick(ctx))
}

// Close stops the node. What was acknowledged stays.
func (n *Node) Close() error {
	n.following.close()
	return errors.Join(n.reads.close(), n.ledger.Close())
}

// Config is who the node is.
func (n *Node) Config() Config { return n.config }

// Ledger is the node's log, for readers.
func (n *Node) Ledger() *ledger.Ledger { return n.ledger }

// Keys lists the node's keys without their private halves.
func (n *Node) Keys() []keyring.Entry { return n.ring.Entries() }

// Anchor is what others pin to trust this administration.
func (n *Node) Anchor() (*bundle.Anchor, error) {
	raw, err := readBounded(n.paths.anchor(), 16<<10)
	if err != nil {
		return nil, err
	}
	return bundle.ParseAnchor(raw)
}

// TLS is the configuration of the public listener.
func (n *Node) TLS() (*tls.Config, error) {
	c, err := keyring.ServerTLS(n.paths.tls(), n.config.Host(), n.opts.Now)
	if err != nil {
		return nil, err
	}
	c.NextProtos = []string{"h2", "http/1.1"}
	return c, nil
}

// now is the node's clock, never before the log's newest state.
func (n *Node) now() time.Time { return n.ledger.Now() }

// invalid marks an error as the request's fault.
func invalid(err error) error { return fmt.Errorf("%w: %w", ErrInvalid, err) }
