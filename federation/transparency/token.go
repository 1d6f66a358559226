package transparency

import (
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys"
)

// ErrToken says that a status list token states something else than the log.
var ErrToken = errors.New("status list token differs from the log")

// MatchToken checks that a status list token was signed by an issuer key of the
// log's rosters and says of a list exactly what the log does at a checkpoint.
// It is judged as of when it was signed: whether it is still fresh is another
// question. r is the state at cp.
func MatchToken(raw []byte, uri string, r *Reduction, cp *Checkpoint) error {
	list := r.List(uri)
	if list == nil {
		return fmt.Errorf("%w: the log has no list %.200q", ErrToken, uri)
	}
	signed, err := statuslist.Parse(raw)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrToken, uri, err)
	}
	key := r.Rosters().Key(keys.RoleIssuer, signed.KID())
	if key == nil || !key.MaySignAt(signed.Iat()) {
		return fmt.Errorf("%w: %s is signed by no issuer key of that time", ErrToken, uri)
	}
	token, err := signed.Verify(key.JWK, uri, list.Size(), signed.Iat())
	switch {
	case err != nil:
		return fmt.Errorf("%w: %s: %w", ErrToken, uri, err)
	case token.Log.Origin != cp.Origin || token.Log.Size != cp.Size || token.Log.Root != cp.Root.String():
		return fmt.Errorf("%w: %s is of %.200q at size %d, root %.60q; the checkpoint is of %q at %d, root %v",
			ErrToken, uri, token.Log.Origin, token.Log.Size, token.Log.Root, cp.Origin, cp.Size, cp.Root)
	case token.List.Digest(uri) != list.Digest(uri):
		return fmt.Errorf("%w: entries of %s are not those the %d leaves give", ErrToken, uri, cp.Size)
	}
	return nil
}
