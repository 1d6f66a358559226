package exchange

// A Head names a log and how far it has grown.
type Head struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
}

// Known says how far a log is known to whoever signs it: every leaf below size
// was replayed, the tree has this root, and from the instant at on, by the
// sender's clock, its bundle and its verdicts follow from that.
type Known struct {
	Origin   string `json:"origin"`
	Size     int64  `json:"size"`
	Root     string `json:"root"` // base64, as a checkpoint has it
	At       int64  `json:"at"`
	Cosigned string `json:"cosigned,omitzero"` // a checkpoint of that tree with the sender's auditor cosignature
}

// A Refusal says why a message is not acted upon.
type Refusal struct {
	Type   string `json:"type"` // invalid, conflict, not-allowed, not-found, unknown-kind, busy, failed
	Detail string `json:"detail,omitzero"`
}
