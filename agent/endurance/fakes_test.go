package endurance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// TestMain makes this test binary play the programs that an agent runs, by the
// name that it is called by.
func playProgram(name string) (known bool, err error) {
	switch name {
	case "go":
		return true, playGo(os.Args[1:])
	case "trainer":
		return true, playTrainer(flagsOf(os.Args[1:]))
	case "evaluator":
		if len(os.Args) > 1 && os.Args[1] == "text" {
			return true, playText(flagsOf(os.Args[2:]))
		}
		if len(os.Args) > 1 && os.Args[1] == "describe" {
			_, err := fmt.Println(`{"name":"nano","context":50,"makes_texts":true}`)
			return true, err
		}
		return true, playEvaluator(flagsOf(os.Args[1:]))
	}
	return false, nil
}

// playGo finds everything in order; what it builds is this binary again.
func playGo(args []string) error {
	switch {
	case len(args) > 0 && args[0] == "env":
		return json.NewEncoder(os.Stdout).Encode(map[string]string{
			"GOVERSION": "go1.26.0", "GOROOT": "/nonexistent", "GOARCH": "arm64", "CC": "", "CGO_ENABLED": "0",
			"GOMODCACHE": "/nonexistent", "GOCACHE": "/nonexistent",
		})
	case len(args) > 0 && args[0] == "vet":
		return nil
	case len(args) > 0 && args[0] == "list":
		text, err := os.ReadFile(filepath.Join(filepath.Dir(os.Args[0]), "exports.txt"))
		if err == nil {
			_, err = os.Stdout.Write(text)
		}
		return err
	case len(args) == 4 && args[0] == "build" && args[1] == "-o" && filepath.Base(args[2]) == "trainer":
		return buildTrainer(args[2])
	case len(args) == 4 && args[0] == "build" && args[1] == "-o":
		return linkSelf(args[2])
	}
	return fmt.Errorf("go %q: not expected here", args)
}

// linkSelf puts this binary in the place of a file, at once.
func linkSelf(target string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	fresh := fmt.Sprintf("%s.%d", target, os.Getpid())
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // one that a killed process of this number left
	}
	if err := os.Link(self, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, target); err != nil {
		return err
	}
	return os.RemoveAll(fresh) // still there if both names were of the same file
}

// recipeMark is what a trainer's binary has before its recipe, at its end.
const recipeMark = "\nthe recipe that this trainer was built with:\n"

// buildTrainer puts this binary, with the recipe in the working folder behind
// it, in the place of a file, at once.
func buildTrainer(target string) error {
	recipe, err := os.ReadFile(filepath.Join("trainer", "recipe.go"))
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	fresh := fmt.Sprintf("%s.%d", target, os.Getpid())
	if err := os.WriteFile(fresh, append(append(binary, recipeMark...), recipe...), 0o755); err != nil {
		return err
	}
	return os.Rename(fresh, target)
}

// builtRecipe is the recipe that this trainer was built with.
func builtRecipe() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		return "", err
	}
	at := bytes.LastIndex(binary, []byte(recipeMark))
	if at < 0 {
		return "", errors.New("this trainer has no recipe")
	}
	return string(binary[at+len(recipeMark):]), nil
}

// flagsOf reads "--name=value" and "--name value"; a name without a value has "".
func flagsOf(args []string) map[string]string {
	flags := map[string]string{}
	for i, arg := range args {
		if name, ok := strings.CutPrefix(arg, "--"); ok {
			name, value, _ := strings.Cut(name, "=")
			flags[name] = value
			if value == "" && i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
				flags[name] = args[i+1]
			}
		}
	}
	return flags
}

// playTrainer trains the recipe that it was built with: a few steps of a
// millisecond each.
func playTrainer(flags map[string]string) error {
	recipe, err := builtRecipe()
	if err != nil {
		return err
	}
	steps, err := strconv.Atoi(flags["steps"])
	if err != nil {
		return err
	}
	const tokens = 256 // a step
	if share := flags["tokens"]; share != "" {
		if steps, err = strconv.Atoi(share); err != nil {
			return err
		}
		steps /= tokens
	}
	out := bufio.NewWriter(os.Stdout)
	for step := 1; step <= steps; step++ {
		time.Sleep(time.Millisecond)
		_, _ = fmt.Fprintf(out, `{"kind":"step","step":%d,"steps":%d,"tokens":%d,"train_loss":3}`+"\n", step, steps, step*tokens)
		if err := out.Flush(); err != nil {
			return err
		}
	}
	export := filepath.Join(flags["out"], "export")
	if err := os.MkdirAll(export, 0o755); err != nil {
		return err
	}
	figure, err := perplexity(recipe, flags["seed"])
	if err != nil {
		return err
	}
	if goesOff(recipe, flags["seed"]) {
		figure *= 2
	}
	return os.WriteFile(filepath.Join(export, "model.json"), []byte(strconv.FormatFloat(figure, 'g', -1, 64)), 0o644)
}

// perplexity is 100 at a learning rate of 2e-4, more elsewhere, less with larger
// groups, and as noisy over seeds as a real one.
func perplexity(recipe, seed string) (float64, error) {
	const noise = 0.002
	found := regexp.MustCompile(`LearningRate:\s*([0-9.e+-]+),`).FindStringSubmatch(recipe)
	if found == nil {
		return 0, errors.New("the recipe has no learning rate")
	}
	rate, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		return 0, err
	}
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, found[1]+"/"+seed)
	draw := float64(hash.Sum64()%1000)/500 - 1 // [-1, 1)
	groups := 0.0
	if regexp.MustCompile(`GroupSize:\s*128,`).MatchString(recipe) {
		groups = 8
	}
	return (100 - groups + 30*math.Abs(math.Log10(rate/2e-4))) * (1 + noise*draw), nil
}

// playText makes the text of a final check.
func playText(flags map[string]string) error {
	seed, err := os.ReadFile(flags["seed-file"])
	if err != nil {
		return err
	}
	return os.WriteFile(flags["out"], append([]byte("a text made from "), seed...), 0o600)
}

// seedOfABomb is the seed of runs in which large groups do well only in a candidate's
// own trainings.
const seedOfABomb = 7_000_000

func goesOff(recipe, seed string) bool {
	number, err := strconv.Atoi(seed)
	large := regexp.MustCompile(`GroupSize:\s*128,`).MatchString(recipe)
	return err == nil && number >= seedOfABomb && large && !strings.Contains(os.Args[0], "experiment-")
}

// playEvaluator measures what playTrainer left.
func playEvaluator(flags map[string]string) error {
	if flags["model"] == "" { // the full-precision one
		_, err := fmt.Println(`{"eval_ppl":20,"eval_bpb":1.5,"tokens":100,"bytes":400,"windows":2,"ternary":false,"context":50}`)
		return err
	}
	model, err := os.ReadFile(filepath.Join(flags["model"], "model.json"))
	if err != nil {
		return err
	}
	_, err = fmt.Printf(`{"eval_ppl":%s,"eval_bpb":2.5,"tokens":100,"bytes":400,"windows":2,"ternary":true,"context":50,"time_s":0.01}`+"\n", model)
	return err
}
