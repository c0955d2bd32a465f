package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/onnx"
	"csl/internal/count"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/safefile"

	"github.com/spf13/cobra"
)

// Formats of "csl export".
const (
	toSafetensors = "safetensors"
	toONNX        = "onnx"
	toTorch       = "pth"
	toPacked      = "packed"
)

// exportOptions is what "csl export" was asked to do.
type exportOptions struct {
	*streams
	model      modelfile.Options
	strict     bool
	nonFinite  bool
	to         string
	path       string
	thresholds string
	force      bool

	// of packed weights
	batch     int
	inputSize string
}

func newExportCommand(s *streams) *cobra.Command {
	o := &exportOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "export --model_path FILE --out FILE",
		Short: "Write a checkpoint in another format",
		Long: `Write a checkpoint in another format:

  safetensors  the reference's tensor names, with architecture, classes and preprocessing: csl's own
  pth          what the reference's code and torch.load(..., weights_only=True) read; the rest, such as
               the input's size, lies beside it for csl
  onnx         for inference elsewhere: batch norms folded, any batch and image size
  packed       safetensors, and beside the tensors the weights as this csl computes with them on this
               kind of processor: csl infer maps the file and starts sooner

Tensors are written as float32, under the names and with the meaning of the Alibaba repositories.`,
		Example: `  csl export --model_path outputs/best.safetensors --out model.onnx
  csl export --model_path outputs/best.safetensors --out model.packed --image_size 448
  csl export --model_path tresnet_m.pth --classes coco.txt --out tresnet_m.safetensors`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runExport(cmd.Context(), o) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	bindModel(fs, &o.model, &o.strict)
	fs.StringVarP(&o.path, "out", "o", "", "write to `FILE`")
	fs.StringVar(&o.to, "to", "", "safetensors, onnx, pth or packed; default by the name of --out")
	fs.StringVar(&o.model.Classes, "classes", "", "store class names from `FILE`: one per line in the order of the outputs, CSV id,name, or JSON")
	fs.StringVar(&o.model.Descriptions, "class_description_path", "", "read Open Images class descriptions from `FILE`: CSV MID,name")
	fs.StringVar(&o.thresholds, "thresholds", "", "store thresholds per class from `FILE`, for csl infer and csl validate: CSV class,threshold")
	fs.StringVar(&o.model.Encoding, "encoding", "", "encoding of these files, such as latin1, gbk or utf-16; default UTF-8")
	fs.IntVar(&o.batch, "batch_size", 1, "with --to packed: pack for this many images at once")
	fs.StringVar(&o.inputSize, "image_size", "", "with --to packed: pack for images of `N|HxW` pixels; default the checkpoint's, else "+strconv.Itoa(model.DefaultSize))
	fs.BoolVar(&o.nonFinite, "allow_nonfinite", false, "write the file although weights are NaN or infinite")
	fs.BoolVar(&o.force, "force", false, "overwrite a file that exists")
	// An error would mean that the flag does not exist or is completed already.
	_ = cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions(exportFormats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// exportFormats are the values of --to.
func exportFormats() []string { return []string{toSafetensors, toONNX, toTorch, toPacked} }

// target is the format to write.
func (o *exportOptions) target() (string, error) {
	known := exportFormats()
	switch {
	case o.model.Path == "":
		return "", usagef("--model_path is missing: give a checkpoint or a run directory")
	case o.path == "":
		return "", usagef("--out is missing: give a file to write")
	case slices.Contains(known, o.to):
		return o.to, nil
	case o.to != "":
		return "", usagef("--to %q: must be %s", o.to, strings.Join(known, ", "))
	}
	switch ext := strings.ToLower(filepath.Ext(o.path)); ext {
	case ".safetensors":
		return toSafetensors, nil
	case ".onnx":
		return toONNX, nil
	case ".packed":
		return toPacked, nil
	}
	if isTorchName(o.path) {
		return toTorch, nil
	}
	return "", usagef("--out %q has no known extension: give --to %s", o.path, strings.Join(known, ", "))
}

// isTorchName tells PyTorch's extensions.
func isTorchName(path string) bool {
	return slices.Contains([]string{".pth", ".pt", ".ckpt"}, strings.ToLower(filepath.Ext(path)))
}

func runExport(ctx context.Context, o *exportOptions) error {
	to, err := o.target()
	if err != nil {
		return err
	}
	if err := o.checkPacked(to); err != nil {
		return err
	}
	if info, err := o.fs.Stat(o.path); err == nil && info.Mode().IsRegular() && !o.force {
		return fmt.Errorf("write %q: file exists; use --force to overwrite it", o.path)
	}
	o.model.Lenient = !o.strict
	m, err := modelfile.Open(ctx, o.model)
	if err != nil {
		return err
	}
	if len(m.NonFinite) > 0 && to == toPacked {
		return fmt.Errorf("checkpoint %q: %s, which cannot be packed", m.Path, checkpoint.DescribeNonFinite(m.NonFinite))
	}
	if len(m.NonFinite) > 0 && !o.nonFinite {
		return fmt.Errorf("checkpoint %q: %s; use --allow_nonfinite to export them anyway", m.Path, checkpoint.DescribeNonFinite(m.NonFinite))
	}
	if written, err := os.Stat(o.path); err != nil || to != toSafetensors || !isFile(m.Path, written) { // a run's weights may be given thresholds
		if err := notOfARun("--out", o.path); err != nil {
			return err
		}
	}
	for _, w := range m.Warnings {
		o.log().Warn(w)
	}
	w := m.Weights
	meta, err := o.metadata(ctx, m)
	if err != nil {
		return err
	}
	if text := otherSlopes(w.Spec()); to == toTorch && text != "" {
		o.log().Warn(text)
	}
	if to == toPacked {
		meta.Input = &m.Input
		return o.writePacked(m, meta)
	}
	if err := safefile.Write(o.fs, o.path, func(out io.Writer) error { return writeModel(out, to, w, meta) }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "%s: %s, %s, %s\n", o.path, w.Spec().Name, count.Of(w.Spec().NumClasses, "class"), to)
	if err == nil && to == toONNX {
		_, err = io.WriteString(o.out, describeONNX(m.Input))
	}
	return err
}

// describeONNX says how to call an exported ONNX model: names, shapes and scaling.
func describeONNX(in checkpoint.Input) string {
	scaling := "RGB from 0 to 1"
	if len(in.Mean) > 0 {
		scaling += fmt.Sprintf(", minus mean %v, divided by std %v", in.Mean, in.Std)
	}
	return fmt.Sprintf("input    image: float32 [batch,3,height,width], %s; %dx%d pixels, %s resizing\n"+
		"outputs  logits, scores (sigmoid of logits): float32 [batch,classes]\n", scaling, in.Height, in.Width, in.Interpolation)
}

// metadata is the checkpoint's own, with class names and thresholds where they are given.
func (o *exportOptions) metadata(ctx context.Context, m *modelfile.Model) (*checkpoint.Meta, error) {
	meta := &checkpoint.Meta{Version: version()}
	if m.Meta != nil {
		meta = m.Meta
	}
	meta.Spec, meta.Classes = m.Weights.Spec(), m.Classes
	if o.thresholds == "" {
		return meta, nil
	}
	if len(m.Classes) == 0 {
		return nil, fmt.Errorf("--thresholds: %q names no classes; give them with --classes", o.model.Path)
	}
	var err error
	meta.Thresholds, err = modelfile.ReadThresholds(ctx, o.thresholds, m.Classes, o.model.Encoding)
	return meta, err
}

// otherSlopes says that programs which read a .pth file take other slopes than the model has; "" if
// they do not.
func otherSlopes(s model.Spec) string {
	stem, blocks := checkpoint.AssumedSlopes(s.Kinds, checkpoint.Alibaba)
	if s.StemSlope == stem && s.Slope == blocks {
		return ""
	}
	return fmt.Sprintf("the slopes of activations are %g and %g: csl reads them from the .pth file, other programs assume %g and %g", s.StemSlope, s.Slope, stem, blocks)
}

// writeModel writes the weights in a format.
func writeModel(out io.Writer, to string, w *model.Weights, meta *checkpoint.Meta) error {
	table, err := meta.Encode()
	if err != nil {
		return err
	}
	switch to {
	case toTorch:
		var names []string
		for _, c := range meta.Classes {
			names = append(names, c.Name)
		}
		return checkpoint.WriteTorch(out, checkpoint.Tensors(w), names, table)
	case toONNX:
		return onnx.Write(out, w, onnx.Options{Version: meta.Version, Metadata: table})
	}
	return checkpoint.WriteSafetensors(out, checkpoint.Tensors(w), table)
}
