package cli

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/table"
)

// llmOptions are the flags of `agent run` that are about a language model.
type llmOptions struct {
	model     string
	patience  time.Duration
	timeout   time.Duration
	context   int
	maxTokens int
	fallback  string
	priceIn   float64
	priceOut  float64
}

func (o *llmOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.model, "model", "", "language model, by the endpoint's `name` for it")
	f.DurationVar(&o.patience, "llm-patience", 0, "how long one proposal waits for an endpoint that is busy or down (default 10m)")
	f.DurationVar(&o.timeout, "llm-timeout", 15*time.Minute, "longest time of one request to a language model")
	f.IntVar(&o.context, "llm-context", 0, "`tokens` that fit into the model's context (default: as many as the endpoint takes)")
	f.IntVar(&o.maxTokens, "llm-max-tokens", 8192, "longest answer of a language model in `tokens`")
	f.StringVar(&o.fallback, "fallback", "", "who proposes while the endpoint is down: "+proposer.Offline("or")+" (default: nobody, the run waits)")
	f.Float64Var(&o.priceIn, "price-in", 0, "`dollars` per million tokens of prompts (default: the list price, where it is known)")
	f.Float64Var(&o.priceOut, "price-out", 0, "`dollars` per million tokens of answers")
}

// checkLLM says what the flags ask for that can't be.
func (o *runOptions) checkLLM() error {
	switch {
	case o.BudgetTokens < 0 || o.BudgetUSD < 0:
		return usagef("a budget must not be negative")
	case o.llm.patience < 0 || o.llm.timeout <= 0:
		return usagef("--llm-patience must not be negative, and --llm-timeout must be more than nothing")
	case o.llm.context < 0 || o.given("llm-context") && o.llm.context < leastContext:
		return usagef("--llm-context %d: a model needs at least %d tokens for the rules, the recipe and an answer", o.llm.context, leastContext)
	case o.llm.maxTokens < 1:
		return usagef("--llm-max-tokens %d: it must be at least 1", o.llm.maxTokens)
	case o.llm.fallback != "" && !proposer.IsOffline(o.llm.fallback):
		return usagef("--fallback %q: there are %s", o.llm.fallback, proposer.Offline("and"))
	case o.given("price-in") != o.given("price-out"):
		return usagef("--price-in and --price-out go together")
	case o.llm.priceIn < 0 || o.llm.priceOut < 0:
		return usagef("a price must not be negative")
	}
	return nil
}

// leastContext holds the shortest prompt and an answer to it.
const leastContext = 2048

func (o *runOptions) newProposer(screen *screen) (proposer.Proposer, error) {
	options := proposer.OptionsFromEnvironment()
	options.Model, options.Patience, options.Timeout = o.llm.model, o.llm.patience, o.llm.timeout
	options.Context, options.MaxTokens, options.Fallback = o.llm.context, o.llm.maxTokens, o.llm.fallback
	options.Logger = slog.New(slog.NewTextHandler(screen, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	price, err := o.price(options.BaseURL)
	if err != nil {
		return nil, err
	}
	options.Price = &price
	p, err := proposer.New(o.proposer, options)
	if err != nil {
		return nil, err
	}
	return p, o.checkBudgets(p, price)
}

// price is what the user says or what the built-in table knows.
func (o *runOptions) price(baseURL string) (proposer.Price, error) {
	if o.given("price-in") {
		return proposer.Price{In: table.Measure(o.llm.priceIn), Out: table.Measure(o.llm.priceOut)}, nil
	}
	price, _, err := proposer.ListPrice(cmp.Or(baseURL, proposer.OpenAIBaseURL), cmp.Or(o.llm.model, proposer.DefaultModel))
	return price, err
}

// checkBudgets refuses a budget that nothing would ever be counted against.
func (o *runOptions) checkBudgets(p proposer.Proposer, price proposer.Price) error {
	offline := proposer.IsOffline(p.Name())
	switch {
	case offline && (o.BudgetTokens > 0 || o.BudgetUSD > 0):
		return usagef("--proposer %s asks no language model and spends neither tokens nor money; leave --budget-tokens and --budget-usd out", p.Name())
	case offline && o.llm.fallback != "":
		return usagef("--proposer %s needs no --fallback", p.Name())
	case o.BudgetUSD > 0 && !price.Known():
		return usagef("--budget-usd needs the model's price, and that of %s at %s is not known; give --price-in and --price-out, in dollars per million tokens (0 for a server of your own)",
			cmp.Or(o.llm.model, "the model"), cmp.Or(os.Getenv("OPENAI_BASE_URL"), proposer.OpenAIBaseURL))
	}
	return nil
}

// sayPrice tells what money is counted with.
func (a *app) sayPrice(o *runOptions) error {
	if o.BudgetUSD == 0 {
		return nil
	}
	price, err := o.price(os.Getenv("OPENAI_BASE_URL"))
	if err != nil {
		return err
	}
	source := "as you say"
	if !o.given("price-in") {
		_, read, err := proposer.ListPrice(cmp.Or(os.Getenv("OPENAI_BASE_URL"), proposer.OpenAIBaseURL), cmp.Or(o.llm.model, proposer.DefaultModel))
		if err != nil {
			return err
		}
		source = fmt.Sprintf("the list price read in %s; --price-in and --price-out override it", read)
	}
	a.print("counting %s (%s)\n", price, source)
	return nil
}
