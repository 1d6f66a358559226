package demo

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheClockOfADemoIsSharedAndJumpsForAll(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, marker), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	month := -31 * 24 * time.Hour
	mine, err := NewSharedClock(dir, time.Now().Add(month))
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	node := filepath.Join(dir, "nodes", "NZ")
	if err := os.MkdirAll(node, 0o700); err != nil {
		t.Fatal(err)
	}
	theirs, err := ClockOf(node)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if d := got - want; d < -5*time.Second || d > 5*time.Second {
			t.Errorf("%s: %v, want about %v", what, got, want)
		}
	}
	began, first := theirs.Now(), theirs.Elapsed()
	near("the demo begins", time.Until(began), month)
	day := 24 * time.Hour
	if err := mine.Jump(began.Add(9 * day)); err != nil {
		t.Fatal(err)
	}
	near("after the jump", theirs.Now().Sub(began), 9*day)
	near("to the node that is time that passed", theirs.Elapsed()-first, 9*day)
	if err := mine.Jump(began); err != nil {
		t.Fatal(err)
	}
	near("it never goes back", theirs.Now().Sub(began), 9*day)
	if err := mine.Arrive(); err != nil {
		t.Fatal(err)
	}
	near("at the end", time.Until(theirs.Now()), 0)
}

func TestOnlyADemoHasAClockThatCanBeMoved(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, clockFile), clockText(time.Hour), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ClockOf(dir); !errors.Is(err, ErrNoDemo) {
		t.Errorf("without the marker of a demo: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, marker), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"empty": "", "words": "tomorrow at nine, then\n", "short": "+12\n"} {
		if err := os.WriteFile(filepath.Join(dir, clockFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ClockOf(dir); err == nil {
			t.Errorf("%s: taken for a clock", name)
		}
	}
	if err := os.Remove(filepath.Join(dir, clockFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := ClockOf(dir); !errors.Is(err, ErrNoDemo) {
		t.Errorf("a demo in one process: %v", err)
	}
}
