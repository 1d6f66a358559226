package transparency

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A Copy is a log held in memory: its entries, every hash over them and the
// state that follows. It proves and replays without asking anyone; mirrors of
// partners are copies. One goroutine owns it while entries are added.
type Copy struct {
	origin  string
	replay  *Replay
	entries [][]byte
	hashes  []tlog.Hash // in tlog's order of stored hashes
	states  []stateAt
	issued  int
	bytes   int64 // of entries

	tail *int64 // entries in the arrays shared with forks; nil without forks
}

type stateAt struct{ index, at int64 }

// NewCopy starts an empty copy of the log with that origin.
func NewCopy(origin string) *Copy { return &Copy{origin: origin, replay: NewReplay(origin)} }

// Add takes the next entry; it must be a leaf an honest log can have there.
func (c *Copy) Add(entry []byte) error {
	c.unshare()
	n := c.Size()
	leaf, err := c.replay.Add(entry)
	if err != nil {
		return err
	}
	hashes, err := tlog.StoredHashes(n, entry, c)
	if err != nil {
		return fmt.Errorf("hash entry %d: %w", n, err)
	}
	switch l := leaf.(type) {
	case State:
		c.states = append(c.states, stateAt{n, l.At})
	case Credential:
		c.issued++
	}
	c.entries, c.hashes = append(c.entries, entry), append(c.hashes, hashes...)
	c.bytes += int64(len(entry))
	if c.tail != nil {
		*c.tail = c.Size()
	}
	return nil
}

// ReadHashes implements tlog.HashReader.
func (c *Copy) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(c.hashes)) {
			return nil, fmt.Errorf("hash %d is not stored", x)
		}
		out[i] = c.hashes[x]
	}
	return out, nil
}

// Size is the number of entries.
func (c *Copy) Size() int64 { return int64(len(c.entries)) }

// Entries are the entries themselves; the caller must not change them.
func (c *Copy) Entries() [][]byte { return c.entries }

// Bytes is how many bytes the entries have together; in memory a copy takes some
// hundred more for each.
func (c *Copy) Bytes() int64 { return c.bytes }

// Credentials is how many credentials the log says exist.
func (c *Copy) Credentials() int { return c.issued }

// Reduction is the state after all entries.
func (c *Copy) Reduction() *Reduction { return c.replay.Reduction }

// Matches checks that the copy is exactly the log the checkpoint was signed over.
func (c *Copy) Matches(cp *Checkpoint) error { return c.replay.Matches(cp) }

// Prove proves one entry in the tree of the first size entries.
func (c *Copy) Prove(index, size int64) (*Inclusion, error) {
	if index < 0 || index >= size || size > c.Size() {
		return nil, fmt.Errorf("no entry %d in a tree of %d", index, size)
	}
	proof, err := tlog.ProveRecord(size, index, c)
	if err != nil {
		return nil, fmt.Errorf("prove entry %d in %d: %w", index, size, err)
	}
	return &Inclusion{Index: index, Leaf: c.entries[index], Proof: proof}, nil
}

// History makes the history member of a bundle for the whole copy: from the
// last state leaf not after since, or the first where all are later.
func (c *Copy) History(since int64) (*History, error) {
	if len(c.states) == 0 {
		return nil, fmt.Errorf("a log without a state leaf has no history")
	}
	base := c.states[0]
	for _, s := range c.states {
		if s.at <= since {
			base = s
		}
	}
	inclusion, err := c.Prove(base.index, c.Size())
	if err != nil {
		return nil, err
	}
	return MakeHistory(*inclusion, nil, c.Reduction())
}
