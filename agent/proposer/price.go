package proposer

import (
	_ "embed"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/results/table"
)

// Price is what a language model's tokens cost, in US dollars per million.
type Price struct {
	In, Out table.Measure // Of prompts and of answers; missing where it is not known.
}

// UnknownPrice is the price of a model that no table has.
func UnknownPrice() Price { return Price{In: table.Missing(), Out: table.Missing()} }

// Known says whether money can be counted with it.
func (p Price) Known() bool { return p.In.Valid() && p.Out.Valid() }

// cost is what some tokens cost, in US dollars; missing for an unknown price.
func (p Price) cost(in, out int) table.Measure {
	const million = 1e6
	return (table.Measure(in)*p.In + table.Measure(out)*p.Out) / million
}

// String is the price as people write it: "$2 in, $8 out per million tokens".
func (p Price) String() string {
	if !p.Known() {
		return "unknown"
	}
	return fmt.Sprintf("$%s in, $%s out per million tokens", p.In, p.Out)
}

// priceTable is a line per model: host, model, dollars per million tokens in and
// out, and when the price was read. Its head says where from.
//
//go:embed prices.tsv
var priceTable string

// ListPrice finds a model's price in the built-in table, and when it was read. A
// model's dated version ("gpt-4.1-2025-04-14") costs what the model does. The
// same name may cost something else elsewhere, so the endpoint's host must fit.
func ListPrice(baseURL, model string) (price Price, read string, err error) {
	address, err := url.Parse(baseURL)
	if err != nil {
		return UnknownPrice(), "", fmt.Errorf("read the endpoint's address: %w", err)
	}
	dated := regexp.MustCompile(`-\d{4}-\d{2}-\d{2}$`)
	for line := range strings.Lines(priceTable) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(fields) != 5 {
			continue
		}
		if fields[0] != address.Hostname() || fields[1] != model && fields[1] != dated.ReplaceAllString(model, "") {
			continue
		}
		if price.In, err = parsePrice(fields[2]); err != nil {
			return UnknownPrice(), "", err
		}
		if price.Out, err = parsePrice(fields[3]); err != nil {
			return UnknownPrice(), "", err
		}
		return price, fields[4], nil
	}
	return UnknownPrice(), "", nil
}

func parsePrice(text string) (table.Measure, error) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return table.Missing(), fmt.Errorf("read the price table: %w", err)
	}
	return table.Measure(value), nil
}
