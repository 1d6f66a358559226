// Package api serves a node over HTTP: [Public] is what the world reads,
// [Local] is the API /api/v1 that commands on the machine speak over the socket
// of the node's directory.
//
// Everything public is a file somebody signed, so a cache, a mirror or a
// man in the middle can withhold it but not change it. Federation endpoints
// answer errors as OpenID Federation 1.1, 8.9 wants them, log endpoints as C2SP
// tlog-tiles does, all others as RFC 9457 problem details.
//
// # Limits
//
// The public listener is open to everybody. Nothing a stranger does takes more
// than this, and whoever is over a limit meets status 503 with Retry-After:
//
//	connections             16 384, or what open files allow less 2 048; beyond, the
//	                        network with most gives up the one that waited longest
//	TLS handshake, header   5 s, 16 KiB (431)
//	body                    none is read (413), a local command 8 MiB in 10 s, a
//	                        file of evidence 32 MiB in 5 min, four at once; the
//	                        connection ends with the answer
//	writing an answer       30 s and a second for every 64 KiB
//	waiting between two     60 s
//	answers being made      8 at once, each waits 1 s for its turn
//	effort                  a network 1 000 a second, 5 000 at once; a tile is 1, what
//	                        is read from the log or about peers 10
//	tiles not yet taken     256 MiB, a quarter of it by one network
//	local commands          256 at once
//
// A network is a /24 of IPv4 or a /56 of IPv6. Checkpoint, status tokens and
// bundle lie in memory, are shared by all who read them and are refused to
// nobody: to shed such a request costs as much as to answer it. What follows from
// the log alone is made once until the log grows, at most for a second. All of
// these carry an entity tag, tiles never change; parts are served (Range), so
// that a bundle goes on where it was cut off.
//
// With ten thousand strangers connected, some of them always coming anew, more
// than half of what the processor does for them is TLS handshakes, most of that
// the key exchange; an idle connection costs some 50 KiB of memory
// (/debug/pprof/profile and /debug/stats during TestCampaignLoad in cmd/aeo).
//
// The socket has a server of its own, without these strangers. Beside the API it
// has /debug/stats ([Stats]) and /debug/pprof/:
//
//	curl --unix-socket DIR/aeo.sock http://node/debug/stats
package api
