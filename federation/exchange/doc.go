// Package exchange is the format of messages between administrations that
// follow each other: a compact JWS by an exchange key of the sender, inside a
// compact JWE to an exchange key of the recipient ([keys.Sealed]).
//
// The JWS has typ aeo-exchange+jwt; its payload is RFC 8785 JSON,
//
//	{"aud", "body": {...}, "exp", "iat", "iss", "jti", "kind", "re"?}
//
// with iss and aud the two entity ids, aud being exactly one; jti 16 random
// bytes in base64url; iat and exp Unix seconds, exp at most 300 after iat; kind
// a short name that says what body is; re, in an answer alone, the jti of what
// it answers. A message has at most 64 KiB sealed, one of a kind that carries an
// arrangement [keys.MaxSealed].
//
// The JWS outlives the message: without its envelope it shows to anybody, for
// good, what one administration told another ([Read], [Message.VerifySigner]).
//
// Nothing here keeps what was seen before; whoever receives refuses a jti it
// knows, for as long as [Message.VerifyFor] would take it.
package exchange
