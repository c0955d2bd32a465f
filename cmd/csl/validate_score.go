package main

import (
	"context"
	"fmt"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/dist"
	reporting "csl/internal/report"
	"csl/internal/validate"
)

// scoredModel is a model, or a file of scores, with what scoring gave.
type scoredModel struct {
	path   string
	result validate.Result
	found  *reporting.Collector // nil without a page
}

// scoreAll scores every model or file.
func (o *validateOptions) scoreAll(ctx context.Context, cfg *config.Config, group dist.Group) ([]scoredModel, error) {
	if len(o.scores) > 0 {
		return o.judge(ctx, cfg)
	}
	if cfg.Data.Val.Root == "" && cfg.Data.Train.Root == "" {
		return nil, usagef("--data is missing: give a folder or tar of images")
	}
	be, err := o.startCPU()
	if err != nil {
		return nil, err
	}
	defer be.Close()
	o.model.Lenient, o.model.Height, o.model.Width = !o.strict, o.size, o.size
	var all []scoredModel
	for _, path := range o.models {
		j := scoredModel{path: path}
		run := validate.Options{
			Model: o.model, Data: dataset.FromConfig(cfg.Data, dataset.Val), Batch: cfg.Train.Batch,
			Threshold: o.threshold, ScoresPath: o.saveScores, CSVSafe: o.csvSafe, Backend: be, Display: o.display, FS: o.fs, Garbage: garbageHooks(), Extras: o.extras, Group: group,
		}
		run.Model.Path = path
		if j.observe(o, len(all)); j.found != nil && group.Rank() == 0 {
			run.Observer = j.found
		}
		if j.result, err = validate.Run(ctx, run); err != nil {
			return nil, o.naming(path, err)
		}
		all = append(all, j)
	}
	return all, nil
}

// judge scores predictions that are in files.
func (o *validateOptions) judge(ctx context.Context, cfg *config.Config) ([]scoredModel, error) {
	var all []scoredModel
	for _, path := range o.scores {
		j := scoredModel{path: path}
		stored, err := storedOptions(o.streams, cfg, path)
		if err != nil {
			return nil, err
		}
		stored.Threshold, stored.Extras = o.threshold, o.extras
		if j.observe(o, len(all)); j.found != nil {
			stored.Observer = j.found
		}
		if j.result, err = validate.RunStored(ctx, stored); err != nil {
			return nil, o.naming(path, err)
		}
		all = append(all, j)
	}
	return all, nil
}

// naming adds which of several models an error is about.
func (o *validateOptions) naming(path string, err error) error {
	if len(o.models)+len(o.scores) > 1 {
		return fmt.Errorf("%s: %w", path, err)
	}
	return err
}

// observe collects what a page shows; lists of cells for the first model alone.
func (j *scoredModel) observe(o *validateOptions, number int) {
	if o.page == "" {
		return
	}
	listed := o.listed
	if number > 0 {
		listed = 0
	}
	j.found = reporting.NewCollector(listed)
}
