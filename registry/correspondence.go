package registry

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// errReplayed says that a message was received before.
var errReplayed = errors.New("the message was received before")

const (
	// maxLetter is more than any letter has: a message is at most keys.MaxSealed.
	maxLetter = keys.MaxSealed + 64<<10
	// correspondenceTail is what is read back of it at a start: more than what can
	// have been received in the minutes in which a message could come again.
	correspondenceTail = 8 << 20
	// maxSeen is from how many numbers on those that have run out are looked for.
	maxSeen = 4096
)

// A letter is one line of DIR/exchange/<host>.jsonl.
type letter struct {
	At    int64  `json:"at"`             // Unix seconds, by our clock: received, or sent
	Fault string `json:"fault,omitzero"` // of one we sent: why no answer came
	JWS   string `json:"jws"`            // as its sender signed it
	Since int64  `json:"since,omitzero"` // of a notice we sent: when the first was recorded of what it tells of
}

// correspondence is every message exchanged with one administration, both ways
// and for good, in a file that is only ever appended to. A letter is on disk
// before anybody is told of it.
type correspondence struct {
	path string
	self string // our own entity id
	log  string // and the name of our log

	mu     sync.Mutex
	opened bool             // guarded by mu, as are all below
	end    int64            // of the last whole letter
	seen   map[string]int64 // jti of messages received -> until when they could come again
	state  noticeState
}

// accept notes a message as received, durably, unless it came before. What is
// sent in answer can be kept in the same breath.
func (c *correspondence) accept(now int64, m *exchange.Message, answer ...letter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.open(now); err != nil {
		return err
	}
	if until, ok := c.seen[m.JTI]; ok && until >= now {
		return errReplayed
	}
	return c.append(now, append([]letter{received(now, m)}, answer...))
}

// keep adds letters.
func (c *correspondence) keep(now int64, letters ...letter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.open(now); err != nil {
		return err
	}
	return c.append(now, letters)
}

// append writes letters where the last whole one ends, syncs and only then
// counts them. The caller holds mu.
func (c *correspondence) append(now int64, letters []letter) error {
	var b bytes.Buffer
	for _, l := range letters {
		raw, err := jcs.Marshal(l)
		if err != nil {
			return err
		}
		b.Write(raw)
		b.WriteByte('\n')
	}
	if err := c.write(b.Bytes()); err != nil {
		return fmt.Errorf("keep message: %w", err)
	}
	c.end += int64(b.Len())
	for i := range letters {
		c.count(now, &letters[i])
	}
	return nil
}

func (c *correspondence) write(raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != c.end {
		// A write that failed, or that a crash ended, left the beginning of a letter.
		if err := errors.Join(err, f.Truncate(c.end)); err != nil {
			return err
		}
	}
	if _, err := f.WriteAt(raw, c.end); err != nil {
		return err
	}
	if err := f.Sync(); err != nil || c.end > 0 {
		return err
	}
	dir := filepath.Dir(c.path)
	return errors.Join(syncDirectory(dir), syncDirectory(filepath.Dir(dir)))
}

// open reads back what a start needs to know: the end of the file, which a
// crash may have left in the midst of a letter. The caller holds mu.
func (c *correspondence) open(now int64) error {
	if c.opened {
		return nil
	}
	f, err := os.Open(c.path)
	if errors.Is(err, os.ErrNotExist) {
		c.opened = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	from := max(0, info.Size()-correspondenceTail)
	end, err := readLetters(io.NewSectionReader(f, from, info.Size()-from), from > 0, func(l *letter) error {
		c.count(now, l)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read messages %s: %w", c.path, err)
	}
	c.opened, c.end = true, from+end
	return nil
}

// readLetters gives every whole letter and returns where the last one ends.
// Begun says that the first line is the rest of one.
func readLetters(r io.Reader, begun bool, give func(*letter) error) (end int64, err error) {
	lines := bufio.NewReaderSize(r, maxLetter)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return end, nil // what a crash left of a letter counts for nothing
		}
		if err != nil {
			return 0, err
		}
		end += int64(len(line))
		if begun {
			begun = false
			continue
		}
		var l letter
		if err := jcs.Unmarshal(line, &l); err != nil {
			return 0, fmt.Errorf("line that ends at byte %d: %w", end, err)
		}
		if err := give(&l); err != nil {
			return 0, err
		}
	}
}

// all gives every letter, oldest first, while nothing is appended.
func (c *correspondence) all(give func(*letter) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := os.Open(c.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = readLetters(f, false, give)
	return err
}

// backup adds the file while nothing is appended.
func (c *correspondence) backup(a *archive, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return a.file(name, c.path)
}

// count takes a letter into what is known of the correspondence. The caller holds mu.
func (c *correspondence) count(now int64, l *letter) {
	m, err := exchange.Read([]byte(l.JWS))
	if err != nil {
		return // of a format of other days: kept, and too old to come again
	}
	if m.Iss == c.self {
		c.state.sent(c.log, l, m)
		return
	}
	if until := m.Exp + exchange.Skew; until >= now {
		c.seen[m.JTI] = until
	}
	if len(c.seen) > maxSeen {
		maps.DeleteFunc(c.seen, func(_ string, until int64) bool { return until < now })
	}
	c.state.received(c.log, l, m)
}

func received(now int64, m *exchange.Message) letter { return letter{At: now, JWS: string(m.Raw())} }
