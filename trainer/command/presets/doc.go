// Package presets has the commands that make presets: prepare fetches one, pretrain
// makes nano anew.
package presets
