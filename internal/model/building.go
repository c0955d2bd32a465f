package model

import "sync"

// building is held while a net is built: Gorgonia keeps global pools, so that a process builds one graph at a
// time. Several models in one process, such as the ranks of a test, run at the same time.
var building sync.Mutex
