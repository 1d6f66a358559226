package federation

import (
	"errors"
	"fmt"
	"sync"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys"
)

// A Verifier answers questions under one opened bundle. It never changes and
// does no I/O: any number of goroutines may ask.
type Verifier struct {
	bundle      *bundle.Bundle
	manifest    string                            // digest of manifest.jwt
	anchor      string                            // fingerprint
	personal    map[string]func() map[string]bool // by entity id: its schemes of natural persons
	directories func() *listings
}

// Open opens a bundle under an anchor and compares it with the memory of
// earlier ones, nil for none. buildTime is when the program was built, 0 where
// that shall not count. On error [Refuse] makes the decision; errors wrap
// bundle.ErrInvalid, ErrRolledBack, ErrSplitView or ErrClock. The Memory
// returned is to be stored after every check. raw must not change afterwards.
func Open(raw []byte, anchor *bundle.Anchor, memory *bundle.Memory, now, buildTime int64) (*Verifier, bundle.Memory, error) {
	b, err := bundle.Open(raw, anchor)
	if err != nil {
		return nil, bundle.Memory{}, fmt.Errorf("open bundle: %w", err)
	}
	next, err := b.Remember(memory, now, buildTime)
	if err != nil {
		return nil, bundle.Memory{}, fmt.Errorf("compare bundle with memory: %w", err)
	}
	v := &Verifier{
		bundle: b, manifest: b.SHA256(), anchor: anchor.Fingerprint(),
		personal: map[string]func() map[string]bool{},
	}
	for _, i := range b.Manifest().Issuers {
		v.personal[i.EntityID] = sync.OnceValue(func() map[string]bool { return v.personalSchemes(i.EntityID) })
	}
	v.directories = sync.OnceValue(v.readDirectories)
	return v, next, nil
}

// Bundle is the opened bundle.
func (v *Verifier) Bundle() *bundle.Bundle { return v.bundle }

// Refuse is the decision where Open failed: nothing else is judged. input is
// the file or identifier asked about.
func Refuse(err error, input []byte, q Question) *Decision {
	reason := BundleInvalid
	switch {
	case errors.Is(err, bundle.ErrSplitView):
		reason = LogMisbehaviour
	case errors.Is(err, bundle.ErrRolledBack):
		reason = BundleRolledBack
	case errors.Is(err, bundle.ErrClock):
		reason = ClockBeforeBundle
	}
	d := newDecision(q)
	d.Evidence = &Evidence{Input: keys.SHA256Hex(input)}
	d.record(CheckBundle, failed(reason, "%v", err))
	d.decide(reason, q.StatusOnly)
	return d
}
