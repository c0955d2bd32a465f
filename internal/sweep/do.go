package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"csl/internal/config"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/metric"
	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/train"
	"csl/internal/validate"
)

// do does a task.
func (c *crew) do(ctx context.Context, be graph.Host, t *task) error {
	switch {
	case t.train != nil:
		return c.train(ctx, be, t.train)
	case t.prior != nil:
		return c.makePrior(ctx, be, t.prior)
	}
	return c.test(ctx, be, t.test)
}

// garbage are the hooks of a run: the limit is the whole sweep's.
func (c *crew) garbage() garbage.Hooks { return garbage.Hooks{Collect: c.o.Garbage.Collect} }

// train trains a run, or the rest of it, and keeps its record. One whose loss leaves the finite numbers has failed for
// good; any other error ends the sweep.
func (c *crew) train(ctx context.Context, be graph.Host, r *run) error {
	cfg := *r.cfg
	cfg.Data.Test = config.Default().Data.Test // chosen runs are scored on it, and only they
	o := train.Options{
		Config: &cfg, Backend: be, Display: c.display(r.name), FS: c.o.FS, Garbage: c.garbage(), Resume: isSaved(r.dir), Version: c.o.Version,
		Progress: func(epochs float64) { c.progress(r.dir, epochs) },
	}
	if err := c.cache(ctx, o); err != nil {
		return err
	}
	t, err := train.Run(ctx, o)
	var bad *train.NonFinite
	var rec *record
	switch {
	case errors.As(err, &bad):
		rec = &record{Monitor: cfg.Train.Monitor, Failed: bad.Error()}
		c.o.Display.Log().Warn(r.name + ": " + bad.Error())
	case err != nil:
		return err
	default:
		if rec, err = newRecord(t); err != nil {
			return err
		}
	}
	if err := writeJSON(c.o.FS, filepath.Join(r.dir, recordFile), rec); err != nil {
		return err
	}
	if rec.Failed == "" {
		if err := dropState(c.o.FS, r.dir); err != nil {
			return err
		}
	}
	c.note(r.dir, func(res *result) { res.record = rec })
	c.o.Display.Log().Info(fmt.Sprintf("%s: trained, val mAP(C) %s, mAP(O) %s", r.name, metric.Percent(rec.Val.MAPPartial), metric.Percent(rec.Val.MAPO)))
	return nil
}

// dropState removes the saved state of a complete run: most of its bytes, of use to nobody.
func dropState(fsys safefile.FS, dir string) error {
	g, err := safefile.ReadLast(dir)
	if err != nil {
		return err
	}
	return errors.Join(fsys.Remove(filepath.Join(dir, "last")), fsys.RemoveAll(filepath.Join(dir, g.Folder)))
}

// cache makes the cache of a run's images before the run, one at a time: runs of one sweep would else decode the same
// images side by side.
func (c *crew) cache(ctx context.Context, o train.Options) error {
	if o.Config.Data.Cache == "" {
		return nil
	}
	c.making.Lock()
	defer c.making.Unlock()
	key := fmt.Sprintf("%+v", o.Config.Data)
	if o.Config.Data.HoldOut > 0 {
		key += fmt.Sprint(o.Config.Train.Seed)
	}
	if c.cached[key] {
		return nil
	}
	_, err := train.MakeCaches(ctx, o)
	c.cached[key] = err == nil
	return err
}

// test scores a chosen run on the test images.
func (c *crew) test(ctx context.Context, be graph.Host, r *run) error {
	if !exists(filepath.Join(r.dir, rundir.Best)) {
		return fmt.Errorf("%q has no %s to score: delete the folder to train it again", r.dir, rundir.Best)
	}
	t, acc, err := validate.Test(ctx, validate.TestOptions{
		Dir: r.dir, Config: r.cfg, Backend: be, Display: c.display(r.name), FS: c.o.FS, Garbage: c.garbage(),
	})
	if err != nil {
		return err
	}
	var d *draws
	if n := c.s.p.file.bootstrap; n > 0 {
		reps, err := acc.Replicates(ctx, n, bootstrapSeed, be.Threads())
		if err != nil {
			return err
		}
		d = &draws{Count: n, Seed: bootstrapSeed, Replicates: *reps}
		if err := writeJSON(c.o.FS, filepath.Join(r.dir, bootstrapFile), d); err != nil {
			return err
		}
	}
	c.note(r.dir, func(res *result) { res.test, res.draws = t, d })
	c.o.Display.Log().Info(fmt.Sprintf("%s: tested, mAP(C) %s, mAP(O) %s", r.name, metric.Percent(t.MAPPartial), metric.Percent(t.MAPO)))
	return nil
}
