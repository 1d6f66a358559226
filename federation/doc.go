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
// The package is pure: no file, no network, no clock. Whoever calls it brings
// bytes and the time, and keeps what [Open] gives it to remember.
package federation
