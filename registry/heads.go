package registry

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	headsSchema = "aeo.heads/1"
	maxHeads    = 16 << 20
	// Heads that were in our bundles are remembered for as long as a bundle is
	// honoured: all of the last ones, then the last of each hour of two days,
	// then the last of each day.
	keptHeads = 24
	hourlyFor = 48 * 3600
	headsLife = int64(bundleLife / time.Second)
)

// heads is heads.json: of every log that was in our bundles the heads verifiers
// may remember, and who has cosigned it.
type heads struct {
	Schema string              `json:"schema"`
	Logs   map[string]*logPast `json:"logs"` // by origin
}

type logPast struct {
	Heads     []pastHead `json:"heads"`     // by size
	Cosigners []string   `json:"cosigners"` // hosts of administrations other than us and the log's own
}

type pastHead struct {
	Size int64     `json:"size"`
	Root tlog.Hash `json:"root"`
	At   int64     `json:"at"` // of the newest bundle it was in
}

func (p paths) heads() string { return filepath.Join(p.dir, "heads.json") }

// loadHeads reads heads.json. One that is lost costs proofs for verifiers that
// were away, and nothing else.
func (n *Node) loadHeads() *heads {
	h := &heads{Schema: headsSchema, Logs: map[string]*logPast{}}
	raw, err := readBounded(n.paths.heads(), maxHeads)
	if errors.Is(err, os.ErrNotExist) {
		return h
	}
	var read heads
	if err == nil {
		err = jcs.Unmarshal(raw, &read)
	}
	if err != nil || read.Schema != headsSchema || read.Logs == nil {
		n.opts.Log.Warn("heads.json is begun anew", "error", err)
		return h
	}
	return &read
}

func (h *heads) of(origin string) *logPast {
	past := h.Logs[origin]
	if past == nil {
		past = &logPast{Heads: []pastHead{}, Cosigners: []string{}}
		h.Logs[origin] = past
	}
	return past
}

// keepHeads remembers what a bundle that is published now says about logs.
func (n *Node) keepHeads(h *heads, issuers []bundle.Issuer) error {
	now := n.now().Unix()
	for _, i := range issuers {
		root, err := tlog.ParseHash(i.Log.Root)
		if err != nil {
			return err
		}
		past := h.of(i.Log.Origin)
		past.Heads = slices.DeleteFunc(past.Heads, func(p pastHead) bool { return p.Size >= i.Log.Size })
		past.Heads = thin(append(past.Heads, pastHead{i.Log.Size, root, now}), now)
	}
	raw, err := jcs.Marshal(h)
	if err != nil {
		return err
	}
	return peer.ReplaceFile(n.paths.heads(), raw)
}

// thin drops heads no verifier is likely to remember.
func thin(all []pastHead, now int64) []pastHead {
	var kept []pastHead
	seen := map[int64]bool{}
	for i := len(all) - 1; i >= 0; i-- {
		p := all[i]
		slot := p.At / daySeconds * daySeconds
		if now-p.At < hourlyFor {
			slot = p.At / 3600 * 3600
		}
		recent := len(all)-i <= keptHeads
		if !recent && (seen[slot] || now-p.At > headsLife || len(kept) >= bundle.MaxExtended) {
			continue
		}
		seen[slot] = true
		kept = append(kept, p)
	}
	slices.Reverse(kept)
	return kept
}

// extend shows that the head of each material extends the heads remembered.
func (n *Node) extend(h *heads, materials []*author.Material) error {
	for _, m := range materials {
		for _, p := range h.of(m.Checkpoint.Origin).Heads {
			if p.Size >= m.Checkpoint.Size {
				continue
			}
			proof, err := n.proveGrowth(m, p.Size)
			if err != nil {
				return fmt.Errorf("log %s: %w", m.Checkpoint.Origin, err)
			}
			older := &transparency.Checkpoint{Origin: m.Checkpoint.Origin, Size: p.Size, Root: p.Root}
			if err := transparency.CheckConsistency(proof, older, m.Checkpoint); err != nil {
				// What followed the log kept both: the follower refuses a log that was rewritten.
				n.opts.Log.Error("a head that was in a bundle is not extended", "log", m.Checkpoint.Origin, "size", p.Size, "error", err)
				continue
			}
			m.Extended = append(m.Extended, bundle.Extended{Size: p.Size, Root: p.Root, Proof: proof})
		}
	}
	return nil
}

