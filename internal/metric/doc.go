// Package metric scores predictions of partially annotated images: average precision per class and
// in four kinds of mean, precision, recall and F1 at a threshold. Scores come batch by batch; what is
// kept grows with the annotations, and, for the one metric that ranks unknown cells as negatives,
// with the unknown cells up to a limit. Reading labels and running models are the business of others.
//
// Ranking is by falling score; of equal scores the later image ranks first (the reverse of a stable
// ascending sort). A cell is one (image, class) pair. Rates are in percent; what is undefined is nil.
package metric
