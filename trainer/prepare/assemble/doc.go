// Package assemble puts a preset together in a data folder, as its row of the table
// ([prepare.Spec]) says: it fetches the model, tokenizes a data set to train on and
// one to evaluate on, and writes what package prepare reads. Of smollm-135m:
//
//	data/wikitext_eval.json               evaluation text by the GPTQ protocol
//	data/smollm-135m/config.json, model.safetensors, tokenizer.json
//	data/smollm-135m/train.tokens, train.json   training text as token ids
//	data/smollm-135m/plan.json            the commits and checksums of what is fetched
//	data/smollm-135m/fetch/               parquet files while they are read, then gone
//
// Whatever is interrupted goes on where it was and ends in the same bytes: the
// plan pins every source to a commit, a file is fetched from where it was cut
// off, and the training text notes how far it is.
//
// The training text is streamed: one of its files is on disk at a time, a few pages of
// it and the shuffle buffer in memory. Files come in an order drawn from the
// seed; each has a shuffle buffer of its own, so its order depends on nothing
// before it.
package assemble
