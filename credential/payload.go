package credential

import (
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys"
)

const (
	day = 24 * 60 * 60
	// digestCount is how many entries "_sd" has, whatever is behind them: one
	// more than there are disclosable claims, so that decoys always exist.
	digestCount = 12
	// maxValidity bounds exp: two years of at most 366 days.
	maxValidity = 2 * 366 * day
	// maxFormer bounds how many credentials a credential names that ended before it.
	maxFormer = 8
)

// payload is the JSON the issuer signs, member by member, in the order they are written. Pointers tell an
// absent or null member from a zero.
type payload struct {
	SD           []string     `json:"_sd"`
	SDAlg        string       `json:"_sd_alg"`
	Type         string       `json:"authorisation_type"`
	Authority    string       `json:"authority"`
	Exp          int64        `json:"exp"`
	Iat          int64        `json:"iat"`
	Iss          string       `json:"iss"`
	Nbf          int64        `json:"nbf"`
	Programme    string       `json:"programme"`
	Restores     []former     `json:"restores,omitzero"`
	Status       *statusClaim `json:"status"`
	Territory    string       `json:"territory"`
	VCT          string       `json:"vct"`
	VCTIntegrity string       `json:"vct#integrity"`
}

type statusClaim struct {
	StatusList *statusList `json:"status_list"`
}

type former struct {
	Idx *int64 `json:"idx"`
	Nbf int64  `json:"nbf"`
	URI string `json:"uri"`
}

type statusList struct {
	Idx *int64 `json:"idx"`
	URI string `json:"uri"`
}

// newPayload is the payload of c, without digests.
func newPayload(c *Claims) *payload {
	p := &payload{
		Iss: c.Issuer, Iat: c.IssuedAt, Nbf: c.NotBefore, Exp: c.Expires,
		VCT: c.VCT, VCTIntegrity: c.VCTIntegrity,
		Status:    &statusClaim{&statusList{Idx: &c.Status.Idx, URI: c.Status.URI}},
		Territory: c.Territory, Authority: c.Authority,
		Programme: c.Programme, Type: c.Type, SDAlg: sdjwt.SHA256,
	}
	for _, f := range c.Restores {
		p.Restores = append(p.Restores, former{Idx: &f.Status.Idx, Nbf: f.NotBefore, URI: f.Status.URI})
	}
	return p
}

// claims are the visible claims of a checked payload.
func (p *payload) claims() Claims {
	c := Claims{
		Issuer: p.Iss, IssuedAt: p.Iat, NotBefore: p.Nbf, Expires: p.Exp,
		VCT: p.VCT, VCTIntegrity: p.VCTIntegrity,
		Status:    StatusRef{URI: p.Status.StatusList.URI, Idx: *p.Status.StatusList.Idx},
		Territory: p.Territory, Authority: p.Authority,
		Programme: p.Programme, Type: p.Type,
	}
	for _, f := range p.Restores {
		c.Restores = append(c.Restores, Former{Status: StatusRef{URI: f.URI, Idx: *f.Idx}, NotBefore: f.Nbf})
	}
	return c
}

// checkSigned holds every rule on a payload that was read.
func (p *payload) checkSigned() error {
	if err := p.check(); err != nil {
		return err
	}
	return p.checkDigests()
}

// check holds every rule on the visible claims that needs no clock and no other document.
func (p *payload) check() error {
	if !isEntityID(p.Iss) {
		return fmt.Errorf("iss %.80q is not an entity id: https, a host name and nothing else", p.Iss)
	}
	if err := p.checkTimes(); err != nil {
		return err
	}
	if err := p.checkType(); err != nil {
		return err
	}
	if err := p.checkStatus(); err != nil {
		return err
	}
	switch {
	case !isTerritory(p.Territory):
		return fmt.Errorf("territory %.16q is not two capital letters", p.Territory)
	case !isTerritory(p.Authority):
		return fmt.Errorf("authority %.16q is not two capital letters", p.Authority)
	case !isCode(p.Programme):
		return fmt.Errorf("programme %.80q is not a code", p.Programme)
	case !isCode(p.Type):
		return fmt.Errorf("authorisation_type %.80q is not a code", p.Type)
	}
	return nil
}

func (p *payload) checkTimes() error {
	switch {
	case p.Iat <= 0 || p.Iat%day != 0:
		return fmt.Errorf("iat %d is not the beginning of a UTC day", p.Iat)
	case p.Nbf <= 0:
		return fmt.Errorf("nbf %d is not a time", p.Nbf)
	case p.Exp <= p.Nbf || p.Exp <= p.Iat:
		return fmt.Errorf("exp %d is not after nbf %d and iat %d", p.Exp, p.Nbf, p.Iat)
	case p.Exp-max(p.Iat, p.Nbf) > maxValidity:
		return fmt.Errorf("exp %d is more than two years after iat and nbf", p.Exp)
	}
	return nil
}

// checkType pins the type of the credential and, through its integrity, the
// one Type Metadata document it has.
func (p *payload) checkType() error {
	entity, ok := strings.CutSuffix(p.VCT, vctPath)
	if !ok || !isEntityID(entity) {
		return fmt.Errorf("vct %.120q is not an entity id followed by %s", p.VCT, vctPath)
	}
	if want := Integrity(p.VCT); p.VCTIntegrity != want {
		return fmt.Errorf("vct#integrity %.80q, want %s", p.VCTIntegrity, want)
	}
	return nil
}

func (p *payload) checkStatus() error {
	if p.Status == nil || p.Status.StatusList == nil {
		return fmt.Errorf("status names no entry of a status list")
	}
	if err := p.checkEntry("status", p.Status.StatusList); err != nil {
		return err
	}
	if p.Restores != nil && len(p.Restores) == 0 || len(p.Restores) > maxFormer {
		return fmt.Errorf("restores has %d entries, want 1 to %d", len(p.Restores), maxFormer)
	}
	for i, f := range p.Restores {
		if err := p.checkEntry("restores", &statusList{Idx: f.Idx, URI: f.URI}); err != nil {
			return err
		}
		if f.Nbf <= 0 || i > 0 && f.Nbf < p.Restores[i-1].Nbf {
			return fmt.Errorf("restores nbf %d, want times in order", f.Nbf)
		}
	}
	return nil
}

// checkEntry holds of an entry of one of the issuer's lists.
func (p *payload) checkEntry(claim string, ref *statusList) error {
	if ref.Idx == nil {
		return fmt.Errorf("%s names no entry of a status list", claim)
	}
	if *ref.Idx < 0 || *ref.Idx >= statuslist.MaxSize {
		return fmt.Errorf("%s idx %d, want 0 to %d", claim, *ref.Idx, statuslist.MaxSize-1)
	}
	n, ok := strings.CutPrefix(ref.URI, p.Iss+"/status/")
	if !ok || !isOrdinal(n) {
		return fmt.Errorf("%s uri %.120q is not a list of the issuer, %s/status/<n>", claim, ref.URI, p.Iss)
	}
	return nil
}

func (p *payload) checkDigests() error {
	if p.SDAlg != sdjwt.SHA256 {
		return fmt.Errorf("_sd_alg %.40q, want %q", p.SDAlg, sdjwt.SHA256)
	}
	if len(p.SD) != digestCount {
		return fmt.Errorf("_sd has %d entries, want %d", len(p.SD), digestCount)
	}
	for i, d := range p.SD {
		var sum [32]byte
		if b, err := keys.AppendBase64URL(sum[:0], d); err != nil || len(b) != len(sum) {
			return fmt.Errorf("_sd entry %d is not the base64url of 32 bytes", i)
		}
	}
	return nil
}
