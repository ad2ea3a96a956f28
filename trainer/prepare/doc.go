// Package prepare provides what training and evaluation start from: presets
// (model, tokenizer, text), tokens, and the order in which batches are drawn.
//
// It plays the role of the brief's prepare.py and is fixed: an experiment can
// change neither the data, nor its split, nor its order for a seed. A preset is
// a row of a table ([Specs]) and a folder in the hub's on-disk format plus its texts,
// so nothing else in the code knows which preset runs. nano's is embedded in the
// program:
//
//	config.json, model.safetensors, tokenizer.json   the pretrained model
//	train.txt     the text that experiments train on
//
// Its other texts, which no training sees, are in package unseen.
//
// Those of the others lie in a data folder, where package assemble puts them; their
// texts are token ids: [TrainFile] with its [TrainInfo], and an [EvalText].
//
// This package reads; it fetches nothing.
package prepare
