// Package programme holds the rule packs: what one customs territory's AEO
// programme consists of, as data.
//
// It promises that nothing about a country is a constant in code. A pack says
// which types of authorisation exist and which components are authorised
// separately, which roles they may cover, what must be examined before a grant,
// how trader identifiers look and how they are written abroad, when a grant
// takes effect and how long it lasts. Beside each rule stands its source, and
// `unsure` where the fact still needs a lawyer of that administration.
//
// A pack is strict JSON (format "aeo.pack/2", unknown members refused), embedded
// in the binary, checked as a whole whenever it is loaded. Of many programmes
// only an outline was entered (format "aeo.outline/2"): what tells it from
// others; the rest is the SAFE Framework's, and marked unsure. [Pack.Profile] is the
// public part of it, served at /programmes/<code> and carried in bundles
// (protocol 7 and 10).
//
// In a union one territory has many deciding authorities: [Load] takes both, and
// dates are reckoned in the time zone of the authority that decides.
package programme
