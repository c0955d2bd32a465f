package labels

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"csl/internal/jsonscan"
)

// errFound ends scanning where the format is known.
var errFound = errors.New("found")

// sniffJSON goes by the keys of the first object.
func sniffJSON(start []byte) (Format, error) {
	found := Auto
	var keys []string
	s := jsonscan.New(bytes.NewReader(start))
	err := s.Object(func(key string) error {
		switch key {
		case "image", "positive", "negative":
			found = JSONL
			return errFound
		case "info", "licenses", "images", "annotations", "categories":
			found = COCO
			return errFound
		case "classes", "labels":
			found = FiftyOne
			return errFound
		}
		keys = append(keys, key)
		return s.Skip()
	})
	switch {
	case found != Auto:
		return found, nil
	case err != nil:
		return COCO, nil // a value longer than what is looked at, or an error that the reader will name
	}
	return Auto, unrecognised(fmt.Sprintf("a JSON object with %s, but none of the keys of COCO or LVIS (images, annotations, categories), of FiftyOne (classes, labels) or of JSONL (image, positive, negative)", keyList(keys)), nearestJSON(keys))
}

// sniffList makes sure that a list holds Label Studio's tasks, by the keys of the first one.
func sniffList(start []byte) error {
	if second := bytes.TrimLeft(start[1:], " \t\r\n"); len(second) == 0 || second[0] != '{' {
		return unrecognised(fmt.Sprintf("a JSON list that begins %q, not one of Label Studio's tasks", clip(string(firstLine(start)))), COCO)
	}
	var keys []string
	s := jsonscan.New(bytes.NewReader(start))
	err := s.List(func() error {
		if err := s.Object(func(key string) error { return sniffTask(s, key, &keys) }); err != nil {
			return err
		}
		return errors.New("the first one is enough")
	})
	if errors.Is(err, errFound) || len(keys) == 0 {
		return nil
	}
	return unrecognised(fmt.Sprintf("a JSON list of objects with %s, not of Label Studio's tasks (data, annotations)", keyList(keys)), nearestJSON(keys))
}

// sniffTask looks at one value of an object in a list: errFound says that it is one of a task.
func sniffTask(s *jsonscan.Scanner, key string, keys *[]string) error {
	*keys = append(*keys, key)
	if slices.Contains([]string{"data", "annotations", "completions", "annotator", "annotation_id", "lead_time", "present", "absent", "choice", "choices"}, key) {
		return errFound
	}
	kind, err := s.Kind()
	if err != nil || kind != jsonscan.Object {
		return errors.Join(err, s.Skip())
	}
	return s.Object(func(inner string) error {
		if inner == "choices" {
			return errFound
		}
		return s.Skip()
	})
}

// nearestJSON is the format whose keys are closest.
func nearestJSON(keys []string) Format {
	for _, key := range keys {
		switch key {
		case "image_id", "category_id", "file_name", "bbox", "supercategory":
			return COCO
		case "samples", "sample", "ground_truth", "predictions":
			return FiftyOne
		case "task", "tasks", "result", "results":
			return LabelStudio
		}
	}
	return JSONL
}

// keyList names keys in a message.
func keyList(keys []string) string {
	const most = 8
	if len(keys) == 0 {
		return "no keys"
	}
	text := "the keys "
	for i, key := range keys[:min(most, len(keys))] {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%q", clip(key))
	}
	if len(keys) > most {
		text += ", ..."
	}
	return text
}
