// Package ledgertest holds what tests of a ledger need: an administration with
// its keys, a check that re-derives a whole log from its public parts, and the
// conformance suite that every storage engine of the log must pass.
package ledgertest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// Start is the instant at which test logs begin.
const Start = 1_800_000_000

// An Identity is an administration that runs a log.
type Identity struct {
	EntityID string
	Signer   *keys.NoteSigner // of the log
	Root     *keys.Signer
}

// NewIdentity makes an administration whose keys follow from the seed, so that
// several processes of one test can be it.
func NewIdentity(t testing.TB, seed byte) *Identity {
	t.Helper()
	const host = "aeo.customs.nz.example"
	raw := bytes.Repeat([]byte{seed | 1}, 32)
	log, err := keys.NewNoteSigner(host+"/log", keys.NoteEd25519, ed25519.NewKeyFromSeed(raw))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		t.Fatal(err)
	}
	root, err := keys.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return &Identity{EntityID: "https://" + host, Signer: log, Root: root}
}

// Genesis is leaf 0 of the administration's log.
func (id *Identity) Genesis() transparency.Genesis {
	return transparency.Genesis{Origin: id.Signer.Name(), Territory: "NZ", Authority: "NZ", Profile: transparency.Profile}
}

// Roster is the administration's first signed roster.
func (id *Identity) Roster(t testing.TB) []byte { return id.RosterAfter(t, nil, 1) }

// RosterAfter is the signed roster of that number which names prev as the one before.
func (id *Identity) RosterAfter(t testing.TB, prev []byte, seq int64) []byte {
	t.Helper()
	const day = 24 * 3600
	before := ""
	if prev != nil {
		before = keys.SHA256Hex(prev)
	}
	payload, err := jcs.Marshal(&keys.Roster{
		PrevSHA256: before,
		Iss:        id.EntityID, Seq: seq, Iat: Start + seq, Exp: Start + 300*day,
		Root: []*keys.PublicKey{id.Root.Public()},
		Keys: []keys.RosterKey{{
			Role: keys.RoleLog, VKey: id.Signer.VKey.String(),
			Nbf: Start, SignUntil: Start + 300*day, Exp: Start + 600*day,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	compact, err := keys.Sign(keys.KindRoster, payload, id.Root)
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Split(string(compact), ".")
	return fmt.Appendf(nil, `{"payload":"%s","signatures":[{"protected":"%s","signature":"%s"}]}`, part[1], part[0], part[2])
}

// List is the uri of status list n.
func (id *Identity) List(n int) string { return fmt.Sprintf("%s/status/%d", id.EntityID, n) }

// OpenList is the entry that opens status list n.
func (id *Identity) OpenList(n int) ledger.Entry {
	return ledger.Entry{Leaf: transparency.List{URI: id.List(n), Bits: statuslist.Bits, Size: statuslist.MinSize}}
}

// Status is an entry that changes a status with effect from the start of the log.
func (id *Identity) Status(n int, idx int64, v statuslist.Value) ledger.Entry {
	return ledger.Entry{Leaf: transparency.Status{URI: id.List(n), Idx: idx, Value: v, EffectiveAt: Start}}
}

// Case is an event between officers and a trader.
func Case(subject, event string) ledger.Entry {
	return ledger.Entry{Subject: subject, Payload: fmt.Appendf(nil, `{"event":%q}`, event)}
}

// Plain is a Wrapper that only marks what it wraps.
type Plain struct{}

const plainMark = "wrapped:"

// Seal implements ledger.Wrapper.
func (Plain) Seal(b []byte) ([]byte, error) { return append([]byte(plainMark), b...), nil }

// OpenSealed implements ledger.Wrapper.
func (Plain) OpenSealed(b []byte) ([]byte, error) {
	key, ok := strings.CutPrefix(string(b), plainMark)
	if !ok {
		return nil, fmt.Errorf("not wrapped by this wrapper")
	}
	return []byte(key), nil
}

// Clock is a clock that stands at Start until it is set.
func Clock() func() time.Time { return func() time.Time { return time.Unix(Start, 0) } }
