"""Writes small files of every kind of PNG, BMP, GIF and TIFF to kinds/, and Pillow's pixels of them to kinds.json.

Run it in its folder with Pillow 9.4. Files that Pillow does not write are put together here. 16-bit grey is the exception:
Pillow makes it white, csl takes the high byte, which is computed here.
"""
import io, json, random, struct, zlib
from PIL import Image

W, H = 11, 7
random.seed(1)
out = {}
grey8 = [[(x * 23 + y * 31) & 255 for x in range(W)] for y in range(H)]
rgb8 = [[(x * 23 & 255, y * 36 & 255, (x * y * 5) & 255) for x in range(W)] for y in range(H)]


def save(name, data, expect=None):
    open("kinds/" + name, "wb").write(data)
    im = Image.open(io.BytesIO(data))
    im.load()
    out[name] = {"w": im.width, "h": im.height, "rgb": (expect or im.convert("RGB").tobytes()).hex()}


def pack(values, bits):
    """Samples of up to 8 bits, or of 16 from the high byte and a low one."""
    if bits == 8:
        return bytes(values)
    if bits == 16:
        return b"".join(bytes((v, 255 - v)) for v in values)
    n, acc, r = 0, 0, b""
    for v in values:
        acc, n = acc << bits | v, n + bits
        if n == 8:
            r, acc, n = r + bytes((acc,)), 0, 0
    return r + (bytes((acc << 8 - n,)) if n else b"")


def samples(channels, bits, y, xs):
    for x in xs:
        for c in range(channels):
            yield (grey8[y][x] + 85 * c & 255) >> (8 - min(bits, 8))


