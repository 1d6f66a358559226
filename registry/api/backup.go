package api

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

// localBackup streams backups. What went wrong after the first byte cannot be
// said any more: the connection breaks, and an encrypted file without its end is
// none.
func localBackup(r *mux.Router, n *registry.Node, log *slog.Logger) {
	for path, write := range map[string]func(io.Writer) error{"/backup": n.Backup, "/backup/subject-keys": n.BackupSubjectKeys} {
		raw(r, http.MethodGet, path, "application/octet-stream", func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // as long as it takes
			if err := n.Ledger().ReadOnly(); err != nil {
				writeProblem(w, problemOf(err))
				return
			}
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Cache-Control", "no-store")
			if err := write(w); err != nil {
				log.Error("backup broken off", "error", err)
				panic(http.ErrAbortHandler)
			}
		})
	}
}

// An exportRequest names where to write the public log.
type exportRequest struct {
	Dir string `json:"dir"` // absolute
}

// A Rebuilt says what projections were made of.
type Rebuilt struct {
	Size int64 `json:"size"`
}

func rebuild(n *registry.Node) (*Rebuilt, error) {
	if err := n.Ledger().Rebuild(); err != nil {
		return nil, fmt.Errorf("rebuild projections: %w", err)
	}
	return &Rebuilt{n.Ledger().Head().Size}, nil
}
