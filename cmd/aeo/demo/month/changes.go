package month

import (
	"encoding/json"
	"os"
	"time"
)

// pair is the arrangement of two territories.
func pair(a, b string) agreement { return between(a, b) }

// amendment: Japan recognises manufacturers no more; version 2 says so from its day on.
func (s *story) amendment() error {
	var old struct {
		SHA256  string `json:"sha256"`
		Version int64  `json:"version"`
	}
	if err := s.read("JP", &old, "mra", "show", "JP-NZ"); err != nil {
		return err
	}
	file := s.path("arrangements", "JP-NZ.draft.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var draft map[string]any
	if err := json.Unmarshal(raw, &draft); err != nil {
		return err
	}
	draft["version"], draft["prev_sha256"] = old.Version+1, old.SHA256
	draft["signed_on"] = s.clock.Now().UTC().Format(time.DateOnly)
	for _, r := range draft["recognitions"].([]any) {
		rule := r.(map[string]any)
		rule["from"] = s.day(18).Format(time.DateOnly)
		if rule["by"] == "JP" {
			rule["roles"] = []string{"manufacturer"}
		}
	}
	if raw, err = json.Marshal(draft); err != nil {
		return err
	}
	next := s.path("arrangements", "JP-NZ-2.draft.json")
	if err := os.WriteFile(next, raw, 0o600); err != nil {
		return err
	}
	if err := s.conclude(pair("JP", "NZ"), next); err != nil {
		return err
	}
	if err := s.catchUp(); err != nil {
		return err
	}
	s.say("JP-NZ version 2, signed by both: from day 18 on Japan recognises New Zealand's manufacturers only.")
	return s.expect("JP", "NZ", "recognised", "by_arrangement")
}

func (s *story) amended() error {
	if err := s.expect("JP", "NZ", "not_recognised", "role"); err != nil {
		return err
	}
	return s.expectAt("JP", "NZ", s.day(16).Format(time.RFC3339), "recognised", "by_arrangement")
}

// notice: one party ends an arrangement a week ahead, as it asks for.
func (s *story) notice() error {
	n := s.nodes["SG"]
	if _, err := s.aeo("SG", "mra", "end", "SG-US", "--from", s.day(26).Format(time.RFC3339), "--by", n.desk, "--second", n.decides); err != nil {
		return err
	}
	if err := s.catchUp(); err != nil {
		return err
	}
	var arrangement struct {
		Notices []struct {
			Act string `json:"act"`
		} `json:"notices"`
	}
	if err := s.read("US", &arrangement, "mra", "show", "SG-US"); err != nil {
		return err
	}
	s.fact(len(arrangement.Notices) == 1, "the notice is known to the other party", "%d notice at the node of the United States", len(arrangement.Notices))
	return s.expect("US", "SG", "recognised", "by_arrangement")
}

func (s *story) ended() error {
	if err := s.expect("US", "SG", "not_recognised", "ended"); err != nil {
		return err
	}
	return s.expectAt("US", "SG", s.day(25).Format(time.RFC3339), "recognised", "by_arrangement")
}
