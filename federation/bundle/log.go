package bundle

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

// A ListMember is one status list in lists.json.
type ListMember struct {
	URI  string `json:"uri"`
	Size int64  `json:"size"`
	Lst  string `json:"lst"` // base64url of zlib of the raw bits
}

const (
	maxState = 128 << 10 // a leaf and 63 hashes
	maxLists = 32 << 20
)

// openLog proves the published head: the roster's log key signed it, it is the
// one the manifest names, and state.json is what it ends in.
func (b *Bundle) openLog(a *Administration) error {
	var err error
	if a.LogKey, err = a.Rosters.Note(keys.RoleLog); err != nil {
		return err
	}
	if a.LogKey.String() != a.Registry.Log.VKey || a.LogKey.Name() != a.Issuer.Log.Origin {
		return fmt.Errorf("log key of the roster is of %.80q; entity configuration and manifest have another", a.LogKey.Name())
	}
	raw, err := b.part(a.Issuer, nameCheckpoint)
	if err != nil {
		return err
	}
	if a.Checkpoint, err = transparency.ParseCheckpoint(raw, a.LogKey); err != nil {
		return err
	}
	if cp, said := a.Checkpoint, a.Issuer.Log; cp.Size != said.Size || cp.Root.String() != said.Root {
		return fmt.Errorf("checkpoint of size %d with root %v, the manifest has size %d with root %s", cp.Size, cp.Root, said.Size, said.Root)
	}
	return b.openState(a)
}

func (b *Bundle) openState(a *Administration) error {
	raw, err := b.part(a.Issuer, nameState)
	if err != nil {
		return err
	}
	if len(raw) > maxState {
		return fmt.Errorf("state of %d bytes, at most %d", len(raw), maxState)
	}
	var proof transparency.Inclusion
	if err := readExact(raw, &proof); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if a.State, err = transparency.StateOf(a.Checkpoint, &proof); err != nil {
		return err
	}
	if a.State.RosterSHA256 != a.Registry.RosterSHA256 {
		return errors.New("state of the log rests on another roster than the newest")
	}
	return nil
}

// openLists checks that the bits are those of the state, list by list, so that
// no more than one list is held at a time.
func (b *Bundle) openLists(a *Administration) error {
	raw, err := b.part(a.Issuer, nameLists)
	if err != nil {
		return err
	}
	if len(raw) > maxLists {
		return fmt.Errorf("lists of %d bytes, at most %d", len(raw), maxLists)
	}
	var lists []ListMember
	if err := readExact(raw, &lists); err != nil {
		return fmt.Errorf("lists: %w", err)
	}
	if len(lists) != len(a.State.Lists) {
		return fmt.Errorf("%d lists, the state of the log has %d", len(lists), len(a.State.Lists))
	}
	for i, l := range lists {
		if err := l.check(a.Issuer.EntityID, a.State.Lists[i]); err != nil {
			return fmt.Errorf("list %d: %w", i, err)
		}
	}
	return nil
}

func (l *ListMember) check(entityID string, state transparency.ListState) error {
	if !strings.HasPrefix(l.URI, entityID+"/status/") || l.URI != state.URI {
		return fmt.Errorf("uri %.80q, want %.80q below %s", l.URI, state.URI, entityID)
	}
	list, err := statuslist.FromLst(l.Lst, l.Size)
	if err != nil {
		return err
	}
	if list.Digest(l.URI) != state.SHA256 {
		return errors.New("bits are not those of the state of the log")
	}
	return nil
}

// openHistory proves how the lists came about. They need no comparison with
// lists.json: both have the digests of the one state.
func (b *Bundle) openHistory(a *Administration) error {
	raw, err := b.part(a.Issuer, nameHistory)
	if err != nil {
		return err
	}
	history, err := transparency.ParseHistory(raw)
	if err != nil {
		return err
	}
	a.Timeline, err = history.Open(a.Checkpoint, a.State)
	return err
}

// openDirectory takes the directory where there is one; the holders in it must
// have their status in the lists of this log.
func (b *Bundle) openDirectory(a *Administration) error {
	raw, err := b.optional(a.Issuer, nameDirectory)
	if err != nil || raw == nil {
		return err
	}
	d, err := ParseDirectory(raw, a.Rosters)
	if err != nil {
		return err
	}
	if at := b.manifest.Iat; d.Exp <= at || d.Iat > at+clockSkew {
		return fmt.Errorf("directory is valid from %d to %d, not at %d", d.Iat, d.Exp, at)
	}
	for i, e := range d.Entries {
		if e.Authority != "" && (e.Authority == a.Registry.Authority || !a.Registry.MayState(e.Authority)) {
			return fmt.Errorf("directory entry %d: %.16q is no authority that the issuer acts for", i, e.Authority)
		}
		list := a.Timeline.Current(e.Status.URI)
		if list == nil || e.Status.Idx >= list.Size() {
			return fmt.Errorf("directory entry %d: no entry %d of a list %.80q in this log", i, e.Status.Idx, e.Status.URI)
		}
	}
	a.Directory = d
	return nil
}
