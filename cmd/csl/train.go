package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"csl/internal/config"
	"csl/internal/graph"
	"csl/internal/rundir"
	"csl/internal/train"

	"github.com/spf13/cobra"
)

// resumeLast is the value of --resume that means the folder of the configuration.
const resumeLast = "last"

// trainOptions is what "csl train" was asked to do.
type trainOptions struct {
	*streams
	settings *settings
	resume   string
}

func newTrainCommand(s *streams) *cobra.Command {
	o := &trainOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "train --config FILE",
		Short: "Train a model on partially annotated pictures",
		Long: `Train a model. The run's folder (--out) gets the resolved configuration, the logs, the saved
state and the best weights. Ctrl-C saves and says how to go on; a second one ends at once.`,
		Example: `  csl train --config configs/coco_fpc_1000.yaml --data /data/coco
  csl train --resume outputs`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runTrain(cmd.Context(), o) },
	}
	o.settings = bindSettings(cmd, settingsWithFlags()...)
	cmd.Flags().StringVar(&o.resume, "resume", "", "run to go on with: its folder `DIR`, or last for that of the configuration")
	return cmd
}

// settingsWithFlags are all settings that have a flag.
func settingsWithFlags() []string {
	var names []string
	for _, k := range config.Keys() {
		if k.Flag != "" {
			names = append(names, k.Name)
		}
	}
	return names
}

func runTrain(ctx context.Context, o *trainOptions) error {
	cfg, err := o.configuration()
	if err != nil {
		return err
	}
	be, err := graph.NewCPU(o.global.threads)
	if err != nil {
		return err
	}
	defer be.Close()
	o.log().Info("training", "model", cfg.Model.Name, "mode", cfg.Loss.Mode, "on", be.Name(), "out", cfg.Train.Out)
	r, err := train.Run(ctx, train.Options{
		Config: cfg, Backend: be, Display: o.display, FS: o.fs, Resume: o.resume != "", Version: version(),
	})
	if err != nil {
		return err
	}
	o.printResult(r)
	if r.Skipped > 0 {
		return &skippedError{fmt.Errorf("%d pictures were left out; %s names them", r.Skipped, filepath.Join(r.Dir, rundir.Bad))}
	}
	return nil
}

// configuration resolves the settings. A run that is resumed brings its own; settings given besides
// must agree with them.
func (o *trainOptions) configuration() (*config.Config, error) {
	dir := o.resume
	if dir == "" || dir == resumeLast {
		cfg, _, err := o.settings.load()
		return cfg, err
	}
	if o.settings.file == "" {
		o.settings.file = filepath.Join(dir, rundir.Config)
		if _, err := os.Stat(o.settings.file); err != nil {
			return nil, fmt.Errorf("resume %q: it is no run's folder: %w", dir, err)
		}
	}
	cfg, _, err := o.settings.load()
	if err == nil {
		cfg.Train.Out = dir
	}
	return cfg, err
}

// printResult prints what came out, one fact per line.
func (o *trainOptions) printResult(r train.Result) {
	fmt.Fprintf(o.out, "steps    %d (%d epochs)\n", r.Steps, r.Epochs)
	if r.Stopped != "" {
		fmt.Fprintf(o.out, "stopped  %s\n", r.Stopped)
	}
	if r.Best != nil {
		fmt.Fprintf(o.out, "best     %s %.2f (%s weights)\n", r.Monitor, *r.Best, r.Source)
	} else {
		fmt.Fprintf(o.out, "best     not scored (%s weights)\n", r.Source)
	}
	fmt.Fprintf(o.out, "weights  %s\n", filepath.Join(r.Dir, rundir.Best))
}
