package evaluate

// mostBlocks is how many pieces a text is described by: enough to see how much a
// figure depends on the text, few enough that neighbouring windows, which are often
// about the same, stand together.
const mostBlocks = 32

// blocks are the mean losses per predicted token, in nats, of pieces of the text of
// equally many windows, given each window's nats. What is over at the end is left out.
func (e *Evaluator) blocks(windows []float64) []float32 {
	length := (len(windows) + mostBlocks - 1) / mostBlocks
	blocks := make([]float32, len(windows)/length)
	for i := range blocks {
		var nats float64
		for _, window := range windows[i*length : (i+1)*length] {
			nats += window
		}
		blocks[i] = float32(nats / float64(length*(e.context-1)))
	}
	return blocks
}
