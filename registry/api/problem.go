package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"syscall"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// A Problem is RFC 9457 problem details.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitzero"`
	// Changes are what was done in the case since the version If-Match named.
	Changes []view.Change `json:"changes,omitzero"`
}

func (p *Problem) Error() string { return p.Detail }

// problems maps errors to problem types, the first match counts.
var problems = []struct {
	err    error
	name   string
	title  string
	status int
}{
	{registry.ErrInvalid, "invalid", "The request cannot be carried out as it is", http.StatusUnprocessableEntity},
	{registry.ErrNotAllowed, "not-allowed", "This person may not do this", http.StatusForbidden},
	{registry.ErrNotFound, "not-found", "There is no such thing here", http.StatusNotFound},
	{registry.ErrConflict, "conflict", "The state does not allow it", http.StatusConflict},
	{registry.ErrUnauthenticated, "unauthenticated", "Who asks is not known", http.StatusUnauthorized},
	{registry.ErrTooMany, "too-many", "Too many attempts", http.StatusTooManyRequests},
	{registry.ErrStale, "stale", "It was changed meanwhile", http.StatusPreconditionFailed},
	{registry.ErrKeyReused, "key-reused", "This Idempotency-Key belongs to another request", http.StatusUnprocessableEntity},
	{registry.ErrExists, "conflict", "It exists already", http.StatusConflict},
	{ledger.ErrConflict, "conflict", "The log refuses the entry", http.StatusConflict},
	{registry.ErrStranger, "not-a-partner", "This is no message of a partner to this node", http.StatusForbidden},
	{registry.ErrBusy, "busy", "Too many messages", http.StatusServiceUnavailable},
	{registry.ErrNoExchange, "no-exchange", "No messages with this partner yet", http.StatusConflict},
	{registry.ErrRefused, "refused", "The partner refused", http.StatusBadGateway},
	{errCrowded, "busy", "Too much at once", http.StatusServiceUnavailable},
	{ledger.ErrBusy, "busy", "Too much at once", http.StatusServiceUnavailable},
	{ledger.ErrClock, "clock", "The clock is wrong", http.StatusServiceUnavailable},
	{ledger.ErrFull, "full", "The disk is full", http.StatusInsufficientStorage},
	{ledger.ErrUnproven, "unproven", "It is not proven that the ledger is the newest, so it is only read", http.StatusServiceUnavailable}, // it is also read only
	{registry.ErrLawLost, "law-lost", "The rules of the programme are lost, so the ledger is only read", http.StatusServiceUnavailable},   // the same
	{ledger.ErrReadOnly, "read-only", "The ledger is only read", http.StatusServiceUnavailable},
	{ledger.ErrClosed, "stopping", "The node is stopping", http.StatusServiceUnavailable},
	{peer.ErrSplitView, "split-view", "The partner's log shows two histories", http.StatusBadGateway},
	{peer.ErrRollback, "rollback", "The partner's log shrank", http.StatusBadGateway},
	{peer.ErrTokenDiffers, "token-differs", "The partner's status list differs from its log", http.StatusBadGateway},
	{peer.ErrUnreachable, "unreachable", "The partner cannot be reached", http.StatusGatewayTimeout},
	{peer.ErrAnswer, "bad-answer", "The partner's answer is unusable", http.StatusBadGateway},
	{peer.ErrIdentity, "identity", "Another administration answered", http.StatusBadGateway},
	{transparency.ErrFaulty, "faulty-log", "The partner's log did what no honest log does", http.StatusBadGateway},
	{transparency.ErrCheckpoint, "bad-answer", "The partner's checkpoint does not hold", http.StatusBadGateway},
	{trust.ErrStatement, "bad-answer", "The partner's entity statement does not hold", http.StatusBadGateway},
	{mra.ErrNotice, "bad-answer", "The partner's notice does not hold", http.StatusBadGateway},
	{keys.ErrRoster, "bad-answer", "The partner's key roster does not hold", http.StatusBadGateway},
	{context.DeadlineExceeded, "timeout", "It took too long", http.StatusServiceUnavailable},
	{context.Canceled, "cancelled", "The request was cancelled", http.StatusServiceUnavailable},
}

// retryAfter is in seconds: what sheds a request is over in less.
const retryAfter = "1"

// ProblemPrefix begins the type of every problem.
const ProblemPrefix = "urn:aeo:problem:"

// problemOf describes an error. What is not in the table is the node's own
// trouble: the log says what, the answer does not.
func problemOf(err error) *Problem {
	for _, p := range problems {
		if errors.Is(err, p.err) {
			told := &Problem{Type: ProblemPrefix + p.name, Title: p.title, Status: p.status, Detail: err.Error()}
			if stale := (*registry.StaleError)(nil); errors.As(err, &stale) {
				told.Changes = stale.Changes
			}
			return told
		}
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) { // of a file beside the log
		return &Problem{Type: ProblemPrefix + "full", Title: "The disk is full", Status: http.StatusInsufficientStorage, Detail: ledger.ErrFull.Error()}
	}
	return &Problem{Type: ProblemPrefix + "internal", Title: "The node could not do it", Status: http.StatusInternalServerError}
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	raw, err := jcs.Marshal(p)
	if err != nil {
		http.Error(w, p.Title, p.Status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.WriteHeader(p.Status)
	w.Write(raw)
}

func tooLarge(max int64) *Problem {
	return &Problem{Type: ProblemPrefix + "too-large", Title: "The request is too large", Status: http.StatusRequestEntityTooLarge,
		Detail: "at most " + strconv.FormatInt(max, 10) + " bytes"}
}
