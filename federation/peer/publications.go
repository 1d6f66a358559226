package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxDocument     = 1 << 20
	maxArrangement  = 8 << 20
	maxArrangements = 1024
)

// A look says which documents are to be asked for.
type look struct{ identity, directory, arrangements bool }

var everything = look{true, true, true}

// said are the documents of which the log says, from an entry on, that there are others.
func said(log *transparency.Copy, from int64) (l look) {
	for _, raw := range log.Entries()[from:] {
		switch leaf, _ := transparency.ParseLeaf(raw); leaf := leaf.(type) {
		case transparency.Key:
			l.identity = true
		case transparency.Artefact:
			switch leaf.Kind {
			case transparency.KindEntityConfiguration, transparency.KindProgramme:
				l.identity = true
			case transparency.KindDirectory:
				l.directory = true
			case transparency.KindMRA, transparency.KindNotice:
				l.arrangements = true
			}
		}
	}
	return l
}

// publications fetches programmes, the directory and the arrangements we are party to.
func (w *walk) publications(ctx context.Context, docs *Documents, config *trust.Signed, l look) error {
	if l.identity {
		if err := w.programmes(ctx, docs, config); err != nil {
			return err
		}
	}
	if l.directory {
		dir, err := w.client.Renew(ctx, w.url("directory"), "application/aeo-directory+jwt", int64(keys.KindDirectory.Max()))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		docs.Directory = string(dir)
	}
	if l.arrangements {
		var err error
		docs.Arrangements, err = w.arrangements(ctx)
		return err
	}
	return nil
}

// programmes are those the configuration names, by digest: one that is known is
// not asked for.
func (w *walk) programmes(ctx context.Context, docs *Documents, config *trust.Signed) error {
	known := docs.Programmes
	docs.Programmes = map[string]jsontext.Value{}
	for _, p := range config.Metadata.Registry.Programmes {
		if raw := known[p.Code]; raw != nil && keys.SHA256Hex(raw) == p.SHA256 {
			docs.Programmes[p.Code] = raw
			continue
		}
		raw, err := w.client.Renew(ctx, w.url("programmes", p.Code), "application/json", maxDocument)
		if err != nil {
			return err
		}
		if err := jcs.CheckCanonical(raw); err != nil || keys.SHA256Hex(raw) != p.SHA256 {
			return w.unusable("programme "+p.Code, errors.New("it is not the one the entity configuration names"))
		}
		docs.Programmes[p.Code] = raw
	}
	return nil
}

// checkDirectory verifies the directory with the keys of the verified view.
func (w *walk) checkDirectory(v *View) error {
	if v.Directory == "" {
		return nil
	}
	if _, err := bundle.ParseDirectory([]byte(v.Directory), v.Rosters); err != nil {
		return w.unusable("publications", err)
	}
	return nil
}

// arrangements fetches annexes and notices; whoever takes them over verifies them.
func (w *walk) arrangements(ctx context.Context) (map[string]Arrangement, error) {
	raw, err := w.client.Renew(ctx, w.url("mras"), "application/json", maxDocument)
	if err != nil {
		return nil, err
	}
	var list ArrangementList
	if err := jcs.Unmarshal(raw, &list); err != nil {
		return nil, w.unusable("arrangements", err)
	}
	if len(list.Arrangements) > maxArrangements {
		return nil, w.unusable("arrangements", fmt.Errorf("%d, at most %d", len(list.Arrangements), maxArrangements))
	}
	out := map[string]Arrangement{}
	for _, e := range list.Arrangements {
		if !slices.Contains(e.Parties, w.home) || !mra.ValidID(e.ID) {
			continue
		}
		raw, err := w.client.Renew(ctx, w.url("mras", e.ID), "application/json", maxArrangement)
		if err != nil {
			return nil, err
		}
		var a Arrangement
		if err := jcs.Unmarshal(raw, &a); err != nil {
			return nil, w.unusable("arrangement "+e.ID, err)
		}
		out[e.ID] = a
	}
	return out, nil
}

// compareTokens holds every served status list token against the replayed bits.
func (w *walk) compareTokens(ctx context.Context, v *View) error {
	for _, uri := range v.Log.Reduction().URIs() {
		rest, ok := strings.CutPrefix(uri, w.entityID+"/")
		if !ok {
			return w.unusable("log", fmt.Errorf("%w: status list %.200q is another's", transparency.ErrFaulty, uri))
		}
		err := w.compareDetached(ctx, rest, uri, v)
		if err == nil {
			continue
		}
		if errors.Is(err, ErrUnreachable) && !errors.Is(err, ErrMoved) {
			return err
		}
		raw, err := w.client.Renew(ctx, w.url(rest), statuslist.MediaType, int64(keys.KindStatusList.Max()))
		if err != nil {
			return err
		}
		if err := w.compareToken(raw, uri, v); err != nil {
			return err
		}
	}
	return nil
}

// compareDetached is compareToken for little: the token is fetched without its
// bits and verified over ours. That it fails says nothing: the partner may not
// serve tokens so, or pack their bits another way.
func (w *walk) compareDetached(ctx context.Context, path, uri string, v *View) error {
	detached, err := w.client.Renew(ctx, w.url(path, "detached"), statuslist.DetachedType, statuslist.MaxDetached)
	if err != nil {
		return err
	}
	raw, err := statuslist.Attach(detached, v.Log.Reduction().List(uri))
	if err != nil {
		return w.unusable("detached status list token", err)
	}
	return w.compareToken(raw, uri, v)
}

func (w *walk) compareToken(raw []byte, uri string, v *View) error {
	signed, err := statuslist.Parse(raw)
	if err != nil {
		return w.unusable("status list token", err)
	}
	key := v.Rosters.Key(keys.RoleIssuer, signed.KID())
	if key == nil {
		return fmt.Errorf("%w: the token of %s is signed by no issuer key", ErrTokenDiffers, uri)
	}
	list := v.Log.Reduction().List(uri)
	token, err := signed.Verify(key.JWK, uri, list.Size(), w.at)
	if err != nil {
		return w.unusable("status list token", err)
	}
	switch {
	case !key.MaySignAt(token.Iat):
		return fmt.Errorf("%w: the token of %s is signed outside its key's window", ErrTokenDiffers, uri)
	case token.Log.Origin != v.Checkpoint.Origin:
		return fmt.Errorf("%w: the token of %s names log %.200q", ErrTokenDiffers, uri, token.Log.Origin)
	case token.Log.Size != v.Checkpoint.Size:
		return fmt.Errorf("%w: the token of %s is of size %d, the checkpoint of size %d", ErrMoved, uri, token.Log.Size, v.Checkpoint.Size)
	case token.Log.Root != v.Checkpoint.Root.String():
		return fmt.Errorf("%w: the token of %s names another tree of size %d", ErrTokenDiffers, uri, token.Log.Size)
	case token.List.Digest(uri) != list.Digest(uri):
		return fmt.Errorf("%w: %s at size %d", ErrTokenDiffers, uri, token.Log.Size)
	}
	return nil
}
