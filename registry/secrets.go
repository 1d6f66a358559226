package registry

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/access"
)

// What proves who somebody is lies outside the log, in one file of mode 0600 for
// each account: passwords/<account>.json and tokens/<account>.json. Passwords are in
// backups; tokens are not, since an old backup would bring back those revoked.

const (
	passwordSchema = "aeo.password/1"
	tokensSchema   = "aeo.tokens/1"
	maxSecrets     = 64 << 10
	maxTokens      = 32               // of one account
	useNoted       = 10 * time.Minute // how often the last use of a token is written
)

type passwordFile struct {
	Schema   string           `json:"schema"`
	Account  string           `json:"account"`
	Password *access.Password `json:"password"`
	SetAt    int64            `json:"set_at"`         // Unix seconds
	Given    bool             `json:"given,omitzero"` // by an administrator, who knows it
}

type tokensFile struct {
	Schema  string  `json:"schema"`
	Account string  `json:"account"`
	Tokens  []Token `json:"tokens"`
}

// A Token lets whoever bears it act as an account until it expires. Of the token
// itself only the SHA-256 is kept.
type Token struct {
	ID        string `json:"id"` // the first eight digits of SHA256
	SHA256    string `json:"sha256"`
	Label     string `json:"label"`
	CreatedAt int64  `json:"created_at"`
	ExpiresAt int64  `json:"expires_at"`
	UsedAt    int64  `json:"used_at,omitzero"`
}

// secrets are the passwords and tokens of all accounts, in memory and on disk.
type secrets struct {
	paths paths

	mu        sync.Mutex
	passwords map[string]*access.Password // by account; guarded by mu
	given     map[string]bool             // those an administrator set; guarded by mu
	tokens    map[string][]Token          // by account; guarded by mu
	bearer    map[string]string           // account by digest of a token; guarded by mu
}

func (p paths) passwords() string { return filepath.Join(p.dir, "passwords") }
func (p paths) tokens() string    { return filepath.Join(p.dir, "tokens") }

// open reads all there are.
func (s *secrets) open(p paths) error {
	s.paths, s.passwords, s.given, s.tokens, s.bearer = p, map[string]*access.Password{}, map[string]bool{}, map[string][]Token{}, map[string]string{}
	err := eachSecret(p.passwords(), func(f passwordFile) error {
		if f.Schema != passwordSchema || f.Password == nil {
			return fmt.Errorf("schema %.40q, want %s", f.Schema, passwordSchema)
		}
		s.passwords[f.Account], s.given[f.Account] = f.Password, f.Given
		return nil
	})
	if err != nil {
		return err
	}
	return eachSecret(p.tokens(), func(f tokensFile) error {
		if f.Schema != tokensSchema {
			return fmt.Errorf("schema %.40q, want %s", f.Schema, tokensSchema)
		}
		s.keep(f.Account, f.Tokens)
		return nil
	})
}

func eachSecret[F any](dir string, take func(F) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") { // not yet in place
			continue
		}
		name := filepath.Join(dir, e.Name())
		raw, err := readBounded(name, maxSecrets)
		if err != nil {
			return err
		}
		var f F
		if err := jcs.Unmarshal(raw, &f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := take(f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// keep replaces an account's tokens in memory; the caller holds mu, or is alone.
func (s *secrets) keep(account string, tokens []Token) {
	for _, old := range s.tokens[account] {
		delete(s.bearer, old.SHA256)
	}
	s.tokens[account] = tokens
	for _, t := range tokens {
		s.bearer[t.SHA256] = account
	}
}

func writeSecret(dir, account string, f any) error {
	raw, err := jcs.Marshal(f)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return peer.ReplaceFile(filepath.Join(dir, account+".json"), raw) // os.CreateTemp makes it 0600
}

// setPassword keeps another password, and ends all tokens: whoever changes a
// password because it was stolen wants the thief out.
func (s *secrets) setPassword(account string, p *access.Password, given bool, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := writeSecret(s.paths.passwords(), account, passwordFile{passwordSchema, account, p, now.Unix(), given}); err != nil {
		return err
	}
	s.passwords[account], s.given[account] = p, given
	return s.setTokens(account, []Token{})
}

// setTokens makes an account's tokens durable; the caller holds mu.
func (s *secrets) setTokens(account string, tokens []Token) error {
	if err := writeSecret(s.paths.tokens(), account, tokensFile{tokensSchema, account, tokens}); err != nil {
		return err
	}
	s.keep(account, tokens)
	return nil
}

func (s *secrets) password(account string) *access.Password {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.passwords[account]
}

// wasGiven reports whether an administrator knows the password of an account.
func (s *secrets) wasGiven(account string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given[account]
}

func (s *secrets) tokensOf(account string) []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens[account])
}

// addToken keeps one more, after those that have expired are forgotten.
func (s *secrets) addToken(account string, t Token, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := slices.DeleteFunc(slices.Clone(s.tokens[account]), func(t Token) bool { return t.ExpiresAt <= now.Unix() })
	if len(live) >= maxTokens {
		return fmt.Errorf("%w: %s has %d tokens: revoke some first", ErrConflict, account, len(live))
	}
	return s.setTokens(account, append(live, t))
}

// dropToken revokes the token of an id or digest, all where it is empty.
func (s *secrets) dropToken(account, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.tokens[account]
	left := slices.DeleteFunc(slices.Clone(before), func(t Token) bool { return id == "" || t.ID == id || t.SHA256 == id })
	if id != "" && len(left) == len(before) {
		return fmt.Errorf("%w: no token %.20q", ErrNotFound, id)
	}
	return s.setTokens(account, left)
}

// use is the account a token lets act, if it has not expired.
func (s *secrets) use(digest string, now time.Time) (account string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	account = s.bearer[digest]
	i := slices.IndexFunc(s.tokens[account], func(t Token) bool { return t.SHA256 == digest })
	if i < 0 || s.tokens[account][i].ExpiresAt <= now.Unix() {
		return "", false
	}
	if noted := s.tokens[account][i].UsedAt; now.Unix()-noted >= int64(useNoted/time.Second) {
		tokens := slices.Clone(s.tokens[account])
		tokens[i].UsedAt = now.Unix()
		// The last use is for people to look at: a full disk keeps nobody out.
		if err := s.setTokens(account, tokens); err != nil {
			s.keep(account, tokens)
		}
	}
	return account, true
}

func newToken(token, label string, from, until time.Time) (Token, error) {
	digest, err := access.Digest(token)
	if err != nil {
		return Token{}, err
	}
	return Token{ID: digest[:8], SHA256: digest, Label: cmp.Or(label, "login"), CreatedAt: from.Unix(), ExpiresAt: until.Unix()}, nil
}

// any reports whether an account ever had a password that was not removed.
func (s *secrets) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.passwords) > 0
}
