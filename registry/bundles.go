package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

// A bundle says when it should be renewed and when it is no longer honoured (protocol 10).
const (
	bundleRefresh = 24 * time.Hour
	bundleLife    = 30 * 24 * time.Hour
	bundleRebuild = time.Hour
	ageStep       = 300 // seconds by which a bundle may make what is known of a peer older than it is
)

// currentBundle is the newest bundle, in memory and on disk.
type currentBundle struct {
	mu       sync.Mutex
	raw      []byte           // guarded by mu
	manifest *bundle.Manifest // guarded by mu; nil before the first
	sha256   string           // guarded by mu; of the signed manifest
	basis    string           // guarded by mu; what it was built from
}

// load reads the bundle back, so that its successor names it. A bundle that is
// lost or damaged is built anew: nothing else depends on it.
func (c *currentBundle) load(name string, anchor *bundle.Anchor, log *slog.Logger) error {
	raw, err := readBounded(name, bundle.MaxBundle)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read bundle: %w", err)
	}
	b, err := bundle.Open(raw, anchor)
	if errors.Is(err, bundle.ErrInvalid) {
		log.Warn("the bundle on disk is damaged and will be built anew", "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read bundle: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw, c.manifest, c.sha256 = raw, b.Manifest(), b.SHA256()
	return nil
}

// forget has the next look build a bundle, changed or not.
func (c *currentBundle) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.basis = ""
}

// Bundle is the newest trust bundle for everybody and its manifest.
func (n *Node) Bundle() ([]byte, *bundle.Manifest, error) {
	if n.config.Authority != n.config.Territory {
		return nil, nil, fmt.Errorf("%w: the bundle is the union's: this is the node of a member, %s", ErrNotFound, n.config.Authority)
	}
	return n.current.get()
}

func (c *currentBundle) get() ([]byte, *bundle.Manifest, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.manifest == nil {
		return nil, nil, fmt.Errorf("%w: no bundle was built yet", ErrNotFound)
	}
	return c.raw, c.manifest, nil
}

// BuildBundle is a request to build a bundle now, changed or not.
type BuildBundle struct {
	HistoryDays int    `json:"history_days,omitzero"` // how far back it answers; 0 = as the node is set
	Profile     string `json:"profile,omitzero"`      // public, the default, or border
}

