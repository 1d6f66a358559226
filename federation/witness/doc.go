// Package witness cosigns the logs of other administrations and has ours
// cosigned by theirs: C2SP tlog-witness, both ends.
//
// A witness promises one thing: of every log it vouches only for trees of which
// each extends the one before, and what it vouched for it never forgets. So
// whoever sees its cosignature knows that all who see it are shown one history.
//
//	POST <witness>/add-checkpoint
//	    old <size>\n               the size it cosigned last, 0 for none
//	    <hash>\n ...               consistency proof, at most 63 hashes in base64
//	    \n
//	    <checkpoint>               signed note; at most 64 KiB in all
//
//	200  its cosignature, as a signature line
//	400  malformed, or old is larger than the checkpoint
//	403  no signature by the log's key, or one that does not verify
//	404  a log it does not know
//	409  old is not what it cosigned last: text/x.tlog.size, "<size>\n"
//	422  the proof does not hold; another root at the same size
//
//	GET <witness>/<hex sha256(origin)>/checkpoint      the checkpoint cosigned last
//	GET <witness>/<hex sha256(origin)>/contradiction   aeo.evidence/1, where the log has two histories (ours)
//
// The checkpoint cosigned last of each log is a file of its own, replaced
// atomically and synced before anybody is told. It holds the log's signature and
// ours and no other line. Two checkpoints a log signed for one size are kept as
// evidence beside it, and the later one is refused.
package witness

import (
	"errors"
	"fmt"
)

// MaxBody is the most bytes of a request, MaxAnswer of any answer.
const (
	MaxBody   = 64 << 10
	MaxAnswer = 64 << 10
	maxProof  = 63
)

// SizeType is the media type of the answer 409.
const SizeType = "text/x.tlog.size"

// ErrRefused marks a request that a witness answers with a status of its own.
var ErrRefused = errors.New("witness refuses the checkpoint")

// A Refusal is the answer of a witness that does not cosign.
type Refusal struct {
	Status int   // 400, 403, 404, 409 or 422
	Size   int64 // what it cosigned last; with 409
	Err    error // why; nil at the client
}

func (r *Refusal) Error() string {
	switch {
	case r.Err != nil:
		return fmt.Sprintf("%v: %d: %v", ErrRefused, r.Status, r.Err)
	case r.Status == conflict:
		return fmt.Sprintf("%v: it cosigned size %d last", ErrRefused, r.Size)
	}
	return fmt.Sprintf("%v: status %d", ErrRefused, r.Status)
}

// Is makes every refusal an ErrRefused.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

func (r *Refusal) Unwrap() error { return r.Err }

// Statuses of the specification.
const (
	malformed     = 400
	forbidden     = 403
	unknown       = 404
	conflict      = 409
	unprocessable = 422
)

func refuse(status int, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Err: fmt.Errorf(format, args...)}
}
