package labels

import (
	"path"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// ImageName is the one spelling of a path that stands for an image: slashes, no "." and "..", and composed characters
// (Unicode NFC), so that ./a.jpg, x/../a.jpg and a.jpg are one image, and so are the two forms of é.jpg.
func ImageName(name string) string {
	if strings.ContainsAny(name, `\`) {
		name = strings.ReplaceAll(name, `\`, "/")
	}
	if strings.Contains(name, "//") || strings.Contains(name, "./") || strings.HasSuffix(name, "/") || strings.HasSuffix(name, "/..") || strings.HasSuffix(name, "/.") {
		name = path.Clean(name)
	}
	return compose(name)
}

// isPlain tells quickly of most names that they are their ImageName: ASCII without backslashes, control characters,
// and slashes that path.Clean may take away.
func isPlain(name []byte) bool {
	last := byte(0)
	for _, c := range name {
		if c >= 0x80 || c < ' ' || c == '\\' || c == '/' && (last == '/' || last == '.') {
			return false
		}
		last = c
	}
	return last != '/' && last != '.'
}

// compose is a name in Unicode NFC. Most names are that already.
func compose(name string) string {
	if norm.NFC.IsNormalString(name) {
		return name
	}
	return norm.NFC.String(name)
}

// ClassName is the one spelling of a class name: without spaces around it, and composed.
func ClassName(name string) string { return strings.TrimSpace(compose(name)) }

// folded is a class name without what people do not see or mean: case, and how many spaces.
func folded(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// reportSimilar counts classes whose names differ in case or spaces only.
func reportSimilar(classes []Class, rep *Report) {
	first := make(map[string]string, len(classes))
	for _, c := range classes {
		key := folded(c.Name)
		if earlier, ok := first[key]; ok {
			rep.add(SimilarNames, func() string { return quotePair(earlier, c.Name) })
			continue
		}
		first[key] = c.Name
	}
}
