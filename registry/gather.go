package registry

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
)

const (
	// heartbeat is how often an idle log is cosigned again, so that its word stays young.
	heartbeat = time.Hour
	// gatherEvery is the pace at which cosigners are asked while the log grows.
	gatherEvery = 2 * time.Second
	// gatherTime is what one of them has to answer; nobody waits for it but its own round.
	gatherTime = 20 * time.Second
)

// Gather has our published checkpoint cosigned: every witness followed is asked,
// and what auditors say of it is fetched. Each is asked by itself, and one that
// fails keeps nobody waiting; the node has published before it asks.
func (n *Node) Gather(ctx context.Context) error {
	p := n.ledger.Published()
	if p == nil || n.ledger.ReadOnly() != nil {
		return n.ledger.ReadOnly()
	}
	c := n.cosigned
	c.mu.Lock()
	c.asked, c.next = p.Checkpoint.Size, n.now().Add(heartbeat-n.jitter(heartbeat/10))
	if n.ledger.ClockFault() != nil {
		c.next = n.now().Add(time.Minute) // nothing is signed until it is settled
	}
	clear(c.opinions)
	c.mu.Unlock()
	var asking sync.WaitGroup
	var mu sync.Mutex
	var failed error
	unread := n.eachFollowed(func(p *Peer, one *peer.View) {
		if one.EntityID == n.config.EntityID {
			return
		}
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, gatherTime)
			defer cancel()
			if err := errors.Join(n.askWitness(ctx, p, one), n.fetchAudit(ctx, p, one), n.fetchContradiction(ctx, p, one)); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = errors.Join(failed, fmt.Errorf("cosigner %s: %w", one.EntityID, err))
			}
		})
	})
	asking.Wait()
	n.settleClock()
	return errors.Join(unread, failed)
}

// settleClock believes a clock that jumped ahead where the witnesses that
// answered just now show the same time: two of them, or the only one followed.
func (n *Node) settleClock() {
	fault := n.ledger.ClockFault()
	if fault == nil {
		return
	}
	c := n.cosigned
	c.mu.Lock()
	defer c.mu.Unlock()
	agree := 0
	for _, at := range c.opinions {
		if off := n.now().Unix() - at; -clockAgrees <= off && off <= clockAgrees {
			agree++
		}
	}
	if agree >= 2 || agree == 1 && len(c.opinions) == 1 && n.witnesses() == 1 {
		n.opts.Log.Warn("the clock is believed: witnesses show the same time", "witnesses", agree, "before", fault)
		n.ledger.BelieveClock()
	}
}

// clockAgrees is how far two right clocks may differ here, in seconds.
const clockAgrees = 600

// witnesses counts the administrations that could witness.
func (n *Node) witnesses() int {
	all, err := n.cosigners()
	if err != nil {
		return 0
	}
	hosts := map[string]bool{}
	for _, c := range all {
		hosts[c.EntityID] = true
	}
	return len(hosts)
}

// askWitness asks one witness to cosign what we published.
func (n *Node) askWitness(ctx context.Context, p *Peer, v *peer.View) error {
	cosigners := v.Rosters.Notes(keys.RoleWitness)
	if len(cosigners) == 0 {
		return nil
	}
	old, known := n.cosigned.lastOf(v.EntityID)
	for try := 0; ; try++ {
		cp := n.ledger.Published().Checkpoint
		if !known || old > cp.Size {
			old = cp.Size
		}
		proof, err := n.ledger.ProveConsistency(old, cp.Size)
		if err != nil {
			return err
		}
		if old == cp.Size {
			proof = nil
		}
		found, err := witness.Ask(ctx, n.client(p), v.EntityID+"/witness",
			&witness.Request{Old: old, Proof: proof, Checkpoint: cp.Raw}, cp.Text(), cosigners...)
		if err == nil {
			n.cosigned.remember(v.EntityID, cp.Size, found[0].At)
			return n.takeCosignatures(cp.WithCosignatures(n.cosignedLog(n.origin()), found...))
		}
		var refused *witness.Refusal
		if !errors.As(err, &refused) || refused.Status == 404 { // it does not know us yet
			return ignoreUnknown(err, refused)
		}
		if refused.Status == 409 && refused.Size <= cp.Size && try < 3 {
			old, known = refused.Size, true
			continue
		}
		// It saw more than we published, or another tree: let it show that.
		if err := n.heldAgainst(ctx, p, v); err != nil {
			return err
		}
		if try >= 3 || refused.Status != 409 {
			return err
		}
		known = false
	}
}

