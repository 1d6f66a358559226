package authorisation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/credential/statuslist"
)

// MaxCredentialLife is how long a credential may live, in seconds: two years
// (protocol 4), the leap day included.
const MaxCredentialLife = 731 * 24 * 60 * 60

// The facts about credentials. The credential itself is not part of them.
type (
	// CredentialIssued says which index of which status list belongs to which component.
	CredentialIssued struct {
		Component string `json:"component"`
		Expires   int64  `json:"expires"`
		Idx       int64  `json:"idx"`
		NotBefore int64  `json:"not_before"`
		Sequence  int64  `json:"sequence"` // 1, 2, ... within the component
		SHA256    string `json:"sha256"`   // of header "." payload, as in the credential leaf
		URI       string `json:"uri"`      // of the status list
	}
	// CredentialSuperseded says that the disclosed content changed and a newer one exists.
	CredentialSuperseded struct {
		SHA256 string `json:"sha256"`
		Newer  string `json:"newer"`
	}
	// CredentialStatusSet says which status changes went into the log.
	CredentialStatusSet struct {
		Changes []StatusChange `json:"changes"`
	}
)

func (CredentialIssued) event() (string, int64)     { return "credential.issued", 1 }
func (CredentialSuperseded) event() (string, int64) { return "credential.superseded", 1 }
func (CredentialStatusSet) event() (string, int64)  { return "credential.status_set", 1 }

var credentialForms = map[string]form{
	"credential.issued/1":     read[CredentialIssued],
	"credential.superseded/1": read[CredentialSuperseded],
	"credential.status_set/1": read[CredentialStatusSet],
}

// The commands that record them. The clock may give them.
type (
	IssueCredential struct {
		By
		Credential CredentialIssued
	}
	SupersedeCredential struct {
		By
		SHA256, Newer string
	}
	SetStatus struct {
		By
		Changes []StatusChange
	}
)

func (IssueCredential) name() string     { return "issue credential" }
func (SupersedeCredential) name() string { return "supersede credential" }
func (SetStatus) name() string           { return "set status" }

func (IssueCredential) byClock()     {}
func (SupersedeCredential) byClock() {}
func (SetStatus) byClock()           {}

// A StatusChange is a status leaf that is due, or was appended (protocol 6).
type StatusChange struct {
	URI         string           `json:"uri"`
	Idx         int64            `json:"idx"`
	Value       statuslist.Value `json:"value"`
	EffectiveAt int64            `json:"effective_at"`
}

// A Step is a status a credential is to be given.
type Step struct {
	Value       statuslist.Value `json:"value"`
	EffectiveAt int64            `json:"effective_at"`
}

// A Credential is one credential of a component: what its index says in the log,
// and what it is to say next.
type Credential struct {
	CredentialIssued
	Value statuslist.Value `json:"value"`          // in the log
	Newer string           `json:"newer,omitzero"` // digest of the credential that superseded it
	Due   []Step           `json:"due"`            // in order; each is a legal transition from the one before
}

// StatusDue lists the status leaves to append now: at most one for each index, as
// a batch of the log demands, and at most as many as one [SetStatus] holds. Whoever
// appends them records them with SetStatus in the same batch and asks again,
// because a further step may wait behind.
func (a Authorisation) StatusDue(now int64) []StatusChange {
	var changes []StatusChange
	for _, c := range a.Credentials {
		if len(c.Due) > 0 && c.Due[0].EffectiveAt <= now {
			changes = append(changes, StatusChange{c.URI, c.Idx, c.Due[0].Value, c.Due[0].EffectiveAt})
		}
	}
	slices.SortFunc(changes, func(x, y StatusChange) int {
		return cmp.Or(strings.Compare(x.URI, y.URI), cmp.Compare(x.Idx, y.Idx))
	})
	return changes[:min(len(changes), maxList)]
}

