package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// What the linker was told with -X main.version=... and -X main.builtAt=...
// (Unix seconds); without it, what the Go command recorded of the source.
var version, builtAt string

// A versionResult is aeo.version/1.
type versionResult struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source; empty where it is not known
	Modified bool   `json:"modified"` // the source differed from the revision
	BuiltAt  int64  `json:"built_at"` // 0 where it is not known
	Go       string `json:"go"`
}

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "say which program this is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			return a.result(v, func(w io.Writer) {
				fmt.Fprintf(w, "aeo %s %s\n", v.Version, v.Go)
				if v.Revision != "" {
					fmt.Fprintf(w, "source %s%s\n", v.Revision, map[bool]string{true: ", modified"}[v.Modified])
				}
				if v.BuiltAt != 0 {
					fmt.Fprintf(w, "built %s\n", instant(v.BuiltAt))
				}
			})
		},
	}
}

func readVersion() versionResult {
	v := versionResult{Schema: "aeo.version/1", Version: version, BuiltAt: buildTime(), Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if v.Version == "" {
		v.Version = info.Main.Version
	}
	v.Revision = setting(info, "vcs.revision")
	v.Modified = setting(info, "vcs.modified") == "true"
	return v
}

// buildTime is the least the clock can show, in Unix seconds: when the program
// was built, or at least when its source was committed; 0 where neither is known.
func buildTime() int64 {
	if t, err := strconv.ParseInt(builtAt, 10, 64); err == nil && t > 0 {
		return t
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if t, err := time.Parse(time.RFC3339, setting(info, "vcs.time")); err == nil {
			return t.Unix()
		}
	}
	return 0
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
