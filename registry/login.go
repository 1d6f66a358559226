package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

const (
	hashedAtOnce  = 2  // passwords: each takes 64 MiB
	waitingAtOnce = 16 // for their turn: who floods keeps nobody waiting for long
	loginLife     = 12 * time.Hour
	maxTokenLife  = 400 * 24 * time.Hour
)

// ErrTooMany says that a name was guessed at too often, and has to wait.
var ErrTooMany = fmt.Errorf("too many attempts")

// Login is a request for a token in exchange for a password.
type Login struct {
	Name     string `json:"name"` // number of the account, or the name of which there is one
	Password string `json:"password"`
	Seconds  int64  `json:"seconds,omitzero"` // life of the token; 0 = twelve hours
	Label    string `json:"label,omitzero"`
}

// A Session is a token with whom it lets act. The token is shown this once.
type Session struct {
	Token     string `json:"token"`
	ExpiresAt int64  `json:"expires_at"`
	// Given: an administrator set the password and knows it; it is to be changed.
	Given   bool                  `json:"given,omitzero"`
	Account authorisation.Account `json:"account"`
}

// Login gives a token for the right password. A name nobody has, a wrong password
// and an account that is disabled answer alike, and take as long.
func (n *Node) Login(ctx context.Context, r Login) (*Session, error) {
	all, err := n.accounts()
	if err != nil {
		return nil, err
	}
	leave, err := n.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	wait, grave := n.guesses.Try(r.Name, n.now())
	if wait > 0 {
		return nil, fmt.Errorf("%w: wait %d seconds", ErrTooMany, int64(wait/time.Second)+1)
	}
	if grave {
		n.keepGuesses()
	}
	a := accountNamed(all, r.Name)
	if !n.secrets.password(a.Case).Matches(r.Password, n.opts.PasswordCost) || a.Case == "" || a.Disabled {
		return nil, fmt.Errorf("%w: no account has this name and password", ErrUnauthenticated)
	}
	if n.guesses.Succeeded(r.Name) {
		n.keepGuesses()
	}
	s, err := n.session(a.Case, r.Label, r.Seconds)
	if err != nil {
		return nil, err
	}
	s.Account, s.Given = a, n.secrets.wasGiven(a.Case)
	return s, nil
}

