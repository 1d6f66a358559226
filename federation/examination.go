package federation

import (
	"cmp"
	"math"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// An examination is one question about one statement, on its way through the
// checks. One goroutine owns it.
type examination struct {
	v        *Verifier
	q        Question // with nothing left to defaults but At
	at       int64    // the instant asked about
	known    int64    // what was recorded later does not count
	decision *Decision

	line     credential.Line         // what was presented; zero for a look-up
	receipts []*transparency.Receipt // that came with it

	issuer         *bundle.Issuer         // from the check "issuer" on
	administration *bundle.Administration // from the check "chain" on
	said           *statement             // from the check "disclosures" on
	outcome        mra.Outcome            // of the arrangements; from "dates" on
	unread         error                  // why there is no outcome
	record         *record                // what imported lists say; nil unless they are the basis

	concluded bool // a check failed, or all were passed
}

// A statement is what an administration says of a trader, in a credential or
// in its directory, once it is known to be its word.
type statement struct {
	programme, typ string
	name           string
	identifiers    []string
	roles          []string
	notBefore      int64
	expires        int64 // 0 = never
	status         credential.StatusRef
	restores       []credential.Former // credentials that ended before this one took their place
	issued         int64               // the UTC day of issue; 0 where it is not said
}

// examine begins an examination; input is the digest of what is asked about.
func (v *Verifier) examine(q Question, input string) *examination {
	m := v.bundle.Manifest()
	q.As = cmp.Or(q.As, m.Territory)
	q.Level = cmp.Or(q.Level, LevelStatus)
	d := newDecision(q)
	d.Bundle = &BundleRef{Territory: m.Territory, Seq: m.Seq, Iat: m.Iat, Age: q.Now - m.Iat}
	d.Evidence = &Evidence{Input: input, Manifest: v.manifest, Anchor: v.anchor}
	d.record(CheckBundle, passed())
	return &examination{v: v, q: q, at: d.At, known: math.MaxInt64, decision: d}
}

// A step is one check of the walk.
type step struct {
	id    string
	check func(*examination) finding
}

// run takes the steps in order up to the first that fails, which decides.
func (e *examination) run(steps []step) (ok bool) {
	for _, s := range steps {
		f := s.check(e)
		e.decision.record(s.id, f)
		if f.result == Failed {
			e.conclude(f.reason)
			return false
		}
	}
	return true
}

func (e *examination) conclude(r Reason) {
	e.concluded = true
	e.decision.decide(r, e.q.StatusOnly)
}

func (e *examination) caveat(code, text string) {
	e.decision.Caveats = append(e.decision.Caveats, Caveat{Code: code, Text: text})
}

// own reports whether the statement was made under the programme of the
// recognising territory itself.
func (e *examination) own() bool { return e.v.ownProgramme(e.issuer) }

// statusAsOf is when the issuer's log was last confirmed: where the bundle's
// policy asks for a quorum and it is met, the k-th newest cosignature time, else
// the builder's last successful fetch (protocol 10). For its own log an
// administration's bundle is its word, as of when it was built.
func (e *examination) statusAsOf() int64 {
	if a := e.administration; a != nil && a.Quorum.Result == bundle.QuorumMet && e.issuer.Relation != bundle.RelationSelf {
		return min(a.Quorum.AsOf, e.v.bundle.Manifest().Iat)
	}
	return e.issuer.Log.Time
}

// past reports whether the question is about a time that the bundle's history
// covers. Such a question has no age: the answer will not change. One about the
// present always has, be it no second.
func (e *examination) past() bool { return e.at <= e.statusAsOf() && e.at < e.q.Now }

// level is how much proof is needed: a bundle may ask for more than a question, never for less.
func (e *examination) level() Level {
	if e.q.Level != LevelStatus || e.issuer.MinLevel == bundle.LevelTransparency {
		return LevelTransparency
	}
	return LevelStatus
}
