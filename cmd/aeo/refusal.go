package main

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// A refusal is a problem that the node told. It speaks of members of a request, and
// whoever typed a command line knows only its flags.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// advised is an error in the words of the command that was typed, with what to type next.
func advised(cmd *cobra.Command, err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	var hints []string
	switch found := noCase.FindStringSubmatch(r.text); {
	case r.status == http.StatusUnauthorized:
		hints = append(hints, "aeo login NAME")
	case found != nil:
		hints = append(hints, "aeo "+listOf[found[1]]+" list")
	}
	return fail(codeOf(err), errors.New(inFlags(cmd, r.text)), hints...)
}

// noCase finds what kind of number nothing bears, and listOf the verbs that say which there are.
var (
	noCase = regexp.MustCompile(`no case "[A-Z]{2}-(OP|APP|AUT|VIS|ACC|APR)-`)
	listOf = map[string]string{"OP": "operator", "APP": "application", "AUT": "authorisation", "VIS": "application visit", "ACC": "user", "APR": "approve"}
)

// member finds what a refusal names as a member of the request: "reason: missing", "(heard_at)".
var member = regexp.MustCompile(`(^|[: (])([a-z]+(?:_[a-z]+)*)(:|\)| is missing)`)

// inFlags puts flags where a refusal names the members they fill.
func inFlags(cmd *cobra.Command, text string) string {
	return member.ReplaceAllStringFunc(text, func(found string) string {
		m := member.FindStringSubmatch(found)
		name := strings.ReplaceAll(m[2], "_", "-")
		first, last := name, name
		if i := strings.LastIndex(name, "-"); i >= 0 {
			first, last = name[:i], name[i+1:]
		}
		for _, flag := range []string{name, first, last, strings.TrimSuffix(name, "s")} {
			if cmd.LocalNonPersistentFlags().Lookup(flag) != nil {
				return m[1] + "--" + flag + m[3]
			}
		}
		return found
	})
}
