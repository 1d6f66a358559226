package bundle

import (
	"errors"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/keys"
)

// A Directory lists the holders an administration may show to everybody: the
// payload of directory.jwt (typ aeo-directory+jwt), signed with a bundle key.
type Directory struct {
	Iss     string           `json:"iss"`
	Iat     int64            `json:"iat"`
	Exp     int64            `json:"exp"`
	Seq     int64            `json:"seq"`
	Entries []DirectoryEntry `json:"entries"`
}

// A DirectoryEntry is one authorisation of a holder.
type DirectoryEntry struct {
	Name              string    `json:"name"`
	Identifiers       []string  `json:"identifiers"`
	Roles             []string  `json:"roles"`
	Programme         string    `json:"programme"`
	AuthorisationType string    `json:"authorisation_type"`
	Authority         string    `json:"authority,omitzero"` // who decided, where the issuer acts for a member of its union
	EffectiveOn       string    `json:"effective_on"`       // 2006-01-02
	CredentialSHA256  string    `json:"credential_sha256"`  // as in the credential leaf of the log
	Status            StatusRef `json:"status"`
}

// A StatusRef names an entry of a status list.
type StatusRef struct {
	URI string `json:"uri"`
	Idx int64  `json:"idx"`
}

// ParseDirectory reads a directory and verifies it with a bundle key of its
// issuer, whose key history is given. Whether it is in its validity is for the caller.
func ParseDirectory(raw []byte, rosters *keys.History) (*Directory, error) {
	d, err := parseDirectory(raw, rosters)
	if err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	return d, nil
}

func parseDirectory(raw []byte, rosters *keys.History) (*Directory, error) {
	token, err := keys.Parse(keys.KindDirectory, raw)
	if err != nil {
		return nil, err
	}
	key := rosters.Key(keys.RoleBundle, token.KID())
	if key == nil {
		return nil, fmt.Errorf("%.43q is no bundle key of its issuer", token.KID())
	}
	if err := token.Verify(key.JWK); err != nil {
		return nil, err
	}
	d, err := decodeDirectory(token.Payload())
	if err != nil {
		return nil, err
	}
	if iss := rosters.Current().Iss; d.Iss != iss {
		return nil, fmt.Errorf("iss %.80q, the roster is of %s", d.Iss, iss)
	}
	if !key.MaySignAt(d.Iat) || key.Compromised() {
		return nil, fmt.Errorf("bundle key %s could not sign at %d", token.KID(), d.Iat)
	}
	return d, nil
}

func decodeDirectory(payload []byte) (*Directory, error) {
	var d Directory
	if err := readExact(payload, &d); err != nil {
		return nil, err
	}
	if !isInstant(d.Iat) || d.Exp <= d.Iat || d.Seq < 1 {
		return nil, fmt.Errorf("seq %d, valid from %d to %d", d.Seq, d.Iat, d.Exp)
	}
	taken := map[StatusRef]bool{}
	for i := range d.Entries {
		e := &d.Entries[i]
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		if taken[e.Status] { // an index is given out once (protocol 5)
			return nil, fmt.Errorf("entry %d: its status belongs to another entry", i)
		}
		taken[e.Status] = true
	}
	return &d, nil
}

func (e *DirectoryEntry) check() error {
	switch {
	case e.Name == "":
		return errors.New("no name")
	case len(e.Identifiers) == 0:
		return errors.New("no identifier")
	case e.Programme == "" || e.AuthorisationType == "":
		return errors.New("no programme or authorisation_type")
	case !keys.IsSHA256Hex(e.CredentialSHA256):
		return errors.New("credential_sha256 is no digest")
	case e.Status.URI == "" || !isInstant(e.Status.Idx):
		return fmt.Errorf("status %d of list %.80q", e.Status.Idx, e.Status.URI)
	}
	if _, err := time.Parse(time.DateOnly, e.EffectiveOn); err != nil {
		return fmt.Errorf("effective_on %.20q is no date", e.EffectiveOn)
	}
	return nil
}
