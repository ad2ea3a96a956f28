// Command headtohead compares ways to search for a recipe: the agent's proposers under
// its rules for keeping, and Optuna's samplers, at the same number of trainings of any
// kind and at the same number of training tokens.
//
//	go run ./agent/search/headtohead --backend xla --jobs 16 --out docs/search.md
//
// Each search is done with several seeds. What it holds for the best recipe is trained
// on five fresh seeds, the same ones for all, which cost it nothing. A search of the
// agent's is its proposer and its rule, called as the loop calls them, with knobs set
// on a built trainer's command line in the place of a build for each. There is no race.
// A peer is a program that answers with a recipe for each loss that it is told.
//
// Each training is logged as it ends. The same command goes on from the log: what is in
// there isn't trained again.
//
// --objective effects takes a function in the place of trainings that is made of the
// effects in docs/log/ablation.md. It shows in a minute whether a search works at all, and
// nothing more.
package main
