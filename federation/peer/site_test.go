package peer_test

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
	"golang.org/x/mod/sumdb/tlog"
)

// A site is what an administration serves, by request URI. Tests change it
// between two rounds of following, never during one.
type site map[string]answer

type answer struct {
	mediaType string
	body      []byte
}

const (
	statement = "application/entity-statement+jwt"
	octets    = "application/octet-stream"
	jsonType  = "application/json"

	configurationPath = "/.well-known/openid-federation"
	checkpointPath    = "/log/checkpoint"
	tokenPath         = "/status/0"
	directoryPath     = "/directory"
)

func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := s[r.URL.RequestURI()]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.mediaType)
	w.Write(a.body)
}

func (s site) put(path, mediaType string, body []byte) { s[path] = answer{mediaType, body} }

// publish replaces what the site serves by the administration's newest.
func (s site) publish(a *administration, at int64) {
	clear(s)
	s.put(configurationPath, statement, a.configuration(at))
	s.put("/programmes/"+a.seed+"-aeo", jsonType, a.profile())
	s.put(directoryPath, "application/aeo-directory+jwt", a.directory(at))
	s.put("/mras", jsonType, must(jcs.Marshal(peer.ArrangementList{Arrangements: []peer.ArrangementEntry{
		{ID: "JP-NZ", Parties: []string{"JP", "NZ"}, Version: 1},
		{ID: "KR-NZ", Parties: []string{"KR", "NZ"}, Version: 1},
	}})))
	s.put("/mras/JP-NZ", jsonType, []byte(`{"annexes":[{"payload":"e30"}],"notices":["a.b.c"]}`))
	s.publishToken(a.token(at), a.signer(keys.RoleIssuer))
	s.publishLog(a.checkpoint(), a.log.Entries())
}

func (s site) publishToken(t statuslist.Token, signer *keys.Signer) {
	raw := must(statuslist.Sign(t, signer))
	s.put(tokenPath, statuslist.MediaType, raw)
	s.put(tokenPath+"/detached", statuslist.DetachedType, must(statuslist.Detach(raw)))
}

func (s site) publishLog(cp *transparency.Checkpoint, entries [][]byte) {
	s.put(checkpointPath, "text/plain; charset=utf-8", cp.Raw)
	for n := 0; n*256 < len(entries); n++ {
		part := entries[n*256 : min(len(entries), (n+1)*256)]
		tile := tlog.Tile{H: 8, L: -1, N: int64(n), W: len(part)}
		s.put("/log/"+transparency.TilePath(tile), octets, must(transparency.FormatEntries(part)))
	}
}

// publishMember has a union state its member.
func (s site) publishMember(union, member *administration, at int64) {
	subject := must(trust.Parse(member.configuration(at)))
	raw := must(author.Statement(author.Member(union.entity(), subject, at), union.signer(keys.RoleFederation)))
	s.put("/federation/fetch?sub="+member.entity(), statement, raw)
}

// A network has servers with certificates of their own authorities, and a clock.
type network struct {
	t     testing.TB
	route peer.Route
}

func newNetwork(t testing.TB) *network {
	return &network{t, peer.Route{Dial: map[string]string{}, Roots: x509.NewCertPool(), Now: clock}}
}

func clock() time.Time { return time.Unix(opened+day, 0) }

// serve starts a server for a host, as a node's listener is started.
func (n *network) serve(host string, handler http.Handler) {
	n.t.Helper()
	dir := filepath.Join(n.t.TempDir(), "tls")
	if err := keyring.CreateTLS(dir, host, clock()); err != nil {
		n.t.Fatal(err)
	}
	config, err := keyring.ServerTLS(dir, host, clock)
	if err != nil {
		n.t.Fatal(err)
	}
	n.route.Roots.AppendCertsFromPEM(must(os.ReadFile(filepath.Join(dir, "ca.pem"))))
	n.start(host, handler, config)
}

func (n *network) start(host string, handler http.Handler, config *tls.Config) {
	server := httptest.NewUnstartedServer(handler)
	server.TLS = config
	server.Config.ErrorLog = log.New(n.t.Output(), "", 0)
	server.StartTLS()
	n.t.Cleanup(server.Close)
	n.route.Dial[host] = server.Listener.Addr().String()
}

func (n *network) client() *peer.Client {
	c := peer.NewClient(n.route)
	n.t.Cleanup(c.Close)
	return c
}

// files are the contents of a directory by path, evidence left out.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "evidence-") {
			return err
		}
		raw, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir)] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
