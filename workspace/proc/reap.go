package proc

// Leader is the process that [Run] started, the first of its process group. A
// later one may get its number; its start tells the two apart.
type Leader struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // As the system counts; empty where it isn't known.
}

// Reap kills what an agent that was killed itself has left running: the process
// groups of leaders and, on Linux, every process whose environment has the mark,
// "NAME=value". Whoever calls it must be sure that no agent which may have
// started them lives. It returns how many processes or groups it killed.
func Reap(mark string, leaders []Leader) (int, error) {
	killed := 0
	for _, leader := range leaders {
		if leader.Started != "" && leaderOf(leader.PID) == leader {
			killGroup(leader.PID)
			killed++
		}
	}
	marked, err := family{mark: mark}.killMarked()
	return killed + marked, err
}
