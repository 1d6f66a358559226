package peer

import (
	"context"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// maxLog and MaxLogBytes bound what is taken of a partner's log, which a
	// running node holds in memory: entries, and their bytes together.
	maxLog         = 1 << 22
	MaxLogBytes    = 512 << 20
	tileWidth      = 256
	maxEntryBundle = tileWidth * (2 + transparency.MaxLeaf)
)

// log brings the copy of the log up to the fetched checkpoint. The copy in the
// old view is extended, never rewritten: an honest log only grows.
func (w *walk) log(ctx context.Context, docs *Documents, config *trust.Signed, old *View) (*transparency.Copy, error) {
	key, err := w.logKey(config, old)
	if err != nil {
		return nil, err
	}
	cp, err := transparency.ParseCheckpoint([]byte(docs.Checkpoint), key)
	if err != nil {
		return nil, w.unusable("checkpoint", err)
	}
	if cp.Size > maxLog {
		return nil, fmt.Errorf("log of %s: %w: %d entries, at most %d are followed", w.entityID, ErrLogTooLarge, cp.Size, maxLog)
	}
	if old == nil {
		return w.resume(ctx, w.newCopy, cp)
	}
	if err := w.extends(cp, old); err != nil {
		return nil, err
	}
	log, err := w.resume(ctx, old.Log.Fork, cp)
	if err == nil || saysNothing(err) {
		return log, err
	}
	return w.whole(ctx, cp, old.Checkpoint, err)
}

// saysNothing reports whether an error leaves open what the log is.
func saysNothing(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrLogTooLarge)
}

// resume makes the log of the checkpoint out of what is known, what an earlier
// round fetched before it was cut short, and what is still to be fetched. What
// was left may be damaged or of another time: where it does not lead to the
// checkpoint, the round does without.
func (w *walk) resume(ctx context.Context, known func() *transparency.Copy, cp *transparency.Checkpoint) (*transparency.Copy, error) {
	log := known()
	w.filed = filedUpTo(log)
	if left := w.mirror.leftovers(log, cp.Size, w.maxLog); left > 0 {
		w.filed = filedUpTo(log)
		out, err := w.fetch(ctx, log, cp)
		if err == nil || saysNothing(err) {
			return out, w.keep(log, err)
		}
		log = known()
		w.filed = filedUpTo(log)
	}
	out, err := w.fetch(ctx, log, cp)
	if err != nil && !saysNothing(err) {
		return nil, err
	}
	return out, w.keep(log, err)
}

// keep leaves what was fetched to the next round where this one is cut short.
func (w *walk) keep(log *transparency.Copy, cause error) error {
	if cause == nil || errors.Is(cause, ErrLogTooLarge) || log.Size() == w.filed.entries {
		return cause
	}
	defer w.writing()()
	return errors.Join(cause, w.mirror.keep(log, &w.filed))
}

// extends refuses heads that cannot follow the one seen before.
func (w *walk) extends(cp *transparency.Checkpoint, old *View) error {
	switch {
	case cp.Size < old.Checkpoint.Size:
		return fmt.Errorf("%w: size %d of %s, seen %d", ErrRollback, cp.Size, cp.Origin, old.Checkpoint.Size)
	case cp.Size == old.Checkpoint.Size && cp.Root != old.Checkpoint.Root:
		return w.evidence(cp, old.Checkpoint, fmt.Errorf("two roots at size %d", cp.Size))
	}
	return nil
}

// whole finds out why entries do not continue the copy we hold: they were
// altered on the way, or the log was rewritten below the size seen before. Only
// a whole log that fits the new checkpoint and not the old one proves the latter.
func (w *walk) whole(ctx context.Context, cp, seen *transparency.Checkpoint, cause error) (*transparency.Copy, error) {
	log, err := w.fetch(ctx, w.newCopy(), cp)
	if err != nil {
		return nil, err
	}
	w.filed = filed{} // what is in the file may be other than what was fetched now
	root, err := tlog.TreeHash(seen.Size, log)
	if err != nil {
		return nil, fmt.Errorf("recompute root of size %d: %w", seen.Size, err)
	}
	if root != seen.Root {
		return nil, w.evidence(cp, seen, cause)
	}
	return log, nil
}

