package registry

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	roll "github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/partnerlist"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// Imported lists lie in lists/<territory>/, readable by the node's own user only:
//
//	<number>.received   the file as it came
//	<number>.json       what it says, array of listed.Entry in RFC 8785 form
//
// A list counts once the log has it: an artefact leaf whose document says where
// it came from, who took it over, and the digests of both files. Names of traders
// are in the files alone, so that removing those removes the names.

// ErrLost says that the log has a list and its file is gone or changed.
var ErrLost = errors.New("file of an imported list is gone or changed")

// ImportList is a request to take over a list of a partner without a node.
type ImportList struct {
	Partner        string `json:"partner"` // territory
	File           []byte `json:"file"`
	Format         string `json:"format"`          // csv, xlsx
	Channel        string `json:"channel"`         // how it came, e.g. mail
	StatedAsOf     string `json:"stated_as_of"`    // the day it speaks of
	AcceptRemovals bool   `json:"accept_removals"` // take one that lacks more than half of the last
	By             string `json:"by"`
	Second         string `json:"second"`
	DryRun         bool   `json:"dry_run,omitzero"`
}

// A ListReport says what a list would do, or did. Where it has problems nothing
// was taken.
type ListReport struct {
	Header   *roll.Header          `json:"header"`
	Taken    bool                  `json:"taken"`
	Problems []partnerlist.Problem `json:"problems"`
	News     ListNews              `json:"news"`
}

// ListNews is what a list changes, in authorisations.
type ListNews struct {
	Added      int `json:"added"`
	Gone       int `json:"gone"` // ended with the day of the list
	Ended      int `json:"ended"`
	Suspended  int `json:"suspended"`
	Reinstated int `json:"reinstated"`
	Otherwise  int `json:"otherwise"` // other name, roles or dates
	Same       int `json:"same"`
}

// storedList is the document of a list's leaf.
type storedList struct {
	Header        roll.Header `json:"header"`
	Format        string      `json:"format"`
	EntriesSHA256 string      `json:"entries_sha256"`
}

// lists are those taken over, read when first asked for.
type lists struct {
	mu sync.Mutex
	of map[string]*partnerLists // by territory; guarded by mu; what it holds never changes
}

type partnerLists struct {
	headers []roll.Header
	rows    []roll.Row
	current []roll.Entry // the newest
}

