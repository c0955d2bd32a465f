// Package report makes pages for people, each one HTML file that opens offline: on training runs, whose table is
// printed as well, on models that were scored, and on labels.
//
// Reading the folders of runs, scoring their best weights once more for what the logs do not hold, collecting what is
// worth showing while images are scored, drawing plots as SVG and filling the pages' templates live here. Training,
// metrics and the records in a run's folder do not; nothing here changes a run.
package report
