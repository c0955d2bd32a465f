// Package loss holds the training losses for labels that are 1 (positive), 0 (negative) or -1
// (unknown): the partial selective asymmetric loss of "Multi-label Classification with Partial
// Annotations using Class-aware Selective Loss" (arXiv 2110.10955), the asymmetric loss in its two
// public forms, and the single-label asymmetric loss (both arXiv 2009.14119): their names, settings,
// limits and conflicts, and each as a plain evaluator over slices, one fused pass that writes loss and
// gradient. Package lossgraph makes graph operations of them.
//
// Losses are sums over cells, as the reference's. A cell is one (image, class) pair; matrices are
// [images, classes], row-major. Reading priors, matching class names and the training loop live
// elsewhere.
package loss
