package stories

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ternlab/ternlab/workspace/repo"
)

// openGit opens the story's repository as a stranger would.
func openGit(ts *testscript.TestScript) *git.Repository {
	repository, err := git.PlainOpen(ts.MkAbs("."))
	ts.Check(err)
	return repository
}

// gitRefs prints all refs but HEAD, one a line.
func gitRefs(ts *testscript.TestScript, _ bool, _ []string) {
	refs, err := openGit(ts).References()
	ts.Check(err)
	var names []string
	ts.Check(refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Name() != plumbing.HEAD {
			names = append(names, ref.Name().String())
		}
		return nil
	}))
	sort.Strings(names)
	_, _ = fmt.Fprintln(ts.Stdout(), strings.Join(names, "\n"))
}

// gitMessage prints the message of the commit that a ref points at.
func gitMessage(ts *testscript.TestScript, _ bool, args []string) {
	repository := openGit(ts)
	hash, err := repository.ResolveRevision(plumbing.Revision(args[0]))
	ts.Check(err)
	commit, err := repository.CommitObject(*hash)
	ts.Check(err)
	_, _ = fmt.Fprint(ts.Stdout(), commit.Message)
}

// gitFile prints a file as it is at a ref: git-file REF PATH.
func gitFile(ts *testscript.TestScript, _ bool, args []string) {
	repository := openGit(ts)
	hash, err := repository.ResolveRevision(plumbing.Revision(args[0]))
	ts.Check(err)
	commit, err := repository.CommitObject(*hash)
	ts.Check(err)
	file, err := commit.File(args[1])
	ts.Check(err)
	text, err := file.Contents()
	ts.Check(err)
	_, _ = fmt.Fprint(ts.Stdout(), text)
}

// sameTree tells whether two refs have the same files: [!] same-tree REF REF.
func sameTree(ts *testscript.TestScript, neg bool, args []string) {
	repository := openGit(ts)
	var trees [2]plumbing.Hash
	for i, revision := range args[:2] {
		hash, err := repository.ResolveRevision(plumbing.Revision(revision))
		ts.Check(err)
		commit, err := repository.CommitObject(*hash)
		ts.Check(err)
		trees[i] = commit.TreeHash
	}
	if (trees[0] == trees[1]) == neg {
		ts.Fatalf("trees %s and %s", trees[0], trees[1])
	}
}

// gitCommit adds a commit to a branch, with files of trainer/ from a folder, if any:
// git-commit BRANCH MESSAGE [FOLDER].
func gitCommit(ts *testscript.TestScript, _ bool, args []string) {
	repository, err := repo.Open(ts.MkAbs("."))
	ts.Check(err)
	ref := "refs/heads/" + args[0]
	parent, err := repository.Ref(ref)
	ts.Check(err)
	changed := map[string]string{}
	if len(args) > 2 {
		entries, err := os.ReadDir(ts.MkAbs(args[2]))
		ts.Check(err)
		for _, entry := range entries {
			changed["trainer/"+entry.Name()] = ts.ReadFile(filepath.Join(args[2], entry.Name()))
		}
	}
	commit, err := repository.Commit(parent, changed, args[1], time.Now())
	ts.Check(err)
	ts.Check(repository.SetRef(ref, commit))
}
