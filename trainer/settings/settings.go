package settings

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/pflag"
)

// field is one setting of a struct.
type field struct {
	name      string // the flag's, without dashes
	help      string
	omitEmpty bool // not an argument where it is the zero value
	value     reflect.Value
}

// fieldsOf are the settings of a struct, in its order.
func fieldsOf(of reflect.Value) []field {
	var all []field
	for i := range of.NumField() {
		kind := of.Type().Field(i)
		tag, tagged := kind.Tag.Lookup("flag")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case kind.Anonymous && !tagged, options == "inline":
			if of.Field(i).Kind() == reflect.Struct {
				all = append(all, fieldsOf(of.Field(i))...)
			}
		case tagged:
			all = append(all, field{name, kind.Tag.Get("help"), options == "omitempty", of.Field(i)})
		}
	}
	return all
}

// AddFlags adds a flag for each setting of the struct that to points to. What the
// field holds is the default.
func AddFlags(flags *pflag.FlagSet, to any) {
	for _, f := range fieldsOf(reflect.ValueOf(to).Elem()) {
		switch at := f.value.Addr().Interface().(type) {
		case *string:
			flags.StringVar(at, f.name, *at, f.help)
		case *bool:
			flags.BoolVar(at, f.name, *at, f.help)
		case *int:
			flags.IntVar(at, f.name, *at, f.help)
		case *uint64:
			flags.Uint64Var(at, f.name, *at, f.help)
		case *float64:
			flags.Float64Var(at, f.name, *at, f.help)
		case *[]string:
			flags.StringArrayVar(at, f.name, *at, f.help)
		}
	}
}

// Args are a struct's settings as arguments, --name=value; a list is one for each of
// its elements.
func Args(of any) []string {
	var args []string
	for _, f := range fieldsOf(reflect.ValueOf(of)) {
		if f.omitEmpty && f.value.IsZero() {
			continue
		}
		list, ok := f.value.Interface().([]string)
		if !ok {
			list = []string{fmt.Sprint(f.value.Interface())}
		}
		for _, value := range list {
			args = append(args, "--"+f.name+"="+value)
		}
	}
	return args
}

// Difference is a setting that two structs of a type don't share.
type Difference struct {
	Name string // The flag's.
	Has  string
	Asks string
}

// Compare finds the first setting in which two structs of the same type differ.
func Compare[T any](has, asks T) (Difference, bool) {
	ours, theirs := fieldsOf(reflect.ValueOf(has)), fieldsOf(reflect.ValueOf(asks))
	for i, f := range ours {
		if a, b := f.value.Interface(), theirs[i].value.Interface(); !reflect.DeepEqual(a, b) {
			return Difference{f.name, fmt.Sprint(a), fmt.Sprint(b)}, true
		}
	}
	return Difference{}, false
}

// Fill takes the settings that nobody gave from another struct of the same type.
func Fill[T any](to *T, from T, given func(name string) bool) {
	theirs := fieldsOf(reflect.ValueOf(from))
	for i, f := range fieldsOf(reflect.ValueOf(to).Elem()) {
		if !given(f.name) {
			f.value.Set(theirs[i].value)
		}
	}
}
