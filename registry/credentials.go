package registry

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
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
	if r.Days < 0 || r.Days > 731 {
		return a, fmt.Errorf("%w: a credential lives 1 to 731 days", ErrInvalid)
	}
	if r.By == "" {
		return a, fmt.Errorf("%w: by is missing", ErrInvalid)
	}
	components := r.Components
	if len(components) == 0 {
		for _, c := range a.Components {
			if c.State == authorisation.Effective || c.State == authorisation.PendingEffect {
				components = append(components, c.Code)
			}
		}
	}
	if len(components) == 0 {
		return a, fmt.Errorf("%w: no component of %s is in force", ErrConflict, a.Case)
	}
	for _, code := range components {
		if c, ok := a.Component(code); !ok || c.State != authorisation.Effective && c.State != authorisation.PendingEffect {
			return a, fmt.Errorf("%w: component %.40q of %s is not in force", ErrConflict, code, a.Case)
		}
		if r.DryRun {
			continue
		}
		if _, err := n.issue(ctx, a.Case, code, r.Days, r.By); err != nil {
			return a, err
		}
	}
	if !r.DryRun {
		n.publishNow(ctx)
	}
	return n.Authorisation(r.Authorisation)
}

// issueMissing issues the first credential of each component that has none.
func (n *Node) issueMissing(ctx context.Context, number string) error {
	a, err := n.Authorisation(number)
	if err != nil {
		return err
	}
	for _, c := range a.Components {
		_, issued := newest(a, c.Code)
		if issued || c.State != authorisation.Effective && c.State != authorisation.PendingEffect {
			continue
		}
		if _, err := n.issue(ctx, number, c.Code, 0, authorisation.Scheduler); err != nil {
			return fmt.Errorf("issue %s of %s: %w", c.Code, number, err)
		}
	}
	return nil
}

// issueOwed issues what a grant promised and a crash right after it kept from being issued.
func (n *Node) issueOwed(ctx context.Context) error {
	all, err := n.Authorisations()
	if err != nil {
		return err
	}
	for _, a := range all {
		if err := n.issueMissing(ctx, a.Case); err != nil {
			return err
		}
	}
	return nil
}

// replace issues a credential and marks the one before it superseded.
func (n *Node) replace(ctx context.Context, number, component, old, actor string) error {
	newer, err := n.issue(ctx, number, component, 0, actor)
	if err != nil {
		return err
	}
	_, err = n.actOnAuthorisation(ctx, number, false, func(by authorisation.By) authorisation.Command {
		return authorisation.SupersedeCredential{By: by, SHA256: old, Newer: newer}
	}, actor)
	return err
}

// issue makes one credential durable. The leaf holds its digest; the credential
// itself, with all disclosures, is the sealed payload. Nothing leaves before.
func (n *Node) issue(ctx context.Context, number, component string, days int64, actor string) (sha256 string, err error) {
	defer n.lockCase(number)()
	a, err := readCase(n, number, view.Authorisation)
	if err != nil {
		return "", err
	}
	o, err := readCase(n, a.Operator, view.Operator)
	if err != nil {
		return "", err
	}
	err = n.withSlot(ctx, func(uri string, idx int64) error {
		claims := n.claims(a, o, component, days)
		claims.Status = credential.StatusRef{URI: uri, Idx: idx}
		entries, digest, err := n.credentialEntries(a, claims, actor)
		if err != nil {
			return err
		}
		sha256 = digest
		_, err = n.ledger.Append(ctx, entries...)
		return err
	})
	return sha256, err
}