func (n *Node) proveGrowth(m *author.Material, older int64) (tlog.TreeProof, error) {
	switch log := m.Log.(type) {
	case ownLog:
		return log.ProveConsistency(older, m.Checkpoint.Size)
	case tlog.HashReader:
		return tlog.ProveTree(m.Checkpoint.Size, older, log)
	}
	return nil, fmt.Errorf("%w: no tree of %s", ErrNotFound, m.EntityID)
}

// policy is the default quorum of each log (see [bundle.DefaultQuorum]). Another
// cosigner is asked for where one has shown that it cosigns the log: whom a
// partner has never met cannot speak for it.
func (n *Node) policy(h *heads, materials []*author.Material) (bundle.Policy, error) {
	own, err := n.ring.NoteSigner(keys.RoleAuditor)
	if err != nil {
		return bundle.Policy{}, err
	}
	var logs []*keys.VKey
	var others []bundle.Cosigners
	for _, m := range materials {
		key, err := m.Rosters.Note(keys.RoleLog)
		if err != nil {
			return bundle.Policy{}, err
		}
		logs = append(logs, key)
		if m.Relation != bundle.RelationSelf {
			others = append(others, bundle.Cosigners{Name: placeOf(m),
				Keys: slices.Concat(m.Rosters.Notes(keys.RoleAuditor), m.Rosters.Notes(keys.RoleWitness))})
		}
	}
	n.noteCosigners(h, materials)
	exceptions, alone := map[string]string{}, 0
	for i, m := range materials {
		origin, log := m.Checkpoint.Origin, logs[i:i+1]
		met := len(h.of(origin).Cosigners) > 0
		switch {
		case m.Relation == bundle.RelationSelf && !met:
			exceptions[origin] = bundle.QuorumNone
		case m.Relation == bundle.RelationSelf:
			exceptions[origin] = bundle.DefaultQuorum(log, nil, others)
		case !met:
			alone++
			exceptions[origin] = bundle.DefaultQuorum(log, own.VKey, nil)
		}
	}
	if alone == len(others) { // then this is the rule and no exception
		maps.DeleteFunc(exceptions, func(origin string, _ string) bool { return origin != n.origin() })
		others = nil
	}
	return bundle.NewPolicy(bundle.DefaultQuorum(logs, own.VKey, others), exceptions), nil
}

// placeOf names an administration in a policy: JP, EU, EU-DE.
func placeOf(m *author.Material) string {
	if m.Authority == m.Territory {
		return m.Territory
	}
	return m.Territory + "-" + m.Authority
}

// noteCosigners remembers whose cosignatures the checkpoints bear. Who has once
// cosigned a log is asked for from then on.
func (n *Node) noteCosigners(h *heads, materials []*author.Material) {
	for _, m := range materials {
		past := h.of(m.Checkpoint.Origin)
		for _, other := range materials {
			if other.Relation == bundle.RelationSelf || other.EntityID == m.EntityID {
				continue
			}
			standing := slices.Concat(other.Rosters.Notes(keys.RoleAuditor), other.Rosters.Notes(keys.RoleWitness))
			host := strings.TrimPrefix(other.EntityID, "https://")
			if len(transparency.Cosignatures(m.Checkpoint.Raw, m.Checkpoint.Text(), standing...)) > 0 && !slices.Contains(past.Cosigners, host) {
				past.Cosigners = append(past.Cosigners, host)
				slices.SortFunc(past.Cosigners, cmp.Compare)
			}
		}
	}
}