// ImportList takes over a list, whole or not at all. Problems are in the report;
// the error is about the request or the node.
func (n *Node) ImportList(ctx context.Context, r ImportList) (*ListReport, error) {
	if err := n.jointly(ctx, "lists", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	report, entries, err := n.readList(r)
	if err != nil || len(report.Problems) > 0 || r.DryRun {
		return report, err
	}
	if err := n.storeList(ctx, r, report.Header, entries); err != nil {
		return nil, err
	}
	report.Taken = true
	h := report.Header
	n.opts.Log.Info("list imported", "partner", h.Partner, "number", h.Number, "rows", h.Rows, "stated_as_of", h.StatedAsOf, "by", r.By, "second", r.Second)
	return report, n.refresh(ctx)
}

// readList reads the file and holds it against the lists before it.
func (n *Node) readList(r ImportList) (*ListReport, []roll.Entry, error) {
	pack, err := n.partnerPack(r.Partner)
	if err != nil {
		return nil, nil, err
	}
	before, err := n.listsOf(r.Partner)
	if err != nil {
		return nil, nil, err
	}
	h, err := n.listHeader(r, pack, before)
	if err != nil {
		return nil, nil, err
	}
	report := &ListReport{Header: h}
	entries, rows, found, err := partnerlist.Read(r.Format, r.File, r.Partner, pack)
	if err != nil {
		return nil, nil, invalid(err)
	}
	report.Problems = slices.Concat([]partnerlist.Problem{}, found)
	if len(found) > 0 {
		return report, nil, nil
	}
	h.Rows = int64(len(entries))
	if before != nil {
		report.Problems = append(report.Problems, partnerlist.Contradictions(entries, rows, r.StatedAsOf, before.current, before.headers[len(before.headers)-1].StatedAsOf)...)
		report.News = newsOf(before.current, entries)
		if gone := report.News.Gone; gone*2 > len(before.current) && !r.AcceptRemovals {
			report.Problems = append(report.Problems, partnerlist.Problem{Text: fmt.Sprintf(
				"%d of %d are no longer on the list and would be taken as ended: if that is meant, accept it expressly", gone, len(before.current))})
		}
	} else {
		report.Problems = append(report.Problems, partnerlist.Contradictions(entries, rows, r.StatedAsOf, nil, "")...)
		report.News.Added = len(entries)
	}
	if err := h.Check(); err != nil {
		return nil, nil, invalid(err)
	}
	return report, entries, nil
}

// partnerPack is the programme of a partner; nil where none is known.
func (n *Node) partnerPack(territory string) (*programme.Pack, error) {
	if len(territory) != 2 || strings.Trim(territory, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, fmt.Errorf("%w: partner %.16q is not two capital letters", ErrInvalid, territory)
	}
	if territory == n.config.Territory {
		return nil, fmt.Errorf("%w: %s is this administration's own territory", ErrInvalid, territory)
	}
	pack, err := programme.Load(territory, "")
	if errors.Is(err, programme.ErrUnknownTerritory) {
		return nil, nil
	}
	return pack, err
}

func (n *Node) listHeader(r ImportList, pack *programme.Pack, before *partnerLists) (*roll.Header, error) {
	sum := sha256.Sum256(r.File)
	h := &roll.Header{Partner: r.Partner, Number: 1, SHA256: hex.EncodeToString(sum[:]), Channel: cmp.Or(r.Channel, "mail"),
		ReceivedAt: n.now().Unix(), StatedAsOf: r.StatedAsOf, TimeZone: "UTC", ImportedBy: r.By, SecondOfficer: r.Second, Personal: []string{}}
	if pack != nil {
		h.TimeZone = pack.TimeZone
		for _, s := range pack.Schemes {
			if s.Personal {
				h.Personal = append(h.Personal, s.Code)
			}
		}
	}
	begins, err := mra.StartOfDay(h.StatedAsOf, h.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("%w: stated_as_of: %w", ErrInvalid, err)
	}
	if begins > h.ReceivedAt {
		return nil, fmt.Errorf("%w: stated as of %s, a day that has not begun in %s", ErrInvalid, h.StatedAsOf, h.TimeZone)
	}
	if before == nil {
		return h, nil
	}
	for _, old := range before.headers {
		if old.SHA256 == h.SHA256 {
			return nil, fmt.Errorf("%w: this file is list %d of %s already", ErrConflict, old.Number, old.Partner)
		}
	}
	last := before.headers[len(before.headers)-1]
	if h.StatedAsOf <= last.StatedAsOf {
		return nil, fmt.Errorf("%w: list %d of %s speaks of %s, this one of no later day", ErrConflict, last.Number, last.Partner, last.StatedAsOf)
	}
	h.Number, h.ReceivedAt = last.Number+1, max(h.ReceivedAt, last.ReceivedAt)
	return h, nil
}

// newsOf is what a list changes against the one before.
func newsOf(last, now []roll.Entry) (out ListNews) {
	before := map[string]*roll.Entry{}
	for i := range last {
		before[last[i].Key()] = &last[i]
	}
	for i := range now {
		e, was := &now[i], before[now[i].Key()]
		delete(before, e.Key())
		switch {
		case was == nil:
			out.Added++
		case e.Equal(was):
			out.Same++
		case e.Status == was.Status:
			out.Otherwise++
		case e.Status == roll.Ended:
			out.Ended++
		case e.Status == roll.Suspended:
			out.Suspended++
		default:
			out.Reinstated++
		}
	}
	for _, was := range before {
		if was.Status != roll.Ended {
			out.Gone++
		}
	}
	return out
}

func (n *Node) listFile(territory string, number int64, kind string) string {
	return filepath.Join(n.paths.lists(), strings.ToLower(territory), fmt.Sprintf("%06d.%s", number, kind))
}

// storeList writes the files, then logs the list: from then on it counts. Files
// that a crash left without a leaf are written over by the next import.
func (n *Node) storeList(ctx context.Context, r ImportList, h *roll.Header, entries []roll.Entry) error {
	raw, err := jcs.Marshal(entries)
	if err != nil {
		return err
	}
	for _, dir := range []string{n.paths.lists(), filepath.Dir(n.listFile(h.Partner, h.Number, "json"))} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := syncDirectory(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	for kind, content := range map[string][]byte{"received": r.File, "json": raw} {
		if err := peer.ReplaceFile(n.listFile(h.Partner, h.Number, kind), content); err != nil {
			return fmt.Errorf("store list %d of %s: %w", h.Number, h.Partner, err)
		}
	}
	sum := sha256.Sum256(raw)
	doc, err := jcs.Marshal(storedList{Header: *h, Format: r.Format, EntriesSHA256: hex.EncodeToString(sum[:])})
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s/%06d", h.Partner, h.Number)
	if err := n.publishArtefacts(ctx, view.Artefact{Kind: view.ImportedList, Name: name, Content: string(doc)}); err != nil {
		return err
	}
	n.lists.mu.Lock()
	defer n.lists.mu.Unlock()
	delete(n.lists.of, h.Partner) // read back when next asked for
	return nil
}

// listsOf are the lists of a territory; nil where none was taken over.
func (n *Node) listsOf(territory string) (*partnerLists, error) {
	n.lists.mu.Lock()
	defer n.lists.mu.Unlock()
	if l, known := n.lists.of[territory]; known {
		return l, nil
	}
	l, err := n.loadLists(territory)
	if err != nil {
		return nil, err
	}
	if n.lists.of == nil {
		n.lists.of = map[string]*partnerLists{}
	}
	n.lists.of[territory] = l
	return l, nil
}

func (n *Node) loadLists(territory string) (*partnerLists, error) {
	stored, err := n.storedLists(territory)
	if err != nil || len(stored) == 0 {
		return nil, err
	}
	l := &partnerLists{}
	for _, s := range stored {
		if l.current, err = n.readEntries(s); err != nil {
			return nil, err
		}
		l.headers = append(l.headers, s.Header)
		l.rows = roll.Merge(l.rows, s.Header.Number, l.current)
	}
	return l, nil
}

func (n *Node) readEntries(s storedList) ([]roll.Entry, error) {
	raw, err := readBounded(n.listFile(s.Header.Partner, s.Header.Number, "json"), 64<<20)
	if err != nil {
		return nil, fmt.Errorf("%w: list %d of %s: %w", ErrLost, s.Header.Number, s.Header.Partner, err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != s.EntriesSHA256 {
		return nil, fmt.Errorf("%w: list %d of %s is not the one that was logged", ErrLost, s.Header.Number, s.Header.Partner)
	}
	var entries []roll.Entry
	if err := jcs.Unmarshal(raw, &entries); err != nil {
		return nil, fmt.Errorf("%w: list %d of %s: %w", ErrLost, s.Header.Number, s.Header.Partner, err)
	}
	return entries, nil
}

// storedLists are the documents of a territory's lists, of all for "", in order.
func (n *Node) storedLists(territory string) ([]storedList, error) {
	docs, err := n.artefacts(view.ImportedList)
	if err != nil {
		return nil, err
	}
	var out []storedList
	for _, d := range docs {
		if territory != "" && !strings.HasPrefix(d.Name, territory+"/") {
			continue
		}
		var s storedList
		if err := jcs.Unmarshal(bytes.TrimSpace([]byte(d.Content)), &s); err != nil {
			return nil, fmt.Errorf("stored list %s: %w", d.Name, err)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b storedList) int {
		return cmp.Or(cmp.Compare(a.Header.Partner, b.Header.Partner), cmp.Compare(a.Header.Number, b.Header.Number))
	})
	return out, nil
}

// Lists are where all imported lists came from, by partner and number.
func (n *Node) Lists() ([]roll.Header, error) {
	stored, err := n.storedLists("")
	if err != nil {
		return nil, err
	}
	out := []roll.Header{}
	for _, s := range stored {
		out = append(out, s.Header)
	}
	return out, nil
}
