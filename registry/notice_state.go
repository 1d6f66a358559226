package registry

import "github.com/aeo-registry/aeo/federation/exchange"

// noticeState is what a correspondence says of notices and acknowledgements.
type noticeState struct {
	notice       exchange.Head // the newest we sent
	noticeID     string
	sentAt       int64
	since        int64  // when the first was recorded of what it tells of
	fault        string // why no answer came to it
	receivedAt   int64  // the peer's acknowledgement of it reached us
	known        exchange.Known
	knownAt      int64 // that reached us
	lag          int64 // seconds from since until the peer knew and we knew it; of the newest notice it knows
	lagOf        int64 // size of that notice
	acknowledged int64 // how far the peer was told that we know its log, and received it
	pending      map[string]int64
}

// sent takes a message of ours into account; log is the name of our own log.
func (s *noticeState) sent(log string, l *letter, m *exchange.Message) {
	switch m.Kind {
	case exchange.KindNotify:
		var h exchange.Head
		if m.Into(&h) != nil || h.Origin != log {
			return // of a member's log
		}
		s.notice, s.noticeID, s.sentAt, s.since, s.fault, s.receivedAt = h, m.JTI, l.At, l.Since, l.Fault, 0
		if s.known.Size >= h.Size {
			s.arrived() // it was quicker than the answer to the notice
		}
	case exchange.KindKnown:
		var k exchange.Known
		if l.Fault == "" && m.Into(&k) == nil {
			s.pending = map[string]int64{m.JTI: k.Size}
		}
	}
}

// received takes a message of the peer's into account.
func (s *noticeState) received(log string, l *letter, m *exchange.Message) {
	switch m.Kind {
	case exchange.KindAck:
		if m.Re == s.noticeID {
			s.receivedAt = l.At
		}
		if size, ok := s.pending[m.Re]; ok {
			s.acknowledged = max(s.acknowledged, size)
		}
	case exchange.KindKnown:
		var k exchange.Known
		if m.Into(&k) != nil || k.Origin != log || k.Size <= s.known.Size {
			return
		}
		s.known, s.knownAt = k, l.At
		if s.notice.Size > 0 && k.Size >= s.notice.Size {
			s.arrived()
		}
	}
}

// arrived says that what the newest notice tells of is known.
func (s *noticeState) arrived() {
	if s.lagOf < s.notice.Size {
		s.lag, s.lagOf = max(0, s.knownAt-s.since), s.notice.Size
	}
}

// noticeState is what the correspondence says now.
func (c *correspondence) noticeState(now int64) (noticeState, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.open(now)
	return c.state, err
}

// Notices is how prompt a partner is: what it was told of our log, and what it
// says it knows. Times are Unix seconds by our clock.
type Notices struct {
	Size        int64  `json:"size,omitzero"`        // of our log, in the newest notice
	Sent        int64  `json:"sent,omitzero"`        // when
	Received    int64  `json:"received,omitzero"`    // when its signed acknowledgement reached us
	KnownSize   int64  `json:"known_size,omitzero"`  // how far it says it has replayed our log
	Known       int64  `json:"known,omitzero"`       // when that reached us
	Lag         int64  `json:"lag,omitzero"`         // seconds from the record of what the newest notice it knows told of, until it knew
	Outstanding int64  `json:"outstanding,omitzero"` // leaves of our published log it was told of and has not said it knows
	Failed      int    `json:"failed,omitzero"`      // messages since the start that brought no answer
	Fault       string `json:"fault,omitzero"`       // why the newest notice brought none
	OurKnown    int64  `json:"our_known,omitzero"`   // how far it knows that we know its log
}

// noticesOf is nil where no message was exchanged.
func (n *Node) noticesOf(p *Peer) (*Notices, error) {
	s, err := n.correspondence(p).noticeState(n.now().Unix())
	if err != nil {
		return nil, err
	}
	out := Notices{Size: s.notice.Size, Sent: s.sentAt, Received: s.receivedAt, KnownSize: s.known.Size, Known: s.knownAt,
		Lag: s.lag, Fault: s.fault, OurKnown: s.acknowledged}
	if s.notice.Size > s.known.Size {
		out.Outstanding = s.notice.Size - s.known.Size
	}
	n.notices.mu.Lock()
	if o := n.notices.to[p.EntityID()]; o != nil {
		out.Failed = o.failed
	}
	n.notices.mu.Unlock()
	if out == (Notices{}) {
		return nil, nil
	}
	return &out, nil
}
