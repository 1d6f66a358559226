package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// refreshEvery is how often documents are looked at though nothing happened.
	refreshEvery = time.Minute

	// tokenRenew is when status list tokens, good for a day, are signed anew though nothing changed (protocol 5).
	tokenRenew = 12 * time.Hour
)

// Tick does what time brings about: acts take effect, documents are renewed, the
// head is published, the bundle rebuilt. A running node ticks once a second.
func (n *Node) Tick(ctx context.Context) error {
	if err := n.checkHead(); err != nil {
		return err
	}
	if err := n.settleDue(ctx); err != nil {
		return err
	}
	owed := n.issueOwed(ctx) // what cannot be issued keeps nothing else from being published
	n.federating.Lock()
	defer n.federating.Unlock()
	if quiet := n.now().Sub(n.refreshed.at); n.refreshed.size == n.ledger.Head().Size && quiet >= 0 && quiet < refreshEvery {
		return owed
	}
	return errors.Join(owed, n.refresh(ctx))
}

// refreshed is what everything published was last brought up to date with.
type refreshed struct {
	size int64 // of the log before
	at   time.Time
}

// publishNow does not wait for the next tick, so that whoever acted finds the
// world informed. The act is durable already: a failure is for the log alone.
// Those who come while one publishes are served together by the next.
func (n *Node) publishNow(ctx context.Context) {
	size := n.ledger.Head().Size
	n.federating.Lock()
	defer n.federating.Unlock()
	if n.refreshed.size >= size {
		return
	}
	if err := n.refresh(ctx); err != nil {
		n.opts.Log.Error("publish", "error", err)
	}
}

// refresh brings everything published up to date; the caller holds federating.
func (n *Node) refresh(ctx context.Context) error {
	now := refreshed{n.ledger.Head().Size, n.now()}
	if err := n.refreshAll(ctx); err != nil {
		return err
	}
	n.refreshed = now
	return nil
}

func (n *Node) refreshAll(ctx context.Context) error {
	n.refreshRoster(ctx)
	if err := n.refreshProgramme(ctx); err != nil {
		return fmt.Errorf("publish programme: %w", err)
	}
	if err := n.refreshIdentity(ctx); err != nil {
		return err
	}
	if err := n.refreshDirectory(ctx); err != nil {
		return fmt.Errorf("renew directory: %w", err)
	}
	if err := n.publish(); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	n.dueNotices()
	return n.refreshBundle()
}

// publish makes the newest head public together with status tokens of exactly
// its size and the entity configuration that goes with it.
func (n *Node) publish() error {
	publish := n.ledger.Publish
	if n.tokensStale() {
		publish = n.ledger.Renew
	}
	if _, err := publish(n.tokens); err != nil {
		return err
	}
	config, err := n.required(view.Configuration, view.Current)
	if err != nil {
		return err
	}
	n.served.Store(&config)
	return nil
}

// tokens signs the status list tokens of a head to be published.
func (n *Node) tokens(p *ledger.Published) (map[string][]byte, error) {
	now := n.now()
	signer, err := n.signer(keys.RoleIssuer, now)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, uri := range p.Reduction.URIs() {
		out[uri], err = statuslist.Sign(statuslist.Token{
			Sub: uri, Iat: now.Unix(), Exp: now.Unix() + statuslist.Lifetime, TTL: statuslist.TTL, List: p.Reduction.List(uri),
			Log: statuslist.Log{Origin: p.Checkpoint.Origin, Size: p.Checkpoint.Size, Root: p.Checkpoint.Root.String()},
		}, signer)
		if err != nil {
			return nil, fmt.Errorf("sign status list %s: %w", uri, err)
		}
	}
	return out, nil
}

// tokensStale reports whether the published tokens are due for renewal.
func (n *Node) tokensStale() bool {
	p := n.ledger.Published()
	if p == nil {
		return true
	}
	for _, raw := range p.Artefacts {
		signed, err := statuslist.Parse(raw)
		if err != nil || n.now().Unix()-signed.Iat() >= int64(tokenRenew/time.Second) {
			return true
		}
	}
	return false
}

// ArrangementList is what /mras answers.
func (n *Node) ArrangementList() (peer.ArrangementList, error) {
	list := peer.ArrangementList{Arrangements: []peer.ArrangementEntry{}}
	all, err := n.Arrangements()
	if err != nil {
		return list, err
	}
	for _, a := range all {
		if len(a.Versions) == 0 {
			continue // we recognise alone: that is told to our own desks only
		}
		list.Arrangements = append(list.Arrangements, peer.ArrangementEntry{ID: a.ID, Parties: a.Parties,
			Version: a.Version, SHA256: a.SHA256, Notices: int64(len(a.Notices))})
	}
	return list, nil
}

