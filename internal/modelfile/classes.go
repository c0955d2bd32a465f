package modelfile

import (
	"context"
	"fmt"
	"slices"

	"csl/internal/checkpoint"
	"csl/internal/count"
	"csl/internal/labels"
)

// settleClasses settles what the outputs of a checkpoint are called: by the file of class names, if given,
// else by the checkpoint; Open Images MIDs get their names from the file of descriptions, if given.
// The result is nil where nothing names the classes.
func settleClasses(ctx context.Context, path string, sd *checkpoint.StateDict, o Options) (classes []checkpoint.Class, warnings []string, err error) {
	n := sd.Spec.NumClasses
	classes = slices.Clone(sd.Classes())
	if len(classes) > 0 && len(classes) != n {
		warnings = append(warnings, fmt.Sprintf("checkpoint %q names %s, but has %s: its names are not used", path, count.Of(len(classes), "class"), count.Of(n, "output")))
		classes = nil
	}
	if file := o.Classes; file != "" {
		given, err := ReadClasses(ctx, file, n, o.Encoding)
		if err != nil {
			return nil, nil, err
		}
		if classes != nil && !sameNames(classes, given) {
			warnings = append(warnings, fmt.Sprintf("the names of %q are used instead of the checkpoint's, which differ", file))
		}
		classes = given
	}
	descriptions := o.Descriptions
	if descriptions == "" {
		return classes, warnings, nil
	}
	if classes == nil {
		return nil, append(warnings, fmt.Sprintf("%q is not used: no class has a name that it could describe", descriptions)), nil
	}
	list, err := labels.Descriptions(ctx, descriptions, o.Encoding, new(labels.Report))
	if err != nil {
		return nil, nil, err
	}
	described := make(map[string]string, len(list))
	for _, c := range list {
		described[c.ID] = c.Name
	}
	missing, first := describe(classes, described)
	if missing > 0 {
		warnings = append(warnings, fmt.Sprintf("%q has no description of %d of the %d classes, such as %q", descriptions, missing, n, first))
	}
	return classes, warnings, nil
}

// describe gives classes that are MIDs their names, and counts those that stay MIDs.
func describe(classes []checkpoint.Class, described map[string]string) (missing int, first string) {
	for i, c := range classes {
		mid := c.ID
		if mid == "" {
			mid = c.Name
		}
		name, ok := described[mid]
		switch {
		case ok:
			classes[i] = checkpoint.Class{ID: mid, Name: name}
		case missing == 0:
			first = mid
			fallthrough
		default:
			missing++
		}
	}
	return missing, first
}

func sameNames(a, b []checkpoint.Class) bool {
	return slices.EqualFunc(a, b, func(a, b checkpoint.Class) bool { return a.Name == b.Name })
}
