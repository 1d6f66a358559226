package transparency

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const (
	maxOrigin = 255
	maxURI    = 512
)

// checkForm says what about a leaf's values no leaf can have, whatever came
// before it in the log.
func checkForm(l Leaf) error {
	switch l := l.(type) {
	case Genesis:
		return checkGenesis(l)
	case Key:
		return checkKey(l)
	case List:
		return checkList(l)
	case Credential:
		return checkDigest("sha256", l.SHA256)
	case Status:
		return checkStatus(l)
	case Artefact:
		return checkArtefact(l)
	case Case:
		return checkDigest("sha256", l.SHA256)
	case State:
		return checkState(l)
	}
	return fmt.Errorf("unknown leaf %T", l)
}

func checkGenesis(g Genesis) error {
	switch {
	case g.Origin == "" || len(g.Origin) > maxOrigin || strings.ContainsFunc(g.Origin, notInOrigin):
		return fmt.Errorf("origin %.80q cannot name a log", g.Origin)
	case !isTerritory(g.Territory):
		return fmt.Errorf("territory %.20q is not two capital letters", g.Territory)
	case !isTerritory(g.Authority):
		return fmt.Errorf("authority %.20q is not two capital letters", g.Authority)
	case g.Profile != Profile:
		return fmt.Errorf("profile %d, this is %d", g.Profile, Profile)
	}
	return checkDigest("roster_sha256", g.RosterSHA256)
}

// notInOrigin keeps origins to what a C2SP key name can hold, in ASCII.
func notInOrigin(r rune) bool { return r <= ' ' || r >= 0x7f || r == '+' }

func isTerritory(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

func checkKey(k Key) error {
	if len(k.Roster) == 0 || k.Roster[0] != '{' {
		return errors.New("roster is not a JSON object")
	}
	if len(k.Roster) > keys.KindRoster.Max() {
		return fmt.Errorf("roster of %d bytes, at most %d", len(k.Roster), keys.KindRoster.Max())
	}
	return nil
}

func checkList(l List) error {
	if _, err := listIssuer(l.URI); err != nil {
		return err
	}
	if l.Bits != statuslist.Bits {
		return fmt.Errorf("bits %d, want %d", l.Bits, statuslist.Bits)
	}
	if l.Size < statuslist.MinSize || l.Size > statuslist.MaxSize || l.Size&(l.Size-1) != 0 {
		return fmt.Errorf("size %d is no power of two from %d to %d", l.Size, statuslist.MinSize, statuslist.MaxSize)
	}
	return nil
}

func checkStatus(s Status) error {
	if _, err := listIssuer(s.URI); err != nil {
		return err
	}
	switch {
	case s.Idx < 0 || s.Idx >= statuslist.MaxSize:
		return fmt.Errorf("idx %d is in no list", s.Idx)
	case s.Value > statuslist.Superseded:
		return fmt.Errorf("value %d is no status", s.Value)
	case s.Prev != nil && !isCount(*s.Prev):
		return fmt.Errorf("prev %d is no index", *s.Prev)
	}
	return checkInstant("effective_at", s.EffectiveAt)
}

func checkArtefact(a Artefact) error {
	switch a.Kind {
	case KindEntityConfiguration, KindStatement, KindMRA, KindNotice, KindDirectory, KindProgramme, KindRecognition, KindList:
		return checkDigest("sha256", a.SHA256)
	}
	return fmt.Errorf("unknown kind %.40q", a.Kind)
}

func checkState(s State) error {
	if !isCount(s.Applied) {
		return fmt.Errorf("applied %d is no index", s.Applied)
	}
	if err := checkInstant("at", s.At); err != nil {
		return err
	}
	for i, l := range s.Lists {
		if _, err := listIssuer(l.URI); err != nil {
			return fmt.Errorf("list %d: %w", i, err)
		}
		if err := checkDigest("sha256", l.SHA256); err != nil {
			return fmt.Errorf("list %d: %w", i, err)
		}
	}
	if s.EventsSHA256 != "" {
		if err := checkDigest("events_sha256", s.EventsSHA256); err != nil {
			return err
		}
	}
	return checkDigest("roster_sha256", s.RosterSHA256)
}

// listIssuer takes a status list uri apart: entity id + "/status/" + n.
func listIssuer(uri string) (entityID string, err error) {
	const scheme, middle = "https://", "/status/"
	entityID, n, ok := strings.Cut(uri, middle)
	host, https := strings.CutPrefix(entityID, scheme)
	if len(uri) > maxURI || !ok || !https || host == "" || strings.ContainsFunc(host, notInHost) || !isDecimal(n) {
		return "", fmt.Errorf("uri %.80q is not https://host/status/n", uri)
	}
	return entityID, nil
}

func notInHost(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '.')
}

// isDecimal reports whether s is a number in the one spelling that has no leading zeros.
func isDecimal(s string) bool {
	if s == "" || len(s) > 16 || s[0] == '0' && s != "0" {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func checkDigest(member, s string) error {
	if !keys.IsSHA256Hex(s) {
		return fmt.Errorf("%s is not 64 lower-case hexadecimal digits", member)
	}
	return nil
}

func checkInstant(member string, t int64) error {
	if !isCount(t) {
		return fmt.Errorf("%s %d is no Unix time", member, t)
	}
	return nil
}

func isCount(n int64) bool { return n >= 0 && n <= jcs.MaxInt }
