package registry

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// IssueCredential is a request for a fresh credential of each component.
type IssueCredential struct {
	Authorisation string   `json:"authorisation"`
	Components    []string `json:"components,omitzero"` // empty = all in force
	Days          int64    `json:"days,omitzero"`       // life; 0 = as the programme says
	By            string   `json:"by"`
	DryRun        bool     `json:"dry_run,omitzero"`
}

// IssueCredential issues anew, for renewal or under a fresh index. Older
// credentials stay valid until their own expiry.
func (n *Node) IssueCredential(ctx context.Context, r IssueCredential) (authorisation.Authorisation, error) {
	a, err := n.Authorisation(r.Authorisation)
	if err != nil {
		return a, err
	}
	if err := checkIssue(r.Days); err != nil {
		return a, err
	}
	by, err := n.issuer(ctx, a.Case, r.By)
	if err != nil {
		return a, err
	}
	components := r.Components
	if len(components) == 0 {
		components = issuable(a)
	}
	if len(components) == 0 {
		return a, fmt.Errorf("%w: no component of %s is in force", ErrConflict, a.Case)
	}
	for i, code := range components {
		if c, ok := a.Component(code); !ok || !c.State.Issuable() {
			return a, fmt.Errorf("%w: component %.40q of %s is not in force", ErrConflict, code, a.Case)
		}
		if slices.Contains(components[:i], code) {
			return a, fmt.Errorf("%w: component %.40q is named twice", ErrInvalid, code)
		}
	}
	if r.DryRun {
		return a, nil
	}
	if _, err := n.issue(ctx, a.Case, r.Days, by, func(authorisation.Authorisation) []string { return components }); err != nil {
		return a, err
	}
	n.publishNow(ctx)
	return n.Authorisation(r.Authorisation)
}

// issuable are the components of an authorisation that may have credentials.
func issuable(a authorisation.Authorisation) []string {
	var codes []string
	for _, c := range a.Components {
		if c.State.Issuable() {
			codes = append(codes, c.Code)
		}
	}
	return codes
}

