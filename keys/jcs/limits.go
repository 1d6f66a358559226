package jcs

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deeply objects and arrays may nest.
const MaxDepth = 32

// MaxInt is the largest number a strict document may hold, 2^53-1. RFC 8785
// knows numbers as IEEE 754 doubles only; beyond this two integers can share one.
const MaxInt = 1<<53 - 1

// checkLimits finds nesting and numbers beyond the limits. It is a scan, not a
// parser: it follows strings so as not to look inside them and leaves every
// other fault to the parser that runs next.
func checkLimits(data []byte) error {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			i = stringEnd(data, i)
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return fmt.Errorf("%w: nested deeper than %d levels at byte %d", ErrSyntax, MaxDepth, i)
			}
		case c == '}' || c == ']':
			depth--
		case c == '-' || '0' <= c && c <= '9':
			end := numberEnd(data, i)
			if !inRange(data[i:end]) {
				return fmt.Errorf("%w: number outside 53 bits at byte %d", ErrSyntax, i)
			}
			i = end - 1
		}
	}
	return nil
}

// elements are those of a strict JSON array.
func elements(data []byte) []jsontext.Value {
	all := make([]jsontext.Value, 0, 3) // as many as a disclosure has
	depth, start := 0, 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = stringEnd(data, i)
		case '[', '{':
			if depth++; depth == 1 {
				start = i + 1
			}
		case ',', ']', '}':
			if depth == 1 {
				if e := bytes.TrimSpace(data[start:i]); len(e) > 0 { // none between the brackets of []
					all = append(all, e)
				}
				start = i + 1
			}
			if data[i] != ',' {
				depth--
			}
		}
	}
	return all
}

// stringEnd is where the string that opens at start closes; len(data) where it does not.
func stringEnd(data []byte, start int) int {
	for i := start + 1; ; i++ {
		next := bytes.IndexByte(data[i:], '"')
		if next < 0 {
			return len(data)
		}
		i += next
		escapes := 0
		for data[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
}

func numberEnd(data []byte, start int) int {
	for i := start; i < len(data); i++ {
		switch c := data[i]; {
		case '0' <= c && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
		default:
			return i
		}
	}
	return len(data)
}

// inRange reports whether the number is within ±MaxInt however it is spelled:
// 1e17 is an integer too. What is no number is the parser's to refuse.
func inRange(number []byte) bool {
	const safeDigits = 15 // no integer of so few characters leaves the range
	if len(number) <= safeDigits && !bytes.ContainsAny(number, "eE") {
		return true
	}
	f, _ := strconv.ParseFloat(string(number), 64) // 0 where it is no number, infinite where too large
	return -MaxInt <= f && f <= MaxInt
}
