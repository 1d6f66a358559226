package registry

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

const (
	directoryLife  = 30 * 24 * time.Hour
	directoryRenew = 7 * 24 * time.Hour
)

// A directory is who may be named to everybody. It is gathered once, and then
// only the holders that changed are looked at again, and of them only those who
// ever let themselves be named: acts must not cost more the more holders there are.
type directory struct {
	entries map[string][]bundle.DirectoryEntry // by operator; nil before it was gathered; guarded by Node.federating
	stale   bool                               // the signed one may say something else; guarded by Node.federating
	iat     int64                              // of the signed one, 0 without; guarded by Node.federating

	mu      sync.Mutex
	named   map[string]bool // operators who ever released themselves for any purpose; guarded by mu
	touched map[string]bool // those of them that changed; guarded by mu
}

// touch notes that an operator, or an authorisation it holds, changed.
func (d *directory) touch(operator string, released bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if released {
		d.named[operator] = true
	}
	if d.named[operator] {
		d.touched[operator] = true
	}
}

// open finds who is to be watched, before anything can change.
func (d *directory) open(l *ledger.Ledger) error {
	return l.View(func(tx ledger.Projection) error {
		released, err := view.ReleasedOperators(tx)
		d.named, d.touched = map[string]bool{}, map[string]bool{}
		for _, number := range released {
			d.named[number], d.touched[number] = true, true
		}
		d.entries, d.stale = map[string][]bundle.DirectoryEntry{}, true
		return err
	})
}

func (d *directory) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	numbers := slices.Collect(maps.Keys(d.touched))
	clear(d.touched)
	return numbers
}

// refreshDirectory renews the directory of holders released for publication,
// weekly and whenever its content changes. There is none before the first release.
func (n *Node) refreshDirectory(ctx context.Context) error {
	if err := n.gatherDirectory(); err != nil {
		return err
	}
	d := &n.directory
	now := n.now()
	due := d.iat != 0 && now.Unix()-d.iat >= int64(directoryRenew/time.Second)
	if !d.stale && !due {
		return nil
	}
	next := bundle.Directory{Iss: n.config.EntityID, Iat: now.Unix(), Exp: now.Add(directoryLife).Unix(), Seq: 1, Entries: d.all()}
	raw, err := n.artefact(view.Directory, view.Current)
	if err != nil {
		return err
	}
	if raw == nil && len(next.Entries) == 0 {
		d.stale = false
		return nil
	}
	if raw != nil {
		rosters, err := n.rosters()
		if err != nil {
			return err
		}
		old, err := bundle.ParseDirectory(raw, rosters)
		if err != nil {
			return err
		}
		if next.Iat-old.Iat < int64(directoryRenew/time.Second) && sameEntries(old.Entries, next.Entries) {
			d.stale, d.iat = false, old.Iat
			return nil
		}
		next.Seq = old.Seq + 1
	}
	signer, err := n.signer(keys.RoleBundle, now)
	if err != nil {
		return err
	}
	signed, err := author.Directory(next, signer)
	if err != nil {
		return err
	}
	if err := n.publishArtefacts(ctx, view.Artefact{Kind: view.Directory, Name: view.Current, Content: string(signed)}); err != nil {
		return err
	}
	d.stale, d.iat = false, next.Iat
	return nil
}

func sameEntries(a, b []bundle.DirectoryEntry) bool {
	x, errX := jcs.Marshal(a)
	y, errY := jcs.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// all are the entries in order of identifier.
func (d *directory) all() []bundle.DirectoryEntry {
	out := []bundle.DirectoryEntry{}
	for _, entries := range d.entries {
		out = append(out, entries...)
	}
	slices.SortFunc(out, func(a, b bundle.DirectoryEntry) int {
		return strings.Compare(a.Identifiers[0]+" "+a.AuthorisationType, b.Identifiers[0]+" "+b.AuthorisationType)
	})
	return out
}

// gatherDirectory brings the entries up to what the log says.
func (n *Node) gatherDirectory() error {
	touched := n.directory.take()
	err := n.ledger.View(func(tx ledger.Projection) error {
		for _, number := range touched {
			if err := n.gather(tx, number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // nothing touched is forgotten
		for _, number := range touched {
			n.directory.touch(number, false)
		}
	}
	return err
}

// gather makes the entries of an operator.
func (n *Node) gather(tx ledger.Projection, number string) error {
	o, err := view.Operator(tx, number)
	if err != nil {
		return err
	}
	var entries []bundle.DirectoryEntry
	if o.Released(authorisation.Publication, "", n.now().Unix()) {
		held, err := view.HeldBy(tx, number)
		if err != nil {
			return err
		}
		for _, number := range held {
			a, err := view.Authorisation(tx, number)
			if err != nil {
				return err
			}
			entries = append(entries, n.directoryEntries(a, o)...)
		}
	}
	if sameEntries(n.directory.entries[number], entries) {
		return nil
	}
	n.directory.stale = true
	if n.directory.entries[number] = entries; entries == nil {
		delete(n.directory.entries, number)
	}
	return nil
}

// directoryEntries are those of an authorisation: the newest credential of each
// component. Ended ones leave the directory.
func (n *Node) directoryEntries(a authorisation.Authorisation, o authorisation.Operator) (out []bundle.DirectoryEntry) {
	for _, c := range a.Components {
		entry := n.directoryEntry(a, o, c.Code)
		if cred, live := a.Live(c.Code); live && c.State != authorisation.Ended && len(entry.Identifiers) > 0 {
			entry.CredentialSHA256, entry.Status = cred.SHA256, bundle.StatusRef{URI: cred.URI, Idx: cred.Idx}
			out = append(out, entry)
		}
	}
	return out
}

// directoryEntry is what may be said of a component to everybody. A number that
// belongs to a natural person never is, with whatever consent.
func (n *Node) directoryEntry(a authorisation.Authorisation, o authorisation.Operator, component string) bundle.DirectoryEntry {
	return bundle.DirectoryEntry{
		Name: o.Holder.LegalName, Roles: a.Roles, Programme: a.Programme, AuthorisationType: component, Authority: a.Authority,
		Identifiers: slices.DeleteFunc(slices.Clone(o.Holder.Identifiers), func(text string) bool {
			id, err := n.Pack().ParseIdentifier(text)
			return err != nil || id.Personal
		}),
		EffectiveOn: n.packFor(a.Authority).LocalDate(time.Unix(a.EffectiveAt, 0)),
	}
}
