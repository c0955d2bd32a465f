package labels

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// scalar is a JSON number or text used as an id; 7, 7.0 and "7" are one id.
type scalar string

// UnmarshalJSON takes numbers and texts; null leaves the id empty.
func (s *scalar) UnmarshalJSON(b []byte) error {
	switch c := b[0]; {
	case c == '"':
		return json.Unmarshal(b, (*string)(s))
	case c == 'n':
		return nil
	case c != '-' && (c < '0' || c > '9'):
		return fmt.Errorf("id %s: want a number or a text", clip(string(b)))
	}
	*s = scalar(b)
	if f, err := strconv.ParseFloat(string(b), 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		*s = scalar(strconv.FormatInt(int64(f), 10))
	}
	return nil
}

// jsonObject calls value for every key of the object that comes next. value
// must read the key's value from d.
func jsonObject(d *json.Decoder, value func(key string) error) error {
	if err := jsonDelim(d, '{'); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return jsonError(d, err)
		}
		name, _ := key.(string) // the decoder lets only texts be keys
		if err := value(name); err != nil {
			return err
		}
	}
	return jsonDelim(d, '}')
}

// jsonList calls f for every element of the list that comes next, with the
// byte at which the element begins.
func jsonList[T any](d *json.Decoder, what string, f func(at int64, v *T) error) error {
	if err := jsonDelim(d, '['); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	for d.More() {
		at := d.InputOffset()
		var v T
		if err := d.Decode(&v); err != nil {
			return fmt.Errorf("%s: %w", what, jsonError(d, err))
		}
		if err := f(at, &v); err != nil {
			return fmt.Errorf("%s: byte %d: %w", what, at, err)
		}
	}
	return jsonDelim(d, ']')
}

// jsonSkip passes over the value that comes next, however large, without
// holding it.
func jsonSkip(d *json.Decoder) error {
	for depth := 0; ; {
		t, err := d.Token()
		if err != nil {
			return jsonError(d, err)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// jsonDelim takes one bracket.
func jsonDelim(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return jsonError(d, err)
	}
	if t != want {
		return fmt.Errorf("byte %d: found %s, want %s", d.InputOffset(), clip(fmt.Sprint(t)), want)
	}
	return nil
}

// jsonError adds the byte to what the decoder says.
func jsonError(d *json.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("byte %d: %w", d.InputOffset(), cutShort(io.ErrUnexpectedEOF))
	}
	return fmt.Errorf("near byte %d: %w", d.InputOffset(), err)
}
