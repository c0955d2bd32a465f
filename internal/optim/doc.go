// Package optim updates weights: Adam with L2 inside the gradient (as the reference trains) or with
// decoupled decay (AdamW), the one-cycle schedule of learning rate and beta1, and the exponential
// moving average of weights. It works on flat float32 slices outside the graph; which slices those
// are, gradients and files are the business of others.
package optim
