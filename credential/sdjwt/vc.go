package sdjwt

// What SD-JWT VC adds to RFC 9901. The draft still moves (read at
// draft-ietf-oauth-sd-jwt-vc-19); its constants live here and nowhere else.

// TypVC is the typ of the issuer JWT (SD-JWT VC, 2.2.1).
const TypVC = "dc+sd-jwt"

// VC are the rules of SD-JWT VC: the type is named, and what decides validity
// is never hidden, in whole or in part (2.2.2.3). exp is required because a
// verifier must not assume that an issuer that can set it did (RFC 9901, 9.7).
func VC() Rules {
	return Rules{
		Typ:      TypVC,
		Required: []string{"iss", "vct", "exp"},
		Plain:    []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"},
	}
}
