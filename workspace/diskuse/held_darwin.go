package diskuse

// held counts files that processes have open without a name. Here it sees none of them.
func (*count) held([]int, []string) (unseen, err error) { return nil, nil }
