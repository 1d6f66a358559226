package main

// promises are what a node promises, in the order they are tested.
var promises = []promise{
	{
		id: "kills", about: "kill -9 of the running program",
		holds:    "every acknowledged act is there, none is invented or done twice, no size of the log has two checkpoints",
		method:   "clients act through the socket of the real binary and sync what was acknowledged to files of their own; it is killed again and again, also while it starts, three deep; then log, notes and every checkpoint a public reader saw are compared",
		short:    times("AEO_KILLS", 200, "kills"),
		long:     times("AEO_KILLS", 10_000, "kills"),
		commands: [][]string{goTest("./cmd/aeo", "TestCampaignKills")},
	},
	{
		id: "ledger_kills", about: "kill -9 of the ledger under load",
		holds:    "nothing acknowledged is lost",
		method:   "a process that appends from four callers is killed at any instant",
		short:    times("AEO_SEEDS", 200, "kills"),
		long:     times("AEO_SEEDS", 10_000, "kills"),
		commands: [][]string{goTest("./registry/ledger", "TestKills")},
	},
	{
		id: "power_cuts", about: "power cut, torn writes",
		holds:    "as after a kill, with any part of what was not synced on the disk",
		method:   "the ledger on a file system in memory that forgets 0 to 100 % of unsynced data, up to three cuts in a row, by seed; then the tree is derived again from its leaves",
		short:    times("AEO_SEEDS", 2_000, "seeds"),
		long:     times("AEO_SEEDS", 200_000, "seeds"),
		commands: [][]string{goTest("./registry/ledger", "TestPowerCuts")},
	},
	{
		id: "recovery_cuts", about: "power cut during recovery",
		holds:    "recovery begins anew and comes to the same",
		method:   "the power is cut at a random write of the start, three starts in a row, by seed",
		short:    times("AEO_SEEDS", 500, "seeds"),
		long:     times("AEO_SEEDS", 20_000, "seeds"),
		commands: [][]string{goTest("./registry/ledger", "TestPowerCutsWhileOpening", "TestPowerCutDuringCreate")},
	},
	{
		id: "disk_faults", about: "a disk that fails",
		holds:    "whatever operation fails, nothing acknowledged is lost and the next start is clean",
		method:   "each n-th reading or writing operation of opening, appending and closing fails with EIO or ENOSPC, alone or with all after it, through the file system under the store, in a process of its own",
		short:    whole,
		long:     whole,
		commands: [][]string{goTest("./registry/ledger", "TestEachFault", "TestFailedWrites")},
	},
	{
		id: "syscalls", about: "system calls that fail or kill",
		holds:    "nothing acknowledged is lost, nothing is invented, the next start is clean",
		method:   "each n-th fsync, write, rename, open and unlink of the real binary, from its start to a grant and a suspension, fails with EIO or ENOSPC or kills it, through strace",
		short:    scale{"the first 3 of each thread", 20, []string{"AEO_NTH=3"}},
		long:     scale{"all", 20, []string{"AEO_NTH=100000"}},
		commands: [][]string{goTest("./cmd/aeo", "TestCampaignSyscalls")},
	},
}
