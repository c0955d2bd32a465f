package sweep

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"csl/internal/config"
	"csl/internal/train"
)

// identity is a short digest of the settings that make a run's result: those that are not at their default, so that
// settings that a later version adds change nothing. The test split is none of them, nor how a prior would be estimated; the prior counts by what it is,
// not by its path.
func identity(cfg *config.Config, prior string) string {
	c := train.Essential(cfg)
	defaults := config.Default()
	c.Data.Test, c.Prior.Path = defaults.Data.Test, ""
	if c.Prior.Method != config.PriorTraining {
		c.Prior.Method = defaults.Prior.Method // the others are of estimates, not of trainings
	}
	if prior == "" {
		prior = cfg.Prior.Path
	}
	were, are := train.Essential(defaults).Values(), c.Values()
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(are)) {
		if are[key] != were[key] {
			fmt.Fprintf(h, "%s=%s\n", key, are[key])
		}
	}
	fmt.Fprintf(h, "%s\n", prior)
	return hex.EncodeToString(h.Sum(nil)[:5])
}

// completeRuns are the folders of complete runs below out by the identity in their names: a variant that was renamed
// keeps its runs.
func completeRuns(out string) map[string]string {
	found := map[string]string{}
	for _, pattern := range []string{"*", "*/*", "*/*/*", "*/*/*/*"} { // group, variant and setting may be missing
		paths, err := filepath.Glob(filepath.Join(escaped(out), pattern, recordFile))
		if err != nil {
			continue // no pattern of ours is wrong
		}
		for _, path := range paths {
			dir := filepath.Dir(path)
			if _, id, ok := strings.Cut(filepath.Base(dir), "-"); ok && found[id] == "" {
				found[id] = dir
			}
		}
	}
	return found
}

// escaped is a path as a pattern that means itself.
func escaped(path string) string {
	return regexp.MustCompile(`[*?\[]`).ReplaceAllString(path, "[$0]")
}

// sumOf is a digest of a file's content.
func sumOf(path string) (string, error) {
	text, err := os.ReadFile(path)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), err
}

// settingName is the folder of a combination: "topk=5,lr=0.001"; "" without axes.
func settingName(values []setting) string {
	var parts []string
	for _, s := range values {
		parts = append(parts, s.key[strings.LastIndexByte(s.key, '.')+1:]+"="+s.value)
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._=,+-", r) {
			return r
		}
		return '_'
	}, strings.Join(parts, ","))
	const longest = 100
	return name[:min(len(name), longest)]
}

// runName is a run as people call it.
func runName(g group, v variant, values []setting, seed uint64) string {
	var parts []string
	for _, s := range []string{g.name, v.name, settingText(values)} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return fmt.Sprintf("%s, seed %d", strings.Join(parts, ", "), seed)
}

// settingText are the values of the axes as people read them; "" without axes.
func settingText(values []setting) string {
	var parts []string
	for _, s := range values {
		parts = append(parts, s.key+" "+s.value)
	}
	return strings.Join(parts, ", ")
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
