package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
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

// A filter is a flag of a listing and what it asks the node for.
type filter struct {
	flag, parameter, usage string
	parse                  func(string) (string, error) // nil = as it is given
}

// command is the verb that lists: all there is that the filters ask for.
func (l listing[T]) command(a *app, short string, filters ...filter) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: short, Args: cobra.NoArgs}
	l.run(a, cmd, filters...)
	return cmd
}

// run lets a verb list.
func (l listing[T]) run(a *app, cmd *cobra.Command, filters ...filter) {
	var jsonl bool
	var limit int
	given := make([]string, len(filters))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if jsonl && a.json {
			return fail(exitUsage, errors.New("--json and --jsonl exclude each other"))
		}
		if limit < 1 && cmd.Flags().Changed("limit") {
			return fail(exitUsage, errors.New("--limit wants at least 1"))
		}
		query := url.Values{}
		for i, f := range filters {
			value := given[i]
			if value == "" {
				continue
			}
			if f.parse != nil {
				var err error
				if value, err = f.parse(value); err != nil {
					return fail(exitUsage, fmt.Errorf("--%s %w", f.flag, err))
				}
			}
			query.Set(f.parameter, value)
		}
		list, err := l.all(a, query, limit)
		if err != nil {
			return err
		}
		if jsonl {
			return l.lines(a, list)
		}
		return l.reply(a, list)
	}
	for i, f := range filters {
		cmd.Flags().StringVar(&given[i], f.flag, "", f.usage)
	}
	cmd.Flags().BoolVar(&jsonl, "jsonl", false, "print one JSON object a line")
	cmd.Flags().IntVar(&limit, "limit", 0, "no more than so many; all where it is not given")
}

// all follows the pages of a list until limit items are there; 0 = to its end.
func (l listing[T]) all(a *app, query url.Values, limit int) (all api.List[T], err error) {
	c, err := a.node()
	if err != nil {
		return all, err
	}
	for {
		path := l.path
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		var page api.List[T]
		if err := c.get(path, &page); err != nil {
			return all, err
		}
		all.Items = append(all.Items, page.Items...)
		if limit > 0 && len(all.Items) >= limit {
			all.Items = all.Items[:limit]
			return all, nil
		}
		if page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

// reply prints the list: a table, or with --json one object.
func (l listing[T]) reply(a *app, list api.List[T]) error {
	return a.reply(l.schema, list, func(w io.Writer) {
		var text bytes.Buffer
		t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
		for _, item := range list.Items {
			for _, row := range l.rows(item) {
				for i := range row {
					row[i] = plain(row[i])
					if i > 0 { // the first is what the row is about
						row[i] = accountNumber.ReplaceAllStringFunc(row[i], a.nameAnd)
					}
				}
				fmt.Fprintln(t, strings.Join(row, "\t"))
			}
		}
		t.Flush()
		for line := range strings.Lines(text.String()) { // an empty last cell leaves blanks
			fmt.Fprintln(w, strings.TrimRight(line, " \n"))
		}
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
		lines = append(lines, append(raw, '\n'))
	}
	return a.bare(bytes.Join(lines, nil))
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