// evidence keeps two signed heads that contradict each other.
func (w *walk) evidence(cp, seen *transparency.Checkpoint, cause error) error {
	defer w.writing()()
	return w.mirror.Accuse(w.entityID, seen, cp, cause)
}

// A Contradiction is an [ErrSplitView] of which the evidence was kept.
type Contradiction struct {
	EntityID string // whose log it is
	Size     int64  // up to which it was agreed with
	Evidence string // directory of the two signed checkpoints
	cause    error
}

// Accuse keeps two heads a log signed of which at most one can be true in the
// mirror of whoever signed them; the error is a *Contradiction.
func (m *Mirror) Accuse(entityID string, seen, newer *transparency.Checkpoint, cause error) error {
	where, err := m.Evidence(seen.Raw, newer.Raw)
	if err != nil {
		return fmt.Errorf("%w: %w; the evidence could not be kept: %w", ErrSplitView, cause, err)
	}
	return &Contradiction{EntityID: entityID, Size: min(seen.Size, newer.Size), Evidence: where, cause: cause}
}

func (c *Contradiction) Error() string {
	return fmt.Sprintf("%v: %v; both signed checkpoints are in %s", ErrSplitView, c.cause, c.Evidence)
}

// Unwrap is ErrSplitView and what showed it.
func (c *Contradiction) Unwrap() []error { return []error{ErrSplitView, c.cause} }

// fetch adds entries to a copy until it is the log of the checkpoint.
func (w *walk) fetch(ctx context.Context, log *transparency.Copy, cp *transparency.Checkpoint) (*transparency.Copy, error) {
	for log.Size() < cp.Size {
		if w.client.Traffic().Bytes() > w.budget {
			return nil, fmt.Errorf("log of %s: %w: %d entries of %d are there", w.entityID, ErrBudget, log.Size(), cp.Size)
		}
		if err := w.entries(ctx, log, cp.Size); err != nil {
			return nil, err
		}
	}
	if err := matches(cp, log); err != nil {
		return nil, w.unusable("log", err)
	}
	return log, nil
}

// entries fetches the entry bundle that follows in the log and adds what is new of it.
func (w *walk) entries(ctx context.Context, log *transparency.Copy, size int64) error {
	have := log.Size()
	n := have / tileWidth
	tile := tlog.Tile{H: 8, L: -1, N: n, W: int(min(tileWidth, size-n*tileWidth))}
	held := int(have % tileWidth)
	var offset int64
	for _, e := range log.Entries()[have-int64(held):] {
		offset += int64(2 + len(e))
	}
	raw, whole, err := w.client.Rest(ctx, w.url("log", transparency.TilePath(tile)), "application/octet-stream", offset, maxEntryBundle)
	if err != nil {
		return err
	}
	skip, count := 0, tile.W-held
	if whole {
		skip, count = held, tile.W
	}
	entries, err := transparency.ParseEntries(raw, count)
	if err != nil {
		return w.unusable("log entries", err)
	}
	for _, e := range entries[skip:] {
		if log.Bytes()+int64(len(e)) > w.maxLog {
			return fmt.Errorf("log of %s: %w: its first %d entries have %d bytes, at most %d are followed",
				w.entityID, ErrLogTooLarge, log.Size(), log.Bytes(), w.maxLog)
		}
		if err := log.Add(e); err != nil {
			return w.unusable("log", err)
		}
	}
	return nil
}

// matches compares a checkpoint with the replayed log, which must end in a state leaf.
func matches(cp *transparency.Checkpoint, log *transparency.Copy) error {
	if log.Size() != cp.Size || log.Reduction().Open() || cp.Size == 0 {
		return fmt.Errorf("%w: a log of %d entries does not end with the state leaf its checkpoint of size %d promises",
			transparency.ErrFaulty, log.Size(), cp.Size)
	}
	return log.Matches(cp)
}