// claims is what a credential of the component says now.
func (n *Node) claims(a authorisation.Authorisation, o authorisation.Operator, component string, days int64) credential.Claims {
	now := n.now()
	start := time.Unix(max(a.EffectiveAt, now.Unix()), 0)
	var end time.Time
	if a.ExpiresAt != 0 {
		end = time.Unix(a.ExpiresAt, 0)
	}
	expires := n.pack.CredentialUntil(start, end)
	if wanted := start.AddDate(0, 0, int(days)); days > 0 && wanted.Before(expires) {
		expires = wanted
	}
	granted := time.Unix(a.GrantedAt, 0)
	c := credential.Claims{
		Issuer: n.config.EntityID, IssuedAt: now.Unix(), NotBefore: a.EffectiveAt, Expires: expires.Unix(),
		Territory: n.config.Territory, Authority: n.config.Authority, Programme: a.Programme, Type: component,
		Subject: credential.Subject{
			LegalName: o.Holder.LegalName, Identifiers: o.Holder.Identifiers, Roles: a.Roles,
			AuthorisationNo: a.Case,
			EffectiveOn:     n.pack.LocalDate(time.Unix(a.EffectiveAt, 0)),
			GrantedOn:       n.pack.LocalDate(granted), ValidatedOn: n.pack.LocalDate(granted),
			DecidedBy: n.pack.AuthorityName, ScopeText: a.ScopeText,
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

// credentialEntries signs a credential and makes the log entries that record it.
func (n *Node) credentialEntries(a authorisation.Authorisation, claims credential.Claims, actor string) ([]ledger.Entry, string, error) {
	peers, err := n.loadPeers()
	if err != nil {
		return nil, "", err
	}
	signer, err := n.ring.Signer(keys.RoleIssuer, n.now())
	if err != nil {
		return nil, "", err
	}
	sdjwt, err := credential.Issue(claims, n.vctEntity(peers), signer, n.opts.Rand)
	if err != nil {
		return nil, "", fmt.Errorf("issue credential: %w", err)
	}
	p, err := credential.Parse(sdjwt)
	if err != nil {
		return nil, "", err
	}
	sum := p.LogSHA256()
	digest := hex.EncodeToString(sum[:])
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
		return nil, "", err
	}
	entries, err := issuedEntries(events, a.Operator, digest, sdjwt)
	return entries, digest, err
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

// ExportCredential is a request for the holder's file.
type ExportCredential struct {
	Authorisation string            `json:"authorisation"`
	Components    []string          `json:"components,omitzero"` // in this order; empty = all
	Preset        credential.Preset `json:"preset,omitzero"`     // "" = full
	NoReceipts    bool              `json:"no_receipts,omitzero"`
}

// ExportCredential is the .aeo file of an authorisation: the newest credential of
// each component and, for each that is in a published checkpoint, its receipt.
func (n *Node) ExportCredential(r ExportCredential) ([]byte, error) {
	a, err := n.Authorisation(r.Authorisation)
	if err != nil {
		return nil, err
	}
	components := r.Components
	if len(components) == 0 {
		for _, c := range a.Components {
			components = append(components, c.Code)
		}
	}
	preset := r.Preset
	if preset == "" {
		preset = credential.Full
	}
	var sdjwts, receipts [][]byte
	for _, code := range components {
		sha256, ok := newest(a, code)
		if !ok {
			return nil, fmt.Errorf("%w: %s has no credential of component %.40q", ErrNotFound, a.Case, code)
		}
		sdjwt, receipt, err := n.credential(sha256)
		if err != nil {
			return nil, err
		}
		if sdjwt, err = credential.Present(sdjwt, preset); err != nil {
			return nil, invalid(err)
		}
		sdjwts = append(sdjwts, sdjwt)
		if receipt != nil && !r.NoReceipts {
			receipts = append(receipts, receipt)
		}
	}
	return credential.FormatFile(sdjwts, receipts), nil
}

func newest(a authorisation.Authorisation, component string) (sha256 string, ok bool) {
	for _, c := range a.Credentials {
		if c.Component == component {
			sha256, ok = c.SHA256, true
		}
	}
	return sha256, ok
}

// credential is a stored credential and its receipt in the published log; nil
// receipt where it is not published yet.
func (n *Node) credential(sha256 string) (sdjwt, receipt []byte, err error) {
	var row view.CredentialRow
	if err := n.ledger.View(func(tx ledger.Projection) error {
		row, err = view.Credential(tx, sha256)
		return err
	}); err != nil {
		return nil, nil, err
	}
	record, err := n.ledger.Record(row.Leaf)
	if err != nil {
		return nil, nil, err
	}
	if record.Erased {
		return nil, nil, fmt.Errorf("%w: credential %s was erased", ErrNotFound, sha256)
	}
	var issued view.Issued
	if err := jcs.Unmarshal(record.Payload, &issued); err != nil {
		return nil, nil, err
	}
	p := n.ledger.Published()
	if p == nil || row.Leaf >= p.Checkpoint.Size {
		return []byte(issued.Credential), nil, nil
	}
	proof, err := n.ledger.Prove(row.Leaf, p.Checkpoint.Size)
	if err != nil {
		return nil, nil, err
	}
	r := transparency.Receipt{Index: proof.Index, Proof: proof.Proof, Checkpoint: p.Checkpoint.Raw}
	return []byte(issued.Credential), r.Format(), nil
}
