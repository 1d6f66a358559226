package peer

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const seenSchema = "aeo.mirror-seen/1"

// filed is how much of a copy the file of entries is known to hold.
type filed struct{ entries, bytes int64 }

// filedUpTo says that the file holds all of a copy.
func filedUpTo(log *transparency.Copy) filed {
	return filed{log.Size(), log.Bytes() + 2*log.Size()}
}

// keep makes the file hold a copy and nothing else; it writes what is missing.
func (m *Mirror) keep(log *transparency.Copy, f *filed) error {
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(m.dir, "entries"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < f.bytes { // somebody else cut it
		*f = filed{}
	}
	end := f.bytes
	if err := file.Truncate(end); err != nil {
		return err
	}
	for part := range slices.Chunk(log.Entries()[f.entries:], tileWidth) {
		raw, err := transparency.FormatEntries(part)
		if err != nil {
			return err
		}
		if _, err := file.WriteAt(raw, end); err != nil {
			return err
		}
		end += int64(len(raw))
	}
	if err := file.Sync(); err != nil {
		return err
	}
	*f = filedUpTo(log)
	return nil
}

// leftovers adds to a copy, which the file holds, what the file holds beyond:
// whole entries an honest log can have there, up to a size and so many bytes. It
// returns how many.
func (m *Mirror) leftovers(log *transparency.Copy, size, most int64) (added int64) {
	file, err := os.Open(filepath.Join(m.dir, "entries"))
	if err != nil {
		return 0
	}
	defer file.Close()
	if _, err := file.Seek(filedUpTo(log).bytes, io.SeekStart); err != nil {
		return 0
	}
	r := bufio.NewReader(file)
	for log.Size() < size {
		entry, err := readEntry(r)
		if err != nil || log.Bytes()+int64(len(entry)) > most || log.Add(entry) != nil {
			break
		}
		added++
	}
	return added
}

// seen is seen.json.
type seen struct {
	Schema    string `json:"schema"`
	View      string `json:"view"` // what was seen again: see Documents.digest
	FetchedAt int64  `json:"fetched_at"`
}

// storeSeen remembers that just what the mirror holds was seen again.
func (m *Mirror) storeSeen(v *View) error {
	raw, err := jcs.Marshal(seen{seenSchema, v.digest, v.FetchedAt})
	if err != nil {
		return err
	}
	return ReplaceFile(filepath.Join(m.dir, "seen.json"), raw)
}

// seenAt is when the documents were fetched or seen again.
func (m *Mirror) seenAt(d Documents) (int64, error) {
	raw, err := ReadFile(filepath.Join(m.dir, "seen.json"), 4096)
	if errors.Is(err, os.ErrNotExist) {
		return d.FetchedAt, nil
	}
	if err != nil {
		return 0, err
	}
	var s seen
	if err := jcs.Unmarshal(raw, &s); err != nil {
		return 0, err
	}
	digest, err := d.digest()
	if err != nil || s.Schema != seenSchema || s.View != digest {
		return d.FetchedAt, err // of another view
	}
	return max(d.FetchedAt, s.FetchedAt), nil
}
