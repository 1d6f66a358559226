package api

import (
	"net/http"

	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

// A Document is a pack or a year of holidays as a file.
type Document struct {
	Content string `json:"content"`
}

func localProgramme(r *mux.Router, n *registry.Node) {
	get(r, "/programme", reading(n.ProgrammeStatus))
	get(r, "/programme/document", func(q *http.Request) (d Document, err error) {
		year, err := number(q, "holidays", 0)
		if err != nil {
			return d, err
		}
		raw, err := n.ExportProgramme(q.URL.Query().Get("authority"), int(year))
		return Document{string(raw)}, err
	})
	command(r, "/programme/check", n.CheckProgramme)
	command(r, "/programme/approve", n.ApproveProgramme)
	command(r, "/programme/activate", n.ActivateProgramme)
}
