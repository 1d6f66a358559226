package registry

import (
	"fmt"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

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
	r := transparency.Receipt{Index: proof.Index, Proof: proof.Proof, Checkpoint: n.withCosignatures(p.Checkpoint)}
	return []byte(issued.Credential), r.Format(), nil
}
