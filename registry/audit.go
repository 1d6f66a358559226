package registry

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/view"
)

// maxDifferences is how many differences an audit names; it counts all.
const maxDifferences = 100

// An Audit is what a node finds when it compares what it keeps with its log.
type Audit struct {
	Size          int64        `json:"size"` // of the log
	Root          string       `json:"root"`
	PublishedSize int64        `json:"published_size"`
	Tokens        int          `json:"tokens"`      // status list tokens compared
	Files         int          `json:"files"`       // of evidence, read and compared with their digests
	Differing     int64        `json:"differing"`   // how many things differ
	Differences   []Difference `json:"differences"` // the first of them
}

// A Difference is one thing kept that does not follow from the log.
type Difference struct {
	What string `json:"what"` // in words
	Row  string `json:"row"`  // key of the row, or uri of the status list
	How  string `json:"how"`  // changed, missing, foreign, or why a token is refused
}

// How a row differs from its recomputation.
const (
	rowChanged = "changed" // the log gives another value
	rowMissing = "missing" // the log gives it, the store has none
	rowForeign = "foreign" // the log gives none
)

func (a *Audit) differ(what, row, how string) {
	if a.Differing++; len(a.Differences) < maxDifferences {
		a.Differences = append(a.Differences, Difference{what, row, how})
	}
}

// Audit compares what the node keeps with what follows from its log: the head,
// the published status list tokens, every row queries read, made anew from the
// sealed records, and the files of evidence. It changes nothing; other work goes on meanwhile.
//
// Its time is that of making the projections anew, its memory bounded; the rows
// made anew are in the node's directory until it is done.
func (n *Node) Audit() (*Audit, error) {
	if err := n.ledger.CheckHead(); err != nil {
		return nil, err
	}
	head := n.ledger.Head()
	a := &Audit{Size: head.Size, Root: head.Root.String(), Differences: []Difference{}}
	if err := n.auditTokens(a); err != nil {
		return nil, err
	}
	defer n.cases.lock("audit")()
	err := n.ledger.AuditProjections(n.paths.audit(), func(key, want, got []byte) error {
		how := rowChanged
		switch {
		case want == nil:
			how = rowForeign
		case got == nil:
			how = rowMissing
		}
		a.differ(view.Describe(key), string(key), how)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("audit projections: %w", err)
	}
	return a, n.auditFiles(a)
}

// auditFiles reads the content of all evidence.
func (n *Node) auditFiles(a *Audit) error {
	h, err := n.CheckFiles()
	a.Files = h.Files
	for _, name := range h.Missing {
		a.differ("file of evidence "+name, name, rowMissing)
	}
	for _, name := range h.Damaged {
		a.differ("file of evidence "+name, name, rowChanged)
	}
	return err
}

// auditTokens reads the published tokens back from the store.
func (n *Node) auditTokens(a *Audit) error {
	published := n.ledger.Published()
	if published == nil || published.Reduction == nil {
		return nil
	}
	stored, err := n.ledger.PublishedAt(published.Checkpoint.Size)
	if err != nil {
		return err
	}
	a.PublishedSize = stored.Checkpoint.Size
	for _, uri := range published.Reduction.URIs() {
		a.Tokens++
		if err := transparency.MatchToken(stored.Artefacts[uri], uri, published.Reduction, published.Checkpoint); err != nil {
			a.differ("status list token of "+uri, uri, err.Error())
		}
	}
	return nil
}
