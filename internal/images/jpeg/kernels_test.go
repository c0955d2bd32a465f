package jpeg

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// everyWidth calls f with widths that end in all parts of a vector.
func everyWidth(f func(n int)) {
	for n := 3; n < 70; n++ {
		f(n)
	}
	f(1023)
}

func TestKernelsGiveTheSameBytesAsTheirPortableTwins(t *testing.T) {
	fast, plain := best(), portable()
	r := rand.New(rand.NewPCG(1, 2))
	row := func(n int) []byte {
		b := make([]byte, n+simdSlack)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	everyWidth(func(n int) {
		a, b, c := row(n), row(n), row(n)
		for name, f := range map[string]func(k *kernels, dst []byte){
			"h2v1":  func(k *kernels, dst []byte) { k.h2v1(dst, a[:n], make([]uint16, n+simdSlack)) },
			"h1v2":  func(k *kernels, dst []byte) { k.h1v2(dst, a[:n], b[:n], uint16(1+n%2)) },
			"h2v2":  func(k *kernels, dst []byte) { k.h2v2(dst, a[:n], b[:n], make([]uint16, n+simdSlack)) },
			"color": func(k *kernels, dst []byte) { k.color(dst[:3*n], a[:n], b[:n], c[:n]) },
		} {
			size := map[string]int{"h2v1": 2 * n, "h1v2": n, "h2v2": 2 * n, "color": 3 * n}[name]
			got, want := make([]byte, size+simdSlack), make([]byte, size+simdSlack)
			f(fast, got)
			f(plain, want)
			if !bytes.Equal(got[:size], want[:size]) {
				t.Errorf("%s of %d samples differs", name, n)
			}
			if name == "color" && slices.ContainsFunc(got[size:], func(b byte) bool { return b != 0 }) {
				t.Errorf("color of %d pixels writes behind its row", n)
			}
		}
	})
}

// blocks calls f with blocks of coefficients: sparse ones, dense ones, and extreme ones that a file can hold.
func blocks(f func(b *[64]int16)) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 3000 {
		var b [64]int16
		for range 1 + i%64 {
			b[r.IntN(64)] = int16(r.IntN(2<<(1+i%10)) - 1<<(1+i%10))
		}
		f(&b)
	}
}

func TestInverseDCTsAreEqual(t *testing.T) {
	fast, plain := best(), portable()
	blocks(func(b *[64]int16) {
		const stride = 11
		got, want := make([]byte, 8*stride), make([]byte, 8*stride)
		fast.idct(got, stride, b)
		plain.idct(want, stride, b)
		if !bytes.Equal(got, want) {
			t.Fatalf("inverse DCT of %v differs", b)
		}
		var q, x, y [64]int16
		var u [64]uint16
		for i := range q {
			u[i] = uint16(i * 37)
		}
		fast.dequantize(&x, b, &u)
		plain.dequantize(&y, b, &u)
		if x != y {
			t.Fatalf("products of %v differ", b)
		}
	})
}

// The definition: T.81 A.3.3.
func TestInverseDCTIsNearItsDefinition(t *testing.T) {
	cos := func(x, u int) float64 {
		c := math.Cos(float64((2*x+1)*u) * math.Pi / 16)
		if u == 0 {
			c /= math.Sqrt2
		}
		return c / 2
	}
	n := 0
	blocks(func(b *[64]int16) {
		if n++; n%20 != 0 {
			return
		}
		got := make([]byte, 64)
		idctPortable(got, 8, b)
		for y := range 8 {
			for x := range 8 {
				sum := 128.0
				for v := range 8 {
					for u := range 8 {
						sum += float64(b[8*v+u]) * cos(x, u) * cos(y, v)
					}
				}
				if want := min(max(sum, 0), 255); math.Abs(float64(got[8*y+x])-want) > 1.01 {
					t.Fatalf("sample %d,%d is %d, want %v", x, y, got[8*y+x], want)
				}
			}
		}
	})
}

func TestFlatBlocksAreInverseDCTs(t *testing.T) {
	for dc := -2100; dc < 2100; dc++ {
		got, want := make([]byte, 64), make([]byte, 64)
		flat(got, 8, int16(dc))
		idctPortable(want, 8, &[64]int16{int16(dc)})
		if !bytes.Equal(got, want) {
			t.Fatalf("DC %d: %d, want %d", dc, got[0], want[0])
		}
	}
}
