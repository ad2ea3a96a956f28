// Package corpus writes English text in two styles, for training and
// evaluating the nano preset without a download: [Stories], simple children's
// stories in the manner of TinyStories, and [Prose], articles of an invented
// encyclopaedia in the manner of WikiText.
//
// All of it comes from the grammar files in the folder grammar, which are our
// own writing: sections of templates and of words, described in
// grammar/README.md. The two styles share words.txt and shared.txt, so that a
// model trained on stories learns something about prose, too. People, places
// and kinds are invented; names are put together from syllables and so are
// open-ended.
//
// The text is a pure function of seed and size: the same on every platform. So
// whoever has this package and a seed has the text. [SecretProse] takes a seed that
// can't be guessed, for texts that nobody shall know beforehand; its grammar, and so
// what such a text is like, is still for everybody to read.
// It isn't meant to be read for its content, and it isn't a template engine for
// anything else.
package corpus
