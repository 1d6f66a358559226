// Package federation decides offline what another administration's statement
// about a trader is worth here.
//
// A [Verifier] is a trust bundle opened under a pinned anchor. It is asked a
// [Question] about a credential file ([Verifier.Verify]) or about an identifier
// in the signed directories ([Verifier.Lookup]) and answers with a [Decision]:
// two answers, the status in the issuer's territory and the recognition here,
// and one headline, a [Verdict] with its [Reason].
//
// # The walk
//
// The checks come in one order, and the first that fails decides; later ones
// are not_reached:
//
//	bundle time readable format issuer chain signature disclosures
//	dates status freshness transparency
//	arrangement type role direction basis hold
//
// A file is judged whole first, up to its disclosures: one forged line makes
// the file not_authentic however good its neighbours are. Then each credential
// is judged alone, and the best one is the headline.
//
// # The decision
//
// JSON aeo.decision/1 ([ReadDecision] and RFC 8785 writing): verdict, reason,
// status, recognition, recognised_for, basis, caveats, mra, holder, issuer,
// contacts, as, at, now, status_as_of, status_since, bundle, checks, evidence,
// known_then, components. What the holder says of itself appears only once the
// signature verified.
//
// Unknown is never valid: the zero Verdict is cannot_tell, and only recognised,
// or in_force where nothing but the status was asked, exits with 0.
//
// # What limits it
//
// Read from CPU profiles; make bench prints the figures.
//
// A verdict, warm, is seven tenths elliptic curve: the one P-256 verification.
// The rest is, in this order, strict JSON and base64 of the credential, go-jose
// assembling what was signed (it decodes the header and encodes the payload
// again), the disclosures, and collecting what all that allocates.
//
// Opening a bundle of a hundred partners is the layout of its container, the
// index and the manifest, which are read, written again and compared: it grows
// with the members, not with the holders. The first verdict about a partner
// reads its directory, its history and its keys, in that order of cost, so it
// grows with the holders listed and with those whose status changed; about a
// fifth is finding out which arrangements name it, and verifying those.
//
// A cold verdict is half the verdict's own work, above all signatures of
// rosters, chain and arrangement, and half starting a program of this size.
//
// The package is pure: no file, no network, no clock. Whoever calls it brings
// bytes and the time, and keeps what [Open] gives it to remember.
package federation
