package main

import (
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/registry"
)

// auditNode has a node compare what it keeps with its own log.
func (a *app) auditNode(u *unlocking) error {
	var found *registry.Audit
	err := a.eitherNode(u, func(c *client) error {
		found = new(registry.Audit)
		return c.post("/log/audit", struct{}{}, found)
	}, func(n *registry.Node) (err error) {
		found, err = n.Audit()
		return err
	})
	if err != nil {
		return err
	}
	if err := a.reply("aeo.node-audit/1", found, func(w io.Writer) { printAudit(w, found) }); err != nil || found.Differing == 0 {
		return err
	}
	first := found.Differences[0]
	return fail(exitNotAuthentic, fmt.Errorf("%s from the log: %s: %s",
		counted(int(found.Differing), "difference"), plain(first.What), plain(first.How)))
}

func printAudit(w io.Writer, found *registry.Audit) {
	mark := "✓"
	if found.Differing > 0 {
		mark = "✗"
	}
	fmt.Fprintf(w, "%s log of %d leaves, root %s\n", mark, found.Size, found.Root)
	fmt.Fprintf(w, "  compared   every row with the log; %s at size %d\n", counted(found.Tokens, "status list token"), found.PublishedSize)
	for _, d := range found.Differences {
		fmt.Fprintf(w, "  %s   %s (%s)\n", plain(d.How), plain(d.What), plain(d.Row))
	}
	if more := found.Differing - int64(len(found.Differences)); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}
