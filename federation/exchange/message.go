package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	// ErrMessage says that bytes are no message, whoever sent them.
	ErrMessage = errors.New("no message of the exchange")
	// ErrAudience says that a message is for somebody else.
	ErrAudience = errors.New("the message is for somebody else")
	// ErrTime says that a message is not of now.
	ErrTime = errors.New("the message is not of now")
	// ErrSender says that no key the sender may sign messages with signed this one.
	ErrSender = errors.New("the message is not by a key of its sender")
)

const (
	// MaxLife is the longest a message may be good for, in seconds.
	MaxLife = 300
	// Skew is how far clocks of partners may differ, in seconds.
	Skew = 60
	// MaxMessage is the most bytes a sealed message may have.
	MaxMessage = 64 << 10
)

// MediaType is what messages and their answers are sent as.
const MediaType = "application/jose"

// Kinds of messages the exchange itself needs. Others are named by who uses them.
const (
	// KindNotify says: our log has grown to this, look now. Body: [Head].
	KindNotify = "notify"
	// KindAck answers a message: received. Body: what the kind answers with.
	KindAck = "ack"
	// KindRefusal answers a message that was received and is not acted upon. Body: [Refusal].
	KindRefusal = "refusal"
	// KindKnown says: your log is replayed here up to this. Body: [Known].
	KindKnown = "known"
	// KindAnnex carries an arrangement and may be as long as [keys.MaxSealed].
	KindAnnex = "annex"
)

// MaxOf is the most bytes a sealed message of the kind may have.
func MaxOf(kind string) int {
	if kind == KindAnnex {
		return keys.MaxSealed
	}
	return MaxMessage
}

var (
	kindForm = regexp.MustCompile(`^[a-z][a-z-]{0,31}$`)
	jtiForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)
)

// A Message is one message, as its sender signed it or is to sign it.
type Message struct {
	Iss  string         `json:"iss"`
	Aud  string         `json:"aud"`
	JTI  string         `json:"jti"`
	Iat  int64          `json:"iat"`
	Exp  int64          `json:"exp"`
	Kind string         `json:"kind"`
	Re   string         `json:"re,omitzero"`
	Body jsontext.Value `json:"body"`

	token *keys.Token
}

// New is a message from iss to aud at now, good for as long as messages are.
func New(iss, aud, kind string, body any, now int64, random io.Reader) (*Message, error) {
	raw, err := jcs.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("body of a %s: %w", kind, err)
	}
	var id [16]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	m := &Message{Iss: iss, Aud: aud, JTI: keys.EncodeBase64URL(id[:]), Iat: now, Exp: now + MaxLife, Kind: kind, Body: raw}
	return m, m.check()
}

// Sign signs a message that [New] made.
func (m *Message) Sign(s *keys.Signer) error {
	payload, err := jcs.Marshal(m)
	if err != nil {
		return err
	}
	signed, err := keys.Sign(keys.KindExchange, payload, s)
	if err != nil {
		return err
	}
	m.token, err = keys.Parse(keys.KindExchange, signed)
	return err
}

// Seal encrypts the signed message to an exchange key of its recipient.
func (m *Message) Seal(to *keys.PublicKey) ([]byte, error) {
	sealed, err := keys.Seal(m.token.Raw(), to)
	if err != nil {
		return nil, err
	}
	if max := MaxOf(m.Kind); len(sealed) > max {
		return nil, fmt.Errorf("%w: a %s of %d bytes, at most %d", ErrMessage, m.Kind, len(sealed), max)
	}
	return sealed, nil
}

// Open decrypts a message and reads it; it is nobody's word until
// [Message.VerifyFor] returned nil. Key finds our key by its kid; nil where
// there is none.
func Open(raw []byte, key func(kid string) *keys.Signer) (*Message, error) {
	sealed, err := keys.ParseSealed(raw)
	if err != nil {
		return nil, err
	}
	private := key(sealed.KID())
	if private == nil {
		return nil, keys.ErrNotForUs
	}
	signed, err := sealed.Open(private)
	if err != nil {
		return nil, err
	}
	m, err := Read(signed)
	if err != nil {
		return nil, err
	}
	if max := MaxOf(m.Kind); len(raw) > max {
		return nil, fmt.Errorf("%w: a %s of %d bytes, at most %d", ErrMessage, m.Kind, len(raw), max)
	}
	return m, nil
}

