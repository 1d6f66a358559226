package main

import (
	"bytes"
	"io"
	"regexp"

	"github.com/aeo-registry/aeo/registry/authorisation"
)

// accountNumber finds the numbers of accounts in what people read.
var accountNumber = regexp.MustCompile(`\b[A-Z]{2}-ACC-[0-9]{6,}\b`)

// named writes whose an account is before its number. At the beginning of a line it
// is the account itself that is told of.
func (a *app) named(text []byte) []byte {
	var out []byte
	last := 0
	for _, at := range accountNumber.FindAllIndex(text, -1) {
		number := text[at[0]:at[1]]
		if at[0] == 0 || text[at[0]-1] == '\n' || text[at[0]-1] == '(' {
			continue
		}
		out = append(append(out, text[last:at[0]]...), a.nameAnd(string(number))...)
		last = at[1]
	}
	return append(out, text[last:]...)
}

// nameAnd is the number of an account with the name before it, as far as the node tells.
func (a *app) nameAnd(number string) string {
	if name := a.nameOf(number); name != "" {
		return name + " (" + number + ")"
	}
	return number
}

// nameOf asks the node once whose an account is; empty where it does not tell.
func (a *app) nameOf(number string) string {
	if name, known := a.names[number]; known {
		return name
	}
	if a.names == nil {
		a.names = map[string]string{}
	}
	var account authorisation.Account
	if err := a.fetch("/accounts/"+escape(number), &account); err == nil {
		a.names[number] = plain(account.Name)
	} else {
		a.names[number] = ""
	}
	return a.names[number]
}

// naming is human output in which accounts have names.
func (a *app) naming(human func(io.Writer)) func(io.Writer) {
	return func(w io.Writer) {
		var text bytes.Buffer
		human(&text)
		w.Write(a.named(text.Bytes()))
	}
}
