// Package credential turns an authorisation into a signed statement that its
// holder can show in part and anyone can check offline, and back.
//
// A credential is an SD-JWT VC (RFC 9901, draft-ietf-oauth-sd-jwt-vc) with typ
// "dc+sd-jwt", one per component of an authorisation. Always visible are
//
//	iss iat nbf exp vct vct#integrity status
//	territory authority programme authorisation_type
//
// and beside them only "_sd", exactly 12 digests, and "_sd_alg", "sha-256"; and
// "restores" [{idx, nbf, uri}] where an end was stayed or set aside: the status entries
// of the credentials which ended and stay so, and whose past is this one's.
// Everything about the trader is behind the digests, whole members only:
//
//	legal_name identifiers roles names address authorisation_no
//	effective_on granted_on validated_on decided_by scope_text
//
// Decoys fill the rest, so that their number tells nothing; iat is rounded down
// to the UTC day, so that it tells little.
//
// Reading goes through stages, and nothing is trusted before its own: [Parse]
// checks readability and form, [Presentation.VerifySignature] the issuer,
// [Presentation.OpenDisclosures] what the holder shows. Dates, status and what
// an issuer may say are judged elsewhere; this package has no clock.
//
// A credential file (*.aeo) is UTF-8 text with LF line ends: one SD-JWT a line,
// then any C2SP tlog-proofs ([SplitFile]).
package credential

import (
	"errors"

	"github.com/aeo-registry/aeo/credential/sdjwt"
)

// The ways in which a text is not a good credential. Each is a different
// finding about the one who shows it, so callers branch on them.
var (
	// ErrUnreadable concerns separators, canonical base64url, and the JSON of header or payload.
	ErrUnreadable = sdjwt.ErrUnreadable
	// ErrFormat concerns typ, alg, claims, vct and the make-up of a file.
	ErrFormat = errors.New("not an AEO credential")
	// ErrTooLarge says that a cap is exceeded.
	ErrTooLarge = sdjwt.ErrTooLarge
	// ErrSignature says that the signature is not the issuer's.
	ErrSignature = sdjwt.ErrSignature
	// ErrDuplicateDigest says that the issuer signed a digest twice.
	ErrDuplicateDigest = sdjwt.ErrDuplicateDigest
	// ErrDisclosure says that a disclosure matches no digest, or matches one
	// and has another shape, or a name that is unknown or was disclosed before.
	ErrDisclosure = sdjwt.ErrDisclosure
	// ErrUnverified says that disclosures were asked for before the signature was verified.
	ErrUnverified = errors.New("signature not verified yet")
)

// StatusRef says which entry of which list holds the status (Token Status List, 6.2).
type StatusRef struct {
	URI string `json:"uri"`
	Idx int64  `json:"idx"`
}

// A Former credential ended, and its holder's standing came back with another.
type Former struct {
	Status    StatusRef
	NotBefore int64
}

// MaxFormer is how many of them a credential may name.
const MaxFormer = maxFormer

// Claims are what a credential says. Times are Unix seconds.
type Claims struct {
	Issuer       string // entity id
	IssuedAt     int64  // [Issue] rounds it down to the UTC day
	NotBefore    int64  // the effective instant of the authorisation
	Expires      int64  // of the credential; the authorisation may go on
	VCT          string // [Issue] fills it and VCTIntegrity
	VCTIntegrity string
	Status       StatusRef
	Restores     []Former // only where what it says had ended, and came back in force; oldest first, at most 8
	Territory    string
	Authority    string // decides within the territory; equal to it outside unions
	Programme    string
	Type         string  // authorisation_type
	Subject      Subject // what is, or may be, disclosed
}

// A Subject is what a credential says about the trader. A zero field is absent
// or was not disclosed; the reader of a presentation cannot tell which.
type Subject struct {
	LegalName       string
	Identifiers     []string // territory:scheme:value
	Roles           []string
	Names           []Name
	Address         *Address
	AuthorisationNo string
	EffectiveOn     string // 2006-01-02
	GrantedOn       string // 2006-01-02
	ValidatedOn     string // 2006-01-02
	DecidedBy       string
	ScopeText       string
}

// A Name is the trader's name in one script.
type Name struct {
	Script string `json:"script"` // ISO 15924, e.g. Latn, Jpan
	Value  string `json:"value"`
}

// An Address is where the trader is established. In JSON its members are
// country, locality, postcode and street; empty ones are left out.
type Address struct {
	Country, Locality, Postcode, Street string
}
