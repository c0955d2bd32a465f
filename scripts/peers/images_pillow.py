#!/usr/bin/python3
"""Images per second of one core in Pillow: decoded, resized (squashed, bilinear), as float32 planes.

    scripts/peers/images_pillow.py FOLDER SIDE [SIDE...]

The same in csl: CSL_SHARED=... GOMAXPROCS=1 go test -tags long -run '^$' -bench Photos ./internal/images/loader
"""
import os
import sys
import time

import numpy
import PIL
from PIL import Image


def load(path, side):
    image = Image.open(path).convert("RGB").resize((side, side), Image.BILINEAR)
    return numpy.asarray(image).transpose(2, 0, 1).astype(numpy.float32) / 255


folder, sides = sys.argv[1], [int(s) for s in sys.argv[2:]]
paths = sorted(os.path.join(folder, n) for n in os.listdir(folder))
for side in sides:
    best = 0
    for _ in range(4):
        start = time.perf_counter()
        for path in paths:
            load(path, side)
        best = max(best, len(paths) / (time.perf_counter() - start))
    print(f"Pillow {PIL.__version__}, {side} px: {best:.1f} images/s")
