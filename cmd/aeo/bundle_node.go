package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

func newBundleNodeCmds(a *app) []*cobra.Command {
	return []*cobra.Command{a.bundleBuild(), a.bundlePull()}
}

func (a *app) bundleBuild() *cobra.Command {
	var r registry.BuildBundle
	cmd := &cobra.Command{
		Use: "build", Short: "build a trust bundle now", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.dryRun {
				return a.wouldDo("build a trust bundle")
			}
			var m bundle.Manifest
			if err := a.change("build a trust bundle", "/bundle", r, &m); err != nil {
				return err
			}
			return a.reply("aeo.manifest/1", &m, func(w io.Writer) {
				fmt.Fprintf(w, "bundle %d of %s, %s, %d administrations\n", m.Seq, m.Territory, instant(m.Iat), len(m.Issuers))
			})
		},
	}
	cmd.Flags().StringVar(&r.Profile, "profile", bundle.ProfilePublic, "public, or border: with imported lists, for our own desks only")
	cmd.Flags().IntVar(&r.HistoryDays, "history-days", 0, "how far back it answers (default: as the node is set)")
	return cmd
}

func (a *app) bundlePull() *cobra.Command {
	var out, anchorFile, dial, ca, profile string
	cmd := &cobra.Command{
		Use:   "pull [ENTITY]",
		Short: "fetch the newest trust bundle, check it, and keep it",
		Long: `Fetches the bundle of the node of -C DIR, or of an administration by its entity id,
and replaces the file only by one that opens under the anchor.`,
		Example: "  aeo bundle pull -C jp --out JP.aeobundle\n  aeo bundle pull https://aeo.customs.jp.example --anchor JP.aeoanchor --out JP.aeobundle",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return fail(exitUsage, errors.New("--out is needed"))
			}
			if len(args) > 0 && profile != bundle.ProfilePublic {
				return fail(exitUsage, errors.New("a border bundle is given out by our own node only: leave out the entity id"))
			}
			raw, anchor, err := a.pullBundle(args, anchorFile, dial, ca, profile)
			if err != nil {
				return err
			}
			b, err := bundle.Open(raw, anchor)
			if err != nil {
				return err
			}
			if err := olderThan(out, b, anchor); err != nil {
				return err
			}
			return a.deliver("aeo.file/1", out, raw)
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "file to write")
	f.StringVar(&anchorFile, "anchor", "", "the anchor it must open under (default: the node's own, or the one kept)")
	f.StringVar(&profile, "profile", bundle.ProfilePublic, "public, or border: with imported lists; from our own node only, and for our own desks only")
	f.StringVar(&dial, "dial", "", "address of the listener, HOST:PORT (default: resolve the name)")
	f.StringVar(&ca, "tls-ca", "", "certificate authority of the listener (default: the system's)")
	return cmd
}

func (a *app) pullBundle(args []string, anchorFile, dial, ca, profile string) ([]byte, *bundle.Anchor, error) {
	if len(args) == 0 {
		c, err := a.node()
		if err != nil {
			return nil, nil, err
		}
		if anchorFile == "" {
			anchorFile = filepath.Join(c.dir, "anchor.aeoanchor")
		}
		raw, err := c.raw(http.MethodGet, "/bundle?profile="+escape(profile), nil)
		if err != nil {
			return nil, nil, err
		}
		anchor, err := readAnchor(anchorFile)
		return raw, anchor, err
	}
	raw, err := a.pullFrom(args[0], dial, ca)
	if err != nil {
		return nil, nil, err
	}
	m, _, err := bundle.PeekManifest(raw)
	if err != nil {
		return nil, nil, err
	}
	anchor, err := a.anchorFor(anchorFile, m.Territory)
	return raw, anchor, err
}

func (a *app) pullFrom(entityID, dial, ca string) ([]byte, error) {
	if err := trust.CheckEntityID(entityID); err != nil {
		return nil, fail(exitUsage, err)
	}
	route := peer.Route{Dial: map[string]string{trust.Host(entityID): dial}, Now: a.now}
	if ca != "" {
		var err error
		if _, route.Roots, err = readCA(ca); err != nil {
			return nil, err
		}
	}
	client := peer.NewClient(route)
	defer client.Close()
	raw, err := client.Get(context.Background(), entityID+"/bundle", "application/vnd.aeo.bundle", bundle.MaxBundle)
	if err != nil {
		return nil, fail(exitLater, err)
	}
	return raw, nil
}

// readCA reads a file with certificates of authorities, at least one.
func readCA(name string) (pem []byte, roots *x509.CertPool, err error) {
	if pem, err = readNamed(name, 64<<10); err != nil {
		return nil, nil, err
	}
	roots = x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, nil, fail(exitUsage, fmt.Errorf("%s holds no certificate", name))
	}
	return pem, roots, nil
}

// olderThan refuses to replace a bundle by an older one.
func olderThan(name string, b *bundle.Bundle, anchor *bundle.Anchor) error {
	if _, err := os.Stat(name); err != nil {
		return nil
	}
	raw, err := readNamed(name, bundle.MaxBundle)
	if err != nil {
		return err
	}
	old, err := bundle.Open(raw, anchor)
	if err != nil {
		return nil // whatever it is, it is no bundle of this anchor
	}
	if was, is := old.Manifest().Profile, b.Manifest().Profile; was != is {
		return fail(exitConflict, fmt.Errorf("%s is a bundle of profile %s and would become one of profile %s", name, was, is))
	}
	if old.Manifest().Seq > b.Manifest().Seq {
		return fmt.Errorf("%w: %s is number %d, the one fetched number %d", bundle.ErrRolledBack, name, old.Manifest().Seq, b.Manifest().Seq)
	}
	return nil
}
