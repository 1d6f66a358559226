package federation

import (
	"encoding/hex"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// checkTransparency looks for a receipt that proves the credential in its
// issuer's log. Whatever the level, a receipt in which the log contradicts the
// bundle is proof that it shows different trees to different people.
func (e *examination) checkTransparency() finding {
	logged, confirmed := false, false
	for _, r := range e.receipts {
		cp, err := transparency.ParseCheckpoint(r.Checkpoint, e.administration.LogKey)
		if err != nil {
			continue // some other log's
		}
		ours := e.administration.Checkpoint
		if cp.Size == ours.Size && cp.Root != ours.Root {
			return failed(LogMisbehaviour, "log %s signed two trees of size %d: the receipt has root %v, the bundle %v",
				cp.Origin, cp.Size, cp.Root, ours.Root)
		}
		if _, err := r.Verify(e.leaf(), e.administration.LogKey); err == nil {
			logged, confirmed = true, confirmed || e.confirmed(cp)
		}
	}
	switch {
	case logged && !confirmed && e.level() == LevelTransparency:
		return failed(QuorumMissing, "too few have cosigned the head of log %s that the receipt leads to", e.administration.LogKey.Name())
	case logged:
		return passed()
	case e.level() == LevelTransparency:
		return failed(ReceiptMissing, "no receipt shows the credential in log %s", e.administration.LogKey.Name())
	case len(e.receipts) > 0:
		e.caveat(CaveatNoReceiptMatch, "The receipt in the file does not belong to this credential.")
	}
	return notAsked()
}

// confirmed reports whether a head of the issuer's log has the cosignatures that
// the bundle's policy asks for: on the receipt, or on the bundle's own head where
// that is known to extend it.
func (e *examination) confirmed(cp *transparency.Checkpoint) bool {
	b, a := e.v.bundle, e.administration
	if b.Quorum(a, cp).Result != bundle.QuorumMissing {
		return true
	}
	return a.Quorum.Result == bundle.QuorumMet && a.Extends(cp.Size, cp.Root)
}

// cosigned is what the decision says of a quorum; nil where none is asked for.
func cosigned(q bundle.Quorum) *Cosigned {
	if q.Result == bundle.QuorumNone {
		return nil
	}
	c := &Cosigned{Quorum: q.Result, By: []Cosigning{}}
	for _, by := range q.By {
		c.By = append(c.By, Cosigning{Name: by.Key.Name(), At: by.At})
	}
	return c
}

// leaf is the digest of what was presented in the credential leaf of the log.
// Receipts come with presentations only.
func (e *examination) leaf() string {
	sum := e.line.Presentation.LogSHA256()
	return hex.EncodeToString(sum[:])
}

// loggedBefore reports whether a receipt shows the credential in its issuer's
// log before an instant. It is asked at level transparency only. A leaf is
// recorded no later than any state or status leaf behind it, and for those the
// proven history has the instant.
func (e *examination) loggedBefore(instant int64) bool {
	if e.level() != LevelTransparency {
		return false
	}
	first := int64(-1)
	for _, r := range e.receipts {
		if _, err := r.Verify(e.leaf(), e.administration.LogKey); err == nil && (first < 0 || r.Index < first) {
			first = r.Index
		}
	}
	return first >= 0 && e.recordedBefore(first, instant)
}

// recordedBefore asks the history, which was proven when the administration was opened.
func (e *examination) recordedBefore(index, instant int64) bool {
	if s := e.administration.State; index < s.Applied && s.At < instant {
		return true
	}
	raw, _, err := e.v.bundle.Member(bundle.Prefix(*e.issuer) + "history.json")
	if err != nil {
		return false
	}
	h, err := transparency.ParseHistory(raw)
	if err != nil {
		return false
	}
	leaf, err := transparency.ParseLeaf(h.Base.State.Leaf)
	if err != nil {
		return false
	}
	if base, ok := leaf.(transparency.State); ok && index < base.Applied && base.At < instant {
		return true
	}
	for _, event := range h.Events {
		if recorded, at := event[0], event[1]; index < recorded && at < instant {
			return true
		}
	}
	return false
}
