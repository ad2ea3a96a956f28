// Ablation measures what each knob of the trainer's recipe does: it trains with
// one knob changed at a time, with several seeds, and writes a Markdown table of
// the effects on eval_ppl, with what helped and what didn't.
//
//	go run ./trainer/knobs/ablation --set LearningRate=1e-3 --set LearningSteps=10 --set LambdaSteps=50 --out docs/log/ablation.md
//
// Knobs and values come from trainer/recipe.go. A knob that does nothing under
// the reference's values is tried together with the one it needs.
//
// Each training that ends adds a line to --log. The same command goes on from
// there: after Ctrl-C, after --limit, or when it is to have more seeds.
//
// It needs no Go toolchain where it runs: built beforehand, it takes a trainer
// with --trainer, and the recipe which that was built with with --source.
//
//	go build -o ablation ./trainer/knobs/ablation && GOEXPERIMENT=simd go build -o bin/trainer ./trainer
//	./ablation --trainer bin/trainer --source recipe.go --jobs 16 …
package main
