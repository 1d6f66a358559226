package transparency

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/aeo-registry/aeo/credential/statuslist"
)

// A StatusEvent is a status leaf with the instant at which it counts as recorded.
type StatusEvent struct {
	Leaf, At    int64
	URI         string
	Idx         int64
	Value       statuslist.Value
	EffectiveAt int64
}

// A HistoryEvent is a status event in numbers: [leaf, at, list, idx, value,
// effective_at], where list counts the log's lists in order of opening.
type HistoryEvent [6]int64

// An eventChain is the digest over all events so far that state leaves carry as
// events_sha256. List digests alone would not show that a suspension and its
// lifting are both missing from a history.
type eventChain [sha256.Size]byte

func (c eventChain) add(e HistoryEvent) eventChain {
	b := make([]byte, 0, 128)
	b = append(b, "aeo-events-v1\x00"...)
	b = append(b, c[:]...)
	for _, n := range e {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return sha256.Sum256(b)
}

// String is the chain as a state leaf has it: empty before the first event.
func (c eventChain) String() string {
	if c == (eventChain{}) {
		return ""
	}
	return hex.EncodeToString(c[:])
}

// parseChain is its inverse.
func parseChain(s string) (c eventChain, ok bool) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 0 && len(raw) != len(c) {
		return c, false
	}
	copy(c[:], raw)
	return c, true
}
