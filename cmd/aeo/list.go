package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// A listing is a list of the node's and how it is shown.
type listing[T any] struct {
	path   string // in /api/v1
	schema string // of the whole
	item   string // schema of one item, with --jsonl
	rows   func(T) [][]string
}

// command is the verb that lists.
func (l listing[T]) command(a *app, short string) *cobra.Command {
	var jsonl bool
	cmd := &cobra.Command{
		Use: "list", Short: short, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if jsonl && a.json {
				return fail(exitUsage, errors.New("--json and --jsonl exclude each other"))
			}
			var list api.List[T]
			if err := a.fetch(l.path, &list); err != nil {
				return err
			}
			if jsonl {
				return l.lines(a, list)
			}
			return l.reply(a, list)
		},
	}
	cmd.Flags().BoolVar(&jsonl, "jsonl", false, "print one JSON object a line")
	return cmd
}

// reply prints the list: a table, or with --json one object.
func (l listing[T]) reply(a *app, list api.List[T]) error {
	return a.reply(l.schema, list, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, item := range list.Items {
			for _, row := range l.rows(item) {
				for i := range row {
					row[i] = plain(row[i])
				}
				fmt.Fprintln(t, strings.Join(row, "\t"))
			}
		}
		t.Flush()
	})
}

// lines prints one object a line.
func (l listing[T]) lines(a *app, list api.List[T]) error {
	var lines [][]byte
	for _, item := range list.Items {
		raw, err := withSchema(l.item, item)
		if err != nil {
			return err
		}
		lines = append(lines, raw)
	}
	return a.result(nil, func(w io.Writer) {
		for _, line := range lines {
			fmt.Fprintf(w, "%s\n", line)
		}
	})
}

// withSchema is the JSON of v with its schema in it.
func withSchema(schema string, v any) ([]byte, error) {
	raw, err := jcs.Marshal(v)
	if err != nil {
		return nil, err
	}
	var members map[string]jsontext.Value
	if err := jcs.UnmarshalOpen(raw, &members); err != nil {
		return nil, err
	}
	members["schema"] = jsontext.Value(`"` + schema + `"`)
	return jcs.Marshal(members)
}