// Read reads a signed message without its envelope, its form alone.
func Read(signed []byte) (*Message, error) {
	token, err := keys.Parse(keys.KindExchange, signed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	m := &Message{token: token}
	if err := jcs.UnmarshalCanonical(token.Payload(), m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if again, err := jcs.Marshal(m); err != nil || !bytes.Equal(again, token.Payload()) {
		return nil, fmt.Errorf("%w: a member is missing, empty or null", ErrMessage)
	}
	return m, nil
}

func (m *Message) check() error {
	switch {
	case m.Iss == "" || len(m.Iss) > 512 || m.Aud == "" || len(m.Aud) > 512 || m.Iss == m.Aud:
		return fmt.Errorf("%w: from %.80q to %.80q", ErrMessage, m.Iss, m.Aud)
	case !jtiForm.MatchString(m.JTI) || m.Re != "" && !jtiForm.MatchString(m.Re):
		return fmt.Errorf("%w: jti %.40q re %.40q", ErrMessage, m.JTI, m.Re)
	case m.Iat < 0 || m.Exp <= m.Iat || m.Exp-m.Iat > MaxLife:
		return fmt.Errorf("%w: good from %d to %d, at most %d seconds", ErrMessage, m.Iat, m.Exp, MaxLife)
	case !kindForm.MatchString(m.Kind):
		return fmt.Errorf("%w: kind %.40q", ErrMessage, m.Kind)
	case m.Body.Kind() != '{':
		return fmt.Errorf("%w: a body that is no object", ErrMessage)
	}
	return nil
}

// Raw is the signed message: a compact JWS.
func (m *Message) Raw() []byte { return m.token.Raw() }

// KID names the key the message says it is signed with.
func (m *Message) KID() string { return m.token.KID() }

// Into reads the body, which may have no member that v has not.
func (m *Message) Into(v any) error {
	if err := jcs.Unmarshal(m.Body, v); err != nil {
		return fmt.Errorf("%w: body of a %s: %w", ErrMessage, m.Kind, err)
	}
	return nil
}

// VerifySigner holds the message against the key history of its sender: an
// exchange key that was in its window at iat, and that is not known to be
// compromised. What it shows does not wear off.
func (m *Message) VerifySigner(sender *keys.History) error {
	if r := sender.Current(); r == nil || r.Iss != m.Iss {
		return fmt.Errorf("%w: %.80q", ErrSender, m.Iss)
	}
	key := sender.Key(keys.RoleExchange, m.KID())
	if key == nil {
		return fmt.Errorf("%w: no exchange key %.50q of %.80q", ErrSender, m.KID(), m.Iss)
	}
	if !key.MaySignAt(m.Iat) || key.Compromised() {
		return fmt.Errorf("%w: key %.50q may not sign at %d", ErrSender, m.KID(), m.Iat)
	}
	if err := m.token.Verify(key.JWK); err != nil {
		return fmt.Errorf("%w: %w", ErrSender, err)
	}
	return nil
}

// VerifyFor is VerifySigner for who receives the message at now.
func (m *Message) VerifyFor(self string, sender *keys.History, now int64) error {
	if err := m.VerifySigner(sender); err != nil {
		return err
	}
	switch {
	case m.Aud != self:
		return fmt.Errorf("%w: %.80q", ErrAudience, m.Aud)
	case m.Iat > now+Skew:
		return fmt.Errorf("%w: signed at %d, now is %d", ErrTime, m.Iat, now)
	case m.Exp < now-Skew:
		return fmt.Errorf("%w: expired at %d, now is %d", ErrTime, m.Exp, now)
	}
	return nil
}

// Recipient is the key to seal messages to at now: of the exchange keys of the
// newest roster that may be used, the newest; nil where there is none.
func Recipient(h *keys.History, now int64) *keys.PublicKey {
	var newest *keys.RosterKey
	if r := h.Current(); r != nil {
		for i := range r.Keys {
			k := &r.Keys[i]
			if k.Role == keys.RoleExchange && k.MaySignAt(now) && (newest == nil || k.Nbf >= newest.Nbf) {
				newest = k
			}
		}
	}
	if newest == nil {
		return nil
	}
	return newest.JWK
}
