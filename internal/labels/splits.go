package labels

import (
	"fmt"
	"slices"
	"strings"
)

// splitName is the split that a cell names: train, val or test; "" for none.
func splitName(cell string) string {
	switch strings.ToLower(strings.TrimSpace(cell)) {
	case "train", "training":
		return "train"
	case "val", "valid", "validation":
		return "val"
	case "test", "testing":
		return "test"
	}
	return ""
}

// splitColumn is the column that names the split of each image, by the first two rows of a table; -1 for none.
func splitColumn(first, second []string) int {
	i := firstColumn(first, []string{"split", "subset", "set", "partition"})
	if i < 0 && isListTable(second) && len(second) > 2 {
		i = len(second) - 1
	}
	if i < 0 || i >= len(second) || splitName(second[i]) == "" {
		return -1
	}
	return i
}

// isListTable tells by its first row of values whether a table is one that ML-Decoder's parse_csv_data reads, by position
// instead of by name: image, a list as Python prints it, and train or val.
func isListTable(row []string) bool {
	if len(row) < 2 || len(row) > 4 {
		return false
	}
	cell := strings.TrimSpace(row[1])
	return strings.HasPrefix(cell, "[") && strings.HasSuffix(cell, "]")
}

// ofSplit keeps the images of one split, unless the table has no other. parts are those of all images, which column names.
func ofSplit(set *Set, parts []string, column, want string, rep *Report) (*Set, error) {
	found := slices.Compact(slices.Sorted(slices.Values(parts)))
	if want == "" || len(found) < 2 {
		return set, nil
	}
	if !slices.Contains(found, want) {
		return nil, fmt.Errorf("no image of split %q: column %q has %s", want, clip(column), strings.Join(found, " and "))
	}
	for i, part := range parts {
		if part != want {
			rep.add(OtherSplits, func() string { return set.ImageName(i) })
		}
	}
	return set.Filter(func(i int) bool { return parts[i] == want }), nil
}
