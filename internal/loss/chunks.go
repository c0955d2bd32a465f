package loss

import "csl/internal/kernel"

// runChunks does a task whose jobs are chunks of rows: at most maxChunks, the same for any pool, which may be nil.
func runChunks(pool *kernel.Pool, rows int, task kernel.Task) {
	chunks := min(rows, maxChunks)
	if pool != nil {
		pool.Run(chunks, task)
		return
	}
	for j := range chunks {
		task.Do(j, 0)
	}
}

// chunkOf is the range of rows of a chunk.
func chunkOf(rows, chunk int) (from, to int) {
	chunks := min(rows, maxChunks)
	return chunk * rows / chunks, (chunk + 1) * rows / chunks
}