// follow queues the status that an act gives to every credential of the component
// unexpired as of asOf. A superseded one stays so, unless its component ends.
func (a *Authorisation) follow(component string, act Act, from, asOf int64) {
	value := statuslist.Valid
	switch {
	case act.Ends():
		value = statuslist.Ended
	case act == ActSuspend:
		value = statuslist.Suspended
	}
	for i := range a.Credentials {
		if c := &a.Credentials[i]; c.Component == component && c.Expires > asOf {
			c.queue(Step{value, from})
		}
	}
}

// queue appends a step where the transition is one the log admits (protocol 5).
func (c *Credential) queue(s Step) bool {
	if !c.last().May(s.Value) {
		return false
	}
	c.Due = append(c.Due, s)
	return true
}

// last is the status the credential will have once all steps are taken.
func (c Credential) last() statuslist.Value {
	if n := len(c.Due); n > 0 {
		return c.Due[n-1].Value
	}
	return c.Value
}

// Live returns the newest credential of a component that neither ended nor was superseded.
func (a Authorisation) Live(component string) (Credential, bool) {
	for _, c := range slices.Backward(a.Credentials) {
		if c.Component == component {
			return c, c.Newer == "" && c.last() != statuslist.Ended
		}
	}
	return Credential{}, false
}

// Ended reports whether the credential has ended, or will as soon as that is published.
func (c Credential) Ended() bool { return c.last() == statuslist.Ended }

// Unissued are the components in force, or to be, that never had a credential, whose
// credentials ended before they came back, or whose newest one says less than is so by
// now: it was issued for a stay, or tells of a suspension that was set aside.
func (a Authorisation) Unissued() []string {
	var codes []string
	for _, c := range a.Components {
		if !c.State.Issuable() {
			continue
		}
		if newest, live := a.Live(c.Code); !live || c.Owed || newest.NotBefore > max(a.EffectiveAt, c.InForceFrom) {
			codes = append(codes, c.Code)
		}
	}
	return codes
}

func (a Authorisation) credential(sha256 string) int {
	return slices.IndexFunc(a.Credentials, func(c Credential) bool { return c.SHA256 == sha256 })
}

func (a Authorisation) issue(c IssueCredential) ([]Event, error) {
	refuse := func(why string) ([]Event, error) {
		return nil, &TransitionError{a.words(), c.name(), why}
	}
	component, ok := a.Component(c.Credential.Component)
	if !ok {
		return refuse("there is no component " + c.Credential.Component)
	}
	if !component.State.Issuable() {
		return refuse("component " + component.Code + " is " + string(component.State))
	}
	sequence := int64(1)
	for _, old := range a.Credentials {
		if old.SHA256 == c.Credential.SHA256 || old.URI == c.Credential.URI && old.Idx == c.Credential.Idx {
			return refuse("its digest or its status index is taken")
		}
		if old.Component == component.Code {
			sequence = old.Sequence + 1
		}
	}
	switch d := c.Credential; {
	case d.Sequence != sequence:
		return nil, &InputError{"sequence", fmt.Sprintf("want %d", sequence)}
	case d.NotBefore < max(a.EffectiveAt, component.InForceFrom):
		return nil, &InputError{"not_before", "earlier than the authorisation takes effect"}
	case component.stayedUntil() != 0 && d.Expires > component.stayedUntil():
		return nil, &InputError{"expires", "later than the stay by which it is in force"}
	case d.Expires <= c.At:
		return nil, &InputError{"expires", "in the past"}
	case a.ExpiresAt != 0 && d.Expires > a.ExpiresAt:
		return nil, &InputError{"expires", "later than the authorisation"}
	case d.Expires > max(c.At, d.NotBefore)+MaxCredentialLife:
		return nil, &InputError{"expires", "more than two years ahead"}
	}
	return one(c.By, c.At, c.Credential)
}

