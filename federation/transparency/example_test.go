package transparency_test

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
)

// An auditor replays a log entry by entry and learns both that the leaves make
// sense and that they are the ones the log signed.
func ExampleReplay() {
	t := printer{}
	log := newLog(t, list0)
	log.batch(opened+60, log.status(list0, 4711, 2, opened+60))
	head := log.checkpoint(log.size()) // from /log/checkpoint

	replay := transparency.NewReplay(head.Origin)
	for _, entry := range log.entries { // from /log/tile/entries/...
		if _, err := replay.Add(entry); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(replay.Matches(head))
	fmt.Println(replay.Reduction.List(list0).Get(4711))

	_, err := replay.Add([]byte(`{"sha256":"unknown","t":"case"}`))
	fmt.Println(err)
	// Output:
	// <nil>
	// suspended <nil>
	// faulty log: leaf 6: not a leaf: case: sha256 is not 64 lower-case hexadecimal digits
}

// A border post asks what held on a day in the past.
func ExampleTimeline_At() {
	t := printer{}
	log, _ := story(t)
	timeline, err := openStory(t, log.states[0], log, unchanged)
	if err != nil {
		fmt.Println(err)
		return
	}
	const day = opened + 23
	now, _ := timeline.At(list0, 1, day, opened+60)
	then, _ := timeline.At(list0, 1, day, day)
	fmt.Printf("as known now %v, as known then %v\n", now.Value, then.Value)
	// Output: as known now ended, as known then suspended
}

// printer stands in for a test.
type printer struct{}

func (printer) Helper()                           {}
func (printer) Fatalf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
