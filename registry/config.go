package registry

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const configSchema = "aeo.node/1"

// A Config is node.json: who this node is. It never changes after Create.
type Config struct {
	Schema    string `json:"schema"`
	Territory string `json:"territory"`
	Authority string `json:"authority"` // equal to territory outside unions
	EntityID  string `json:"entity_id"`
	CreatedAt int64  `json:"created_at"` // Unix seconds
}

// Host is the host of the entity id; it also names the log.
func (c Config) Host() string { return trust.Host(c.EntityID) }

// The node's directory:
//
//	node.json          who the node is
//	keys.age           the key ring
//	anchor.aeoanchor   what others pin
//	log/ log-head/     the ledger and its head file
//	traderkeys/        one wrapped data key per trader, outside the log and its backups
//	files/             content of evidence, sealed, see package files
//	peers/<host>/      peer.json and the mirror of a partner, frozen.json where it showed two histories
//	evidence/          the same of peers that were removed though there is evidence against them
//	witness/ auditor/  what each cosigned last of every log, see package witness
//	cosigned.checkpoint the published checkpoint with what cosigners said of it
//	doubt/             heads of our own log that we do not have: evidence
//	exchange/          every message exchanged with a partner, <host>.jsonl
//	negotiations/      drafts and annexes not all parties signed, or nobody imported yet
//	bundle.aeobundle   the newest trust bundle
//	heads.json         the heads of logs that were in bundles, and who cosigned them
//	border.aeobundle   the newest one for our own desks, with imported lists
//	lists/<t>/         lists imported of a partner without a node
//	mirror             where the ledger's mirror is; there if the node has one
//	audit.tmp/         rows made anew, while they are compared
//	passwords/ tokens/ what proves who somebody is, a file for each account; see secrets.go
//	reads/             who read which trader's files, a file for each day
//	approvals/         requests that wait for a second person and are too large for the log
//	tls/               certificate of the public listener
//	aeo.sock           the socket for local commands
type paths struct{ dir string }

func (p paths) config() string     { return filepath.Join(p.dir, "node.json") }
func (p paths) ring() string       { return filepath.Join(p.dir, "keys.age") }
func (p paths) anchor() string     { return filepath.Join(p.dir, "anchor.aeoanchor") }
func (p paths) log() string        { return filepath.Join(p.dir, "log") }
func (p paths) head() string       { return filepath.Join(p.dir, "log-head") }
func (p paths) traderKeys() string { return filepath.Join(p.dir, "traderkeys") }
func (p paths) files() string      { return filepath.Join(p.dir, "files") }
func (p paths) peers() string      { return filepath.Join(p.dir, "peers") }
func (p paths) exchange() string   { return filepath.Join(p.dir, "exchange") }
func (p paths) evidence() string   { return filepath.Join(p.dir, "evidence") }
func (p paths) tls() string        { return filepath.Join(p.dir, "tls") }
func (p paths) mirror() string     { return filepath.Join(p.dir, "mirror") }
func (p paths) audit() string      { return filepath.Join(p.dir, "audit.tmp") }
func (p paths) border() string     { return filepath.Join(p.dir, "border.aeobundle") }
func (p paths) lists() string      { return filepath.Join(p.dir, "lists") }
func (p paths) programme() string  { return filepath.Join(p.dir, "programme") }
func (p paths) bundle() string     { return filepath.Join(p.dir, "bundle.aeobundle") }

func readConfig(dir string) (Config, error) {
	raw, err := readBounded(paths{dir}.config(), 16<<10)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fmt.Errorf("%w: %s holds no node.json", ErrNoNode, dir)
	}
	if err != nil {
		return Config{}, fmt.Errorf("read node.json: %w", err)
	}
	var c Config
	if err := jcs.Unmarshal(raw, &c); err != nil {
		return Config{}, fmt.Errorf("read node.json: %w", err)
	}
	if c.Schema != configSchema {
		return Config{}, fmt.Errorf("read node.json: schema %.40q, want %s", c.Schema, configSchema)
	}
	return c, trust.CheckEntityID(c.EntityID)
}

func readBounded(name string, max int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > max {
		return nil, fmt.Errorf("%s has more than %d bytes", name, max)
	}
	return raw, nil
}
