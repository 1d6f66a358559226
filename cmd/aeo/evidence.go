package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/files"
	"github.com/spf13/cobra"
)

func (a *app) evidenceAdd() *cobra.Command {
	e := registry.AddEvidence{}
	var keep string
	cmd := &cobra.Command{
		Use:     "add APPLICATION FILE",
		Short:   "enter a file into the register of evidence",
		Long:    "Enter a file into the register of evidence: PDF, PNG, JPEG, text, CSV, XLSX or DOCX, at most 32 MiB.\nWhat it is is told from its content; its name is not kept.",
		Example: `  aeo application evidence add NZ-APP-000001 seal-log.pdf --title "Seal log 2026" --criterion G-2 --by "J. Tamihana" --yes`,
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := readNamed(args[1], files.MaxFile)
			if err != nil {
				return err
			}
			if keep != "" {
				if e.KeepUntil, err = a.parseTime(keep); err != nil {
					return fail(exitUsage, fmt.Errorf("--keep-until: %w", err))
				}
			}
			e.Application, e.DryRun = args[0], a.dryRun
			s, err := a.upload(e, raw)
			if err != nil {
				return err
			}
			if a.dryRun {
				a.note("dry run: enter %s into the register of %s; nothing was changed", args[1], args[0])
			}
			return a.showEvidence(s.Evidence[len(s.Evidence)-1:])
		},
	}
	f := cmd.Flags()
	f.StringVar(&e.Title, "title", "", "what it is")
	f.StringSliceVar(&e.Criteria, "criterion", nil, "criterion or group it is evidence for; repeatable")
	f.StringVar(&e.Site, "site", "", "site it is about")
	f.StringVar(&keep, "keep-until", "", "when its retention ends; without it, with the case")
	byFlag(cmd, &e.By)
	return cmd
}

// upload sends a file with its description in the query.
func (a *app) upload(e registry.AddEvidence, raw []byte) (s authorisation.Assessment, err error) {
	c, err := a.node()
	if err != nil {
		return s, err
	}
	if !a.dryRun {
		if err := a.confirm(fmt.Sprintf("enter %d bytes into the register of %s", len(raw), e.Application)); err != nil {
			return s, err
		}
	}
	query := url.Values{"application": {e.Application}, "title": {e.Title}, "criterion": e.Criteria, "site": {e.Site},
		"keep_until": {strconv.FormatInt(e.KeepUntil, 10)}, "by": {e.By}, "dry_run": {strconv.FormatBool(e.DryRun)}}
	answer, err := c.raw(http.MethodPost, "/applications/evidence?"+query.Encode(), raw)
	if err != nil {
		return s, err
	}
	if err := jcs.UnmarshalOpen(answer, &s); err != nil {
		return s, fmt.Errorf("read the node's answer: %w", err)
	}
	if len(s.Evidence) == 0 {
		return s, errors.New("the node's answer holds no evidence")
	}
	return s, nil
}

func (a *app) showEvidence(list []authorisation.Evidence) error {
	return evidenceListing(a.now().Unix()).reply(a, api.List[authorisation.Evidence]{Items: list})
}

func evidenceListing(now int64) listing[authorisation.Evidence] {
	return listing[authorisation.Evidence]{"", "aeo.evidence/1", "", func(e authorisation.Evidence) [][]string {
		keep := "with the case"
		if e.KeepUntil != 0 {
			if keep = "until " + day(e.KeepUntil); e.KeepUntil <= now {
				keep = "past since " + day(e.KeepUntil)
			}
		}
		return [][]string{{e.SHA256[:16], e.MediaType, strconv.FormatInt(e.Size, 10), e.Title, day(e.At) + " " + e.By, keep, fmt.Sprintf("read %d times", e.Read)}}
	}}
}

func (a *app) evidenceList() *cobra.Command {
	return &cobra.Command{
		Use: "list APPLICATION", Short: "list the register of evidence", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.assessmentOf(args[0])
			if err != nil {
				return err
			}
			return a.showEvidence(s.Evidence)
		},
	}
}

func (a *app) evidenceGet() *cobra.Command {
	r := registry.ReadEvidence{}
	cmd := &cobra.Command{
		Use:     "get APPLICATION DIGEST FILE",
		Short:   "read a file of the register; who reads it is recorded",
		Example: `  aeo application evidence get NZ-APP-000001 9f86d081 seal-log.pdf --purpose validation --by "A. Ngata"`,
		Args:    cobra.ExactArgs(3),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := notThere(args[2]); err != nil {
				return err
			}
			c, err := a.node()
			if err != nil {
				return err
			}
			r.Application, r.SHA256 = args[0], args[1]
			request, err := jcs.Marshal(r)
			if err != nil {
				return err
			}
			if a.dryRun {
				return a.wouldDo("read %s of %s", args[1], args[0])
			}
			content, err := c.raw(http.MethodPost, "/applications/evidence/read", request)
			if err != nil {
				return err
			}
			return a.deliver("aeo.file/1", args[2], content)
		},
	}
	cmd.Flags().StringVar(&r.Purpose, "purpose", "", "why it is read")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) evidenceCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "read the content of all evidence and compare it with its digests; tell what is kept past its date", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var h registry.FilesHealth
			if err := a.fetch("/evidence/check", &h); err != nil {
				return err
			}
			err := a.reply("aeo.evidence-check/1", h, func(w io.Writer) {
				fmt.Fprintf(w, "%d files: %d missing, %d damaged, %d whose key is not here\n", h.Files, len(h.Missing), len(h.Damaged), h.Unreadable)
				for _, name := range h.Missing {
					fmt.Fprintf(w, "  missing  %s\n", name)
				}
				for _, name := range h.Damaged {
					fmt.Fprintf(w, "  damaged  %s\n", name)
				}
				for _, p := range h.Past {
					fmt.Fprintf(w, "  past     %s %s, kept until %s: %s\n", p.Application, p.SHA256[:16], day(p.KeepUntil), p.Title)
				}
			})
			if err == nil && len(h.Missing)+len(h.Damaged) > 0 {
				err = fail(exitStorage, errors.New("evidence is missing or damaged: put it back from a backup"))
			}
			return err
		},
	}
}