// ArrangementDocuments is what /mras/<id> answers: every version and notice this node holds.
func (n *Node) ArrangementDocuments(id string) (peer.Arrangement, error) {
	out := peer.Arrangement{Annexes: []jsontext.Value{}, Notices: []string{}}
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return out, err
	}
	for _, a := range annexes {
		if a.ID == id {
			out.Annexes = append(out.Annexes, a.Raw())
		}
	}
	if len(out.Annexes) == 0 {
		return out, fmt.Errorf("%w: no arrangement %.40q", ErrNotFound, id)
	}
	for _, s := range notices {
		if s.MRA == id {
			out.Notices = append(out.Notices, string(s.Raw()))
		}
	}
	return out, nil
}

// Published documents, by what asks for them.

// EntityConfiguration is the node's signed entity configuration, as of the
// published head: the roster it names is in the log that everybody sees.
func (n *Node) EntityConfiguration() ([]byte, error) {
	if config := n.served.Load(); config != nil {
		return *config, nil
	}
	return n.required(view.Configuration, view.Current)
}

// StatementAbout is our signed statement about a subordinate entity.
func (n *Node) StatementAbout(entityID string) ([]byte, error) {
	p, err := n.findPeer(entityID)
	if err != nil {
		return nil, err
	}
	raw, err := n.validStatement(p.Host())
	if err == nil && (raw == nil || p.EntityID() != entityID) {
		return nil, fmt.Errorf("%w: nothing is stated about %.200q", ErrNotFound, entityID)
	}
	return raw, err
}

// DirectoryFile is the signed directory.
func (n *Node) DirectoryFile() ([]byte, error) { return n.required(view.Directory, view.Current) }

// ProgrammeProfile is the profile of a programme of this node.
func (n *Node) ProgrammeProfile(code string) ([]byte, error) { return n.required(view.Programme, code) }

func (n *Node) required(kind view.ArtefactKind, name string) ([]byte, error) {
	raw, err := n.artefact(kind, name)
	if err == nil && raw == nil {
		return nil, fmt.Errorf("%w: no %s %.80q", ErrNotFound, kind, name)
	}
	return raw, err
}

// Subordinates are the entity ids we currently state something about.
func (n *Node) Subordinates() ([]string, error) {
	docs, err := n.artefacts(view.Statement)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, d := range docs {
		raw, err := n.validStatement(d.Name)
		if err != nil {
			return nil, err
		}
		if raw != nil {
			out = append(out, "https://"+d.Name)
		}
	}
	return out, nil
}

// HistoricalKeys is the signed view of the key history (OpenID Federation 1.1, 8.7).
func (n *Node) HistoricalKeys() ([]byte, error) {
	rosters, err := n.rosters()
	if err != nil {
		return nil, err
	}
	now := n.now()
	signer, err := n.signer(keys.RoleFederation, now)
	if err != nil {
		return nil, err
	}
	return author.HistoricalKeys(n.config.EntityID, rosters, now.Unix(), signer)
}

// Roster is the newest signed roster.
func (n *Node) Roster() ([]byte, error) {
	rosters, err := n.rosters()
	if err != nil {
		return nil, err
	}
	raw := rosters.Raw()
	return raw[len(raw)-1], nil
}

// StatusToken is the published status list token of a list.
func (n *Node) StatusToken(uri string) ([]byte, error) {
	p := n.ledger.Published()
	if p == nil || p.Artefacts[uri] == nil {
		return nil, fmt.Errorf("%w: no status list %.80q", ErrNotFound, uri)
	}
	return p.Artefacts[uri], nil
}

// StatusLists are the uris of all published lists, in order of opening.
func (n *Node) StatusLists() []string {
	p := n.ledger.Published()
	if p == nil {
		return nil
	}
	var out []string
	for _, l := range p.State.Lists {
		out = append(out, l.URI)
	}
	return out
}

// IssuerKeys are the keys for the jwt-vc-issuer metadata of generic wallets.
func (n *Node) IssuerKeys() ([]*keys.PublicKey, error) {
	rosters, err := n.rosters()
	if err != nil {
		return nil, err
	}
	return joseKeys(rosters, keys.RoleIssuer, n.now().Unix()), nil
}

// VCT is the credential type this node issues.
func (n *Node) VCT() (string, error) {
	peers, err := n.loadPeers()
	if err != nil {
		return "", err
	}
	return credential.VCT(n.vctEntity(peers)), nil
}
