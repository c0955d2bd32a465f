package onnx

import (
	"encoding/binary"
	"io"
	"math"
)

// Field numbers of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
const (
	modelIRVersion, modelProducer, modelProducerVersion, modelGraph, modelOpset, modelMetadata = 1, 2, 3, 7, 8, 14

	opsetVersion         = 2
	entryKey, entryValue = 1, 2

	graphNode, graphName, graphInitializer, graphInput, graphOutput = 1, 2, 5, 11, 12

	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttribute = 1, 2, 3, 4, 5

	attrName, attrFloat, attrInt, attrString, attrInts, attrType = 1, 2, 3, 4, 8, 20

	tensorDims, tensorType, tensorName, tensorRaw = 1, 2, 8, 9

	valueName, valueType             = 1, 2
	typeTensor, typeElem, typeShape  = 1, 1, 2
	shapeDim, dimValue, dimParameter = 1, 1, 2
)

// Attribute and element types of onnx.proto.
const (
	attrIsFloat, attrIsInt, attrIsString, attrIsInts = 1, 2, 3, 7

	elemFloat, elemInt64 = 1, 7
)

// graph collects nodes and constants. Values are known by name.
type graph struct {
	message
}

// attr is an attribute of a node: a float32, int, string or []int.
type attr struct {
	name  string
	value any
}

func (a attr) encode() *message {
	m := &message{}
	m.text(attrName, a.name)
	switch v := a.value.(type) {
	case float32:
		m.float(attrFloat, v)
		m.int(attrType, attrIsFloat)
	case int:
		m.int(attrInt, int64(v))
		m.int(attrType, attrIsInt)
	case string:
		m.text(attrString, v)
		m.int(attrType, attrIsString)
	case []int:
		for _, i := range v {
			m.int(attrInts, int64(i))
		}
		m.int(attrType, attrIsInts)
	}
	return m
}

// node adds an operation; its only output has the name of the node, which is
// returned.
func (g *graph) node(op, name string, inputs []string, attrs ...attr) string {
	m := &message{}
	for _, in := range inputs {
		m.text(nodeInput, in)
	}
	m.text(nodeOutput, name)
	m.text(nodeName, name)
	m.text(nodeOp, op)
	for _, a := range attrs {
		m.sub(nodeAttribute, a.encode())
	}
	g.sub(graphNode, m)
	return name
}

// floats adds a constant whose values are made when the file is written.
func (g *graph) floats(name string, shape []int, values func() []float32) string {
	n := int64(4)
	for _, d := range shape {
		n *= int64(d)
	}
	g.constant(name, shape, elemFloat, n, func(w io.Writer) error { return writeFloats(w, values()) })
	return name
}

// ints adds a constant vector.
func (g *graph) ints(name string, values ...int64) string {
	var raw []byte
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	g.constant(name, []int{len(values)}, elemInt64, int64(len(raw)), func(w io.Writer) error {
		_, err := w.Write(raw)
		return err
	})
	return name
}

func (g *graph) constant(name string, shape []int, elem int64, bytes int64, write func(io.Writer) error) {
	m := &message{}
	for _, d := range shape {
		m.int(tensorDims, int64(d))
	}
	m.int(tensorType, elem)
	m.text(tensorName, name)
	m.data(tensorRaw, bytes, write)
	g.sub(graphInitializer, m)
}

// value declares an input or output of the graph. Extents are an int or, if
// they may vary, a name.
func (g *graph) value(field int, name string, extents ...any) {
	shape := &message{}
	for _, e := range extents {
		dim := &message{}
		if n, ok := e.(int); ok {
			dim.int(dimValue, int64(n))
		} else if s, ok := e.(string); ok {
			dim.text(dimParameter, s)
		}
		shape.sub(shapeDim, dim)
	}
	tensor := &message{}
	tensor.int(typeElem, elemFloat)
	tensor.sub(typeShape, shape)
	typ := &message{}
	typ.sub(typeTensor, tensor)
	m := &message{}
	m.text(valueName, name)
	m.sub(valueType, typ)
	g.sub(field, m)
}

func writeFloats(w io.Writer, values []float32) error {
	const chunk = 64 << 10
	buf := make([]byte, 0, min(4*len(values), 4*chunk))
	for len(values) > 0 {
		n := min(len(values), chunk)
		buf = buf[:0]
		for _, v := range values[:n] {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}
