package exactjson

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type inner struct {
	Name string `json:"name"`
	N    *int   `json:"n,omitempty"`
}

type outer struct {
	Inner   inner            `json:"inner"`
	List    []inner          `json:"list"`
	Named   map[string]inner `json:"named"`
	Pointer *inner           `json:"pointer"`
	Pair    [2]int64         `json:"pair"`
	Plain   float64
	Not     int `json:"-"`
}

func TestKeysFillTheFieldOfExactlyThatName(t *testing.T) {
	var v outer
	err := Unmarshal([]byte(`{"inner":{"name":"a","NAME":"b"},"INNER":{"name":"c"},"list":[{"Name":"x"},{"name":"y","n":3}],
		"named":{"k":{"name":"z","Name":"w"}},"pointer":{"name":"p"},"Pair":[9,9],"pair":[1,2],"plain":5,"Plain":4}`), &v)
	if err != nil {
		t.Fatal(err)
	}
	three := 3
	want := outer{
		Inner: inner{Name: "a"}, List: []inner{{}, {Name: "y", N: &three}}, Named: map[string]inner{"k": {Name: "z"}},
		Pointer: &inner{Name: "p"}, Pair: [2]int64{1, 2}, Plain: 4,
	}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("%+v, want %+v", v, want)
	}
}

func TestExactIsAsEncodingJSONWhereKeysAreExact(t *testing.T) {
	for _, text := range []string{`{}`, `null`, `{"list":null,"pointer":null}`, `{"inner":{"n":7}}`, `{"unknown":[1,{"a":2}]}`} {
		got, want := outer{Plain: 1}, outer{Plain: 1}
		if err := Unmarshal([]byte(text), &got); err != nil {
			t.Error(err)
		}
		if err := json.Unmarshal([]byte(text), &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v (%v)", text, got, want, err)
		}
	}
	for _, text := range []string{``, `{`, `{"inner":3}`, `{"list":{}}`, `{"pair":"x"}`, `[]`, `{} {}`} {
		if err := Unmarshal([]byte(text), new(outer)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func TestStrictNamesTheUnknownKey(t *testing.T) {
	err := UnmarshalStrict([]byte(`{"Name":"x","name":"y"}`), new(inner))
	if err == nil || !strings.Contains(err.Error(), `unknown key "Name": want name, n`) {
		t.Errorf("error %v", err)
	}
	if err := UnmarshalStrict([]byte(`{"name":"y"}`), new(inner)); err != nil {
		t.Error(err)
	}
}

func TestFieldsOfEmbeddedStructsAreFilled(t *testing.T) {
	var v struct {
		inner
		M int `json:"m"`
	}
	if err := UnmarshalStrict([]byte(`{"name":"x","m":2}`), &v); err != nil || v.Name != "x" || v.M != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"inner":{"name":"a"},"list":[{"name":"b"}],"pair":[1,2]}`))
	f.Add([]byte(`{"named":{"a":{"n":null}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var v outer
		if err := Unmarshal(text, &v); err == nil && !json.Valid(text) {
			t.Error("invalid JSON was read")
		}
	})
}
