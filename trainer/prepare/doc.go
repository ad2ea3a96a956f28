// Package prepare provides what training and evaluation start from: presets
// (model, tokenizer, text), tokens, and the order in which batches are drawn.
//
// It plays the role of the brief's prepare.py and is fixed: an experiment can
// change neither the data, nor its split, nor its order for a seed. Every
// preset is a folder in the hub's on-disk format plus its texts; nano's is
// embedded in the program, so nothing else in the code knows which preset runs.
//
//	config.json, model.safetensors, tokenizer.json   the pretrained model
//	train.txt     the text that experiments train on
//	eval.txt      the text that eval_ppl is measured on
//	holdout.txt   text in eval.txt's manner that no experiment ever sees
//
// A user's own model, a folder in that format or a GGUF file, may take the place
// of a preset's ([Preset.WithModel]), and other texts that of its texts.
package prepare
