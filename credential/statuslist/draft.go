package statuslist

// Everything the Token Status List draft fixes and may still move (read at
// draft-ietf-oauth-status-list-20; the typ is [keys.KindStatusList]).
// The member names are in the struct tags below.

// MediaType is the Content-Type of a token (8.1).
const MediaType = "application/statuslist+jwt"

// A Value is a status (7.1). The draft leaves 3 to applications.
type Value uint8

// The values of a list of 2 bits.
const (
	Valid      Value = 0
	Ended      Value = 1 // INVALID: final
	Suspended  Value = 2
	Superseded Value = 3 // disclosed content changed; a newer credential exists
)

// claims is the payload of a token (5.1) with our claim aeo_log beside it.
type claims struct {
	Sub        string     `json:"sub"`
	Iat        int64      `json:"iat"`
	Exp        int64      `json:"exp"`
	TTL        int64      `json:"ttl"`
	StatusList statusList `json:"status_list"`
	Log        Log        `json:"aeo_log"`
}

// statusList is the claim of that name (4.2): lst is base64url of a ZLIB
// stream (RFC 1950) over the bytes of the list.
type statusList struct {
	Bits int64  `json:"bits"`
	Lst  string `json:"lst"`
}