// turn waits until a password may be hashed. Who finds too many waiting does not.
func (n *Node) turn(ctx context.Context) (leave func(), err error) {
	select {
	case n.waiting <- struct{}{}:
		defer func() { <-n.waiting }()
	default:
		return nil, fmt.Errorf("%w: passwords wait to be tried", ErrBusy)
	}
	select {
	case n.hashing <- struct{}{}:
		return func() { <-n.hashing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A guessesFile says of which names guessing has to wait, so that a restart is no
// way around it.
type guessesFile struct {
	Schema  string                     `json:"schema"`
	Waiting map[string]access.Failures `json:"waiting"` // by digest of the name
}

const (
	guessesSchema = "aeo.guesses/1"
	maxGuesses    = 1 << 20
)

func (p paths) guesses() string { return filepath.Join(p.dir, "guesses.json") }

// keepGuesses writes them. That it cannot keeps nobody out, nor in.
func (n *Node) keepGuesses() {
	n.guessing.Lock()
	defer n.guessing.Unlock()
	raw, err := jcs.Marshal(guessesFile{guessesSchema, n.guesses.Waiting(n.now())})
	if err == nil {
		err = peer.ReplaceFile(n.paths.guesses(), raw)
	}
	if err != nil {
		n.opts.Log.Warn("a restart would forget who has to wait for another guess", "error", err)
	}
}

func (n *Node) loadGuesses() {
	raw, err := readBounded(n.paths.guesses(), maxGuesses)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var f guessesFile
	if err == nil {
		err = jcs.Unmarshal(raw, &f)
	}
	if err == nil && f.Schema != guessesSchema {
		err = fmt.Errorf("schema %.40q, want %s", f.Schema, guessesSchema)
	}
	if err != nil {
		n.opts.Log.Warn("who had to wait for another guess is not known", "error", err)
		return
	}
	n.guesses.Restore(f.Waiting)
}

// accountNamed is the account of a number, or of a name that one account has.
func accountNamed(all []authorisation.Account, name string) (found authorisation.Account) {
	for _, a := range all {
		if a.Case == name {
			return a
		}
		if access.Fold(a.Name) == access.Fold(name) {
			if found.Case != "" {
				return authorisation.Account{} // which one, only the number says
			}
			found = a
		}
	}
	return found
}

func (n *Node) session(account, label string, seconds int64) (*Session, error) {
	life := time.Duration(seconds) * time.Second
	if seconds < 0 || seconds > int64(maxTokenLife/time.Second) {
		return nil, fmt.Errorf("%w: a token lives at most %d days", ErrInvalid, maxTokenLife/(24*time.Hour))
	}
	if len(label) > 64 {
		return nil, fmt.Errorf("%w: the label of a token has more than 64 bytes", ErrInvalid)
	}
	if err := n.ledger.ReadOnly(); err != nil {
		return nil, err
	}
	token, err := access.NewToken(n.opts.Rand)
	if err != nil {
		return nil, err
	}
	now := n.now()
	until := now.Add(cmp.Or(life, loginLife))
	kept, err := newToken(token, label, now, until)
	if err != nil {
		return nil, err
	}
	return &Session{Token: token, ExpiresAt: until.Unix()}, n.secrets.addToken(account, kept, now)
}

// Authenticate is who bears a token.
func (n *Node) Authenticate(token string) (Caller, error) {
	refused := fmt.Errorf("%w: the token is unknown, has expired or was revoked", ErrUnauthenticated)
	digest, err := access.Digest(token)
	if err != nil {
		return Caller{}, refused
	}
	number, ok := n.secrets.use(digest, n.now())
	if !ok {
		return Caller{}, refused
	}
	a, err := n.account(number)
	if err != nil || a.Disabled {
		return Caller{}, refused
	}
	return Caller{Account: number}, nil
}

// SetPassword is a request to change a password.
type SetPassword struct {
	Account  string `json:"account,omitzero"` // empty = the caller's own
	Old      string `json:"old,omitzero"`     // of the caller's own
	Password string `json:"password"`
	By       string `json:"by,omitzero"`
}

// SetPassword sets a password and ends all tokens of the account. One's own needs
// the old one. An administrator sets those of others; the machine's own user sets
// any, which the log says: it is how an administrator comes back.
func (n *Node) SetPassword(ctx context.Context, r SetPassword) (authorisation.Account, error) {
	c := CallerOf(ctx)
	number := cmp.Or(r.Account, c.Account)
	if inside, err := n.Inside(ctx); err != nil || !inside && number != c.Account {
		return authorisation.Account{}, cmp.Or(err, fmt.Errorf("%w: no account %.40q", ErrNotFound, number))
	}
	a, err := n.account(number)
	if err != nil {
		return a, err
	}
	hash, err := n.hashed(ctx, r.Password)
	if err != nil {
		return a, err
	}
	if hash == nil {
		return a, fmt.Errorf("%w: password is missing", ErrInvalid)
	}
	switch {
	case c.Account == "":
		_, err = n.onAccount(ctx, number, false, func(a authorisation.Account) (authorisation.Command, error) {
			return authorisation.RecoverAccount{By: authorisation.By{Case: a.Case, Actor: cmp.Or(r.By, machineUser), At: n.now().Unix()}}, nil
		})
	case c.Account == number:
		_, err = n.Login(ctx, Login{Name: number, Password: r.Old})
	default:
		err = n.mayReset(ctx, a, r.By)
	}
	if err != nil {
		return a, err
	}
	return a, n.secrets.setPassword(number, hash, c.Account != "" && c.Account != number, n.now())
}

// mayReset holds where an administrator sets another's password. That of somebody
// who decides, or of an administrator, would be a way to be both.
func (n *Node) mayReset(ctx context.Context, a authorisation.Account, named string) error {
	if _, err := n.by(ctx, a.Case, named, access.Administrator); err != nil {
		return err
	}
	grave := slices.ContainsFunc(a.Roles, func(h authorisation.Holding) bool { return h.Role.Grave() })
	if grave && n.secrets.password(a.Case) != nil {
		return fmt.Errorf("%w: the password of %s is changed by its bearer, or on the machine itself", ErrNotAllowed, a.Case)
	}
	return nil
}

// hashed is a password as it is kept, nil where there is none.
func (n *Node) hashed(ctx context.Context, password string) (*access.Password, error) {
	if password == "" {
		return nil, nil
	}
	leave, err := n.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := access.NewPassword(password, n.opts.PasswordCost, n.opts.Rand)
	if err != nil {
		return nil, invalid(err)
	}
	return p, nil
}

// MakeToken is a request for another token of the caller's own account.
type MakeToken struct {
	Label   string `json:"label"`
	Seconds int64  `json:"seconds"`
}

// MakeToken gives the caller a token for a program of theirs.
func (n *Node) MakeToken(ctx context.Context, r MakeToken) (*Session, error) {
	a, err := n.Self(ctx)
	if err != nil {
		return nil, err
	}
	s, err := n.session(a.Case, r.Label, r.Seconds)
	if err != nil {
		return nil, err
	}
	s.Account = a
	return s, nil
}

// RevokeToken is a request to end a token, or all of an account.
type RevokeToken struct {
	Account string `json:"account,omitzero"` // empty = the caller's own
	ID      string `json:"id,omitzero"`      // empty = all
}

// RevokeToken ends tokens: one's own, and an administrator or the machine's own
// user those of others.
func (n *Node) RevokeToken(ctx context.Context, r RevokeToken) ([]Token, error) {
	number, err := n.tokensFor(ctx, r.Account)
	if err != nil {
		return nil, err
	}
	if err := n.secrets.dropToken(number, r.ID); err != nil {
		return nil, err
	}
	return n.secrets.tokensOf(number), nil
}

// Tokens are those of an account; empty = the caller's own.
func (n *Node) Tokens(ctx context.Context, account string) ([]Token, error) {
	number, err := n.tokensFor(ctx, account)
	return n.secrets.tokensOf(number), err
}

func (n *Node) tokensFor(ctx context.Context, account string) (string, error) {
	c := CallerOf(ctx)
	if account == "" || account == c.Account {
		a, err := n.Self(ctx)
		return a.Case, err
	}
	if c.Account != "" {
		if _, err := n.by(ctx, account, "", access.Administrator); err != nil {
			return "", err
		}
	}
	a, err := n.account(account)
	return a.Case, err
}

// Self is the caller's account.
func (n *Node) Self(ctx context.Context) (authorisation.Account, error) {
	c := CallerOf(ctx)
	if c.Account == "" {
		return authorisation.Account{}, fmt.Errorf("%w: nobody is logged in", ErrUnauthenticated)
	}
	return n.account(c.Account)
}
