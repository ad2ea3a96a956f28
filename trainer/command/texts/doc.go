// Package texts has the commands that make and check the texts of final checks. No
// candidate may link it.
package texts
