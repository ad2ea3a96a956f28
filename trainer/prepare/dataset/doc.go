// Package dataset reads the texts of data sets in Hugging Face's parquet form:
// [Rows] yields the column "text" of one file, [Shuffle] puts a stream into an
// order that depends on a seed alone, with a bounded number of rows in memory.
//
// It neither fetches files nor knows what the texts are for.
package dataset
