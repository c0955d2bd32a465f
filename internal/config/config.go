// Package config is the schema of a csl run: every setting, its default, its meaning, its flag and
// what it may be, in one table ([Keys]), and the way from command line, environment and YAML file
// to a checked [Config].
//
// Precedence, highest first: flag, --set, environment, file, default. A setting "loss.topk" is the
// environment variable CSL_LOSS_TOPK (an empty variable counts as unset) and
//
//	loss:
//	  topk: 5
//
// in a file. Unknown keys are errors. Relative paths, also those inside a file, are relative to
// the current directory, as in the reference code.
//
// This is the only package that knows viper. What settings do is decided where they are used;
// nothing here opens data, builds models or computes.
package config

// Config holds every setting of a run. Its zero value is not valid; start from [Default].
// The meaning of each field in a user's words is its row in [Keys].
type Config struct {
	Model     Model     // group model
	Data      Data      // group data
	Augment   Augment   // group augment
	Simulate  Simulate  // group simulate
	Loss      Loss      // group loss
	Prior     Prior     // group prior
	Optimizer Optimizer // group optimizer
	Schedule  Schedule  // group schedule
	EMA       EMA       // group ema
	Train     Train     // group train
}

// Default is the configuration without any file: the values of the reference's code (its train.py),
// not those of its published commands, which configs/*.yaml carry.
func Default() *Config {
	return &Config{
		Model:     defaultModel(),
		Data:      defaultData(),
		Augment:   defaultAugment(),
		Simulate:  defaultSimulate(),
		Loss:      defaultLoss(),
		Prior:     defaultPrior(),
		Optimizer: Optimizer{Name: "adam", LR: 2e-4, WeightDecay: 1e-4},
		Schedule:  Schedule{PctStart: 0.2, Epochs: 30},
		EMA:       EMA{Decay: 0.9997},
		Train:     defaultTrain(),
	}
}

// group is one block of the file: its name, a line that introduces it and its settings in order.
type group struct {
	name, about string
	settings    []setting
}

// groups lists all settings, bound to the fields of c, in the order of the file.
func (c *Config) groups() []group {
	return []group{
		{"model", "the network", c.Model.settings()},
		{"data", "images and labels; relative paths are relative to the current directory", c.Data.settings()},
		{"augment", "random changes of training images", c.Augment.settings()},
		{"simulate", "hiding labels of a fully annotated training set", c.Simulate.settings()},
		{"loss", "the training loss, summed over the cells of a batch", c.Loss.settings()},
		{"prior", "the class prior that selective mode asks", c.Prior.settings()},
		{"optimizer", "how weights follow gradients", c.Optimizer.settings()},
		{"schedule", "one cycle of learning rate and beta1 over all epochs", c.Schedule.settings()},
		{"ema", "exponential moving average of weights and running statistics", c.EMA.settings()},
		{"train", "the loop and its folder", c.Train.settings()},
	}
}

// settings is groups without the grouping.
func (c *Config) settings() []setting {
	var all []setting
	for _, g := range c.groups() {
		all = append(all, g.settings...)
	}
	return all
}

// byName maps dotted names to the settings of c.
func (c *Config) byName() map[string]setting {
	m := map[string]setting{}
	for _, s := range c.settings() {
		m[s.name] = s
	}
	return m
}
