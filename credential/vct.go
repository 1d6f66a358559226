package credential

import (
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
)

// vctPath follows the entity id in a vct. The number is the version of the
// meaning: another meaning is another type (SD-JWT VC, 2.2.2.1).
const vctPath = "/vct/aeo-status/1"

// VCT is the credential type of an issuer, or of the union it belongs to.
func VCT(entity string) string { return entity + vctPath }

// TypeMetadata is the Type Metadata of a vct (SD-JWT VC, 5), RFC 8785 octets.
// It is the same for every administration but for its vct member, and never
// changes: credentials pin it.
func TypeMetadata(vct string) []byte {
	return appendEnding([]byte(typeMetadata), vct)
}

// appendEnding appends what follows the literal part of the document.
func appendEnding(doc []byte, vct string) []byte {
	doc, _ = jsontext.AppendQuote(doc, vct) // bytes that are no UTF-8 become U+FFFD
	return append(doc, '}')
}

// Integrity is the vct#integrity of a vct: the W3C Subresource Integrity
// string of its Type Metadata.
func Integrity(vct string) string {
	if last := lastIntegrity.Load(); last != nil && last.vct == vct {
		return last.integrity
	}
	h, _ := hashedLiteral().Clone() // SHA-256 of the standard library always can
	h.Write(appendEnding(nil, vct))
	integrity := "sha256-" + base64.StdEncoding.EncodeToString(h.Sum(nil))
	lastIntegrity.Store(&pinned{vct, integrity})
	return integrity
}

// A pinned type: what one issuer issues, and what a border reads from it, is of
// one type again and again.
type pinned struct{ vct, integrity string }

var lastIntegrity atomic.Pointer[pinned]

// hashedLiteral is SHA-256 gone through the part of the document that is the
// same for all: every verification goes on from there.
var hashedLiteral = sync.OnceValue(func() hash.Cloner {
	h := sha256.New()
	h.Write([]byte(typeMetadata))
	return h.(hash.Cloner)
})

// typeMetadata is the document up to the value of its last member, vct.
const typeMetadata = `{"claims":[` +
	`{"display":[{"label":"Issued by","locale":"en"},{"label":"Émis par","locale":"fr"}],"mandatory":true,"path":["iss"],"sd":"never"},` +
	`{"display":[{"label":"Issued on","locale":"en"},{"label":"Émis le","locale":"fr"}],"mandatory":true,"path":["iat"],"sd":"never"},` +
	`{"display":[{"label":"In effect from","locale":"en"},{"label":"Prend effet le","locale":"fr"}],"mandatory":true,"path":["nbf"],"sd":"never"},` +
	`{"display":[{"label":"Credential expires","locale":"en"},{"label":"Expiration de l'attestation","locale":"fr"}],"mandatory":true,"path":["exp"],"sd":"never"},` +
	`{"display":[{"label":"Status","locale":"en"},{"label":"Statut","locale":"fr"}],"mandatory":true,"path":["status"],"sd":"never"},` +
	`{"display":[{"label":"Customs territory","locale":"en"},{"label":"Territoire douanier","locale":"fr"}],"mandatory":true,"path":["territory"],"sd":"never"},` +
	`{"display":[{"label":"Deciding authority","locale":"en"},{"label":"Autorité de décision","locale":"fr"}],"mandatory":true,"path":["authority"],"sd":"never"},` +
	`{"display":[{"label":"Programme","locale":"en"},{"label":"Programme","locale":"fr"}],"mandatory":true,"path":["programme"],"sd":"never"},` +
	`{"display":[{"label":"Type of authorisation","locale":"en"},{"label":"Type d'autorisation","locale":"fr"}],"mandatory":true,"path":["authorisation_type"],"sd":"never"},` +
	`{"display":[{"label":"Legal name","locale":"en"},{"label":"Dénomination sociale","locale":"fr"}],"path":["legal_name"],"sd":"always"},` +
	`{"display":[{"label":"Identifiers","locale":"en"},{"label":"Identifiants","locale":"fr"}],"path":["identifiers"],"sd":"always"},` +
	`{"display":[{"label":"Roles in the supply chain","locale":"en"},{"label":"Rôles dans la chaîne logistique","locale":"fr"}],"path":["roles"],"sd":"always"},` +
	`{"display":[{"label":"Names by script","locale":"en"},{"label":"Noms par écriture","locale":"fr"}],"path":["names"],"sd":"always"},` +
	`{"display":[{"label":"Address","locale":"en"},{"label":"Adresse","locale":"fr"}],"path":["address"],"sd":"always"},` +
	`{"display":[{"label":"Authorisation number","locale":"en"},{"label":"Numéro d'autorisation","locale":"fr"}],"path":["authorisation_no"],"sd":"always"},` +
	`{"display":[{"label":"Effective on","locale":"en"},{"label":"Date d'effet","locale":"fr"}],"path":["effective_on"],"sd":"always"},` +
	`{"display":[{"label":"Granted on","locale":"en"},{"label":"Date d'octroi","locale":"fr"}],"path":["granted_on"],"sd":"always"},` +
	`{"display":[{"label":"Validated on","locale":"en"},{"label":"Date de validation","locale":"fr"}],"path":["validated_on"],"sd":"always"},` +
	`{"display":[{"label":"Decided by","locale":"en"},{"label":"Décidé par","locale":"fr"}],"path":["decided_by"],"sd":"always"},` +
	`{"display":[{"label":"Scope","locale":"en"},{"label":"Portée","locale":"fr"}],"path":["scope_text"],"sd":"always"}` +
	`],"description":"One component of an authorisation as Authorized Economic Operator, granted by a customs administration.",` +
	`"display":[` +
	`{"description":"Shows that customs granted this company a trusted trader status. Whether it counts abroad depends on arrangements between administrations.","locale":"en","name":"Authorized Economic Operator"},` +
	`{"description":"Atteste que la douane a octroyé à cette entreprise un statut d'opérateur de confiance. Ses effets à l'étranger dépendent des arrangements entre administrations.","locale":"fr","name":"Opérateur économique agréé"}` +
	`],"name":"AEO status","vct":`
