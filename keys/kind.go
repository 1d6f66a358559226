package keys

// A Kind is one sort of signed artefact. It fixes the typ of the header and
// the size; algorithm (ES256) and header members (alg, kid, typ) are the same
// for all. The zero Kind reads nothing.
type Kind struct {
	typ string
	max int
}

// The kinds of JWS that exist. A token of one can never pass as another (RFC 8725, 3.11).
var (
	KindCredential      = Kind{"dc+sd-jwt", 64 << 10}            // SD-JWT VC; the issuer JWT alone
	KindStatusList      = Kind{"statuslist+jwt", 1 << 20}        // Token Status List
	KindEntityStatement = Kind{"entity-statement+jwt", 64 << 10} // OpenID Federation 1.1
	KindHistoricalKeys  = Kind{"jwk-set+jwt", 64 << 10}          // OpenID Federation 1.1, 8.7
	KindNotice          = Kind{"aeo-mra-notice+jwt", 64 << 10}   // one party's notice about an arrangement
	KindExchange        = Kind{"aeo-exchange+jwt", 512 << 10}    // message between partners; federation/exchange says what may be longer than 64 KiB
	KindBundle          = Kind{"aeo-bundle+jwt", 1 << 20}        // manifest of a trust bundle
	KindDirectory       = Kind{"aeo-directory+jwt", 4 << 20}     // holders released for publication
	KindPack            = Kind{"aeo-pack+jwt", 1 << 20}          // rules or holidays an administration approved
	KindVisit           = Kind{"aeo-visit+jwt", 2 << 20}         // form of a validation visit, for a laptop
	KindRoster          = Kind{"aeo-keys+jws", 16 << 10}         // general JSON serialization
	KindAnnex           = Kind{"aeo-mra+jws", 256 << 10}         // general JSON serialization
	KindRecognition     = Kind{"aeo-recognition+jws", 256 << 10} // general JSON serialization, one party alone
)

// Typ is the exact typ header of the kind.
func (k Kind) Typ() string { return k.typ }

// Max is the most bytes an artefact of the kind may have.
func (k Kind) Max() int { return k.max }
