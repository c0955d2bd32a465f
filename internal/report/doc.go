// Package report turns the folders of training runs into a comparison for people: a table, and one
// HTML page that opens offline.
//
// Reading the folders, scoring the best weights once more for what the logs do not hold, drawing
// curves as SVG and filling the page's template live here. Training, metrics and the records in a
// run's folder do not; nothing here changes a run.
package report
