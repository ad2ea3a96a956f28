package assemble

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	gohub "github.com/gomlx/go-huggingface/hub"
	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/hub"
)

// plan is a plan.json: what is fetched. It is kept, so that a branch that moves
// on between two runs doesn't mix two commits.
type plan struct {
	Model source `json:"model"`
	Train source `json:"train"`
	Eval  source `json:"eval"`
}

// source is a set of files at the commit that a revision stood for.
type source struct {
	Revision string     `json:"revision"` // as asked for
	Files    []hub.File `json:"files"`    // by name
}

// part is where a source comes from: the files that fit the patterns, at least
// one each.
type part struct {
	source     *source
	kind       gohub.RepoType
	repository string
	patterns   []string
}

// parts are all that a preset is made of.
func (p *plan) parts(spec prepare.Spec) []part {
	return []part{
		{&p.Model, hub.Model, spec.Model.ID, spec.Model.Files},
		{&p.Train, hub.Dataset, spec.Train.ID, spec.Train.Files},
		{&p.Eval, hub.Dataset, spec.Eval.ID, spec.Eval.Files},
	}
}

// choose finds the part's files among all names of its repository.
func (p part) choose(names []string) ([]string, error) {
	var chosen []string
	for _, pattern := range p.patterns {
		before := len(chosen)
		for _, name := range names {
			if fits, _ := path.Match(pattern, name); fits {
				chosen = append(chosen, name)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("look up %s: there is no %s at revision %q; try another revision", p.repository, pattern, p.source.Revision)
		}
	}
	slices.Sort(chosen)
	return chosen, nil
}

// usable tells whether a plan's files are those that this part may have.
func (p part) usable() bool {
	var names []string
	for _, file := range p.source.Files {
		if file.Kind != p.kind || file.ID != p.repository || file.Commit != p.source.Files[0].Commit || file.Size < 0 {
			return false
		}
		names = append(names, file.Name)
	}
	chosen, err := p.choose(names)
	return err == nil && slices.Equal(chosen, names)
}

// parsePlan reads a plan and leaves out what can't be used.
func parsePlan(data []byte, spec prepare.Spec) plan {
	var read plan
	if json.Unmarshal(data, &read) != nil {
		return plan{}
	}
	for _, part := range read.parts(spec) {
		if !part.usable() {
			*part.source = source{}
		}
	}
	return read
}

// makePlan reads the plan of an earlier run and looks up what it doesn't have.
func (w *work) makePlan(ctx context.Context) error {
	place := filepath.Join(w.folder, "plan.json")
	data, err := os.ReadFile(place)
	if err == nil {
		w.plan = parsePlan(data, w.spec)
	}
	revisions := []string{w.ModelRevision, w.TrainRevision, w.EvalRevision}
	for i, part := range w.plan.parts(w.spec) {
		if len(part.source.Files) > 0 && part.source.Revision == revisions[i] {
			continue
		}
		*part.source = source{Revision: revisions[i]}
		if err := w.lookUp(ctx, part); err != nil {
			return err
		}
	}
	data, err = json.MarshalIndent(w.plan, "", "  ")
	if err == nil {
		err = renameio.WriteFile(place, append(data, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

func (w *work) lookUp(ctx context.Context, p part) error {
	repository, names, err := w.hub.Resolve(ctx, p.kind, p.repository, p.source.Revision)
	if err != nil {
		return err
	}
	if names, err = p.choose(names); err != nil {
		return err
	}
	for _, name := range names {
		file, err := w.hub.Describe(ctx, repository, name)
		if err != nil {
			return err
		}
		p.source.Files = append(p.source.Files, file)
	}
	return nil
}

// from says where a text made of a source's files comes from.
func from(files []hub.File) prepare.Source {
	s := prepare.Source{Repository: files[0].ID, Revision: files[0].Commit}
	for _, file := range files {
		s.Files = append(s.Files, file.Name)
	}
	return s
}
