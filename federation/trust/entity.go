package trust

import (
	"errors"
	"fmt"
	"strings"
)

const (
	scheme   = "https://"
	maxHost  = 253 // RFC 1035, 2.3.4, in text form
	maxLabel = 63
)

// CheckEntityID reports whether id is an entity id of this profile: an https
// URL that is a lower-case host name and nothing else, so that one
// administration has one spelling and no statement can steer a request to an
// address, a port or a path.
func CheckEntityID(id string) error {
	host, ok := strings.CutPrefix(id, scheme)
	if !ok {
		return fmt.Errorf("%w: entity id %.80q does not begin with https://", ErrStatement, id)
	}
	if err := checkHost(host); err != nil {
		return fmt.Errorf("%w: entity id %.80q: %w", ErrStatement, id, err)
	}
	return nil
}

// Host is the host of an entity id; empty where id is none.
func Host(id string) string {
	if CheckEntityID(id) != nil {
		return ""
	}
	return id[len(scheme):]
}

// checkHost wants a DNS name of at least two labels in lower-case letters,
// digits and hyphens. A last label that begins with a digit would make it an
// IPv4 address to some readers (1.2.3.4, 0x7f.1).
func checkHost(host string) error {
	if len(host) > maxHost {
		return fmt.Errorf("host of %d bytes, at most %d", len(host), maxHost)
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return errors.New("a host has at least two labels")
	}
	for _, label := range labels {
		if !isLabel(label) {
			return fmt.Errorf("host label %.64q, want lower-case letters, digits and inner hyphens", label)
		}
	}
	if last := labels[len(labels)-1]; last[0] <= '9' {
		return errors.New("an IP address is no host name")
	}
	return nil
}

func isLabel(s string) bool {
	if s == "" || len(s) > maxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