# PNG
def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def filtered(kind, row, up, step):
    r = bytearray((kind,))
    for i, v in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = up[i]
        c = up[i - step] if i >= step else 0
        p = a + b - c
        d = [abs(p - a), abs(p - b), abs(p - c)]
        paeth = (a, b, c)[d.index(min(d))]
        r.append(v - (0, a, b, (a + b) // 2, paeth)[kind] & 255)
    return bytes(r)


def png_pixels(channels, bits, interlace, limit=256):
    step, raw = max(channels * bits // 8, 1), b""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlace else [(0, 0, 1, 1)]
    for x0, y0, dx, dy in passes:
        xs = range(x0, W, dx)
        if not xs:
            continue
        up = None
        for y in range(y0, H, dy):
            row = pack([min(v, limit) for v in samples(channels, bits, y, xs)], bits)
            raw += filtered(y % 5, row, up or bytes(len(row)), step)
            up = row
    return raw


def png(kind, bits, interlace=0, before=b"", between=b"", after=b"", extra=b"", end=True, limit=256, split=False):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    data = zlib.compress(png_pixels(channels, bits, interlace, limit) + extra, 9)
    idat = chunk(b"IDAT", data)
    if split:
        idat = chunk(b"IDAT", data[:7]) + chunk(b"IDAT", b"") + chunk(b"IDAT", data[7:])
    r = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, bits, kind, 0, 0, interlace)) + before
    return r + idat + between + (chunk(b"IEND", b"") if end else b"") + after


colors = bytes(random.randrange(256) for _ in range(768))
for interlace in (0, 1):
    for kind, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
        for bits in depths:
            expect = None
            if kind == 0 and bits == 16:
                expect = bytes(v for row in grey8 for v in row for _ in range(3))
            before = chunk(b"PLTE", colors[: 3 << bits]) if kind == 3 else b""
            save(f"{'adam7_' if interlace else ''}color{kind}_{bits}.png", png(kind, bits, interlace, before), expect)
save("extra_pixels.png", png(2, 8, extra=bytes(500)))
save("no_end.png", png(2, 8, end=False))
save("after_end.png", png(0, 8, after=b"rubbish" * 9))
save("plte_in_grey.png", png(0, 8, before=chunk(b"PLTE", colors[:30])))
save("plte_in_rgb_late.png", png(2, 8, between=chunk(b"PLTE", colors[:30])))
save("trns_in_grey_alpha.png", png(4, 8, before=chunk(b"tRNS", b"\0\1")))
save("short_palette.png", png(3, 8, before=chunk(b"PLTE", colors[:90])))
save("split.png", png(6, 8, split=True))
save("unknown_chunk.png", png(2, 8, before=chunk(b"zzZz", b"?") + chunk(b"tEXt", b"no zero byte")))


# BMP
def bmp(depth, compression=0, header=40, rows=None, masks=b"", down=False, n_colors=None, palette=True, height=None):
    if rows is None:
        rows = []
        for y in range(H):
            if depth <= 8:
                r = pack(samples(1, depth, y, range(W)), depth)
            elif depth == 16:
                r = b"".join(struct.pack("<H", (r8 >> 3) << 11 | (g >> 2) << 5 | b >> 3) for r8, g, b in rgb8[y])
            else:
                r = b"".join(bytes((b, g, r8, 77))[: depth // 8] for r8, g, b in rgb8[y])
            rows.append(r + bytes(-len(r) % 4))
        pixels = b"".join(rows if down else rows[::-1])
    else:
        pixels = rows
    n = n_colors or 1 << depth
    pal = b""
    if depth <= 8 and palette:
        pal = b"".join(colors[3 * i : 3 * i + 3] + (b"" if header == 12 else b"\0") for i in range(n))
    if header == 12:
        info = struct.pack("<IHHHH", 12, W, H, 1, depth)
    else:
        info = struct.pack("<IiiHHIIiiII", header, W, -H if down else H, 1, depth, compression, len(pixels), 0, 0, n_colors or 0, 0)
        if header == 40:
            info += masks
        else:
            info += (masks + bytes(header))[: header - 40]
    at = 14 + len(info) + len(pal)
    return struct.pack("<2sIHHI", b"BM", at + len(pixels), 0, 0, at) + info + pal + pixels


for depth in (1, 4, 8, 16, 24, 32):
    save(f"rgb{depth}.bmp", bmp(depth))
save("down.bmp", bmp(24, down=True))
save("short_palette.bmp", bmp(8, n_colors=40))
save("fields565.bmp", bmp(16, 3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
save("fields555.bmp", bmp(16, 3, masks=struct.pack("<III", 0x7C00, 0x3E0, 0x1F)))
save("fields32.bmp", bmp(32, 3, masks=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)))
save("fields32_swapped.bmp", bmp(32, 3, header=108, masks=struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000)))
save("v5.bmp", bmp(24, header=124))
save("os2.bmp", bmp(8, header=12))
save("os2_24.bmp", bmp(24, header=12))
save("os2_v2.bmp", bmp(4, header=64))
rle8 = rle4 = b""
for y in reversed(range(H)):
    v = [grey8[y][x] & 15 for x in range(W)]
    rle8 += bytes((3, 7)) + bytes((0, 5)) + bytes(v[3:8]) + b"\0" + bytes((3, v[8])) + b"\0\0"
    rle4 += bytes((3, 0x75)) + bytes((0, 8)) + pack(v[3:11], 4) + b"\0\0"
save("rle8.bmp", bmp(8, 1, rows=rle8 + b"\0\1"))
save("rle4.bmp", bmp(4, 2, rows=rle4 + b"\0\1"))


# GIF
def lzw(indices):
    """Codes of 9 bits with a clear code often enough that they never get longer."""
    bits = n = 0
    r = b""
    for i, v in enumerate(indices):
        for code in ([256] if i % 200 == 0 else []) + [v]:
            bits, n = bits | code << n, n + 9
    bits, n = bits | 257 << n, n + 9
    r = bits.to_bytes((n + 7) // 8, "little")
    return b"\x08" + b"".join(bytes((len(r[i : i + 255]),)) + r[i : i + 255] for i in range(0, len(r), 255)) + b"\0"


def gif(screen, at, size, flags=0, local=b"", palette=True, control=b"", frames=1):
    w, h = size
    order = list(range(h))
    if flags & 0x40:
        order = [y for s, d in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(s, h, d)]
    data = [(x * 7 + y * 13) & 31 for y in order for x in range(w)]
    frame = b"," + struct.pack("<HHHHB", *at, *size, flags | (0x84 if local else 0)) + local + lzw(data)
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x84 if palette else 0, 0, 0) + (colors[:96] if palette else b"")
    return head + control + frame * frames + b";"


trans = b"\x21\xf9\x04\x01\0\0\x05\0"
save("plain.gif", gif((W, H), (0, 0), (W, H)))
save("interlaced.gif", gif((W, H), (0, 0), (W, H), 0x40))
save("beyond.gif", gif((W, H), (3, 2), (W, H)))
save("beyond_interlaced.gif", gif((W, H), (0, 4), (5, H), 0x40, control=trans))
save("inside.gif", gif((W, H), (3, 2), (4, 3)))
save("inside_transparent.gif", gif((W, H), (3, 2), (4, 3), control=trans))
save("local.gif", gif((W, H), (0, 0), (W, H), local=colors[200:296]))
save("no_palette.gif", gif((W, H), (0, 0), (W, H), palette=False))
save("animated.gif", gif((W, H), (0, 0), (W, H), frames=2))


# TIFF
def tiff(photometric, bits, channels=1, order="<", extra=None, fill=1, planar=1, tile=None, rows_per_strip=3, bps=None, colormap=False, values=None):
    get = values or (lambda y, xs: samples(channels, bits, y, xs))
    swap = (lambda b: b"".join(b[i + 1 : i + 2] + b[i : i + 1] for i in range(0, len(b), 2))) if bits == 16 and order == "<" else (lambda b: b)
    reverse = (lambda b: bytes(int(f"{v:08b}"[::-1], 2) for v in b)) if fill == 2 else (lambda b: b)

    def cells(plane):
        pick = (lambda s: s[plane::channels]) if planar == 2 else (lambda s: s)
        if tile:
            for y0 in range(0, H, 16):
                for x0 in range(0, W, 16):
                    r = b""
                    for y in range(y0, y0 + 16):
                        s = pick(list(get(min(y, H - 1), [min(x, W - 1) for x in range(x0, x0 + 16)])))
                        r += swap(pack(s, bits))
                    yield r
            return
        for y0 in range(0, H, rows_per_strip):
            yield b"".join(swap(pack(pick(list(get(y, range(W)))), bits)) for y in range(y0, min(y0 + rows_per_strip, H)))

    data = [reverse(c) for p in range(channels if planar == 2 else 1) for c in cells(p)]
    tags = {256: (3, [W]), 257: (3, [H]), 258: (3, bps or [bits] * channels), 259: (3, [1]), 262: (3, [photometric]),
            266: (3, [fill]), 277: (3, [channels]), 284: (3, [planar])}
    if tile:
        tags.update({322: (3, [16]), 323: (3, [16]), 324: (4, None), 325: (4, [len(d) for d in data])})
    else:
        tags.update({273: (4, None), 278: (3, [rows_per_strip]), 279: (4, [len(d) for d in data])})
    if extra is not None:
        tags[338] = (3, [extra])
    if colormap:
        n = 1 << bits
        tags[320] = (3, [colors[3 * i + c] << 8 | 5 for c in range(3) for i in range(n)])
    body = b"".join(data)
    offsets = []
    at = 8
    for d in data:
        offsets.append(at)
        at += len(d)
    tags[324 if tile else 273] = (4, offsets)
    body += bytes(len(body) % 2)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(body))
    after = 8 + len(body) + 2 + 12 * len(tags) + 4
    entries = more = b""
    for tag in sorted(tags):
        kind, v = tags[tag]
        b = b"".join(struct.pack(order + ("H" if kind == 3 else "I"), x) for x in v)
        entries += struct.pack(order + "HHI", tag, kind, len(v))
        if len(b) <= 4:
            entries += b + bytes(4 - len(b))
        else:
            entries += struct.pack(order + "I", after + len(more))
            more += b + bytes(len(b) % 2)
    return head + body + struct.pack(order + "H", len(tags)) + entries + bytes(4) + more


for order in "<>":
    o = "le" if order == "<" else "be"
    for photometric in (0, 1):
        for bits in (1, 2, 4, 8):
            save(f"grey{bits}_{photometric}_{o}.tif", tiff(photometric, bits, order=order))
    save(f"rgb16_{o}.tif", tiff(2, 16, 3, order))
    high = bytes(v for row in grey8 for v in row for _ in range(3))
    save(f"grey16_{o}.tif", tiff(1, 16, 1, order), high)
for bits in (1, 2, 4, 8):
    save(f"palette{bits}.tif", tiff(3, bits, colormap=True))
    save(f"fill_order{bits}.tif", tiff(1, bits, fill=2))
save("rgb.tif", tiff(2, 8, 3))
save("rgbx.tif", tiff(2, 8, 4, extra=0))
save("rgba.tif", tiff(2, 8, 4, extra=2))
save("rgba_premultiplied.tif", tiff(2, 8, 4, extra=1))
save("grey_alpha.tif", tiff(1, 8, 2, extra=2))
save("cmyk.tif", tiff(5, 8, 4))
save("planar.tif", tiff(2, 8, 3, planar=2))
save("tiles.tif", tiff(2, 8, 3, tile=True))
save("grey_tiles.tif", tiff(1, 8, tile=True))
save("one_bits_value.tif", tiff(2, 8, 3, bps=[8]))
for name, mode in (("rgb", "RGB"), ("grey", "L"), ("bilevel", "1"), ("cmyk", "CMYK")):
    im = Image.open("kinds/rgb.tif").convert(mode)
    for compression in ["packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate"] + (["jpeg"] if mode in ("RGB", "L") else []) + (["group3", "group4"] if mode == "1" else []):
        b = io.BytesIO()
        im.save(b, "TIFF", compression=compression)
        save(f"{name}_{compression}.tif", b.getvalue())
        if mode in ("RGB", "L") and "lzw" in compression or "adobe" in compression and mode != "1":
            b = io.BytesIO()
            im.save(b, "TIFF", compression=compression, tiffinfo={317: 2})
            save(f"{name}_{compression}_predictor.tif", b.getvalue())
        if mode == "1":
            b = io.BytesIO()
            im.save(b, "TIFF", compression=compression, tiffinfo={262: 1})
            save(f"{name}_{compression}_black_is_zero.tif", b.getvalue())
            b = io.BytesIO()
            im.save(b, "TIFF", compression=compression, tiffinfo={262: 0})
            save(f"{name}_{compression}_white_is_zero.tif", b.getvalue())

fax = Image.new("1", (2600, 9), 1)
for y in range(9):
    for x in range(0, 2600, 1 + 300 * y):
        fax.paste(0, (x + y, y, x + y + random.choice((1, 3, 70, 250)), y + 1))
for compression in ("tiff_ccitt", "group3", "group4"):
    for options in (0, 1, 4, 5) if compression == "group3" else (0,):
        b = io.BytesIO()
        fax.crop((0, 0, 90, 9)).save(b, "TIFF", compression=compression, tiffinfo={292: options} if options else {})
        save(f"fax_{compression}_{options}.tif", b.getvalue())
narrow = io.BytesIO()
fax.crop((0, 0, 2600, 2)).save(narrow, "TIFF", compression="group3")
save("fax_wide.tif", narrow.getvalue())

json.dump(out, open("kinds.json", "w"), indent=0, sort_keys=True)
print(len(out), "files")