// BuildBundle builds a bundle now.
func (n *Node) BuildBundle(_ context.Context, r BuildBundle) (*bundle.Manifest, error) {
	if r.HistoryDays < 0 || r.HistoryDays > 36500 {
		return nil, fmt.Errorf("%w: history of %d days", ErrInvalid, r.HistoryDays)
	}
	profile := cmp.Or(r.Profile, bundle.ProfilePublic)
	if profile != bundle.ProfilePublic && profile != bundle.ProfileBorder {
		return nil, fmt.Errorf("%w: profile %.20q, want %s or %s", ErrInvalid, profile, bundle.ProfilePublic, bundle.ProfileBorder)
	}
	if !n.buildsBundles() {
		return nil, fmt.Errorf("%w: the union's bundle carries its members", ErrConflict)
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	if err := n.buildBundle(profile, cmp.Or(r.HistoryDays, n.opts.HistoryDays)); err != nil {
		return nil, err
	}
	c, _ := n.bundleOf(profile)
	_, m, err := c.get()
	return m, err
}

// bundleOf is where the newest bundle of a profile is kept.
func (n *Node) bundleOf(profile string) (*currentBundle, string) {
	if profile == bundle.ProfileBorder {
		return &n.border, n.paths.border()
	}
	return &n.current, n.paths.bundle()
}

// buildsBundles is false for a member of a union: the union's bundle serves it.
func (n *Node) buildsBundles() bool { return n.config.Authority == n.config.Territory }

// refreshBundle builds a bundle when what it is made of changed, and hourly.
func (n *Node) refreshBundle() error {
	if !n.buildsBundles() {
		return nil
	}
	return n.rebuildBundle(bundle.ProfilePublic)
}

func (n *Node) rebuildBundle(profile string) error {
	basis, err := n.bundleBasis(profile)
	if err != nil {
		return err
	}
	c, _ := n.bundleOf(profile)
	c.mu.Lock()
	m := c.manifest
	fresh := m != nil && c.basis == basis && n.now().Unix()-m.Iat < int64(bundleRebuild/time.Second)
	c.mu.Unlock()
	if fresh {
		return nil
	}
	return n.buildBundle(profile, n.opts.HistoryDays)
}

// bundleBasis names everything a bundle is made of.
func (n *Node) bundleBasis(profile string) (string, error) {
	var b strings.Builder
	if profile == bundle.ProfileBorder {
		if err := n.borderBasis(&b); err != nil {
			return "", err
		}
	}
	fmt.Fprintln(&b, n.ledger.Published().Checkpoint.Size, n.cosignedBy())
	peers, err := n.loadPeers()
	if err != nil {
		return "", err
	}
	for _, p := range peers {
		v, err := n.viewOf(p)
		if err != nil {
			return "", err
		}
		if v != nil {
			// That a peer was seen once more is news only from time to time.
			fmt.Fprintln(&b, p.EntityID(), v.News(), v.FetchedAt/ageStep, p.Frozen)
		}
	}
	return b.String(), nil
}

// buildBundle packs what every administration followed has published, the
// arrangements, and our word on who they are, and makes it the newest bundle.
func (n *Node) buildBundle(profile string, historyDays int) error {
	// Before what it names is read: should more be learnt meanwhile, the next look
	// builds again.
	basis, err := n.bundleBasis(profile)
	if err != nil {
		return err
	}
	materials, err := n.materials()
	if err != nil {
		return fmt.Errorf("gather bundle: %w", err)
	}
	past := n.loadHeads()
	if err := n.extend(past, materials); err != nil {
		return fmt.Errorf("gather bundle: %w", err)
	}
	policy, err := n.policy(past, materials)
	if err != nil {
		return fmt.Errorf("gather bundle: %w", err)
	}
	members, err := n.bundleMembers(materials, policy, historyDays)
	if err == nil && profile == bundle.ProfileBorder {
		err = n.addBorder(members)
	}
	if err != nil {
		return fmt.Errorf("gather bundle: %w", err)
	}
	now := n.now()
	m := bundle.Manifest{
		Iss: n.config.EntityID, Iat: now.Unix(), RefreshBy: now.Add(bundleRefresh).Unix(), Exp: now.Add(bundleLife).Unix(),
		// Seconds since the node was made: should the last bundle be lost, no
		// verifier that remembers it takes the next one for a rollback.
		Seq: 1 + max(0, now.Unix()-n.config.CreatedAt), Profile: profile, Territory: n.config.Territory,
	}
	for _, mat := range materials {
		m.Issuers = append(m.Issuers, mat.Issuer())
	}
	c, _ := n.bundleOf(profile)
	c.mu.Lock()
	if old := c.manifest; old != nil {
		m.Seq, m.PrevSHA256 = max(m.Seq, old.Seq+1), c.sha256
	}
	c.mu.Unlock()
	anchor, err := n.Anchor()
	if err != nil {
		return err
	}
	signer, err := n.signer(keys.RoleBundle, now)
	if err != nil {
		return err
	}
	raw, err := author.Bundle(m, members, anchor, signer)
	if err != nil {
		return fmt.Errorf("build bundle: %w", err)
	}
	// First the heads: a verifier may remember what is in a bundle from the moment it is served.
	if err := n.keepHeads(past, m.Issuers); err != nil {
		return fmt.Errorf("keep heads: %w", err)
	}
	return n.keepBundle(profile, raw, anchor, basis)
}

func (n *Node) keepBundle(profile string, raw []byte, anchor *bundle.Anchor, basis string) error {
	b, err := bundle.Open(raw, anchor)
	if err != nil {
		return err
	}
	c, name := n.bundleOf(profile)
	if err := peer.ReplaceFile(name, raw); err != nil {
		return fmt.Errorf("store bundle: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m := b.Manifest()
	c.raw, c.manifest, c.sha256, c.basis = raw, m, b.SHA256(), basis
	n.opts.Log.Info("bundle built", "profile", profile, "seq", m.Seq, "issuers", len(m.Issuers), "bytes", len(raw))
	return nil
}

// bundleMembers are all members but manifest and index.
func (n *Node) bundleMembers(materials []*author.Material, policy bundle.Policy, historyDays int) (map[string][]byte, error) {
	self := materials[0]
	rosters, err := author.Rosters(self.Rosters)
	if err != nil {
		return nil, err
	}
	members := map[string][]byte{
		bundle.PathConfiguration: self.Configuration,
		bundle.PathRosters:       rosters,
		bundle.PathPolicy:        policy.Marshal(),
	}
	since := n.now().AddDate(0, 0, -historyDays).Unix()
	for _, m := range materials {
		more, err := m.Members(since)
		if err != nil {
			return nil, err
		}
		for path, content := range more {
			members[path] = content
		}
		for _, vct := range vcts(m) {
			raw := credential.TypeMetadata(vct)
			members["vct/"+keys.SHA256Hex(raw)+".json"] = raw
		}
	}
	return members, n.addArrangements(members, materials)
}

func vcts(m *author.Material) []string {
	s, err := trust.Parse(m.Configuration)
	if err != nil || s.Metadata == nil || s.Metadata.Registry == nil {
		return nil
	}
	return s.Metadata.Registry.VCT
}

// addArrangements adds every arrangement whose parties the bundle knows, with its notices.
func (n *Node) addArrangements(members map[string][]byte, materials []*author.Material) error {
	annexes, notices, err := n.arrangementDocuments()
	if err != nil {
		return err
	}
	in := map[string]bool{}
	for _, a := range annexes {
		known := !slices.ContainsFunc(a.Parties, func(p mra.Party) bool {
			return !slices.ContainsFunc(materials, func(m *author.Material) bool { return m.EntityID == p.EntityID })
		})
		if known {
			in[a.ID] = true
			members[bundle.AnnexPath(a.ID, a.Version)] = a.Raw()
		}
	}
	for _, s := range notices {
		if in[s.MRA] {
			members[bundle.NoticePath(s.MRA, s.Party, s.Seq)] = s.Raw()
		}
	}
	return nil
}
