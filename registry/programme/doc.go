// Package programme holds the rule packs: what one customs territory's AEO
// programme consists of, as data.
//
// It promises that nothing about a country is a constant in code. A pack says
// which types of authorisation exist and which components are authorised
// separately, which roles they may cover, how trader identifiers look and how
// they are written abroad, when a grant takes effect and how long it lasts. And
// of the life of a status:
//
//   - requirements, the headings of its law, under each the letters of the SAFE
//     Framework (Annex IV, A to M) whose criteria it asks, and criteria of its own.
//     The SAFE criteria are a catalogue of their own (format "aeo.criteria/1"):
//     [Pack.CriteriaFor] is what an application is assessed on;
//   - deadlines, each by an id of [RuleIDs]; one the programme does not know it says
//     to be without. How they are counted is package deadline's;
//   - the [Procedure] (hearing, visits, who is consulted, from what effect derives,
//     bars), the [Monitoring] after a grant, and the certificates of other bodies that
//     shorten a check.
//
// Beside each rule stands its source, and `unsure` where the fact still needs a
// lawyer of that administration.
//
// A pack is strict JSON (format "aeo.pack/2", unknown members refused), embedded
// in the binary, checked as a whole whenever it is loaded. Of many programmes
// only an outline was entered (format "aeo.outline/2"): what tells it from
// others; the rest is the SAFE Framework's, and marked unsure. The embedded ones
// are templates: [Read] reads a pack an administration put in force itself.
// [Pack.Profile] is the public part of a pack, served at /programmes/<code> and
// carried in bundles (protocol 7 and 10).
//
// In a union one territory has many deciding authorities: [Load] takes both, and
// dates are reckoned in the time zone of the authority that decides.
package programme
