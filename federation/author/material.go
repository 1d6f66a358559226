package author

import (
	"fmt"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// Material is what a bundle carries about one administration: what it
// published, as its log stood at one published checkpoint.
type Material struct {
	Territory, Authority, EntityID string
	Relation                       string // self, known, partner, member
	Configuration                  []byte
	Statement                      []byte // ours about it; nil where there is none
	MemberStatement                []byte // its union's about it; members only
	Rosters                        *keys.History
	Checkpoint                     *transparency.Checkpoint
	Log                            Log               // up to the checkpoint
	Directory                      []byte            // nil where none is published
	Programme                      []byte            // its profile; nil for a union that grants nothing itself
	Extended                       []bundle.Extended // earlier heads that the checkpoint extends
	FetchedAt                      int64             // of the checkpoint; for our own log the build
	ContradictedAt                 int64             // when two signed heads that contradict each other were met; 0 = never
}

// A Log is what a bundle takes from a log as of a checkpoint. A
// *transparency.Copy is one; the log's owner has no need to hold a copy.
type Log interface {
	Prove(index, size int64) (*transparency.Inclusion, error)
	// History starts at the last state leaf not after since, or the first where all are later.
	History(since int64) (*transparency.History, error)
	Reduction() *transparency.Reduction
}

// Issuer is the manifest's row for the material.
func (m *Material) Issuer() bundle.Issuer {
	return bundle.Issuer{
		Territory: m.Territory, Authority: m.Authority, EntityID: m.EntityID, Relation: m.Relation,
		ECSHA256: keys.SHA256Hex(m.Configuration), ContradictedAt: m.ContradictedAt,
		Log: bundle.LogState{Origin: m.Checkpoint.Origin, Size: m.Checkpoint.Size,
			Root: m.Checkpoint.Root.String(), Time: m.FetchedAt},
	}
}

// Members are the bundle members of the material, by path. The history starts
// at the last state leaf not after since, Unix seconds.
func (m *Material) Members(since int64) (map[string][]byte, error) {
	state, err := m.Log.Prove(m.Checkpoint.Size-1, m.Checkpoint.Size)
	if err != nil {
		return nil, err
	}
	history, err := m.Log.History(since)
	if err != nil {
		return nil, err
	}
	lists, err := listMembers(m.Log.Reduction())
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{
		"entity-configuration.jwt": m.Configuration,
		"checkpoint":               m.Checkpoint.Raw,
		"statement.jwt":            m.Statement,
		"member-statement.jwt":     m.MemberStatement,
		"directory.jwt":            m.Directory,
		"programme.json":           m.Programme,
	}
	for name, v := range map[string]any{
		"state.json": state, "history.json": history, "lists.json": lists,
	} {
		if out[name], err = jcs.Marshal(v); err != nil {
			return nil, fmt.Errorf("write %s of %s: %w", name, m.EntityID, err)
		}
	}
	if out["rosters.json"], err = Rosters(m.Rosters); err != nil {
		return nil, err
	}
	if len(m.Extended) > 0 {
		if out["consistency.json"], err = jcs.Marshal(m.Extended); err != nil {
			return nil, fmt.Errorf("write consistency.json of %s: %w", m.EntityID, err)
		}
	}
	prefix := bundle.Prefix(m.Issuer())
	members := map[string][]byte{}
	for name, content := range out {
		if content != nil {
			members[prefix+name] = content
		}
	}
	return members, nil
}

func listMembers(r *transparency.Reduction) ([]bundle.ListMember, error) {
	out := []bundle.ListMember{}
	for _, uri := range r.URIs() {
		list := r.List(uri)
		lst, err := statuslist.EncodeLst(list.Raw())
		if err != nil {
			return nil, fmt.Errorf("encode list %s: %w", uri, err)
		}
		out = append(out, bundle.ListMember{URI: uri, Size: list.Size(), Lst: lst})
	}
	return out, nil
}

// Rosters writes rosters.json: the signed rosters of a history, oldest first.
func Rosters(h *keys.History) ([]byte, error) {
	array := []jsontext.Value{}
	for _, raw := range h.Raw() {
		array = append(array, raw)
	}
	return jcs.Marshal(array)
}
