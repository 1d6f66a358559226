// Package peer follows other administrations over the network and keeps a
// mirror of what they published.
//
// Following means: fetch the entity configuration, the checkpoint and the log
// entries that are new; replay them from the first leaf; compare the replayed
// tree with the signed checkpoint, the key history with the pinned root keys,
// and every status list token with the replayed bits. Only when all of that
// holds is the mirror replaced, in one step; otherwise it stays as it was and
// the error says what did not hold. Two different trees of one size are kept
// side by side as evidence.
//
// The network is untrusted: TLS keeps readers out, the signatures keep liars
// out. What is fetched is bounded in bytes and time before it is read.
package peer
