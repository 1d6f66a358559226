package statuslist

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// The times of a token, in seconds.
const (
	Lifetime = 24 * 60 * 60 // exp - iat
	TTL      = 900          // how long a verifier may keep it before looking again
	Skew     = 300          // how far its iat may lie ahead of the verifier's clock
)

// A Log is the aeo_log claim: the published log size whose state leaf holds
// the token's bits. Root is base64 (standard alphabet) as in a checkpoint.
type Log struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
	Root   string `json:"root"`
}

// A Token is a verified or to-be-signed status list token.
type Token struct {
	Sub      string // uri of the list
	Iat, Exp int64  // Exp = Iat + Lifetime
	TTL      int64  // always the constant TTL
	List     *List
	Log      Log
}

// Sign makes the token. A zero Exp or TTL is filled in.
func Sign(t Token, s *keys.Signer) ([]byte, error) {
	if t.List == nil {
		return nil, fmt.Errorf("sign status list: %w: no list", ErrList)
	}
	if err := checkSize(t.List.Size()); err != nil {
		return nil, fmt.Errorf("sign status list: %w", err)
	}
	lst, err := EncodeLst(t.List.raw)
	if err != nil {
		return nil, fmt.Errorf("compress status list: %w", err)
	}
	c := claims{Sub: t.Sub, Iat: t.Iat, Exp: t.Exp, TTL: t.TTL, StatusList: statusList{Bits, lst}, Log: t.Log}
	if c.Exp == 0 {
		c.Exp = c.Iat + Lifetime
	}
	if c.TTL == 0 {
		c.TTL = TTL
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("sign status list: %w", err)
	}
	payload, err := jcs.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("sign status list: %w", err)
	}
	return keys.Sign(keys.KindStatusList, payload, s)
}

// A Signed token had its form checked and nothing else; it stays compressed
// until Verify.
type Signed struct {
	token  *keys.Token
	claims claims
}

// Parse reads a token. Errors are those of [keys.Parse], or [ErrList] for its claims.
func Parse(raw []byte) (*Signed, error) {
	s := &Signed{}
	var err error
	s.token, err = keys.ParseInto(keys.KindStatusList, raw, &s.claims)
	switch {
	case errors.Is(err, keys.ErrPayload):
		return nil, fmt.Errorf("read status list token: %w: %w", ErrList, err)
	case err != nil:
		return nil, fmt.Errorf("read status list token: %w", err)
	}
	if err := s.claims.check(); err != nil {
		return nil, fmt.Errorf("read status list token: %w", err)
	}
	return s, nil
}

// check holds every rule on the claims that needs no clock and no log.
func (c *claims) check() error {
	host, ok := listHost(c.Sub)
	switch {
	case !ok:
		return fmt.Errorf("%w: sub %.120q is not https://<host>/status/<n>", ErrList, c.Sub)
	case c.Iat <= 0 || c.Iat > jcs.MaxInt-Lifetime:
		return fmt.Errorf("%w: iat %d is not a time", ErrList, c.Iat)
	case c.Exp != c.Iat+Lifetime:
		return fmt.Errorf("%w: exp %d, want iat + %d", ErrList, c.Exp, Lifetime)
	case c.TTL != TTL:
		return fmt.Errorf("%w: ttl %d, want %d", ErrList, c.TTL, TTL)
	case c.StatusList.Bits != Bits:
		return fmt.Errorf("%w: %d bits, want %d", ErrList, c.StatusList.Bits, Bits)
	case c.StatusList.Lst == "":
		return fmt.Errorf("%w: no lst", ErrList)
	}
	return c.Log.check(host)
}

func (l *Log) check(host string) error {
	name, ok := strings.CutPrefix(l.Origin, host+"/")
	if !ok || name == "" || strings.ContainsAny(name, "/ \n") {
		return fmt.Errorf("%w: aeo_log origin %.120q is no log of %s", ErrList, l.Origin, host)
	}
	if l.Size < 1 {
		return fmt.Errorf("%w: aeo_log size %d", ErrList, l.Size)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(l.Root)
	if err != nil || len(root) != 32 || len(l.Root) != base64.StdEncoding.EncodedLen(32) {
		return fmt.Errorf("%w: aeo_log root is not the base64 of 32 bytes", ErrList)
	}
	return nil
}

// listHost is the host of a list uri, https://<host>/status/<n>.
func listHost(uri string) (host string, ok bool) {
	rest, ok := strings.CutPrefix(uri, "https://")
	if !ok || len(uri) > 300 {
		return "", false
	}
	host, n, ok := strings.Cut(rest, "/status/")
	if !ok || host == "" || strings.ContainsAny(host, "/:@?# \n") {
		return "", false
	}
	if n == "" || len(n) > 9 || strings.Trim(n, "0123456789") != "" || n[0] == '0' && n != "0" {
		return "", false
	}
	return host, true
}

// Iat is when the token says it was signed, Unix seconds.
func (s *Signed) Iat() int64 { return s.claims.Iat }

// KID names the issuer key the token says it is signed with.
func (s *Signed) KID() string { return s.token.KID() }

// Verify checks the signature, that the token is about uri and not from the
// future or expired at now, and inflates its list of size entries, a number
// known from the log and not from the token.
func (s *Signed) Verify(key *keys.PublicKey, uri string, size int64, now int64) (*Token, error) {
	if err := s.token.Verify(key); err != nil {
		return nil, fmt.Errorf("verify status list token: %w", err)
	}
	c := &s.claims
	switch {
	case c.Sub != uri:
		return nil, fmt.Errorf("%w: about %q, not %q", ErrList, c.Sub, uri)
	case c.Iat > now+Skew:
		return nil, fmt.Errorf("%w: issued at %d, in the future of %d", ErrList, c.Iat, now)
	case now >= c.Exp:
		return nil, fmt.Errorf("%w: expired at %d", ErrList, c.Exp)
	}
	list, err := FromLst(c.StatusList.Lst, size)
	if err != nil {
		return nil, err
	}
	return &Token{Sub: c.Sub, Iat: c.Iat, Exp: c.Exp, TTL: c.TTL, List: list, Log: c.Log}, nil
}
