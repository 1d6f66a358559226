package federation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Caveat is something to know beside the verdict; it never decides.
type Caveat struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// The codes of caveats; caveats says what each is about.
const (
	CaveatStale          = "stale"
	CaveatRefreshDue     = "refresh_due"
	CaveatNotCosigned    = "not_cosigned"
	CaveatNoReceiptMatch = "no_receipt_match"
	CaveatEarlyEnd       = "early_end"
	CaveatEnds           = "ends"
	CaveatInTransit      = "in_transit"
	CaveatPilot          = "pilot"
	CaveatNameDiffers    = "name_differs"
	CaveatPersonal       = "personal"
	CaveatList           = "list"
	CaveatOneSided       = "one_sided"
	CaveatOtherComponent = "other_component"
	CaveatIssuedLater    = "issued_later"
	CaveatRestored       = "restored"
)

var caveats = []Caveat{
	{CaveatStale, "The status was confirmed longer ago than agreed, but is still honoured."},
	{CaveatRefreshDue, "A newer trust bundle should exist."},
	{CaveatNotCosigned, "Too few vouch for the head of the issuer's log; its age is the word of who built the bundle."},
	{CaveatNoReceiptMatch, "A receipt came along that proves another credential, or none."},
	{CaveatEarlyEnd, "The arrangement ended with less notice than agreed."},
	{CaveatEnds, "Recognition ends within 30 days."},
	{CaveatInTransit, "Recognition has ended: what holds for goods under way."},
	{CaveatPilot, "What a pilot makes of it, as test data."},
	{CaveatNameDiffers, "The holder's name is not the one asked about."},
	{CaveatPersonal, "An identifier is a natural person's."},
	{CaveatList, "Whose list of which day it rests on, and that nobody there signed it."},
	{CaveatOneSided, "Recognised by one side alone, over lists."},
	{CaveatOtherComponent, "The type asked for is not among those shown."},
	{CaveatIssuedLater, "Asked about a time before the credential was issued: what an earlier one of the holder was worth then, e.g. suspended, is not seen from this one."},
	{CaveatRestored, "Asked about a time at which the holder's earlier credential had ended: that end was stayed or set aside since."},
}

// Caveats is every caveat there is, with what it is about in general.
func Caveats() []Caveat { return slices.Clone(caveats) }

// warnAboutHolder compares what was asked with whom it is about.
func (e *examination) warnAboutHolder() {
	h := e.decision.Holder
	if e.q.Name != "" && h.LegalName != "" && !slices.ContainsFunc(append(h.Names, h.LegalName), func(n string) bool {
		return FoldName(n) == FoldName(e.q.Name)
	}) {
		e.caveat(CaveatNameDiffers, fmt.Sprintf("The name asked about is %q, the holder's is %q.", e.q.Name, h.LegalName))
	}
	personal := e.personalSchemes()
	for _, id := range h.Identifiers {
		if _, scheme, _, err := credential.SplitIdentifier(id); err == nil && personal[scheme] {
			e.caveat(CaveatPersonal, fmt.Sprintf("%s is the number of a natural person: keep it no longer than needed.", id))
		}
	}
}

// FoldName makes names that differ only in case, white space or composition of
// characters the same.
func FoldName(s string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.Join(strings.Fields(s), " "))))
}

// personalSchemes are those of the administration, or of the list, that speaks.
func (e *examination) personalSchemes() map[string]bool {
	if e.record == nil {
		return e.v.personal[e.issuer.EntityID]()
	}
	out := map[string]bool{}
	for _, scheme := range e.record.standing.List.Personal {
		out[scheme] = true
	}
	return out
}

// personalSchemes are the identifier schemes that the programme of an
// administration states to belong to natural persons.
func (v *Verifier) personalSchemes(entityID string) map[string]bool {
	out := map[string]bool{}
	a, err := v.bundle.Administration(entityID)
	if err != nil || a == nil || a.Programme == nil {
		return out
	}
	var profile struct {
		Schemes []struct {
			Code     string `json:"code"`
			Personal bool   `json:"personal"`
		} `json:"schemes"`
	}
	if err := jcs.UnmarshalOpen(a.Programme, &profile); err != nil {
		return out
	}
	for _, s := range profile.Schemes {
		out[s.Code] = s.Personal
	}
	return out
}
