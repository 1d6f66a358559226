package federation

import (
	"cmp"
	"fmt"
	"strings"
)

// The checks, in their order (protocol 11).
const (
	CheckBundle       = "bundle"
	CheckTime         = "time"
	CheckReadable     = "readable"
	CheckFormat       = "format"
	CheckIssuer       = "issuer"
	CheckChain        = "chain"
	CheckSignature    = "signature"
	CheckDisclosures  = "disclosures"
	CheckDates        = "dates"
	CheckStatus       = "status"
	CheckFreshness    = "freshness"
	CheckTransparency = "transparency"
	CheckArrangement  = "arrangement"
	CheckType         = "type"
	CheckRole         = "role"
	CheckDirection    = "direction"
	CheckBasis        = "basis"
	CheckHold         = "hold"
)

var checkOrder = [...]string{
	CheckBundle, CheckTime, CheckReadable, CheckFormat, CheckIssuer, CheckChain, CheckSignature, CheckDisclosures,
	CheckDates, CheckStatus, CheckFreshness, CheckTransparency,
	CheckArrangement, CheckType, CheckRole, CheckDirection, CheckBasis, CheckHold,
}

// A finding is what one check came to. Its reason counts only where it failed.
type finding struct {
	result string
	reason Reason
	detail string
}

func passed() finding   { return finding{result: Passed} }
func notAsked() finding { return finding{result: NotAsked} }

// failed makes a detail that is always text, whatever an error quotes.
func failed(r Reason, format string, args ...any) finding {
	return finding{Failed, r, strings.ToValidUTF8(fmt.Sprintf(format, args...), "\uFFFD")}
}

// newDecision has not come to any check yet: cannot_tell.
func newDecision(q Question) *Decision {
	d := &Decision{Schema: schema, As: q.As, At: cmp.Or(q.At, q.Now), Now: q.Now}
	d.Checks = make([]Check, len(checkOrder))
	for i, id := range checkOrder {
		d.Checks[i].ID, d.Checks[i].Result = id, NotReached
	}
	d.decide(BundleInvalid, q.StatusOnly)
	return d
}

func (d *Decision) record(id string, f finding) {
	for i := range d.Checks {
		if d.Checks[i].ID == id {
			d.Checks[i].Result, d.Checks[i].Detail = f.result, f.detail
		}
	}
}

func (d *Decision) decide(r Reason, statusOnly bool) {
	d.Verdict, d.Reason = r.Verdict(), r
	d.Status, d.Recognition = answers(r, statusOnly)
}
