// Package api serves a node over HTTP: [Public] is what the world reads,
// [Local] is the API /api/v1 that commands on the machine speak over the socket
// of the node's directory.
//
// Everything public is a file somebody signed, so a cache, a mirror or a
// man in the middle can withhold it but not change it. Federation endpoints
// answer errors as OpenID Federation 1.1, 8.9 wants them, log endpoints as C2SP
// tlog-tiles does, all others as RFC 9457 problem details.
package api
