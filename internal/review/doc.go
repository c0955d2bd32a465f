// Package review asks a person about the cells of a list: a local web server with one question at a time or a grid of one
// class, and a file of answers that holds every acknowledged one, whatever happens to the process. Which cells are worth
// asking about belongs in package audit, what answers mean for training in package labels.
package review
