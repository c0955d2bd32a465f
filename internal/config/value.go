package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"csl/internal/limit"

	"go.yaml.in/yaml/v3"
)

// value is a typed field of a Config with its limits.
type value interface {
	// assign stores raw: a value as YAML gives it, or its text from a flag, --set or environment.
	// Where raw has the wrong type or is out of limits it stores nothing and says false.
	assign(raw any) bool
	// valid tells whether the present value is within the limits.
	valid() bool
	// get is the present value, to be written to YAML.
	get() any
	// allowed completes "must be ...".
	allowed() string
	// kind is the type's name in a command's help.
	kind() string
}

// text is any string, or one of a few.
type text struct {
	p       *string
	options []string
}

func (v text) ok(s string) bool { return v.options == nil || slices.Contains(v.options, s) }

func (v text) assign(raw any) bool {
	s, isText := raw.(string)
	if !isText || !v.ok(s) {
		return false
	}
	*v.p = s
	return true
}

func (v text) valid() bool { return v.ok(*v.p) }
func (v text) get() any    { return *v.p }

func (v text) allowed() string {
	if v.options == nil {
		return "text, in quotes where it looks like a number"
	}
	return "one of " + strings.Join(v.options, ", ")
}

func (v text) kind() string { return "string" }

// truth is true or false.
type truth struct{ p *bool }

func (v truth) assign(raw any) bool {
	switch r := raw.(type) {
	case bool:
		*v.p = r
		return true
	case string:
		b, err := strconv.ParseBool(r)
		if err == nil {
			*v.p = b
		}
		return err == nil
	}
	return false
}

func (v truth) valid() bool     { return true }
func (v truth) get() any        { return *v.p }
func (v truth) allowed() string { return "true or false" }
func (v truth) kind() string    { return "bool" }

// whole is an integer from min on, a multiple of step where step is not 0.
type whole struct {
	p         *int
	min, step int
}

func (v whole) ok(n int) bool { return n >= v.min && (v.step == 0 || n%v.step == 0) }

func (v whole) assign(raw any) bool {
	n, isInt := toInt(raw)
	if !isInt || !v.ok(n) {
		return false
	}
	*v.p = n
	return true
}

func (v whole) valid() bool { return v.ok(*v.p) }
func (v whole) get() any    { return *v.p }

func (v whole) allowed() string {
	s := fmt.Sprintf("a whole number of at least %d", v.min)
	if v.step != 0 {
		s += fmt.Sprintf(", divisible by %d", v.step)
	}
	return s
}

func (v whole) kind() string { return "int" }

// seed is any unsigned 64-bit number.
type seed struct{ p *uint64 }

func (v seed) assign(raw any) bool {
	switch r := raw.(type) {
	case int:
		if r < 0 {
			return false
		}
		*v.p = uint64(r)
	case uint64:
		*v.p = r
	case string:
		n, err := strconv.ParseUint(strings.TrimSpace(r), 10, 64)
		if err != nil {
			return false
		}
		*v.p = n
	default:
		return false
	}
	return true
}

func (v seed) valid() bool     { return true }
func (v seed) get() any        { return *v.p }
func (v seed) allowed() string { return "a whole number of at least 0" }
func (v seed) kind() string    { return "uint" }

// real is a number of a range.
type real struct {
	p *float64
	limit.Range
}

func (v real) assign(raw any) bool {
	x, isNumber := toFloat(raw)
	if !isNumber || !v.Has(x) {
		return false
	}
	*v.p = x
	return true
}

func (v real) valid() bool { return v.Has(*v.p) }
func (v real) get() any    { return *v.p }

func (v real) allowed() string { return v.String() }

func (v real) kind() string { return "float" }

// list is an empty list or one of exactly length elements. In text it is written 1,2,3 or [1,2,3].
type list[T any] struct {
	p       *[]T
	length  int
	element func(raw any) (T, bool)
	what    string // the elements, in the plural: "whole numbers of at least 1"
}

func (v list[T]) assign(raw any) bool {
	if s, isText := raw.(string); isText {
		raw = splitList(s)
	}
	items, isList := raw.([]any)
	if !isList || len(items) != 0 && len(items) != v.length {
		return false
	}
	out := make([]T, len(items))
	for i, item := range items {
		x, ok := v.element(item)
		if !ok {
			return false
		}
		out[i] = x
	}
	*v.p = out
	return true
}

func (v list[T]) valid() bool {
	if len(*v.p) != 0 && len(*v.p) != v.length {
		return false
	}
	for _, x := range *v.p {
		if _, ok := v.element(x); !ok {
			return false
		}
	}
	return true
}

func (v list[T]) get() any {
	if *v.p == nil {
		return []T{}
	}
	return *v.p
}

func (v list[T]) allowed() string { return fmt.Sprintf("empty or a list of %d %s", v.length, v.what) }
func (v list[T]) kind() string    { return "list" }

// splitList cuts "1,2" or "[1, 2]" into texts.
func splitList(s string) []any {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		s = s[1 : len(s)-1]
	}
	if strings.TrimSpace(s) == "" {
		return []any{}
	}
	var items []any
	for item := range strings.SplitSeq(s, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}

// toInt takes a YAML integer or its text.
func toInt(raw any) (int, bool) {
	switch r := raw.(type) {
	case int:
		return r, true
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(r))
		return n, err == nil
	}
	return 0, false
}

// toFloat takes a YAML number or its text; NaN is none.
func toFloat(raw any) (float64, bool) {
	var x float64
	switch r := raw.(type) {
	case float64:
		x = r
	case int:
		x = float64(r)
	case uint64:
		x = float64(r)
	case string:
		var err error
		if x, err = strconv.ParseFloat(strings.TrimSpace(r), 64); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return x, !math.IsNaN(x)
}

// inline writes a value as YAML would on one line.
func inline(v any) string {
	switch v := v.(type) { // the usual values: every start of csl writes the defaults of all flags
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	}
	var n yaml.Node
	err := n.Encode(v)
	switch {
	case n.Kind == yaml.SequenceNode:
		n.Style = yaml.FlowStyle
	case n.Style == yaml.LiteralStyle: // text of several lines
		n.Style = yaml.DoubleQuotedStyle
	}
	out, err2 := yaml.Marshal(&n)
	if err != nil || err2 != nil { // no value of a Config
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(string(out), "\n")
}
