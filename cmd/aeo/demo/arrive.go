package demo

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/registry"
)

// arrive brings everyone to the present: last publication, last sync, last bundle.
func (s *story) arrive() error {
	s.clock.arrive()
	if err := s.tick(); err != nil {
		return err
	}
	if err := s.meet(); err != nil {
		return err
	}
	if err := s.shortHistory(); err != nil {
		return err
	}
	for _, code := range s.order {
		if site := s.sites[code]; site.bundling {
			if err := s.writeBundle(site); err != nil {
				return err
			}
		}
		if err := s.publishedFiles(s.sites[code]); err != nil {
			return fmt.Errorf("copy what %s serves: %w", code, err)
		}
	}
	if err := s.writeBorder(); err != nil {
		return err
	}
	return s.writeCredentials()
}

// shortHistory keeps a Japanese bundle that answers two weeks back only.
func (s *story) shortHistory() error {
	jp := s.sites["JP"]
	if _, err := jp.node.BuildBundle(s.ctx, registry.BuildBundle{HistoryDays: 14}); err != nil {
		return err
	}
	raw, _, err := jp.node.Bundle()
	if err != nil {
		return err
	}
	s.old["JP-short"] = "cases/JP-short-history.aeobundle"
	return os.WriteFile(filepath.Join(s.dir, s.old["JP-short"]), raw, 0o600)
}

func (s *story) writeBundle(site *site) error {
	if _, err := site.node.BuildBundle(s.ctx, registry.BuildBundle{}); err != nil {
		return err
	}
	raw, _, err := site.node.Bundle()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, bundleOf(site.code)), raw, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, anchorOf(site.code)), site.anchor.Marshal(), 0o600)
}

func bundleOf(code string) string { return "bundles/" + code + ".aeobundle" }
func anchorOf(code string) string { return "anchors/" + code + ".aeoanchor" }

// writeCredentials writes every holder's file; the component the holder shows
// abroad comes first.
func (s *story) writeCredentials() error {
	for file, h := range s.holders {
		var components []string
		switch {
		case file == "waikato-machinery": // kept from when it was issued
			continue
		case h.kind == "AEOF":
			components = []string{"AEOS", "AEOC"}
		}
		if err := s.save(h, "credentials/"+file+".aeo", components...); err != nil {
			return err
		}
	}
	return nil
}
