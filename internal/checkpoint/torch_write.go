package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"time"
)

const (
	// archiveName is the folder inside a .pth, as torch.save names it.
	archiveName = "archive"
	// archiveAlign is where torch lets tensor data begin: a multiple of it.
	archiveAlign = 64
	// archiveVersion is the format's version that every torch since 1.6 reads.
	archiveVersion = "3\n"
)

// WriteTorch writes a PyTorch checkpoint in the zip format that torch.load
// reads since 1.6, also with weights_only=True: it refers to nothing but
// OrderedDict, _rebuild_tensor_v2, FloatStorage and LongStorage. Its layout is
// the reference's: {'model': state dict, 'num_classes': n, 'idx_to_class':
// {0: name, …}, 'csl': {key: text, …}}; without classes the second and third
// entry are omitted, without metadata (such as [Meta.Encode] makes) the last
// one, which only csl reads. Equal input gives equal bytes. Use it with
// safefile.Write.
func WriteTorch(w io.Writer, tensors []Out, classes []string, meta map[string]string) error {
	if err := checkOuts(tensors); err != nil {
		return fmt.Errorf("write PyTorch file: %w", err)
	}
	a := &archiveWriter{zip: zip.NewWriter(w)}
	put := func(name string, content []byte) error {
		return a.add(name, int64(len(content)), func(w io.Writer) error {
			_, err := w.Write(content)
			return err
		})
	}
	err := put("data.pkl", torchPickle(tensors, classes, meta))
	if err == nil {
		err = put("byteorder", []byte("little"))
	}
	for i := range tensors {
		if err == nil {
			err = a.add(fmt.Sprintf("data/%d", i), tensors[i].bytes(), tensors[i].writeTo)
		}
	}
	if err == nil {
		err = put("version", []byte(archiveVersion))
	}
	if err == nil {
		err = a.zip.Close()
	}
	if err != nil {
		return fmt.Errorf("write PyTorch file: %w", err)
	}
	return nil
}

// archiveWriter adds stored, aligned entries.
type archiveWriter struct {
	zip *zip.Writer
	at  int64 // where the next local header begins
}

// add stores an entry of size bytes. write is called twice: for the sum, which
// a stored entry has before its data, and for the data.
func (a *archiveWriter) add(name string, size int64, write func(io.Writer) error) error {
	sum := crc32.NewIEEE()
	if err := write(sum); err != nil {
		return err
	}
	const localHeader = 30
	name = archiveName + "/" + name
	h := &zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: sum.Sum32(),
		CompressedSize64: uint64(size), UncompressedSize64: uint64(size),
		Extra: padding(a.at + localHeader + int64(len(name))),
	}
	h.Modified = time.Time{} // equal input, equal bytes
	w, err := a.zip.CreateRaw(h)
	if err != nil {
		return err
	}
	if err := write(w); err != nil {
		return err
	}
	a.at += localHeader + int64(len(name)+len(h.Extra)) + size
	return nil
}

// padding is an extra field ("FB", as torch writes it) that moves data from at
// to the next aligned place.
func padding(at int64) []byte {
	const fieldHeader = 4
	n := (archiveAlign - (at+fieldHeader)%archiveAlign) % archiveAlign
	extra := append([]byte("FB"), byte(n), 0)
	return append(extra, bytes.Repeat([]byte("Z"), int(n))...)
}

// pickleWriter writes the few opcodes (protocol 2) that torch's weights_only
// reader knows.
type pickleWriter struct{ bytes.Buffer }

func (p *pickleWriter) op(b ...byte) { p.Write(b) }

func (p *pickleWriter) global(module, name string) { p.WriteString("c" + module + "\n" + name + "\n") }

func (p *pickleWriter) text(s string) {
	p.op('X')
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
	p.WriteString(s)
}

// int writes a number below 2^31 as BININT and one above as LONG1.
func (p *pickleWriter) int(n int64) {
	if n == int64(int32(n)) {
		p.op('J')
		p.Write(binary.LittleEndian.AppendUint32(nil, uint32(int32(n))))
		return
	}
	p.op(0x8a, 8)
	p.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

// ints writes a tuple.
func (p *pickleWriter) ints(list []int) {
	p.op('(')
	for _, n := range list {
		p.int(int64(n))
	}
	p.op('t')
}

// orderedDict leaves an empty OrderedDict on the stack.
func (p *pickleWriter) orderedDict() {
	p.global("collections", "OrderedDict")
	p.op(')', 'R')
}

// tensor writes a call of _rebuild_tensor_v2 on storage number i.
func (p *pickleWriter) tensor(i int, t *Out) {
	class := "FloatStorage"
	if t.dtype() == I64 {
		class = "LongStorage"
	}
	p.global("torch._utils", "_rebuild_tensor_v2")
	p.op('(', '(')
	p.text("storage")
	p.global("torch", class)
	p.text(fmt.Sprint(i))
	p.text("cpu")
	p.int(int64(t.len()))
	p.op('t', 'Q')
	p.int(0)
	p.ints(t.Shape)
	p.ints(rowMajor(t.Shape))
	p.op(0x89) // requires_grad: False
	p.orderedDict()
	p.op('t', 'R')
}

// torchPickle is the content of data.pkl.
func torchPickle(tensors []Out, classes []string, meta map[string]string) []byte {
	var p pickleWriter
	p.op(0x80, 2, '}', '(')
	p.text("model")
	p.orderedDict()
	p.op('(')
	for i := range tensors {
		p.text(tensors[i].Name)
		p.tensor(i, &tensors[i])
	}
	p.op('u')
	if len(classes) > 0 {
		p.text("num_classes")
		p.int(int64(len(classes)))
		p.text("idx_to_class")
		p.op('}', '(')
		for i, name := range classes {
			p.int(int64(i))
			p.text(name)
		}
		p.op('u')
	}
	if len(meta) > 0 {
		p.text(keyMeta)
		p.op('}', '(')
		for _, key := range slices.Sorted(maps.Keys(meta)) {
			p.text(key)
			p.text(meta[key])
		}
		p.op('u')
	}
	p.op('u', '.')
	return p.Bytes()
}

// rowMajor are the strides of a packed array.
func rowMajor(shape []int) []int {
	strides := make([]int, len(shape))
	n := 1
	for d := len(shape) - 1; d >= 0; d-- {
		strides[d] = n
		n *= shape[d]
	}
	return strides
}
