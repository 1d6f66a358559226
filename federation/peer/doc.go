// Package peer follows other administrations over the network and keeps a
// mirror of what they published.
//
// Following means: fetch the entity configuration, the checkpoint and the log
// entries that are new; replay them from the first leaf; compare the replayed
// tree with the signed checkpoint, the key history with the pinned root keys (a
// union's member: with what its union states about it), and every status list
// token with the replayed bits. Only when all of that holds is the mirror
// replaced, in one step; otherwise it stays as it was and the error says what
// did not hold.
//
// A log that was rewritten below a size seen before leaves two signed
// checkpoints that contradict each other; they are kept side by side as
// evidence. Bytes that were altered on the way are not mistaken for that: only
// a whole log that fits the new checkpoint and not the old one is proof.
//
// The network is untrusted: TLS keeps readers out, the signatures keep liars
// out. What is fetched is bounded in bytes and time before it is read.
package peer