func ignoreUnknown(err error, refused *witness.Refusal) error {
	if refused != nil {
		return nil
	}
	return err
}

// fetchAudit takes what an auditor cosigned last of our log.
func (n *Node) fetchAudit(ctx context.Context, p *Peer, v *peer.View) error {
	return n.takeFrom(ctx, p, v.EntityID+"/auditor/"+witness.Name(n.origin())+"/checkpoint")
}

// heldAgainst takes what a witness cosigned last of our log: should our log not
// have it, that comes to light.
func (n *Node) heldAgainst(ctx context.Context, p *Peer, v *peer.View) error {
	return n.takeFrom(ctx, p, v.EntityID+"/witness/"+witness.Name(n.origin())+"/checkpoint")
}

// fetchContradiction asks a witness whether it holds evidence against our log:
// who runs a second node under our key shows it to others, not to us.
func (n *Node) fetchContradiction(ctx context.Context, p *Peer, v *peer.View) error {
	raw, err := n.client(p).Get(ctx, v.EntityID+"/witness/"+witness.Name(n.origin())+"/contradiction", "application/json", maxEvidence)
	if errors.Is(err, peer.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	e, err := transparency.ParseEvidence(raw)
	if err != nil {
		return err
	}
	anchor, err := n.Anchor()
	if err != nil {
		return err
	}
	shown, err := e.Check(anchor.Root)
	if err != nil || shown.Kind != transparency.KindContradiction || shown.Origin != n.origin() {
		return errors.Join(err, fmt.Errorf("%w: no evidence about our log", peer.ErrAnswer))
	}
	for _, cp := range []*transparency.Checkpoint{shown.A, shown.B} {
		if err := n.compareOwn(cp); err != nil {
			return err
		}
	}
	return nil
}

// maxEvidence bounds evidence against a log, in bytes.
const maxEvidence = 4 << 20

// askHeads lets every witness and auditor followed show the newest head of ours
// it has; see [Node.compareOwn]. It is asked before anything is signed where the
// head file is missing. Who does not answer in time is gone without.
func (n *Node) askHeads(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, headTime)
	defer cancel()
	var asking sync.WaitGroup
	err := n.eachFollowed(func(p *Peer, one *peer.View) {
		asking.Go(func() {
			if err := errors.Join(n.heldAgainst(ctx, p, one), n.fetchAudit(ctx, p, one)); err != nil {
				n.opts.Log.Warn("asked for the newest head of our log", "peer", one.EntityID, "error", err)
			}
		})
	})
	asking.Wait()
	return err
}

// headTime bounds the start of a node whose head file is missing.
const headTime = 10 * time.Second

func (n *Node) takeFrom(ctx context.Context, p *Peer, url string) error {
	note, err := n.client(p).Get(ctx, url, "text/plain", witness.MaxAnswer)
	if errors.Is(err, peer.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return n.takeCosignatures(note)
}

func (c *cosigned) lastOf(entityID string) (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size, ok := c.last[entityID]
	return size, ok
}

func (c *cosigned) remember(entityID string, size, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opinions[entityID] = at
	c.last[entityID] = max(c.last[entityID], size)
}

// KeepCosigned asks for cosignatures for as long as ctx lasts: soon after each
// publication, and each hour for a log at rest.
func (n *Node) KeepCosigned(ctx context.Context) {
	for {
		if n.gatherDue() {
			if err := n.Gather(ctx); err != nil && ctx.Err() == nil {
				n.opts.Log.Warn("cosigners", "error", err)
			}
		}
		pause := time.NewTimer(gatherEvery)
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// gatherDue reports whether something was published since all were asked last, or
// that was long ago. A clock that was put back must not keep us from asking.
func (n *Node) gatherDue() bool {
	p := n.ledger.Published()
	if p == nil || n.ledger.ReadOnly() != nil {
		return false
	}
	c := n.cosigned
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := c.next.Sub(n.now())
	return c.asked != p.Checkpoint.Size || wait <= 0 || wait > heartbeat
}

// jitter is a random part of a duration, so that not all ask at once.
func (n *Node) jitter(most time.Duration) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(n.opts.Rand, b[:]); err != nil {
		return 0
	}
	return time.Duration(binary.BigEndian.Uint64(b[:])>>1) % most
}
