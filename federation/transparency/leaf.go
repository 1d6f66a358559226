package transparency

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxLeaf is the largest leaf in bytes; its length must fit the two bytes that
// C2SP tlog-tiles gives it.
const MaxLeaf = 65535

// Profile is the version of this leaf format that a genesis leaf states.
const Profile = 1

// A Leaf is one of the eight leaf types. Digests are lower-case hexadecimal
// SHA-256, instants are Unix seconds.
type Leaf interface{ leaf() }

type (
	// Genesis is leaf 0 and says whose log this is.
	Genesis struct {
		Origin       string `json:"origin"`
		Territory    string `json:"territory"`
		Authority    string `json:"authority"`
		Profile      int64  `json:"profile"`
		RosterSHA256 string `json:"roster_sha256"` // the roster of the first key leaf
	}
	// Key carries a signed roster, whole: the log holds the history of keys.
	Key struct {
		Roster jsontext.Value `json:"roster"`
	}
	// List opens a status list, all entries 0.
	List struct {
		URI  string `json:"uri"`
		Bits int64  `json:"bits"`
		Size int64  `json:"size"`
	}
	// Credential says that a credential exists, and nothing else about it:
	// SHA-256(header "." payload) of the issuer's JWT. The signature is left
	// out because ECDSA signatures can be rewritten by anybody.
	Credential struct {
		SHA256 string `json:"sha256"`
	}
	// Status changes one entry of a list.
	Status struct {
		URI         string           `json:"uri"`
		Idx         int64            `json:"idx"`
		Value       statuslist.Value `json:"value"`
		EffectiveAt int64            `json:"effective_at"`  // never after the instant of the closing state leaf
		Prev        *int64           `json:"prev,omitzero"` // the entry's previous status leaf
	}
	// Artefact says that a document was published.
	Artefact struct {
		Kind   string `json:"kind"`
		SHA256 string `json:"sha256"`
	}
	// Case commits to one event between officers and a trader; see [Commitment].
	Case struct {
		SHA256 string `json:"sha256"`
	}
	// State is what follows from all leaves before it.
	State struct {
		Applied      int64       `json:"applied"` // its own index
		At           int64       `json:"at"`      // never decreases
		Lists        []ListState `json:"lists"`   // in order of opening
		RosterSHA256 string      `json:"roster_sha256"`
		EventsSHA256 string      `json:"events_sha256,omitzero"` // absent before the first status leaf
	}
	// ListState is the digest of a status list ([statuslist.List.Digest]).
	ListState struct {
		URI    string `json:"uri"`
		SHA256 string `json:"sha256"`
	}
)

func (Genesis) leaf()    {}
func (Key) leaf()        {}
func (List) leaf()       {}
func (Credential) leaf() {}
func (Status) leaf()     {}
func (Artefact) leaf()   {}
func (Case) leaf()       {}
func (State) leaf()      {}

// The kinds of artefact leaf.
const (
	KindEntityConfiguration = "entity-configuration"
	KindStatement           = "statement"
	KindMRA                 = "mra"
	KindNotice              = "notice"
	KindDirectory           = "directory"
	KindProgramme           = "programme"
	KindRecognition         = "recognition" // what the log's owner recognises alone
	KindList                = "list"        // a partner's list it took over; the digest is of where it came from, not of names
)

// Structural reports whether the leaf goes first in a batch: other leaves of
// the batch may rest on it.
func Structural(l Leaf) bool {
	switch l.(type) {
	case Genesis, Key, List:
		return true
	}
	return false
}

// Commitment is the digest a case leaf carries:
// SHA-256("aeo-case-v1\0" salt event), event in RFC 8785 form. The salt hides
// events whose content could be guessed.
func Commitment(salt [32]byte, event []byte) string {
	h := sha256.New()
	h.Write([]byte("aeo-case-v1\x00"))
	h.Write(salt[:])
	h.Write(event)
	return hex.EncodeToString(h.Sum(nil))
}
