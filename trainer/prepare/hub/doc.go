// Package hub fetches files from a Hugging Face hub: it resolves a revision to
// a commit ([Client.Resolve]), learns a file's size and checksum
// ([Client.Describe]) and fetches the file ([Client.Fetch]), going on where an
// earlier try was cut off, and believing it only when its checksum is right.
//
// It speaks the protocol of Hugging Face's own huggingface_hub (Python):
//
//	GET  /api/{models,datasets}/ID/revision/REVISION   → {"sha": commit, "siblings": [{"rfilename": …}]}
//	HEAD [/datasets]/ID/resolve/COMMIT/FILE             → X-Repo-Commit, X-Linked-Etag, X-Linked-Size, or ETag and length
//	GET  the same, with Range                           → the bytes, mostly after a redirect to another host
//
// An ETag is the SHA-256 of a large file and the git blob's SHA-1 of a small one.
//
// Header names and repository types are go-huggingface's. Its downloads are not
// used, because v0.4.0 starts a cut file anew, takes a connection that breaks
// in mid-file for a success, verifies no checksum, doesn't wait when told to
// (429), and fails on data sets whose card lists several licenses, as
// WikiText's does.
//
// It is not a cache and knows nothing of what the files hold.
package hub
