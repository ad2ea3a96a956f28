package progress

import (
	"encoding/json"
	"io"
)

// jsonReporter writes one event a line.
type jsonReporter struct {
	encoder *json.Encoder
}

// NewJSON returns a reporter that writes each event as a JSON object on a line
// of its own. Figures that aren't finite are left out. Write errors are
// ignored: a reader that has gone away must not stop a training run.
func NewJSON(w io.Writer) Reporter {
	return &jsonReporter{encoder: json.NewEncoder(w)}
}

// Report writes the event.
func (r *jsonReporter) Report(e Event) {
	_ = r.encoder.Encode(e.finite())
}
