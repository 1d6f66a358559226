package main

import "github.com/spf13/cobra"

// A deed is what a verb has the node do to what its argument names.
type deed struct {
	use, short, example string
	what                string // it will do, before the name
	path                string // it is posted to
	request             any
	number              *string      // of the request
	dryRun              *bool        // of the request
	set                 func() error // completes the request; nil where the flags did
}

// acting is the verb of a deed; flags are its caller's to add.
func acting[A any](a *app, print func(A) error, d deed) *cobra.Command {
	return &cobra.Command{Use: d.use, Short: d.short, Example: d.example, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			*d.number, *d.dryRun = args[0], a.dryRun
			if d.set != nil {
				if err := d.set(); err != nil {
					return err
				}
			}
			return changed(a, d.what+" "+args[0], d.path, d.request, print)
		}}
}
