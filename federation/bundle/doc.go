// Package bundle reads the offline trust bundle (*.aeobundle): everything a
// verifier needs to judge a trader's status without asking anybody, in one file
// that an administration signs for the verifiers who pin its root keys.
//
// It promises that nothing of a bundle is used before it is proven. [Open]
// takes an [Anchor] and follows it to the roster of keys, from there to the
// manifest, from there to the index of all members. What a bundle says about
// one administration is proven when it is first asked for
// ([Bundle.Administration]), so a fault there touches only the credentials of
// that administration. The package has no clock and no disk: what a verifier
// remembers between two bundles goes in and out as [Memory].
//
// # The container
//
// A ZIP archive of one spelling: members stored, never compressed; one after
// the other from byte 0, the central directory right after the last, the end
// record after that, and nothing else; every header field fixed but crc, sizes,
// name length and offset; names of a-z 0-9 / . _ - up to 100 characters. The
// reader derives all headers anew from the members and compares bytes, so two
// readers cannot see two different archives in one file. In this order:
//
//	manifest.jwt   JWS, typ aeo-bundle+jwt; see [Manifest]
//	index          RFC 8785 [{path, len, sha256}] by path; its digest is in the manifest
//	...            the members, in index order
//
// # The members
//
//	self/entity-configuration.jwt, self/rosters.json   of the administration that signs
//	policy.json                                        aeo.policy/1, see [Policy]; its digest is in the manifest
//	p/<t>/...                                          one administration of the manifest
//	p/<t>/m/<a>/...                                    one that decides within the territory of a union
//	    entity-configuration.jwt   as in ec_sha256 of the manifest
//	    rosters.json               array of signed rosters, oldest first
//	    statement.jwt              ours about it
//	    member-statement.jwt       its union's about it
//	    checkpoint                 published head of its log, with cosignatures
//	    state.json                 the state leaf that ends that tree, with its proof
//	    consistency.json           earlier heads that this one extends, see [Extended]
//	    lists.json                 [{uri, size, lst}]: the bits of every status list
//	    history.json               how the bits came about
//	    programme.json             one of the programmes its configuration names
//	    directory.jwt              holders released for publication
//	mra/<id>/<version>.json, mra/<id>/notice-<party>-<seq>.jwt
//	vct/<sha256>.json              Type Metadata
//
// Territories, arrangement ids and the like are written in lower case in paths.
// Other members are refused. Profile border has these members too:
//
//	mra/<id>/alone-<version>.json   what we recognise alone, over imported lists
//	l/<t>/lists.json                headers of the lists imported of a partner without a node
//	l/<t>/rows.json, l/<t>/rows.blocks   their rows: hash list and compressed blocks of 64 KiB
package bundle

import "errors"

var (
	// ErrInvalid says that the file is no bundle of the anchor's
	// administration, or that a member differs from the index.
	ErrInvalid = errors.New("bundle does not hold")
	// ErrRolledBack says that the bundle, or a log in it, is older than what was seen before.
	ErrRolledBack = errors.New("bundle older than one seen before")
	// ErrSplitView says that what was seen before and the bundle cannot both be true.
	ErrSplitView = errors.New("log shows two histories")
	// ErrClock says that the verifier's clock is before something that already happened.
	ErrClock = errors.New("clock before the bundle")
	// ErrAnchor says that bytes are not an anchor.
	ErrAnchor = errors.New("anchor does not hold")
)

const (
	// MaxBundle is the most bytes a bundle may have.
	MaxBundle = 256 << 20
	// MaxIndex is the most bytes its index may have.
	MaxIndex = 4 << 20
	// MaxMembers is the most members it may have, manifest and index included.
	MaxMembers = 8192
)

// clockSkew is how far the clocks of two honest parties may differ, in seconds.
const clockSkew = 300
