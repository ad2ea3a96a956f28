// Package backendtest opens backends for tests that need a PJRT plugin.
//
// Such a test is skipped where there is no plugin, and fails where
// TERNLAB_REQUIRE_XLA is set, as it is in CI: a skip there would hide a fault.
package backendtest
