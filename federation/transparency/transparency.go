// Package transparency reads anybody's log: given bytes from a mirror, a
// partner or a USB stick it says what the log of an administration states and
// whether that log behaved. It needs no network, no clock and no trust beyond
// the log's key.
//
// A log is a tile-based Merkle tree (RFC 6962 hashing, C2SP tlog-tiles) whose
// head is a signed [Checkpoint] (C2SP tlog-checkpoint). Its entries are leaves:
// JSON objects in RFC 8785 form of at most [MaxLeaf] bytes.
//
//	t           members
//	genesis     origin, territory, authority, profile, roster_sha256
//	key         roster
//	list        uri, bits, size
//	credential  sha256
//	status      uri, idx, value, effective_at, prev?
//	artefact    kind, sha256
//	case        sha256
//	state       applied, at, lists[{uri, sha256}], roster_sha256, events_sha256?
//
// # Batches
//
// Leaves come in batches: the structural ones first (genesis, key, list), then
// all others by ascending leaf hash, so that neighbours in the log tell nothing
// about each other, then one state leaf. A state leaf says what follows from
// everything before it, so a proof of the last leaf of a checkpoint proves every
// status list at that size.
//
// A [Reduction] recomputes all of it leaf by leaf and reports what no honest
// log does as a [FaultError]; a [Replay] also recomputes the root, so that the
// accusation can be pinned on what the log signed.
//
// # Status over time
//
// The instant of the state leaf that closes a batch is when its leaves count as
// recorded. events_sha256 binds all status changes with those instants, in
// order: it is absent before the first, then
//
//	SHA-256("aeo-events-v1\0" previous leaf at list idx value effective_at)
//
// in hexadecimal, where previous is 32 bytes (zeros at first) and the numbers
// are 8 bytes each, big-endian; list counts lists in order of opening. It lets a
// [History], which starts at any proven state leaf and carries only what changed
// since, prove that nothing is missing, altered or moved. The resulting
// [Timeline] answers "what held at that instant, as far as was known at this".
package transparency

import (
	"errors"
	"fmt"
)

var (
	// ErrLeaf says that bytes are not a leaf: not RFC 8785, an unknown t or
	// member, a member missing, a value no leaf can have.
	ErrLeaf = errors.New("not a leaf")
	// ErrCheckpoint says that a note is not a checkpoint signed by the log.
	ErrCheckpoint = errors.New("checkpoint does not hold")
	// ErrUnsigned is ErrCheckpoint for a note without the log's signature, or with
	// a line under the log's key that does not verify.
	ErrUnsigned = fmt.Errorf("%w: not signed by the log", ErrCheckpoint)
	// ErrProof says that a Merkle proof does not prove what it should. Anybody
	// can spoil a proof: it accuses the messenger, not the log.
	ErrProof = errors.New("proof does not hold")
	// ErrReceipt says that bytes are not a C2SP tlog-proof.
	ErrReceipt = errors.New("not a tlog-proof")
	// ErrHistory says that a history is not the log's.
	ErrHistory = errors.New("history does not hold")
	// ErrBeforeHistory says that a question is about a time before the history begins.
	ErrBeforeHistory = errors.New("before the history begins")
	// ErrNoList says that the log has no status list of that uri.
	ErrNoList = errors.New("no such status list in the log")
	// ErrTile says that a tile path or an entry bundle is malformed.
	ErrTile = errors.New("malformed tile")
	// ErrFaulty marks a log that did what no honest log does; see [FaultError].
	ErrFaulty = errors.New("faulty log")
)

const (
	maxCheckpoint = 64 << 10
	maxReceipt    = 16 << 10 // protocol 4
	// MaxHistory is the most bytes of JSON a history may have.
	MaxHistory = 32 << 20
	maxProof   = 63 // hashes; more levels than any tree of 53-bit size has
)