func (a Authorisation) supersede(c SupersedeCredential) ([]Event, error) {
	refuse := func(why string) ([]Event, error) {
		return nil, &TransitionError{a.words(), c.name(), why}
	}
	i, j := a.credential(c.SHA256), a.credential(c.Newer)
	if i < 0 || j < 0 {
		return refuse("no such credential")
	}
	old, newer := a.Credentials[i], a.Credentials[j]
	if old.Component != newer.Component || old.Sequence >= newer.Sequence {
		return refuse("the other credential is not a newer one of the same component")
	}
	if !old.last().May(statuslist.Superseded) {
		return refuse("the credential ended or was superseded already")
	}
	return one(c.By, c.At, CredentialSuperseded{c.SHA256, c.Newer})
}

func (a *Authorisation) replace(d CredentialSuperseded, at int64) error {
	i := a.credential(d.SHA256)
	if i < 0 || !a.Credentials[i].queue(Step{statuslist.Superseded, at}) {
		return fmt.Errorf("credential %s cannot be superseded", d.SHA256)
	}
	a.Credentials[i].Newer = d.Newer
	return nil
}

func (a Authorisation) setStatus(c SetStatus) ([]Event, error) {
	due := a.StatusDue(c.At)
	for i, change := range c.Changes {
		if !slices.Contains(due, change) || slices.Contains(c.Changes[:i], change) {
			return nil, &TransitionError{a.words(), c.name(), fmt.Sprintf("%s of index %d of %s is not due", change.Value, change.Idx, change.URI)}
		}
	}
	return one(c.By, c.At, CredentialStatusSet{c.Changes})
}

func (a *Authorisation) published(changes []StatusChange) error {
	for _, change := range changes {
		i := slices.IndexFunc(a.Credentials, func(c Credential) bool { return c.URI == change.URI && c.Idx == change.Idx })
		if i < 0 || len(a.Credentials[i].Due) == 0 || a.Credentials[i].Due[0] != (Step{change.Value, change.EffectiveAt}) {
			return fmt.Errorf("status of index %d of %s was not due", change.Idx, change.URI)
		}
		c := &a.Credentials[i]
		c.Value, c.Due = change.Value, c.Due[1:]
	}
	return nil
}

func (d CredentialIssued) check() error {
	err := first(
		code("component", d.Component), digest("sha256", d.SHA256), statusIndex(d.URI, d.Idx),
		instant("not_before", d.NotBefore), instant("expires", d.Expires), instant("sequence", d.Sequence),
	)
	if err == nil && d.Expires <= d.NotBefore {
		return &InputError{"expires", "not after not_before"}
	}
	return err
}

func (d CredentialIssued) appendTo(dst []byte) ([]byte, error) {
	w := writer{raw: dst}
	w.issued(d)
	return append(w.raw, '}'), w.err
}

// issued leaves the object open: rows go on with what happened to the credential.
func (w *writer) issued(d CredentialIssued) {
	w.text(`{"component":`, d.Component)
	w.number(`,"expires":`, d.Expires)
	w.number(`,"idx":`, d.Idx)
	w.number(`,"not_before":`, d.NotBefore)
	w.number(`,"sequence":`, d.Sequence)
	w.text(`,"sha256":`, d.SHA256)
	w.text(`,"uri":`, d.URI)
}

func (d CredentialSuperseded) check() error {
	return first(digest("sha256", d.SHA256), digest("newer", d.Newer))
}

func (d CredentialStatusSet) check() error {
	if len(d.Changes) == 0 || len(d.Changes) > maxList {
		return &InputError{"changes", fmt.Sprintf("want 1 to %d entries", maxList)}
	}
	for _, c := range d.Changes {
		if c.Value > statuslist.Superseded {
			return &InputError{"value", "not a status"}
		}
		if err := first(statusIndex(c.URI, c.Idx), instant("effective_at", c.EffectiveAt)); err != nil {
			return err
		}
	}
	return nil
}

func statusIndex(uri string, idx int64) error {
	if idx < 0 || idx >= statuslist.MaxSize {
		return &InputError{"idx", "outside any status list"}
	}
	return text("uri", uri, maxLine)
}
