package month

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
)

// story is what happens in the month.
type story struct {
	*world
	out            io.Writer
	authorisations map[string]string // of each place's company
	facts          []demo.Fact
}

// A chapter is one thing that happens on a day, with the places it needs.
type chapter struct {
	day   int
	title string
	needs []string
	tell  func(*story) error
}

// chapters are the month in order. Between them the clock jumps, and every node
// does what the time brings about and follows its partners.
var chapters = []chapter{
	{1, "Grants: one company in each country", nil, (*story).grants},
	{2, "Arrangements: both desks sign, each node imports", nil, (*story).conclusions},
	{inEffect + 2, "In effect: every company at the border of every partner", nil, (*story).recognised},
	{7, "Japan announces its next federation key", []string{"JP"}, (*story).federationAnnounced},
	{8, "A suspension in New Zealand", []string{"NZ", "JP"}, (*story).suspension},
	{9, "Lifted again", []string{"NZ", "JP"}, (*story).reinstatement},
	{10, "The lines between Europe and the rest are cut", []string{"DE", "EU", "JP", "US"}, (*story).partition},
	{12, "The United States announce their next issuer key, and Europe cannot hear it", []string{"DE", "EU", "US"}, (*story).announced},
	{13, "Three days later they are mended", []string{"DE", "EU", "JP", "US"}, (*story).mended},
	{14, "Singapore's node is killed in the middle of work", []string{"SG", "JP"}, (*story).killed},
	{15, "Thailand has joined the arrangement of more than two", []string{"SG", "MY", "TH"}, (*story).joined},
	{16, "A partner without a node mails a list", []string{"NZ"}, (*story).mailed},
	{17, "An arrangement is amended over the exchange channel", []string{"JP", "NZ"}, (*story).amendment},
	{18, "Japan's next federation key signs", []string{"JP"}, (*story).federationSwitched},
	{19, "The amendment is in effect", []string{"JP", "NZ"}, (*story).amended},
	{20, "Singapore gives notice to end an arrangement", []string{"SG", "US"}, (*story).notice},
	{22, "It mails the next one", []string{"NZ"}, (*story).mailedAgain},
	{23, "The next issuer key signs", []string{"DE", "EU", "US"}, (*story).switched},
	{25, "A witness is away", []string{"JP", "SG", "NZ"}, (*story).witnessAway},
	{27, "The arrangement has ended", []string{"SG", "US"}, (*story).ended},
}

// tell tells the whole month and arrives at the present.
func (s *story) tell(count int) error {
	if err := s.opening(places[:count]); err != nil {
		return err
	}
	var leftOut []string
	for _, c := range chapters {
		if s.lacks(c.needs) {
			leftOut = append(leftOut, c.title)
			continue
		}
		if err := s.at(c.day, 9); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "\nday %d, %s: %s\n", c.day, s.day(c.day).Format(time.DateOnly), c.title)
		if err := c.tell(s); err != nil {
			return fmt.Errorf("day %d: %w", c.day, err)
		}
	}
	if len(leftOut) > 0 {
		fmt.Fprintf(s.out, "\nLeft out, for want of their nodes:\n  %s\n", strings.Join(leftOut, "\n  "))
	}
	if err := s.jump(time.Now().Add(-8 * ahead)); err != nil {
		return err
	}
	if err := s.rest(); err != nil {
		return err
	}
	if err := s.clock.Arrive(); err != nil {
		return err
	}
	return s.settle(time.Now().Add(-ahead), patience)
}

func (s *story) lacks(codes []string) bool {
	for _, code := range codes {
		if s.nodes[code] == nil {
			return true
		}
	}
	return false
}

// opening makes the nodes, lets them meet, and has each look at the others.
func (s *story) opening(list []place) error {
	fmt.Fprintf(s.out, "A month with invented companies. The clock starts on %s and ends today.\n", s.begin.Format(time.DateOnly))
	fmt.Fprintf(s.out, "\nday 0, %s: %d nodes start, each a process of its own\n", s.begin.Format(time.DateOnly), len(list))
	if err := s.create(list); err != nil {
		return err
	}
	if err := s.connect(); err != nil {
		return err
	}
	if err := s.acquaint(s.overLine); err != nil {
		return err
	}
	// In the first round each learns whom the others name, in the second what they state.
	if err := s.catchUp(); err != nil {
		return err
	}
	if err := s.catchUp(); err != nil {
		return err
	}
	followed, never := 0, []string{}
	for _, code := range s.order {
		peers, err := s.peers(code)
		if err != nil {
			return err
		}
		for _, p := range peers {
			followed++
			if p.SyncedAt == 0 {
				never = append(never, code+" of "+p.Territory)
			}
		}
	}
	s.fact(len(never) == 0 && followed > 0, "they follow each other", "%d anchors exchanged, %d partners followed%s", followed, followed-len(never), listed(never))
	return nil
}

// fact notes and prints something that must hold.
func (s *story) fact(ok bool, name, format string, args ...any) {
	f := demo.Fact{Name: name, At: s.clock.Now().Unix(), OK: ok, Got: fmt.Sprintf(format, args...)}
	s.facts = append(s.facts, f)
	mark := "✓"
	if !ok {
		mark = "✗"
	}
	fmt.Fprintf(s.out, "  %s %s: %s\n", mark, f.Name, f.Got)
}

// say prints what happens.
func (s *story) say(format string, args ...any) {
	fmt.Fprintf(s.out, "    %s\n", fmt.Sprintf(format, args...))
}

// listed is a list in brackets, nothing when it is empty.
func listed(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return " (not: " + strings.Join(list, ", ") + ")"
}
