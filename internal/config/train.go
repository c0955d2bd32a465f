package config

import "csl/internal/optim"

// Optimizer turns gradients into steps.
type Optimizer struct {
	Name        string  // one of optim.Names
	LR          float64 // largest rate of the cycle
	WeightDecay float64 // not on biases and one-dimensional parameters
}

func (o *Optimizer) settings() []setting {
	return []setting{
		{
			name: "optimizer.name", value: text{&o.Name, optim.Names()},
			meaning: "weight decay in the gradient, as the reference, or apart from it",
		},
		{name: "optimizer.lr", flag: "lr", value: real{&o.LR, optim.LRLimits()}, meaning: "largest learning rate of the cycle"},
		{
			name: "optimizer.weight_decay", flag: "weight_decay", value: real{&o.WeightDecay, optim.WeightDecayLimits()},
			meaning: "weight decay; biases and one-dimensional parameters have none",
		},
	}
}

// Schedule is the one-cycle policy.
type Schedule struct {
	PctStart  float64 // share of the steps in which the rate rises
	Epochs    int     // length of the cycle
	StopEpoch int     // epochs actually trained; 0: all
}

// Trained is how many epochs a run takes: StopEpoch may end the cycle early.
func (s Schedule) Trained() int {
	if s.StopEpoch > 0 {
		return min(s.StopEpoch, s.Epochs)
	}
	return s.Epochs
}

func (s *Schedule) settings() []setting {
	return []setting{
		{
			name: "schedule.pct_start", value: real{&s.PctStart, optim.PctStartLimits()},
			meaning: "share of the steps in which the learning rate rises",
		},
		{name: "schedule.epochs", flag: "epochs", value: whole{p: &s.Epochs, min: 1}, meaning: "passes over the data that the cycle spans"},
		{
			name: "schedule.stop_epoch", flag: "stop_epoch", value: whole{p: &s.StopEpoch},
			meaning: "stop after this many epochs of the cycle; 0 = full schedule",
		},
	}
}

// EMA is the moving average that is validated beside the weights.
type EMA struct {
	Decay  float64 // share kept per step; 0: no average
	Warmup bool    // decay at step t is at most (1+t)/(10+t)
}

func (e *EMA) settings() []setting {
	return []setting{
		{
			name: "ema.decay", value: real{&e.Decay, optim.DecayLimits()},
			meaning: "share of the average kept per step; choose 1/(1-decay) well below the number of steps; 0 = no average",
		},
		{
			name: "ema.warmup", value: truth{&e.Warmup},
			meaning: "start with a smaller decay, (1+step)/(10+step); the reference does not",
		},
	}
}

// Train is the loop and the folder it writes.
type Train struct {
	Batch       int    // images per step and accumulation
	Accumulate  int    // batches summed into one step
	Seed        uint64 // of weights, order and augmentation
	Monitor     string // metric that decides what is best
	Patience    int    // epochs without improvement before stopping; 0: never
	SaveEvery   int    // steps between saves; 0: each epoch
	LogEvery    int    // steps between records
	TensorBoard bool   // write TensorBoard's event file as well
	Out         string // folder of the run
}

func defaultTrain() Train {
	return Train{Batch: 64, Accumulate: 1, Seed: 1, Monitor: "map_partial", LogEvery: 64, Out: "outputs"}
}

func (t *Train) settings() []setting {
	return []setting{
		{name: "train.batch", flag: "batch_size", short: "b", value: whole{p: &t.Batch, min: 1}, meaning: "images per batch, of all ranks together"},
		{name: "train.accumulate", value: whole{p: &t.Accumulate, min: 1}, meaning: "batches whose gradients make one step"},
		{name: "train.seed", flag: "seed", value: seed{&t.Seed}, meaning: "of initial weights, order and augmentation"},
		{
			name: "train.monitor", value: text{&t.Monitor, []string{"map_partial", "map_o", "map", "cf1", "of1"}},
			meaning: "validation metric that decides which weights are best",
		},
		{
			name: "train.patience", value: whole{p: &t.Patience},
			meaning: "stop after this many validations without improvement; 0 = never",
		},
		{name: "train.save_every", value: whole{p: &t.SaveEvery}, meaning: "steps between saves; 0 = after each epoch"},
		{
			name: "train.log_every", flag: "print_freq", short: "p", value: whole{p: &t.LogEvery, min: 1},
			meaning: "steps between records in the log",
		},
		{
			name: "train.tensorboard", value: truth{&t.TensorBoard},
			meaning: "write losses and metrics for TensorBoard into the run directory as well",
		},
		{name: "train.out", flag: "out", value: text{p: &t.Out}, meaning: "folder of the run (--path_dest is the same flag)"},
	}
}
