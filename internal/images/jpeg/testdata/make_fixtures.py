"""Writes the .jpg files of this folder and pillow.json: size and SHA-256 of the RGB that Pillow decodes from each.

Run with Pillow 9.4 and libjpeg-turbo 2.1.5's cjpeg (Debian 12: python3-pil, python3-numpy, libjpeg-turbo-progs).
"""
import hashlib
import io
import json
import os
import random
import subprocess

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
digests = {}


def scene(w, h):
    y, x = np.mgrid[0:h, 0:w]
    rng = np.random.default_rng(w * 1000 + h)
    m = np.stack([x * 255 // max(w - 1, 1), y * 255 // max(h - 1, 1), (x * y * 7) % 256], -1).astype(float)
    m[h // 4:h // 2, w // 4:w // 2] = [250, 20, 30]
    return Image.fromarray(np.clip(m + rng.normal(0, 12, m.shape), 0, 255).astype(np.uint8))


def keep(name, data):
    with Image.open(io.BytesIO(data)) as im:
        rgb = im.convert("RGB")
        digests[name] = {"width": im.width, "height": im.height,
                         "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)


def pillow(name, im, **options):
    b = io.BytesIO()
    im.save(b, "JPEG", **options)
    keep(name, b.getvalue())


def cjpeg(name, im, *options):
    b = io.BytesIO()
    im.save(b, "PPM")
    keep(name, subprocess.run(["cjpeg", *options], input=b.getvalue(), capture_output=True, check=True).stdout)


for w, h in [(1, 1), (3, 5), (17, 9), (33, 18), (41, 35)]:
    for sub, what in enumerate(["444", "422", "420"]):
        for progressive in [False, True]:
            pillow("%dx%d_%s%s.jpg" % (w, h, what, "p" * progressive), scene(w, h), quality=(20, 75, 95)[sub],
                   subsampling=sub, progressive=progressive, optimize=w == 17)
s = scene(41, 35)
pillow("gray.jpg", s.convert("L"))
pillow("cmyk.jpg", s.convert("CMYK"))
pillow("q100.jpg", s, quality=100, subsampling=0)
for f in ["1x2", "4x1", "4x2", "1x4", "2x4", "3x1", "2x2,2x1,1x2", "1x1,2x2,1x1"]:
    cjpeg("sampling_%s.jpg" % f.replace(",", "_"), s, "-sample", f, "-quality", "85")
cjpeg("restart1.jpg", s, "-restart", "1B")
cjpeg("restart7.jpg", s, "-restart", "7B", "-sample", "2x1")
cjpeg("restart_progressive.jpg", s, "-restart", "2B", "-progressive")
cjpeg("baseline_wide_quantizers.jpg", s, "-quality", "1")

# Restart markers lost, misnumbered, all alike.
with open(os.path.join(HERE, "restart7.jpg"), "rb") as f:
    data = f.read()
at = [i for i in range(200, len(data) - 1) if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 0xD7]
keep("restart_lost.jpg", data[:at[1]] + data[at[1] + 2:])
b = bytearray(data)
b[at[0] + 1] = 0xD5
keep("restart_misnumbered.jpg", bytes(b))
for i in at:
    b[i + 1] = 0xD0
keep("restart_alike.jpg", bytes(b))
# No Huffman tables: those of Motion JPEG.
with open(os.path.join(HERE, "41x35_420.jpg"), "rb") as f:
    data = f.read()
pos, out = 2, data[:2]
while data[pos + 1] != 0xDA:
    n = 2 + int.from_bytes(data[pos + 2:pos + 4], "big")
    if data[pos + 1] != 0xC4:
        out += data[pos:pos + n]
    pos += n
keep("no_tables.jpg", out + data[pos:] + b"trailing bytes")

with open(os.path.join(HERE, "pillow.json"), "w") as f:
    json.dump(digests, f, indent=1, sort_keys=True)
    f.write("\n")
