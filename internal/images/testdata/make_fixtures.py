"""Makes the images under files/ and what Pillow decodes from them, from goldens/rgb.png.

Run here with Debian's python3-pil, python3-numpy and libjpeg-turbo-progs (cjpeg):

    /usr/bin/python3 make_fixtures.py
"""
import io
import os
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "files")
BASE = Image.open(os.path.join(HERE, "goldens/rgb.png")).convert("RGB").crop((20, 15, 61, 44))  # 41 x 29


def put(name, data, want=None):
    """Writes a file and beside it the [H,W,3] array that Pillow's convert("RGB") gives."""
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)
    if want is None:
        want = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
    np.save(os.path.join(OUT, name + ".npy"), want)


def saved(im, fmt, **options):
    b = io.BytesIO()
    im.save(b, fmt, **options)
    return b.getvalue()


def cjpeg(im, *flags):
    return subprocess.run(["cjpeg", "-quality", "90", *flags], input=saved(im, "PPM"), capture_output=True, check=True).stdout


def png16(samples):
    """A 16 bit PNG of an [H,W], [H,W,3] or [H,W,4] array; Pillow writes none in colour."""
    h, w = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    colour = 0 if samples.ndim == 2 else {3: 2, 4: 6}[samples.shape[2]]
    head = struct.pack(">IIBBBBB", w, h, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpegs():
    put("c422.jpg", saved(BASE, "JPEG", quality=90, subsampling=1))
    put("c440.jpg", cjpeg(BASE, "-sample", "1x2"))
    put("c411.jpg", cjpeg(BASE, "-sample", "4x1"))
    put("c420_narrow.jpg", saved(BASE.crop((0, 0, 4, 29)), "JPEG", quality=90, subsampling=2))
    put("c440_narrow.jpg", cjpeg(BASE.crop((0, 0, 1, 29)), "-sample", "1x2"))
    put("c420_even.jpg", saved(BASE.crop((0, 0, 32, 16)), "JPEG", quality=90, subsampling=2))
    put("progressive.jpg", saved(BASE, "JPEG", quality=90, subsampling=2, progressive=True))
    put("gray.jpg", saved(BASE.convert("L"), "JPEG", quality=90))
    put("stored_as_rgb.jpg", cjpeg(BASE, "-rgb"))
    put("cmyk.jpg", saved(BASE.convert("CMYK"), "JPEG", quality=95))


def pngs():
    a = np.array(BASE).astype(np.uint16)
    low = np.arange(a.size, dtype=np.uint16).reshape(a.shape) % 251
    put("rgb16.png", png16(a * 256 + low), np.array(BASE))
    put("gray16.png", png16((a * 256 + low)[:, :, 0]), np.repeat(np.array(BASE)[:, :, :1], 3, 2))
    put("rgba16.png", png16(np.concatenate([a * 256 + low, low[:, :, :1] * 256], 2)), np.array(BASE))
    alpha = Image.fromarray((np.arange(41 * 29).reshape(29, 41) * 7 % 256).astype(np.uint8))
    rgba = BASE.copy()
    rgba.putalpha(alpha)
    put("rgba.png", saved(rgba, "PNG"))
    la = BASE.convert("L")
    la.putalpha(alpha)
    put("la.png", saved(la, "PNG"))
    put("palette_trns.png", saved(BASE.quantize(16), "PNG", transparency=3))
    put("rgb_trns.png", saved(BASE, "PNG", transparency=BASE.getpixel((5, 5))))
    put("bits1.png", saved(BASE.convert("1"), "PNG"))


def gifs():
    p = BASE.quantize(32)
    put("plain.gif", saved(p, "GIF"))
    put("transparent.gif", saved(p, "GIF", transparency=4))
    two = [p, BASE.transpose(Image.FLIP_LEFT_RIGHT).quantize(32)]
    put("animated.gif", saved(two[0], "GIF", save_all=True, append_images=two[1:], duration=100))
    raw = bytearray(saved(BASE.crop((0, 0, 20, 10)).quantize(8), "GIF", transparency=5))
    raw[6:10] = struct.pack("<HH", 41, 29)  # a larger canvas; the frame moves to 7, 6
    at = raw.index(b"\x2c\0\0\0\0\x14\0\x0a\0")
    raw[at + 1:at + 5] = struct.pack("<HH", 7, 6)
    put("small_frame.gif", bytes(raw))


def others():
    rgba = Image.open(os.path.join(OUT, "rgba.png"))
    put("lossy.webp", saved(BASE, "WEBP", quality=80))
    put("lossy_even.webp", saved(BASE.crop((0, 0, 32, 16)), "WEBP", quality=80))
    put("lossless.webp", saved(BASE, "WEBP", lossless=True))
    put("lossless_alpha.webp", saved(rgba, "WEBP", lossless=True, exact=True))
    put("lossy_alpha.webp", saved(rgba, "WEBP", quality=80, exact=True))
    frames = [BASE, BASE.transpose(Image.FLIP_LEFT_RIGHT)]
    put("animated.webp", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, duration=100))
    put("plain.bmp", saved(BASE, "BMP"))
    put("palette.bmp", saved(BASE.quantize(200), "BMP"))
    put("lzw.tif", saved(BASE, "TIFF", compression="tiff_lzw"))
    put("palette.tif", saved(BASE.quantize(200), "TIFF"))
    put("rgba.tif", saved(rgba, "TIFF"))


def orientations():
    small = BASE.crop((0, 0, 12, 7))
    for k in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = k
        for name, data in (("orientation_%d.png" % k, saved(small, "PNG", exif=exif)),
                           ("orientation_%d.jpg" % k, saved(small, "JPEG", quality=95, subsampling=0, exif=exif)),
                           ("orientation_%d.webp" % k, saved(small, "WEBP", lossless=True, exif=exif)),
                           ("orientation_%d.tif" % k, saved(small, "TIFF", exif=exif))):
            if name.endswith(".tif"):  # Pillow turns a TIFF when loading it
                put(name, data)
            else:
                put(name, data, np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")))


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    jpegs()
    pngs()
    gifs()
    others()
    orientations()
