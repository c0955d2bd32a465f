package predict

import (
	"fmt"

	"csl/internal/memory"
	"csl/internal/model"
)

const (
	// loadedPixelBytes is what a pixel takes as it is loaded.
	loadedPixelBytes = 12
	// worthPlanning is a size below which no network is planned to learn what it needs.
	worthPlanning = 256 << 20
)

// fits refuses batches that this machine lacks memory for. held bytes of it are there already.
func fits(w *model.Weights, batch, height, width int, held int64) error {
	images := memory.Product(int64(batch), int64(height), int64(width))
	needs := func(how string, bytes int64) error {
		return memory.Need(fmt.Sprintf("%s of %dx%d %s", batchOf(batch), height, width, how), max(bytes-held, 0))
	}
	if err := needs("needs at least", memory.Product(images, loadedPixelBytes+model.MinPixelBytes)); err != nil {
		return err // planning it could overflow
	}
	if images*model.MinPixelBytes < worthPlanning {
		return nil
	}
	run, err := model.RunBytes(w.Spec(), model.Options{Batch: batch, Height: height, Width: width}, nil)
	if err != nil {
		return err
	}
	return needs("needs", run+images*loadedPixelBytes)
}

func batchOf(images int) string {
	if images == 1 {
		return "an image"
	}
	return fmt.Sprintf("a batch of %d images", images)
}
