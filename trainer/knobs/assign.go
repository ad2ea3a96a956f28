package knobs

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Assign sets fields of a recipe, a pointer to a struct, to what settings of the
// form Name=value say. The source is the one that the recipe comes from; it tells
// what values a knob may take.
func Assign(recipe any, source string, settings []string) error {
	if len(settings) == 0 {
		return nil
	}
	for _, setting := range settings {
		name, value, found := strings.Cut(setting, "=")
		if !found {
			return fmt.Errorf("set %q: want Knob=value, such as LearningRate=1e-3", setting)
		}
		knob, err := find(source, name)
		if err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
		if err := knob.Check(value); err != nil {
			return fmt.Errorf("set %w", err)
		}
		if err := knob.assign(reflect.ValueOf(recipe).Elem(), value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// assign puts a checked value into the field of the knob's name.
func (k Knob) assign(recipe reflect.Value, value string) error {
	field := recipe.FieldByName(k.Name)
	switch field.Kind() {
	case reflect.String:
		field.SetString(value)
	case reflect.Int:
		n, err := strconv.ParseInt(value, 0, 64)
		if err != nil {
			return err
		}
		field.SetInt(n)
	case reflect.Float64:
		x, err := parseFloat(value)
		if err != nil {
			return err
		}
		field.SetFloat(x)
	case reflect.Bool:
		field.SetBool(value == "true")
	default:
		return errors.New("the recipe has no field of that name that a text can set")
	}
	return nil
}
