// Package exactjson is encoding/json with one difference: an object's key fills the field of exactly
// that name. encoding/json takes "NAME" for "name" as well, so that a foreign key can overwrite what a
// file says. It holds the values in memory: streams of data belong to package jsonscan.
package exactjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Unmarshal reads one JSON value into *v, as json.Unmarshal but with exact keys.
func Unmarshal(data []byte, v any) error {
	if !json.Valid(data) {
		return json.Unmarshal(data, new(any)) // whose error says where it goes wrong
	}
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return &json.InvalidUnmarshalError{Type: reflect.TypeOf(v)}
	}
	return fill(data, to.Elem(), false)
}

// UnmarshalStrict is [Unmarshal] and refuses keys that *v has no field for.
func UnmarshalStrict(data []byte, v any) error {
	if !json.Valid(data) {
		return json.Unmarshal(data, new(any))
	}
	return fill(data, reflect.ValueOf(v).Elem(), true)
}

// Decode reads the next value of d into *v with exact keys.
func Decode(d *json.Decoder, v any) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return err
	}
	return Unmarshal(raw, v)
}

// Read reads a stream of one value into *v with exact keys.
func Read(r io.Reader, v any) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return io.ErrUnexpectedEOF
	}
	return Unmarshal(data, v)
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// fill is Unmarshal of valid JSON.
func fill(data []byte, to reflect.Value, strict bool) error {
	t := to.Type()
	if !hasStruct(t, nil) || bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return json.Unmarshal(data, to.Addr().Interface())
	}
	switch t.Kind() {
	case reflect.Pointer:
		if to.IsNil() {
			to.Set(reflect.New(t.Elem()))
		}
		return fill(data, to.Elem(), strict)
	case reflect.Struct:
		return fillStruct(data, to, strict)
	case reflect.Slice:
		return fillSlice(data, to, strict)
	case reflect.Map:
		return fillMap(data, to, strict)
	}
	return fmt.Errorf("exact JSON does not fill a %v", t)
}

func fillStruct(data []byte, to reflect.Value, strict bool) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	fields, err := fillFields(members, to, strict)
	if err != nil || !strict {
		return err
	}
	return unknownKey(members, fields)
}

// fillFields fills the fields that members name, those of embedded structs too, and returns the names
// of all fields.
func fillFields(members map[string]json.RawMessage, to reflect.Value, strict bool) (fields []string, err error) {
	for i := range to.NumField() {
		f := to.Type().Field(i)
		if f.Anonymous && f.Tag.Get("json") == "" && f.Type.Kind() == reflect.Struct {
			more, err := fillFields(members, to.Field(i), strict)
			if err != nil {
				return nil, err
			}
			fields = append(fields, more...)
			continue
		}
		name, ok := key(f)
		if !ok {
			continue
		}
		fields = append(fields, name)
		raw, ok := members[name]
		if !ok {
			continue
		}
		if err := fill(raw, to.Field(i), strict); err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
	}
	return fields, nil
}

// unknownKey is the error of the first key, by name, that no field has; nil if there is none.
func unknownKey(members map[string]json.RawMessage, fields []string) error {
	for _, name := range fields {
		delete(members, name)
	}
	if len(members) == 0 {
		return nil
	}
	first := ""
	for name := range members {
		if first == "" || name < first {
			first = name
		}
	}
	return fmt.Errorf("unknown key %q: want %s", first, strings.Join(fields, ", "))
}

// key is the name of a field in JSON; ok is false if it has none.
func key(f reflect.StructField) (name string, ok bool) {
	name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case !f.IsExported() || f.Tag.Get("json") == "-":
		return "", false
	case name == "":
		return f.Name, true
	}
	return name, true
}

func fillSlice(data []byte, to reflect.Value, strict bool) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil {
		return err
	}
	out := reflect.MakeSlice(to.Type(), len(elements), len(elements))
	for i, raw := range elements {
		if err := fill(raw, out.Index(i), strict); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	to.Set(out)
	return nil
}

func fillMap(data []byte, to reflect.Value, strict bool) error {
	t := to.Type()
	if t.Key().Kind() != reflect.String {
		return errors.New("exact JSON fills maps by text only")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	if to.IsNil() {
		to.Set(reflect.MakeMapWithSize(t, len(members)))
	}
	for name, raw := range members {
		v := reflect.New(t.Elem()).Elem()
		if err := fill(raw, v, strict); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		to.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), v)
	}
	return nil
}

// hasStruct tells whether a type has fields that keys could be confused with: a struct that does not
// read JSON itself, or something made of such.
func hasStruct(t reflect.Type, above []reflect.Type) bool {
	if t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler) {
		return false
	}
	switch t.Kind() {
	case reflect.Struct:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Map:
		for _, a := range above {
			if a == t {
				return false
			}
		}
		return hasStruct(t.Elem(), append(above, t))
	}
	return false
}
