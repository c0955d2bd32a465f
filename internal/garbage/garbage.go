// Package garbage is what work may ask of the garbage collector. How and whether the process does it, the
// command line decides: nothing else switches anything for the whole process.
package garbage

// Hooks are the wishes. The zero value grants none: work then runs as Go collects by itself.
type Hooks struct {
	// Collect frees what is garbage now.
	Collect func()
	// Limit has garbage collected earlier than Go does by itself, until restore is called. Limits may nest.
	Limit func() (restore func())
}

// CollectNow calls Collect where there is one.
func (h Hooks) CollectNow() {
	if h.Collect != nil {
		h.Collect()
	}
}

// LimitNow calls Limit where there is one. restore is never nil.
func (h Hooks) LimitNow() (restore func()) {
	if h.Limit != nil {
		return h.Limit()
	}
	return func() {}
}
