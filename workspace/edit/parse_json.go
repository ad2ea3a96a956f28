package edit

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
)

// replyObject is the JSON form of a change. It is apart from [Change] so that a
// stray field, such as a line range, can't spoil a reply.
type replyObject struct {
	Hypothesis string `json:"hypothesis"`
	Edits      []struct {
		File    string `json:"file"`
		Search  string `json:"search"`
		Replace string `json:"replace"`
	} `json:"edits"`
}

// findObject returns the JSON object with edits in text and the line, counted
// from 0, on which it starts; -1 where there is none. An error tells what is
// wrong with an object that was meant to be one.
func findObject(text string) (object replyObject, line int, err error) {
	const attempts, readings = 100, 8 // each attempt may read all of text, which is done so often at most
	line = -1
	last := strings.LastIndex(text, `"edits"`)
	opening := regexp.MustCompile(`\{\s*"[^"\n]*"\s*:`)
	read, budget := 0, readings*len(text)
	for range attempts {
		if budget < 0 {
			break
		}
		at := opening.FindStringIndex(text[read:])
		if at == nil || read+at[0] > last {
			break
		}
		start := read + at[0]
		read = start + 1
		candidate, length, decodeErr := decodeObject(text[start:])
		if budget -= length; decodeErr != nil {
			budget -= len(text) - start
		}
		switch {
		case decodeErr != nil && line < 0 && err == nil:
			err = brokenObject(decodeErr)
		case decodeErr != nil || candidate.Edits == nil:
		case line >= 0:
			return object, line, replyErrorf("it holds several JSON objects with edits; answer with one")
		default:
			object, line, err = candidate, strings.Count(text[:start], "\n"), nil
			read = start + length
		}
	}
	return object, line, err
}

// decodeObject reads the object at the start of tail and returns its length. It
// mends it if need be; then nothing that follows is worth reading.
func decodeObject(tail string) (object replyObject, length int, err error) {
	decoder := json.NewDecoder(strings.NewReader(tail))
	err = decoder.Decode(&object)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		mended := replyObject{}
		err = json.NewDecoder(strings.NewReader(mendJSON(tail))).Decode(&mended)
		return mended, len(tail), err
	}
	return object, int(decoder.InputOffset()), err
}

// brokenObject tells the proposer what is wrong with its JSON.
func brokenObject(err error) error {
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return replyErrorf("its JSON ends too early; was the answer cut off? answer with smaller edits")
	case errors.As(err, &wrongType):
		return replyErrorf("its JSON has an %s in the place of %q; make that a %s", wrongType.Value, wrongType.Field, wrongType.Type)
	}
	return replyErrorf("its JSON can't be read: %v; escape line ends as \\n and quotes as \\\" within strings, "+
		"or answer with SEARCH/REPLACE blocks", err)
}

// mendJSON repairs what models get wrong most: line ends and tabs that stand in
// strings as they are, and commas after the last element.
func mendJSON(text string) string {
	escapes := map[byte]string{'\n': `\n`, '\r': `\r`, '\t': `\t`}
	trailingComma := regexp.MustCompile(`^,\s*[\]}]`)
	var mended strings.Builder
	inString := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		escape, isControl := escapes[c]
		switch {
		case inString && isControl:
			mended.WriteString(escape)
			continue
		case inString && c == '\\' && i+1 < len(text):
			mended.WriteByte(c)
			i++
			c = text[i]
		case c == '"':
			inString = !inString
		case !inString && c == ',' && trailingComma.MatchString(text[i:]):
			continue
		}
		mended.WriteByte(c)
	}
	return mended.String()
}

// objectChange turns a JSON reply into a change.
func objectChange(object replyObject, prose []string, err error) (Change, error) {
	if err != nil {
		return Change{}, err
	}
	if len(object.Edits) == 0 {
		return Change{}, replyErrorf(`"edits" is empty; give at least one {"file", "search", "replace"}`)
	}
	change := Change{Hypothesis: strings.TrimSpace(object.Hypothesis)}
	if change.Hypothesis == "" {
		change.Hypothesis = findHypothesis(dropFences(prose))
	}
	for i, edit := range object.Edits {
		file := cleanFileName(edit.File)
		if file == "" {
			return Change{}, replyErrorf(`edit %d names no "file"`, i+1)
		}
		change.Edits = append(change.Edits, Edit{File: file, Search: edit.Search, Replace: edit.Replace})
	}
	return change, nil
}
