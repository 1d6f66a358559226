package ledger

import (
	"context"
	"fmt"
)

// Bounds of one batch; what does not fit waits for the next.
const (
	maxLeaves = 4096
	maxSealed = 8 << 20 // bytes of payload
)

// Append makes the entries durable together, in one batch joined with other
// callers', and returns when the head file is synced. It is all or nothing; an
// error says that nothing was acknowledged. [ErrConflict] means that the
// entries can never be part of this log as they are, [ErrBusy] that too many
// wait, [ErrFull] that there is no space. The context counts only while the submission waits its turn.
//
// Entries become leaves in an order of the ledger's, but records keep theirs.
func (l *Ledger) Append(ctx context.Context, entries ...Entry) (Appended, error) {
	if err := l.usable(); err != nil {
		return Appended{}, err
	}
	s, err := submit(entries, l.rand)
	if err != nil {
		return Appended{}, err
	}
	// New keys are made here, in the callers' time, not in the sequencer's.
	for i, it := range s.items {
		if it.payload == nil {
			continue
		}
		if _, err := l.keys.Key(it.subject, true); err != nil {
			return Appended{}, fmt.Errorf("entry %d: %w", i, fullDisk(err))
		}
	}
	size := s.bytes()
	defer l.waiting.Add(-size)
	if l.waiting.Add(size) > maxWaiting {
		return Appended{}, ErrBusy
	}
	select {
	case l.queue <- s:
		return l.await(ctx, s)
	default:
		return Appended{}, ErrBusy
	}
}

func (l *Ledger) await(ctx context.Context, s *submission) (Appended, error) {
	select {
	case <-s.done:
		return s.where, s.err
	case <-ctx.Done():
		if s.withdraw() {
			return Appended{}, ctx.Err()
		}
	case <-l.ended:
	case <-l.halt.done:
	}
	select { // it was taken, or nobody is there to take it
	case <-s.done:
	case <-l.ended:
	case <-l.halt.done:
	}
	select {
	case <-s.done:
		return s.where, s.err
	default:
	}
	if err := l.usable(); err != nil {
		return Appended{}, err
	}
	return Appended{}, ErrClosed
}

// usable reports whether anything may be written.
func (l *Ledger) usable() error {
	select {
	case <-l.halt.done:
		return ErrStopped
	case <-l.closing:
		return ErrClosed
	default:
		return l.halt.readOnly()
	}
}

// sequence is the sequencer: it alone makes batches. Those who wait while it
// works on one make up the next.
func (l *Ledger) sequence() {
	defer close(l.flight)
	var waiting []*submission
	for {
		if len(waiting) == 0 {
			select {
			case s := <-l.queue:
				waiting = append(waiting, s)
			case <-l.closing:
			}
		}
		waiting = l.collect(waiting)
		if err := l.usable(); err != nil {
			refuse(waiting, err)
			waiting = nil
			select {
			case <-l.closing:
				return
			default: // read only: stay, to tell those who still come
				continue
			}
		}
		waiting = l.round(waiting)
	}
}

// collect adds those queued, up to what one batch takes.
func (l *Ledger) collect(waiting []*submission) []*submission {
	for len(waiting) < maxRound {
		select {
		case s := <-l.queue:
			waiting = append(waiting, s)
		default:
			return waiting
		}
	}
	return waiting
}

func refuse(all []*submission, err error) {
	for _, s := range all {
		if s.take() {
			s.answer(Appended{}, err)
		}
	}
}

// round sends one batch off and returns the submissions that wait for the next.
func (l *Ledger) round(waiting []*submission) (later []*submission) {
	if err := l.room(); err != nil {
		refuse(waiting, err)
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b, later := l.assemble(waiting)
	if len(b.subs) == 0 {
		return later
	}
	err := l.write(b)
	switch {
	case err == nil:
		l.depart(b)
	case len(b.subs) == 1 || l.halt.readOnly() != nil:
		refuse(b.subs, err)
	default: // one of them is at fault; the others must not suffer for it
		for _, s := range b.subs {
			if b := l.alone(s); b != nil {
				l.depart(b)
			}
		}
	}
	return later
}

// Room is ErrFull while nothing would be appended: who writes much beside the log
// asks first, so that the room that is left is for what keeps the node going.
func (l *Ledger) Room() error { return l.room() }

// room is ErrFull while there is no space to append.
func (l *Ledger) room() error {
	for _, r := range l.rooms {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

// alone writes a batch of one submission; nil where it was refused.
func (l *Ledger) alone(s *submission) *batch {
	b, _ := l.assemble([]*submission{s})
	if len(b.subs) == 0 {
		return nil
	}
	if err := l.write(b); err != nil {
		refuse(b.subs, err)
		return nil
	}
	return b
}

func (l *Ledger) depart(b *batch) {
	l.flying.Add(1)
	l.flight <- b
}