// IssueAll is a request for a fresh credential of every component in force, as
// after an issuer key was lost.
type IssueAll struct {
	Days   int64  `json:"days,omitzero"` // life; 0 = as the programme says
	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// Issued counts what was issued; of a dry run, what would be.
type Issued struct {
	Authorisations int64 `json:"authorisations"`
	Credentials    int64 `json:"credentials"`
}

// IssueAll issues anew for every authorisation, many at a time. Each credential
// is durable on its own: what was issued before an error or the end of ctx stays
// issued, and is counted. It may be repeated: under the same key it goes on with those
// for whom nothing was issued yet.
//
// What limits it, and every issuing, is the processor: of the time a credential
// takes on all cores together, three tenths go into the verification that follows its
// signature, an eighth into the signature, a sixth into making and reading the
// credential around both, an eighth into the sequencer, two fifths of it in Pebble's
// memory table, a twentieth into flushes and compactions and as much into collecting garbage;
// the rest is what an officer's decision takes. States are not decoded again as long
// as the ledger remembers them, which is for some thousand cases. A thirtieth of the
// time one core is idle: while numbers are read, before, and while what is new is
// published, after.
// Verifying alone takes more than twice as long as signing, so that no more than a
// quarter of bare signing can be reached. cmd/bench measures it as issue_vs_sign.
func (n *Node) IssueAll(ctx context.Context, r IssueAll) (Issued, error) {
	err := checkIssue(r.Days)
	if err != nil {
		return Issued{}, err
	}
	if r.By, err = n.issuer(ctx, "", r.By); err != nil {
		return Issued{}, err
	}
	var numbers []string
	if err := n.ledger.View(func(tx ledger.Projection) (err error) {
		numbers, err = view.AuthorisationNumbers(tx)
		return err
	}); err != nil {
		return Issued{}, err
	}
	var authorisations, credentials atomic.Int64
	err = inParallel(ctx, numbers, func(number string) error {
		count, err := n.issueAgain(ctx, number, r)
		if err != nil {
			return fmt.Errorf("issue for %s: %w", number, err)
		}
		authorisations.Add(min(1, count))
		credentials.Add(count)
		return nil
	})
	if !r.DryRun {
		n.publishNow(ctx)
	}
	return Issued{authorisations.Load(), credentials.Load()}, err
}

// issueAgain issues for all of an authorisation that is in force; there may be nothing.
func (n *Node) issueAgain(ctx context.Context, number string, r IssueAll) (count int64, err error) {
	if r.DryRun {
		a, err := n.Authorisation(number)
		return int64(len(issuable(a))), err
	}
	ctx = within(ctx, number)
	if request := CallerOf(ctx).Request; request != (authorisation.Origin{}) {
		_, done, err := n.requested(request)
		if err != nil {
			return 0, err
		}
		if done {
			a, err := n.Authorisation(number)
			return int64(len(issuable(a))), err
		}
	}
	digests, err := n.issue(ctx, number, r.Days, r.By, issuable)
	return int64(len(digests)), err
}

func checkIssue(days int64) error {
	if days < 0 || days > 731 {
		return fmt.Errorf("%w: a credential lives 1 to 731 days", ErrInvalid)
	}
	return nil
}

// issuer is who has credentials issued.
func (n *Node) issuer(ctx context.Context, number, named string) (string, error) {
	by, err := n.by(ctx, number, named, access.DecisionMaker, access.Assessor)
	if err == nil && by.Actor == "" {
		err = fmt.Errorf("%w: by is missing", ErrInvalid)
	}
	return by.Actor, err
}

// issueMissing issues the first credential of each component that has none.
func (n *Node) issueMissing(ctx context.Context, number string) error {
	if _, err := n.issue(ctx, number, 0, authorisation.Scheduler, authorisation.Authorisation.Unissued); err != nil {
		return fmt.Errorf("issue first credentials of %s: %w", number, err)
	}
	return nil
}

// owedAtOnce is how many authorisations are given their first credentials between
// two publications.
const owedAtOnce = 2 * together

// issueOwed issues first credentials that nobody issued with the act itself: of what
// was taken over from another register, of what was suspended when its turn came, and
// of a grant right after which the node crashed.
func (n *Node) issueOwed(ctx context.Context) error {
	var owed []string
	if err := n.ledger.View(func(tx ledger.Projection) (err error) {
		owed, err = view.Owed(tx, owedAtOnce)
		return err
	}); err != nil {
		return err
	}
	return inParallel(ctx, owed, func(number string) error { return n.issueMissing(ctx, number) })
}

// replace issues a credential and marks the one before it superseded.
func (n *Node) replace(ctx context.Context, number, component, old, actor string) error {
	newer, err := n.issue(ctx, number, 0, actor, func(authorisation.Authorisation) []string { return []string{component} })
	if err != nil {
		return err
	}
	_, err = n.actOnAuthorisation(ctx, number, false, func(authorisation.Authorisation) (authorisation.Command, error) {
		by := authorisation.By{Case: number, Actor: actor, At: n.now().Unix()}
		return authorisation.SupersedeCredential{By: by, SHA256: old, Newer: newer[0]}, nil
	})
	return err
}

// issue makes a credential of each component that which picks durable, all or
// none, and returns the digests in their leaves. A leaf holds its credential's
// digest; the credential itself, with all disclosures, is the sealed payload.
// Nothing leaves before.
func (n *Node) issue(ctx context.Context, number string, days int64, actor string,
	which func(authorisation.Authorisation) []string) (digests []string, err error) {
	defer n.lockCase(number)()
	a, err := readCase(n, number, view.Authorisation)
	if err != nil {
		return nil, err
	}
	if err := n.match(ctx, number); err != nil {
		return nil, err
	}
	o, err := readCase(n, a.Operator, view.Operator)
	if err != nil {
		return nil, err
	}
	var entries []ledger.Entry
	var taken []slot
	defer func() {
		if err != nil {
			n.slots.release(taken...)
		}
	}()
	for _, component := range which(a) {
		s, err := n.takeSlot(ctx)
		if err != nil {
			return nil, err
		}
		taken = append(taken, s)
		claims := n.claims(a, o, component, days)
		claims.Status = credential.StatusRef{URI: s.uri, Idx: s.idx}
		for _, f := range a.Former(component, credential.MaxFormer) {
			claims.Restores = append(claims.Restores, credential.Former{Status: credential.StatusRef{URI: f.URI, Idx: f.Idx}, NotBefore: f.NotBefore})
		}
		more, next, digest, err := n.credentialEntries(ctx, a, claims, actor)
		if err != nil {
			return nil, err
		}
		entries, a, digests = append(entries, more...), next, append(digests, digest)
	}
	if len(entries) == 0 {
		return nil, nil
	}
	if _, err := n.ledger.Append(ctx, entries...); err != nil {
		return nil, err
	}
	n.directory.touch(a.Operator, false)
	now, err := n.Version(number)
	if err != nil {
		return nil, err
	}
	tell(ctx, number, now)
	return digests, nil
}

// claims is what a credential of the component says now.
func (n *Node) claims(a authorisation.Authorisation, o authorisation.Operator, component string, days int64) credential.Claims {
	now := n.now()
	start := time.Unix(max(a.EffectiveAt, now.Unix()), 0)
	its, _ := a.Component(component)
	var end time.Time
	if until := a.Until(its); until != 0 {
		end = time.Unix(until, 0)
	}
	pack := n.packFor(a.Authority)
	expires := pack.CredentialUntil(start, end)
	if wanted := start.AddDate(0, 0, int(days)); days > 0 && wanted.Before(expires) {
		expires = wanted
	}
	granted := time.Unix(a.GrantedAt, 0)
	c := credential.Claims{
		Issuer: n.config.EntityID, IssuedAt: now.Unix(), NotBefore: max(a.EffectiveAt, its.InForceFrom), Expires: expires.Unix(),
		Territory: n.config.Territory, Authority: cmp.Or(a.Authority, n.config.Authority), Programme: a.Programme, Type: component,
		Subject: credential.Subject{
			LegalName: o.Holder.LegalName, Identifiers: o.Holder.Identifiers, Roles: a.Roles,
			AuthorisationNo: a.Case,
			EffectiveOn:     pack.LocalDate(time.Unix(a.EffectiveAt, 0)),
			GrantedOn:       pack.LocalDate(granted), ValidatedOn: pack.LocalDate(granted),
			DecidedBy: pack.AuthorityName, ScopeText: a.ScopeText,
		},
	}
	for _, name := range o.Holder.Names {
		c.Subject.Names = append(c.Subject.Names, credential.Name{Script: name.Script, Value: name.Value})
	}
	if at := o.Holder.Address; at.Country != "" {
		c.Subject.Address = &credential.Address{Country: at.Country, Locality: at.Locality, Postcode: at.Postcode, Street: at.Street}
	}
	return c
}

// credentialEntries signs a credential and makes the log entries that record it;
// next is the authorisation after them.
func (n *Node) credentialEntries(ctx context.Context, a authorisation.Authorisation, claims credential.Claims, actor string) (
	entries []ledger.Entry, next authorisation.Authorisation, digest string, err error) {
	peers, err := n.loadPeers()
	if err != nil {
		return nil, a, "", err
	}
	signer, err := n.signer(keys.RoleIssuer, time.Unix(claims.IssuedAt, 0))
	if err != nil {
		return nil, a, "", err
	}
	sdjwt, err := credential.Issue(claims, n.vctEntity(peers), signer, n.opts.Rand)
	if err != nil {
		return nil, a, "", fmt.Errorf("issue credential: %w", err)
	}
	sum := credential.LogDigest(sdjwt)
	digest = hex.EncodeToString(sum[:])
	sequence := int64(1)
	for _, c := range a.Credentials {
		if c.Component == claims.Type {
			sequence = max(sequence, c.Sequence+1)
		}
	}
	events, err := decide(a, authorisation.IssueCredential{
		By: authorisation.By{Case: a.Case, Actor: actor, At: n.now().Unix()},
		Credential: authorisation.CredentialIssued{Component: claims.Type, SHA256: digest, URI: claims.Status.URI, Idx: claims.Status.Idx,
			NotBefore: claims.NotBefore, Expires: claims.Expires, Sequence: sequence},
	})
	if err != nil {
		return nil, a, "", err
	}
	stamp(ctx, events)
	if entries, err = issuedEntries(events, a.Operator, digest, sdjwt); err != nil {
		return nil, a, "", err
	}
	next, err = applyAll(a, events)
	return entries, next, digest, err
}

// issuedEntries puts the credential beside the event that issues it, under the credential's own leaf.
func issuedEntries(events []authorisation.Event, operator, digest string, sdjwt []byte) ([]ledger.Entry, error) {
	var entries []ledger.Entry
	for _, e := range events {
		entry, err := eventEntry(e, operator)
		if err != nil {
			return nil, err
		}
		if _, ok := e.Data.(authorisation.CredentialIssued); ok {
			entry.Leaf = transparency.Credential{SHA256: digest}
			if entry.Payload, err = (view.Issued{Event: entry.Payload, Credential: string(sdjwt)}).Marshal(); err != nil {
				return nil, err
			}
		}
		entries = append(entries, entry)
	}
	return entries, nil
}
