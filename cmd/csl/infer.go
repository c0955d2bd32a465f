package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"csl/internal/count"
	"csl/internal/dist"
	"csl/internal/graph"
	"csl/internal/images/codec"
	"csl/internal/images/loader"
	"csl/internal/images/source"
	"csl/internal/images/transform"
	"csl/internal/infer"
	"csl/internal/model"
	"csl/internal/modelfile"

	"github.com/spf13/cobra"
)

// inferOptions is what "csl infer" was asked to do.
type inferOptions struct {
	csvSafe bool
	*streams
	images []string // --images and further arguments

	model           infer.ModelOptions
	dataset         string
	inputSize       string
	threshold       float64
	exifOrientation bool
	strict          bool

	topK      int
	maxPixels int64
	maxMemory int64 // bytes
	batch     int
	workers   int

	out    string
	logits bool
	format string

	shardText string
	shard     infer.Shard
	ranks     string // --distributed
}

func newInferCommand(s *streams) *cobra.Command {
	o := &inferOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "infer --model_path FILE --images IMAGE...",
		Short: "Classify images",
		Long: `Classify images. An IMAGE is a file, a folder or a tar (all images in it), a pattern such as
'photos/*.jpg', @FILE (a list of paths, one per line) or - (such a list on standard input). Give any
number of them.

Results keep the order of the images and are text, JSON lines or CSV. An image that cannot be read
is reported and skipped; the exit code is then 3. A class counts as present if its score is above a
threshold: --threshold, else the checkpoint's, else that of --dataset_type, else 0.8.

Independent jobs share a list of images by --shard: their outputs, one behind the other in the order of
the shards, are the output of a single job, as by "cat". Started as several ranks by mpirun or
srun, csl-mpi shares the images and prints all results in order.

The reference's names --pic_path, --th and --input_size mean --images, --threshold and --image_size.`,
		Example: `  csl infer --model_path model.pth --images photo.jpg
  csl infer --model_path model.pth --images photos --format json --out annotated
  find / -name '*.jpg' | csl infer --model_path model.pth --images - --format csv >tags.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.images = append(o.images, args...)
			if cmd.Flags().Changed("threshold") {
				o.model.Threshold = &o.threshold
			}
			if cmd.Flags().Changed("exif_orientation") {
				o.model.EXIFOrientation = &o.exifOrientation
			}
			return runInfer(cmd.Context(), o)
		},
	}
	o.bind(cmd)
	return cmd
}

func (o *inferOptions) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	bindModel(fs, &o.model.Options, &o.strict)
	fs.StringArrayVar(&o.images, "images", nil, "`IMAGE` to classify: file, folder, tar, pattern, @list or - (paths on standard input); may be repeated (reference: --pic_path)")
	fs.StringVar(&o.dataset, "dataset_type", "", "data that published weights were trained on: MS-COCO (threshold 0.7) or OpenImages (0.995)")
	fs.StringVar(&o.model.Name, "model_name", "", "refuse checkpoints of another architecture; default: accept any")
	fs.StringVar(&o.inputSize, "image_size", "", "resize images to `N|HxW` pixels; default the checkpoint's, else "+strconv.Itoa(model.DefaultSize)+" (reference: --input_size)")
	fs.Float64Var(&o.threshold, "threshold", modelfile.DefaultThreshold, "score above which a class counts as present; 0 = every class that --top_k allows (reference: --th)")
	fs.IntVar(&o.topK, "top_k", 30, "report at most this many classes per image, most likely first; 0 = no limit")
	fs.StringVar(&o.model.Classes, "classes", "", "read class names from `FILE`: one per line in the order of the outputs, CSV id,name, or JSON")
	fs.StringVar(&o.model.Descriptions, "class_description_path", "", "read Open Images class descriptions from `FILE`: CSV MID,name")
	fs.StringVar(&o.model.Encoding, "encoding", "", "encoding of these files, such as latin1, gbk or utf-16; default UTF-8")
	fs.StringVar(&o.model.Interpolation, "interpolation", "", "resize with bilinear or bicubic; default the checkpoint's, else bilinear")
	fs.BoolVar(&o.exifOrientation, "exif_orientation", false, "rotate images upright by their EXIF orientation; default the checkpoint's, else no")
	fs.Int64Var(&o.maxMemory, "max_image_memory", codec.DefaultMaxMemory, "limit the memory of images being decoded to this many bytes; reject larger images before decoding")
	fs.Int64Var(&o.maxPixels, "max_pixels", codec.DefaultMaxPixels, "reject images of more pixels before decoding")
	fs.IntVar(&o.batch, "batch_size", 8, "classify this many images at once")
	fs.IntVar(&o.workers, "workers", 0, "decode with this many goroutines; 0 = one per thread")
	fs.StringVar(&o.out, "out", "", "write each image with its tags to the folder `DIR`")
	fs.BoolVar(&o.logits, "logits", false, "print logits as well")
	fs.StringVar(&o.shardText, "shard", "", "classify a part of the images: `I/N` = the I-th of N, from 1; auto, auto/N = by the place in an array of Slurm or an indexed job of Kubernetes")
	bindDistributed(cmd, &o.ranks)
	fs.StringVar(&o.format, "format", formatText, "print results as text, json (one object per line and image) or csv")
	fs.BoolVar(&o.csvSafe, "csv_safe", false, "with --format csv: put ' before names that a spreadsheet would take for formulas")
	complete := func(flag string, values ...string) {
		// An error would mean that the flag does not exist or is completed already.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	complete("dataset_type", string(infer.COCO), string(infer.OpenImages))
	complete("model_name", model.Names()...)
	complete("interpolation", transform.FilterNames()...)
	complete("format", formatText, formatJSON, formatCSV)
}

// check refuses wrong flags and reads those that are texts.
func (o *inferOptions) check() error {
	if err := checkFormat(o.format, formatText, formatJSON, formatCSV); err != nil {
		return err
	}
	var err error
	switch {
	case o.model.Path == "":
		return usagef("--model_path is missing: give a checkpoint or a run directory")
	case len(o.images) == 0:
		return usagef("--images is missing: give files, folders or patterns")
	case !(o.threshold >= 0 && o.threshold <= 1):
		return usagef("--threshold %v: must be from 0 to 1", o.threshold)
	case o.topK < 0:
		return usagef("--top_k %d: must be at least 0", o.topK)
	case o.batch < 1:
		return usagef("--batch_size %d: must be at least 1", o.batch)
	case o.workers < 0:
		return usagef("--workers %d: must be at least 0", o.workers)
	case o.maxMemory < 1:
		return usagef("--max_image_memory %d: must be at least 1", o.maxMemory)
	case o.maxPixels < 1:
		return usagef("--max_pixels %d: must be at least 1", o.maxPixels)
	}
	if o.model.Dataset, err = infer.ParseDataset(o.dataset); err != nil {
		return usagef("--dataset_type: %w", err)
	}
	if o.model.Name != "" {
		if _, err := model.Lookup(o.model.Name); err != nil {
			return usagef("--model_name: %w", err)
		}
	}
	if o.model.Interpolation != "" {
		if _, err := transform.ParseFilter(o.model.Interpolation); err != nil {
			return usagef("--interpolation: %w", err)
		}
	}
	if o.model.Height, o.model.Width, err = parseSize(o.inputSize); err != nil {
		return usagef("--image_size: %w", err)
	}
	if o.shard, err = parseShard(o.shardText, os.Getenv); err != nil {
		return usagef("--shard: %w", err)
	}
	o.model.Lenient = !o.strict
	return nil
}

// parseSize reads N or HxW; "" is 0, 0.
func parseSize(text string) (height, width int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	h, w, both := strings.Cut(strings.ToLower(text), "x")
	if !both {
		w = h
	}
	height, err = strconv.Atoi(h)
	if err == nil {
		width, err = strconv.Atoi(w)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%q: must be N or HEIGHTxWIDTH", text)
	}
	return height, width, model.CheckSize(height, width)
}

func runInfer(ctx context.Context, o *inferOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	group, err := o.join(o.ranks)
	if err != nil {
		return err
	}
	switch {
	case group.Size() > 1 && o.shard.Of > 0:
		return usagef("--shard: the ranks of a launcher share the images already; --distributed off makes them independent")
	case group.Size() > 1 && slices.Contains(o.images, "-"):
		return usagef("--images -: launchers give standard input to one rank only; write the list to a file and give @FILE")
	}
	var archives source.Archives
	defer archives.Close()
	images, notes, err := infer.Inputs(ctx, o.images, o.in, &archives)
	if err != nil {
		return err
	}
	for _, note := range notes {
		o.log().Warn(note)
	}
	if err := sameOnAllRanks(group, "the list of images", strings.Join(images, "\n")); err != nil {
		return err
	}
	if group.Size() == 1 { // ranks compare the weights themselves
		if o.model.Packed, err = packedFor(); err != nil {
			return err
		}
	}
	m, err := infer.Load(ctx, o.model)
	if err != nil {
		return err
	}
	defer m.Close() // only read
	for _, w := range m.Warnings {
		o.log().Warn(w)
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	return o.classify(ctx, m, images, &archives, be, group)
}

// classify runs the model over the images and sends the results where they go.
func (o *inferOptions) classify(ctx context.Context, m *infer.Model, images []string, archives *source.Archives, be graph.Backend, group dist.Group) error {
	nothing := "nothing scores above its threshold"
	if m.OneThreshold {
		nothing = fmt.Sprintf("nothing scores above %v", m.Thresholds[0])
	}
	write := infer.WriterOptions{Format: infer.Format(o.format), Logits: o.logits, Nothing: nothing, CSVSafe: o.csvSafe, NoHeader: !o.shard.First()}
	results := &inferResults{o: o}
	limits := infer.Limits{MaxPixels: o.maxPixels, Memory: codec.NewMemory(int64(o.maxMemory))}
	if o.out != "" && group.Rank() == 0 {
		d, err := infer.NewDrawer(ctx, infer.DrawerOptions{
			Dir: o.out, FS: o.fs, Model: m, Images: images, Archives: archives, Limits: limits, Workers: o.global.threads, Nothing: nothing,
		})
		if err != nil {
			return err
		}
		results.drawer, write.Drawn = d, d.File
	}
	out := o.streams.out
	if o.format == formatCSV && !o.outTTY { // a file gets names as they are
		out = o.raw
	}
	if o.outTTY {
		out = o.display.Beside(out)
	}
	var err error
	if results.Writer, err = infer.NewWriter(out, write); err != nil {
		return err
	}
	from, to := o.shard.Range(len(images), o.batch)
	if to-from > 1 {
		results.task = o.display.Start("classifying", "img", int64(to-from))
	}
	skipped, err := infer.Run(ctx, infer.Options{
		Model: m, Images: images, Shard: o.shard, Group: group, Archives: archives, Limits: limits, Batch: o.batch, Workers: o.workers, TopK: o.topK, Backend: be, Garbage: garbageHooks(),
		Cut: func(classes, images int) {
			o.log().Info(fmt.Sprintf("--top_k %d: %s above the threshold not shown, on %s; --top_k 0 shows all",
				o.topK, count.Of(classes, "more tag"), count.Of(images, "image")))
		},
		Rotated: func(n int) { o.log().Warn(loader.RotatedWarning(n, to-from, "--exif_orientation")) },
	}, results)
	results.task.Done()
	if results.drawer != nil {
		if drawn := results.drawer.Close(); err == nil || !errors.Is(err, drawn) {
			err = errors.Join(err, drawn)
		}
	}
	if err == nil {
		err = o.leave()
	}
	if err != nil {
		return err
	}
	if skipped > 0 {
		return &skippedError{fmt.Errorf("%d of %s skipped", skipped, count.Of(to-from, "image"))}
	}
	return nil
}
