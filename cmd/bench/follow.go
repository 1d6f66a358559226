package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// measureFollow is what it costs to follow a partner with 20 000 holders, in
// bytes on the connections, both ways, TLS included: at first, when nothing
// happened, and when one status changed. Both are nodes as `aeo serve` runs
// them; of the holders, one is granted and suspended as any is, the others are
// leaves of the log.
func measureFollow(b *bench) (err error) {
	const holders = 20_000
	nz, err := b.foundFor("NZ")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nz.close()) }()
	jp, err := b.foundFor("JP")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, jp.close()) }()
	if err := nz.populate(b, holders); err != nil {
		return err
	}
	if err := nz.authorise(b, 0, 1); err != nil {
		return err
	}
	if err := nz.Tick(b); err != nil {
		return err
	}
	address, stop, err := nz.serve()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := jp.befriend(b, nz, address); err != nil {
		return err
	}
	first, err := jp.look(b, nz)
	if err != nil {
		return err
	}
	idle, err := jp.look(b, nz)
	if err != nil {
		return err
	}
	all, err := nz.Authorisations()
	if err != nil {
		return err
	}
	if _, err := nz.Suspend(b, registry.Measure{Authorisation: all[0].Case, By: "Decider", Second: "Second", Heard: authorisation.Heard{Without: "bench"},
		Grounds: authorisation.Grounds{Reason: "audit", Basis: "invented for the measurement"}}); err != nil {
		return err
	}
	if err := nz.Tick(b); err != nil {
		return err
	}
	change, err := jp.look(b, nz)
	if err != nil {
		return err
	}
	if change.LogSize <= idle.LogSize {
		return fmt.Errorf("the log of %d leaves did not grow", change.LogSize)
	}
	b.figure("follow_change_bytes", "%d on the wire, %d of documents, for one suspension at a partner with %d holders; idle look %d on the wire; first fetch %d on the wire, %d of documents",
		change.Following.RoundBytes, change.Following.RoundOf, holders, idle.Following.RoundBytes, first.Following.RoundBytes, first.Following.RoundOf)
	return nil
}

// populate logs credentials nobody holds, and changes the status of a share of them.
func (o *office) populate(b *bench, holders int) error {
	const at = ledger.MaxEntries
	for from := 0; from < holders; from += at {
		var entries []ledger.Entry
		for i := from; i < min(holders, from+at); i++ {
			var n [8]byte
			binary.BigEndian.PutUint64(n[:], uint64(i))
			digest := sha256.Sum256(n[:])
			entries = append(entries, ledger.Entry{Leaf: transparency.Credential{SHA256: hex.EncodeToString(digest[:])}})
		}
		if _, err := o.Ledger().Append(b, entries...); err != nil {
			return err
		}
	}
	random := mathrand.New(mathrand.NewPCG(1, 2))
	uri := o.StatusLists()[0]
	var entries []ledger.Entry
	for _, idx := range random.Perm(statuslist.DefaultSize)[:int(float64(holders)*changed)] {
		entries = append(entries, ledger.Entry{Leaf: transparency.Status{URI: uri, Idx: int64(idx), Value: statuslist.Suspended,
			EffectiveAt: o.Ledger().Now().Unix()}})
	}
	_, err := o.Ledger().Append(b, entries...)
	return err
}

// serve opens the public listener of an office.
func (o *office) serve() (address string, stop func() error, err error) {
	config, err := o.TLS()
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	s := api.Server(api.Public(o.Node, quiet), quiet)
	go s.Serve(tls.NewListener(l, config))
	return l.Addr().String(), s.Close, nil
}

func (o *office) befriend(b *bench, other *office, address string) error {
	anchor, err := other.Anchor()
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(filepath.Join(other.dir, "tls", "ca.pem"))
	if err != nil {
		return err
	}
	_, err = o.AddPeer(b, registry.AddPeer{Anchor: anchor.Marshal(), By: "Desk", CA: string(ca),
		Dial: map[string]string{other.Config().Host(): address}})
	return err
}

// look follows the other once, as told to.
func (o *office) look(b *bench, other *office) (*registry.PeerStatus, error) {
	o.LookNow(other.Config().EntityID)
	o.FollowDue(b)
	s, err := o.Peer(other.Config().EntityID)
	if err == nil && s.Following.Failure != "" {
		err = errors.New(s.Following.Failure)
	}
	return s, err
}
