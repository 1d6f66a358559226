package federation

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
)

func (e *examination) checkDates() finding {
	switch s := e.said; {
	case e.at < s.notBefore:
		return failed(NotYet, "in effect from %d", s.notBefore)
	case s.expires != 0 && e.at >= s.expires:
		e.decision.StatusSince = s.expires
		return failed(Expired, "expired at %d", s.expires)
	}
	return passed()
}

// checkStatus finds the status at the instant asked about in the issuer's log.
// The bundle's own expiry is judged here: it is about the age of statuses, so
// questions about the past do not ask for it.
func (e *examination) checkStatus() finding {
	timeline, m := e.administration.Timeline, e.v.bundle.Manifest()
	switch {
	case e.at < timeline.From():
		return failed(AtBeforeHistory, "asked about %d, the history begins at %d", e.at, timeline.From())
	case !e.past() && e.q.Now > m.Exp:
		return failed(BundleExpired, "now is %d, the bundle expired at %d", e.q.Now, m.Exp)
	}
	ref := e.said.status
	// A list binds to an issuer: a strange uri could borrow a good status (protocol 10).
	if !strings.HasPrefix(ref.URI, e.issuer.EntityID+"/status/") {
		return failed(StatusMissing, "%.120q is no list of %s", ref.URI, e.issuer.EntityID)
	}
	standing, err := timeline.At(ref.URI, ref.Idx, e.at, e.known)
	switch {
	case errors.Is(err, transparency.ErrBeforeHistory):
		return failed(AtBeforeHistory, "%v", err)
	case err != nil:
		return failed(StatusMissing, "%v", err)
	}
	if e.asksBeforeIssue() && len(e.said.restores) > 0 {
		return e.judgeRestored(timeline, standing)
	}
	return e.judgeStanding(standing)
}

// judgeRestored judges a credential that took the place of others which had ended,
// about a time before it was issued. Their past is its own: suspended then, suspended.
// Only that they had ended does not hold any more, and was all the same what anybody
// could know then.
func (e *examination) judgeRestored(timeline *transparency.Timeline, now transparency.Standing) finding {
	var former transparency.Standing
	for _, f := range e.said.restores {
		if f.NotBefore > e.at {
			break
		}
		var err error
		if former, err = timeline.At(f.Status.URI, f.Status.Idx, e.at, e.known); err != nil {
			return failed(StatusMissing, "of a credential before it: %v", err)
		}
		if former.Value == statuslist.Ended && e.known != e.at { // an annulment, which reached back, hides what was before
			was, err := timeline.UnlessEnded(f.Status.URI, f.Status.Idx, e.at)
			if err != nil {
				return failed(StatusMissing, "of a credential before it: %v", err)
			}
			if was.Value == statuslist.Suspended {
				former = was
			}
		}
		if former.Value == statuslist.Suspended {
			break
		}
	}
	asKnownThen := e.known == e.at
	switch {
	case former.Value == statuslist.Suspended, former.Value == statuslist.Ended && asKnownThen:
		return e.judgeStanding(former)
	case former.Value == statuslist.Ended:
		e.caveat(CaveatRestored, fmt.Sprintf("The holder's earlier credential ended on %s; that was stayed or set aside, and this one issued on %s.",
			date(former.Since), date(e.said.issued)))
	}
	return e.judgeStanding(now)
}

func date(at int64) string { return time.Unix(at, 0).UTC().Format(time.DateOnly) }

func (e *examination) judgeStanding(s transparency.Standing) finding {
	e.decision.StatusSince = s.Since
	switch s.Value {
	case statuslist.Valid:
		if s.Since == 0 && !s.BeforeHistory {
			e.decision.StatusSince = e.said.notBefore
		}
		e.warnIssuedLater()
		return passed()
	case statuslist.Suspended:
		return failed(StatusSuspended, "since %d", s.Since)
	case statuslist.Superseded:
		return failed(NewerCredentialExists, "since %d", s.Since)
	}
	if !s.BeforeHistory && s.Since <= e.said.notBefore {
		return failed(Annulled, "with effect from %d, when it was to begin", s.Since)
	}
	return failed(Ended, "since %d", s.Since)
}

// warnIssuedLater says where the question is about a time before the credential
// was issued. A credential that replaces another has an index of its own, without
// the past of the one before: nothing there is no proof that nothing was. The hour
// of issue is not told, so the day of issue counts as before it.
func (e *examination) warnIssuedLater() {
	if e.asksBeforeIssue() && len(e.said.restores) == 0 {
		e.caveat(CaveatIssuedLater, fmt.Sprintf("The credential was issued on %s; a suspension of the one before it, if there was one, is not seen here.",
			date(e.said.issued)))
	}
}

// asksBeforeIssue reports whether the question is about a time before the credential was issued.
func (e *examination) asksBeforeIssue() bool {
	issued := e.said.issued
	return issued != 0 && e.past() && e.at < issued+24*3600
}

// checkFreshness asks how long ago the status was confirmed: by the rule of
// the pair where there is one, else by the bundle's policy, and never for
// longer than the question allows.
func (e *examination) checkFreshness() finding {
	if e.past() {
		return notAsked()
	}
	policy, m := e.v.bundle.Policy(), e.v.bundle.Manifest()
	warn, honour := policy.WarnAfter, policy.HonourUntil
	if a := e.outcome.Annex; a != nil && a.Freshness != nil {
		warn, honour = a.Freshness.WarnAfter, a.Freshness.HonourUntil
	}
	if e.q.MaxAge > 0 {
		honour = min(honour, e.q.MaxAge)
	}
	age := e.q.Now - e.statusAsOf()
	if age > honour {
		return failed(StatusStale, "confirmed %s ago, at most %s is honoured", span(age), span(honour))
	}
	if age > warn {
		e.caveat(CaveatStale, fmt.Sprintf("The status was last confirmed %s ago.", span(age)))
	}
	if e.administration.Quorum.Result == bundle.QuorumMissing && e.issuer.Relation != bundle.RelationSelf {
		e.caveat(CaveatNotCosigned, "Too few other administrations have cosigned the newest state of the issuer's log yet.")
	}
	if e.q.Now > m.RefreshBy {
		e.caveat(CaveatRefreshDue, "The trust bundle should be refreshed.")
	}
	return passed()
}

// span says how long seconds are, to people.
func span(seconds int64) string {
	for _, unit := range []struct {
		length int64
		name   string
	}{{24 * 3600, "days"}, {3600, "hours"}, {60, "minutes"}} {
		if seconds >= 2*unit.length {
			return fmt.Sprintf("%d %s", seconds/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%d seconds", seconds)
}
