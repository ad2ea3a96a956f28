// Package doctor has the commands that say which backends and presets work here, and
// those that install and try a plugin.
package doctor
