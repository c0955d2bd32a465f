package main

import (
	"runtime/debug"
	"testing"
)

func TestTheVersionIsThatOfTheModuleOrTheRevision(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}
	for _, x := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{nil, "unknown"},
		{&debug.BuildInfo{}, "devel"},
		{&debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}, Settings: vcs}, "v1.2.0"},
		{&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: vcs}, "abc+dirty"},
		{&debug.BuildInfo{Settings: vcs[:1]}, "abc"},
	} {
		if got := releaseOf(x.info); got != x.want {
			t.Errorf("%+v: %q, want %q", x.info, got, x.want)
		}
	}
}
