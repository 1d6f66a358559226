package month

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
)

// announced: the United States replace their issuer key in the ordinary way,
// while a part of their partners cannot hear of it.
func (s *story) announced() error { return s.announce("US", "issuer") }

func (s *story) announce(code, role string) error {
	n := s.nodes[code]
	before, err := s.rotation(code, role)
	if err != nil {
		return err
	}
	if _, err := s.aeo(code, "key", "rotate", "--role", role, "--by", n.desk, "--second", n.decides); err != nil {
		return err
	}
	if err := s.catchUp(); err != nil {
		return err
	}
	now, err := s.rotation(code, role)
	if err != nil {
		return err
	}
	s.fact(now.Next != nil && now.Present.ID == before.Present.ID, "the next "+role+" key is announced",
		"%.8s goes on signing until %s; then %.8s does", now.Present.ID, at(now.SwitchAt), next(now))
	return nil
}

// federationAnnounced: Japan replaces the key by which its partners know all it publishes.
func (s *story) federationAnnounced() error { return s.announce("JP", "federation") }

// federationSwitched: every partner goes on following it, and has nothing to say.
func (s *story) federationSwitched() error {
	now, err := s.rotation("JP", "federation")
	if err != nil {
		return err
	}
	s.fact(now.Next == nil && now.Present.NotBefore > s.day(7).Unix() && now.Present.NotBefore <= s.clock.Now().Unix(),
		"the next federation key signs", "%.8s since %s", now.Present.ID, at(now.Present.NotBefore))
	var refused []string
	partners := s.partners("JP")
	for _, by := range partners {
		p, err := s.peer(by, "JP")
		if err != nil {
			return err
		}
		a, err := s.verify(by, "JP", border...)
		if err != nil {
			return err
		}
		f := p.Following
		if p.SyncedAt < now.Present.NotBefore || f.State != registry.StateFollowing || f.Failure != "" || len(f.Warnings) > 0 || a.Outcome != isRecognised {
			refused = append(refused, strings.Join(append([]string{by, a.String(), f.State, f.Failure}, f.Warnings...), " "))
		}
	}
	s.fact(len(partners) > 0 && len(refused) == 0, "nothing it signs is refused", "%d of %d partners follow Japan and recognise its firm%s",
		len(partners)-len(refused), len(partners), listed(refused))
	return nil
}

// switched: the node signs with the next key by itself. What the one before
// signed stays good, and so is what the next one signs.
func (s *story) switched() error {
	n := s.nodes["US"]
	now, err := s.rotation("US", "issuer")
	if err != nil {
		return err
	}
	s.fact(now.Next == nil && now.Present.NotBefore <= s.clock.Now().Unix(), "the next issuer key signs", "%.8s since %s", now.Present.ID, at(now.Present.NotBefore))
	raw, err := os.ReadFile(s.credential("US"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path(oldKeyFile), raw, 0o600); err != nil {
		return err
	}
	for _, what := range []string{"signed with the key before", "signed with the next key"} {
		refused := []string{}
		partners := s.partners(n.territory)
		for _, by := range partners {
			a, err := s.verify(by, "US", border...)
			if err != nil {
				return err
			}
			if a.Outcome != isRecognised {
				refused = append(refused, by+" "+a.String())
			}
		}
		s.fact(len(partners) > 0 && len(refused) == 0, "what is "+what+" is good", "%d of %d partners recognise it%s",
			len(partners)-len(refused), len(partners), listed(refused))
		if _, err := s.aeo("US", "credential", "issue", s.authorisations["US"], "--by", n.desk); err != nil {
			return err
		}
		if err := s.credentials(); err != nil {
			return err
		}
	}
	a, err := s.verify(s.partners(n.territory)[0], "US", append([]string{"--at", s.day(16).Format(time.RFC3339)}, border...)...)
	if err != nil {
		return err
	}
	s.fact(a.Outcome == isRecognised && a.warns(federation.CaveatIssuedLater), "asked about a day before it was issued anew", "%s%s", a, caveats(a))
	return nil
}

// oldKeyFile is a credential that the issuer key before signed, kept for whoever
// looks when the month is over.
const oldKeyFile = "cases/prairie-instruments-old-key.aeo"

func (s *story) rotation(code, role string) (*registry.Rotation, error) {
	var list struct {
		Items []*registry.Rotation `json:"items"`
	}
	if err := s.read(code, &list, "key", "rotate", "--status"); err != nil {
		return nil, err
	}
	for _, r := range list.Items {
		if r.Role == role {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%s has no %s key", code, role)
}

func next(r *registry.Rotation) string {
	if r.Next == nil {
		return "none"
	}
	return r.Next.ID
}

func at(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04 UTC") }
