package jcs

import "bytes"

// plain reports whether data, which is valid JSON, is surely in RFC 8785 form:
// no white space, no escapes, integers in their one spelling, and the names of
// each object ascending and of ASCII, where bytes sort as UTF-16 does. Most of
// what the system writes is; false says nothing, and the long way decides.
func plain(data []byte) bool {
	var (
		newest [MaxDepth + 1][]byte // the newest name of each open object
		object [MaxDepth + 1]bool   // or it is an array
		depth  int
		name   bool // a name comes next
	)
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '{', '[':
			if depth++; depth > MaxDepth {
				return false
			}
			object[depth], newest[depth], name = c == '{', nil, c == '{'
		case '}', ']':
			depth, name = depth-1, false
		case ',':
			name = object[depth]
		case '"':
			text := data[i+1:]
			text = text[:max(0, bytes.IndexByte(text, '"'))]
			if bytes.IndexByte(text, '\\') >= 0 {
				return false
			}
			if name {
				if !ascends(newest[depth], text) {
					return false
				}
				newest[depth], name = text, false
			}
			i += len(text) + 1
		case ' ', '\t', '\r', '\n':
			return false
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			end := numberEnd(data, i)
			if !isPlainInteger(data[i:end]) {
				return false
			}
			i = end - 1
		}
	}
	return true
}

// isPlainText reports whether s is printable ASCII that JSON writes as it is.
func isPlainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// ascends reports whether name may follow the name before it; nil = it is the first.
func ascends(before, name []byte) bool {
	for _, c := range name {
		if c >= 0x80 {
			return false
		}
	}
	return before == nil || bytes.Compare(before, name) < 0
}

func isPlainInteger(number []byte) bool {
	digits, negative := bytes.CutPrefix(number, []byte("-"))
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return !negative || digits[0] != '0' // valid JSON has no other leading zero
}
