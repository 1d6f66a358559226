package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"crypto/tls"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

// A site is one administration's node, running in this process and listening on loopback.
type site struct {
	code     string // territory, or authority of a union's member
	node     *registry.Node
	dir      string
	host     string
	addr     string
	ca       string
	anchor   *bundle.Anchor
	server   *http.Server
	bundling bool                       // members of a union build no bundle
	people   map[string]registry.Caller // who is logged in, by name; none where acts are by name
}

// places are the administrations of the demo, in the order they start. A place
// with an authority is a member of the territory's union.
var places = []struct{ territory, authority string }{
	{"NZ", ""}, {"JP", ""}, {"SG", ""}, {"US", ""}, {"EU", ""}, {"EU", "DE"},
}

// world is all of them with their clock.
type world struct {
	ctx    context.Context
	clock  *clock
	dir    string
	unlock keyring.Unlock
	sites  map[string]*site
	order  []string
}

func newWorld(ctx context.Context, dir string, c *clock, nodes int) (*world, error) {
	identity := filepath.Join(dir, "identity.txt")
	if err := keyring.CreateIdentity(identity); err != nil {
		return nil, err
	}
	unlock, err := keyring.IdentityFile(identity)
	if err != nil {
		return nil, err
	}
	w := &world{ctx: ctx, clock: c, dir: dir, unlock: unlock, sites: map[string]*site{}}
	for _, p := range places[:nodes] {
		if err := w.start(p.territory, p.authority); err != nil {
			return nil, errors.Join(err, w.stop())
		}
	}
	return w, nil
}

func (w *world) start(territory, authority string) error {
	code := territory
	if authority != "" {
		code = authority
	}
	s := &site{code: code, dir: filepath.Join(w.dir, "nodes", code), host: hosts[code], bundling: authority == ""}
	o := registry.Options{Dir: s.dir, Unlock: w.unlock, Now: w.clock.Now, ListSize: statuslist.MinSize}
	if err := registry.Create(o, territory, authority, "https://"+s.host); err != nil {
		return fmt.Errorf("create %s: %w", code, err)
	}
	var err error
	if s.node, err = registry.Open(w.ctx, o); err != nil {
		return fmt.Errorf("open %s: %w", code, err)
	}
	w.sites[code], w.order = s, append(w.order, code)
	if s.anchor, err = s.node.Anchor(); err != nil {
		return err
	}
	ca, err := os.ReadFile(filepath.Join(s.dir, "tls", "ca.pem"))
	if err != nil {
		return err
	}
	s.ca = string(ca)
	return s.serve()
}

// serve listens on loopback, as a node does, but ticks only when the clock jumps.
func (s *site) serve() error {
	config, err := s.node.TLS()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	log := slog.New(slog.DiscardHandler)
	s.server = api.Server(api.Public(s.node, log), log)
	go s.server.Serve(tls.NewListener(l, config))
	return nil
}

// stop switches every node off.
func (w *world) stop() error {
	var errs error
	for _, s := range w.sites {
		if s.server != nil {
			errs = errors.Join(errs, s.server.Close())
		}
		errs = errors.Join(errs, s.node.Close())
	}
	w.sites = map[string]*site{}
	return errs
}

// introduce hands one administration's anchor to another, by a way the two trust.
func (w *world) introduce(to string, whom ...string) error {
	for _, code := range whom {
		a, b := w.sites[to], w.sites[code]
		if a == nil || b == nil {
			continue
		}
		dial, ca := map[string]string{b.host: b.addr}, b.ca
		if b.code == "EU" && w.sites["DE"] != nil { // a union is followed with its members
			dial[hosts["DE"]], ca = w.sites["DE"].addr, ca+w.sites["DE"].ca
		}
		if _, err := a.node.AddPeer(w.ctx, registry.AddPeer{Anchor: b.anchor.Marshal(), Dial: dial, CA: ca, By: officers[to].desk}); err != nil {
			return fmt.Errorf("%s adds %s: %w", to, code, err)
		}
	}
	return nil
}

// at moves the clock and lets every node do what the time brings about.
func (w *world) at(t time.Time) error {
	w.clock.jump(t)
	return w.tick()
}

func (w *world) tick() error {
	for _, code := range w.order {
		if err := w.sites[code].node.Tick(w.ctx); err != nil {
			return fmt.Errorf("%s: %w", code, err)
		}
	}
	return nil
}

// sync lets every node fetch from every peer.
func (w *world) sync() error {
	for _, code := range w.order {
		if err := w.sites[code].node.SyncPeers(w.ctx); err != nil {
			return fmt.Errorf("%s: %w", code, err)
		}
	}
	return nil
}

// meet is two rounds: in the first each learns whom the others name, in the
// second what they then state. Then each has its log cosigned by the others, and
// all fetch what was said.
func (w *world) meet() error {
	if err := errors.Join(w.sync(), w.sync()); err != nil {
		return err
	}
	for _, code := range w.order {
		if err := w.sites[code].node.Gather(w.ctx); err != nil {
			return fmt.Errorf("%s: %w", code, err)
		}
	}
	return w.sync()
}

// hosts are where the administrations of the demo would be found.
var hosts = map[string]string{
	"NZ": "aeo.customs.nz.example", "JP": "aeo.customs.jp.example", "SG": "aeo.customs.sg.example",
	"US": "aeo.cbp.us.example", "EU": "aeo.customs.eu.example", "DE": "aeo.zoll.de.example",
}

func entity(code string) string { return "https://" + hosts[code] }

// staff are the invented people who act for an administration.
type staff struct{ desk, assessor, decides, second string }

var officers = map[string]staff{
	"NZ": {"M. Rangi", "A. Ngata", "T. Walker", "P. Henare"},
	"JP": {"K. Mori", "H. Tanaka", "Y. Sato", "N. Abe"},
	"SG": {"L. Tan", "R. Kumar", "S. Lim", "D. Ong"},
	"US": {"J. Carter", "M. Diaz", "R. Cole", "B. Hayes"},
	"EU": {"C. Dubois", "E. Rossi", "I. Novak", "A. Silva"},
	"DE": {"F. Braun", "S. Vogel", "U. Keller", "H. Lang"},
}

// codes keeps of a list what this demo has nodes for.
func (w *world) codes(list ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(c string) bool { return w.sites[c] == nil })
}
