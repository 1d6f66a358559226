package peer

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Traffic is what a client sent and got since it was made, in bytes.
type Traffic struct {
	Sent, Got int64 // on its connections, TLS included
	Payload   int64 // of answers that were read to their end
}

// Sub is the difference to an earlier reading.
func (t Traffic) Sub(before Traffic) Traffic {
	return Traffic{t.Sent - before.Sent, t.Got - before.Got, t.Payload - before.Payload}
}

// Bytes is all that went over the wire.
func (t Traffic) Bytes() int64 { return t.Sent + t.Got }

type traffic struct{ sent, got, payload atomic.Int64 }

// Traffic reads the counters.
func (c *Client) Traffic() Traffic {
	return Traffic{c.traffic.sent.Load(), c.traffic.got.Load(), c.traffic.payload.Load()}
}

// A countedConn counts what goes through it.
type countedConn struct {
	net.Conn
	traffic *traffic
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.traffic.got.Add(int64(n))
	return n, err
}

func (c *countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.traffic.sent.Add(int64(n))
	return n, err
}

// A pacedReader gives up on an answer that comes drop by drop.
type pacedReader struct {
	r        io.Reader
	since    time.Time
	patience time.Duration
	got      int64
}

func (p *pacedReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.got += int64(n)
	if took := time.Since(p.since); err == nil && took > p.patience && float64(p.got) < took.Seconds()*slowest {
		return n, fmt.Errorf("too slow: %d bytes in %v", p.got, took.Round(time.Second))
	}
	return n, err
}
