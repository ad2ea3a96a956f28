package hubtest

import "net/http"

// counter counts the bytes of an answer.
type counter struct {
	http.ResponseWriter
	count func(n int)
}

func (c *counter) Write(data []byte) (int, error) {
	c.count(len(data))
	return c.ResponseWriter.Write(data)
}

// Flush sends what is written so far.
func (c *counter) Flush() {
	if flusher, ok := c.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

// cutter breaks the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(data []byte) (int, error) {
	if len(data) < c.left {
		c.left -= len(data)
		return c.ResponseWriter.Write(data)
	}
	_, _ = c.ResponseWriter.Write(data[:c.left])
	if flusher, ok := c.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
	panic(http.ErrAbortHandler)
}
