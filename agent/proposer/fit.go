package proposer

import (
	"slices"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"github.com/ternlab/ternlab/prompts"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace/visible"
)

// newestRows of the table are worth more than the brief: they keep a model from
// trying again what has just failed.
const newestRows = 10

// conversation returns what the model is told: the rules, the request, and each
// refused try with its problem. Where that is longer than limit bytes (0: no
// limit), it is filled up in the order of importance:
//
//  1. the rules, the form of an answer, the recipe (at worst cut at its end)
//  2. the last refused try
//  3. the ten newest experiments
//  4. the brief, cut to what is left
//  5. the other files, each as a whole or not at all
//  6. the earlier refused tries, newest first
//  7. the older experiments: those that were kept, then the newest
//
// So it fits for any limit that holds the rules alone, and else is as short as
// can be.
func conversation(c Context, limit int) ([]openai.ChatCompletionMessage, error) {
	all := promptData(c)
	messages, err := render(all, c.Feedback)
	if err != nil || limit == 0 || messageBytes(messages) <= limit {
		return messages, err
	}
	f := &filling{limit: limit, data: all}
	f.data.Program, f.data.Files, f.data.Experiments = "", nil, nil
	f.data.Omitted = all.Omitted + len(all.Experiments)
	f.addRecipe(all)
	f.addLastAttempt(c)
	f.addRows(all, newestRows)
	f.addProgram(all)
	for _, file := range all.Files[min(1, len(all.Files)):] {
		f.try(func(d *prompts.Data) { d.Files = append(slices.Clone(d.Files), file) })
	}
	for len(f.feedback) > 0 && len(f.feedback) < len(c.Feedback) {
		longer := c.Feedback[len(c.Feedback)-len(f.feedback)-1:]
		if !f.tryFeedback(longer) {
			break
		}
	}
	f.addRows(all, len(all.Experiments))
	if f.err != nil {
		return nil, f.err
	}
	return render(f.data, f.feedback)
}

// shortest is the prompt with the rules and nothing else.
func shortest(c Context) (int, error) {
	messages, err := conversation(c, 1)
	return messageBytes(messages), err
}

// filling is a prompt that grows as long as it fits.
type filling struct {
	limit    int
	data     prompts.Data
	feedback []Attempt
	err      error
}

// fits renders the prompt and compares its length.
func (f *filling) fits(data prompts.Data, feedback []Attempt) bool {
	if f.err != nil {
		return false
	}
	messages, err := render(data, feedback)
	f.err = err
	return err == nil && messageBytes(messages) <= f.limit
}

func (f *filling) try(change func(*prompts.Data)) bool {
	changed := f.data
	change(&changed)
	if !f.fits(changed, f.feedback) {
		return false
	}
	f.data = changed
	return true
}

func (f *filling) tryFeedback(feedback []Attempt) bool {
	if !f.fits(f.data, feedback) {
		return false
	}
	f.feedback = feedback
	return true
}

// longestThat finds the largest n up to most that works; works must not work for
// a larger number when it doesn't for a smaller one.
func longestThat(most int, works func(n int) bool) int {
	low, high := 0, most
	for low < high {
		middle := (low + high + 1) / 2
		if works(middle) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// addRecipe adds the recipe, or as many of its lines as fit.
func (f *filling) addRecipe(all prompts.Data) {
	if len(all.Files) == 0 {
		return
	}
	recipe := all.Files[0]
	lines := strings.SplitAfter(recipe.Text, "\n")
	first := func(n int) []prompts.File {
		return []prompts.File{{Name: recipe.Name, Text: strings.Join(lines[:n], "")}}
	}
	n := longestThat(len(lines), func(n int) bool {
		changed := f.data
		changed.Files = first(n)
		return f.fits(changed, nil)
	})
	f.data.Files = first(n) // Even without a line: the rules name the files that may be changed.
}

// addLastAttempt adds the last refused try: with the model's answer, or at least
// with the problem.
func (f *filling) addLastAttempt(c Context) {
	if len(c.Feedback) == 0 {
		return
	}
	last := c.Feedback[len(c.Feedback)-1]
	if f.tryFeedback([]Attempt{last}) {
		return
	}
	f.tryFeedback([]Attempt{{Problem: last.Problem}})
}

// addRows adds experiments up to a number of rows: the newest ones, and before
// them in the second round those that were kept.
func (f *filling) addRows(all prompts.Data, most int) {
	rows := all.Experiments
	order := make([]int, 0, len(rows))
	for i := range rows {
		order = append(order, len(rows)-1-i)
	}
	if most > newestRows {
		slices.SortStableFunc(order[min(newestRows, len(order)):], func(a, b int) int {
			return rank(rows[a]) - rank(rows[b])
		})
	}
	pick := func(n int) []prompts.Experiment {
		chosen := slices.Sorted(slices.Values(order[:n]))
		picked := make([]prompts.Experiment, n)
		for i, index := range chosen {
			picked[i] = rows[index]
		}
		return picked
	}
	n := longestThat(min(most, len(rows)), func(n int) bool {
		changed := f.data
		changed.Experiments, changed.Omitted = pick(n), all.Omitted+len(rows)-n
		return f.fits(changed, f.feedback)
	})
	f.data.Experiments, f.data.Omitted = pick(n), all.Omitted+len(rows)-n
}

func rank(row prompts.Experiment) int {
	if row.Status == string(journal.StatusKeep) {
		return 0
	}
	return 1
}

// addProgram adds the brief, or its beginning.
func (f *filling) addProgram(all prompts.Data) {
	beginning := func(n int) string {
		if n == 0 {
			return ""
		}
		return visible.Cut(all.Program, n)
	}
	n := longestThat(len([]rune(all.Program)), func(n int) bool {
		changed := f.data
		changed.Program = beginning(n)
		return f.fits(changed, f.feedback)
	})
	f.data.Program = beginning(n)
}

// messageBytes is the length of a prompt; each message has some tokens around
// it.
func messageBytes(messages []openai.ChatCompletionMessage) int {
	const around = 16
	length := 0
	for _, message := range messages {
		length += len(message.Content) + around
	}
	return length
}
