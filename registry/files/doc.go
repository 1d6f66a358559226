// Package files keeps the content of evidence: files a trader or a visitor hands
// in, sealed with the trader's key, named by what they hold, and outside the log
// and its store, which they would swamp.
//
//	<dir>/staged/<name>             written, and not yet known to be in the register
//	<dir>/<sha256 of subject>/<name> in the register
//
// A file's name is HMAC-SHA-256 under the subject's key of the SHA-256 of its
// content, in hexadecimal: the same content of a trader is kept once, and nobody
// without the key can tell from a name which document it is. The file is an age
// file sealed to that key (keyring.SubjectKey): when the key is destroyed, so is
// the content, in every backup too.
//
// # Order of writing
//
// [Store.Put] makes a file durable under staged/. Its event is appended to the log
// then, and [Store.Keep] moves the file to its place. After a crash [Open] asks for
// each staged file whether the register has it, and keeps or removes it; so
// nothing that was acknowledged is lost, and what never was does not stay.
//
// # Types
//
// [Check] decides by content alone what a file is, and refuses what is two things
// at once or swells when it is opened. Names and declared types of files are not asked.
package files
