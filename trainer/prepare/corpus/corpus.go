package corpus

import (
	"embed"
	"io/fs"
	"math/rand/v2"
	"strings"
)

// EvalBytes is the least size of nano's evaluation text, and of those that are
// generated for a run's final check.
const EvalBytes = 24 << 10

// Seed is what a text that nobody can know is generated from. It is drawn from a
// source that can't be guessed.
type Seed [32]byte

// Separator stands between two stories. A tokenizer whose special token is
// <|endoftext|> encodes it as that token between two line ends.
const Separator = "\n<|endoftext|>\n"

//go:embed grammar/*.txt
var grammarFiles embed.FS

// Stories returns at least minBytes bytes of children's stories, separated by
// [Separator]. The last story is complete.
func Stories(seed uint64, minBytes int) string {
	return write(load(), "story", Separator, rand.New(rand.NewPCG(seed, 1)), minBytes)
}

// Prose returns at least minBytes bytes of encyclopaedia articles. Each starts
// with a heading line such as " = Orvale = ", and none is cut off.
func Prose(seed uint64, minBytes int) string {
	return write(load(), "article", "\n", rand.New(rand.NewPCG(seed, 2)), minBytes)
}

// SecretProse returns articles as [Prose] does, from a seed that can't be guessed.
// Whoever knows a part of the text can't tell the rest: the numbers behind it are a
// stream cipher's.
func SecretProse(seed Seed, minBytes int) string {
	return write(load(), "article", "\n", rand.New(rand.NewChaCha8(seed)), minBytes)
}

// load reads the grammar files. Embedded files can always be read; what one
// fails to define shows up in the text in braces.
func load() grammar {
	g := grammar{}
	files, _ := fs.Glob(grammarFiles, "grammar/*.txt")
	for _, name := range files {
		if source, err := grammarFiles.ReadFile(name); err == nil {
			g.parse(string(source))
		}
	}
	return g
}

// write expands start again and again, each time with a fresh memory, until
// the text is long enough.
func write(g grammar, start, separator string, rng *rand.Rand, minBytes int) string {
	var text strings.Builder
	for text.Len() < minBytes {
		if text.Len() > 0 {
			text.WriteString(separator)
		}
		text.WriteString(finish(newWriter(g, rng).expandRule(start).text))
		text.WriteByte('\n')
	}
	return text.String()
}
