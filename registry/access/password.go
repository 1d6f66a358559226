package access

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a password, in bytes after composition (Unicode NFC).
const (
	MinPassword = 12
	MaxPassword = 1024
)

// ErrPassword says that a text will not do as a password.
var ErrPassword = errors.New("not a usable password")

// A Cost is what one guess at a password costs (RFC 9106).
type Cost struct {
	Time    uint32 `json:"time"`   // passes
	Memory  uint32 `json:"memory"` // KiB
	Threads uint8  `json:"threads"`
}

// DefaultCost is the second recommended option of RFC 9106, section 4.
var DefaultCost = Cost{Time: 3, Memory: 64 << 10, Threads: 4}

func (c Cost) ok() bool {
	return c.Time > 0 && c.Time <= 16 && c.Memory >= 8*uint32(c.Threads) && c.Memory <= 1<<20 && c.Threads > 0
}

// A Password is how a password is kept: what Argon2id makes of it, and with what.
type Password struct {
	Alg  string `json:"alg"` // argon2id, version 1.3
	Cost Cost   `json:"cost"`
	Salt []byte `json:"salt"`
	Hash []byte `json:"hash"`
}

const (
	argon2id = "argon2id"
	saltSize = 16
	hashSize = 32
)

// NewPassword keeps a password.
func NewPassword(password string, cost Cost, rand io.Reader) (*Password, error) {
	password = norm.NFC.String(password)
	switch {
	case !utf8.ValidString(password):
		return nil, fmt.Errorf("%w: not UTF-8", ErrPassword)
	case len(password) < MinPassword || len(password) > MaxPassword:
		return nil, fmt.Errorf("%w: want %d to %d bytes", ErrPassword, MinPassword, MaxPassword)
	case !cost.ok():
		return nil, fmt.Errorf("%w: cost %+v", ErrPassword, cost)
	}
	p := &Password{Alg: argon2id, Cost: cost, Salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(rand, p.Salt); err != nil {
		return nil, fmt.Errorf("draw salt: %w", err)
	}
	p.Hash = p.derive(password)
	return p, nil
}

func (p *Password) derive(password string) []byte {
	return argon2.IDKey([]byte(password), p.Salt, p.Cost.Time, p.Cost.Memory, p.Cost.Threads, hashSize)
}

// Matches reports whether it is the password. Nothing kept (nil, for a name nobody
// has) takes as long as a wrong password.
func (p *Password) Matches(password string, cost Cost) bool {
	if len(password) > MaxPassword {
		return false
	}
	known := p != nil && p.Alg == argon2id && p.Cost.ok() && len(p.Salt) == saltSize && len(p.Hash) == hashSize
	if !known {
		p = &Password{Cost: cost, Salt: make([]byte, saltSize), Hash: make([]byte, hashSize)}
	}
	same := subtle.ConstantTimeCompare(p.derive(norm.NFC.String(password)), p.Hash) == 1
	return same && known
}
