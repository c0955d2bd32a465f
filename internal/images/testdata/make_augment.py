"""Makes augment/: each of torchvision's RandAugment operations applied to a image.

Run here with Debian's python3-torchvision (0.14) and python3-pil (9.4):

    /usr/bin/python3 make_augment.py

augment/cases.json lists operation and magnitude, augment/outputs.npy holds the results in that
order, [cases,H,W,3]; augment/space.json the magnitudes of every bin for a image of 50 x 35.
"""
import json
import os

import numpy as np
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.autoaugment import RandAugment, _apply_op

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "augment")
W, H = 33, 24

if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    im = Image.open(os.path.join(HERE, "goldens/rgb.png")).convert("RGB").resize((W, H), Image.BILINEAR)
    flat = Image.new("RGB", (W, H), (90, 0, 255))
    two = flat.copy()
    two.paste((91, 10, 250), (3, 4, 20, 20))
    inputs = {"image": im, "flat": flat, "two": two}
    for name, m in inputs.items():
        np.save(os.path.join(OUT, "input_%s.npy" % name), np.array(m))
    ra = RandAugment()
    cases, outputs = [], []
    space = ra._augmentation_space(31, (H, W))
    for op, (magnitudes, signed) in space.items():
        bins = (0, 9, 14, 15, 30) if magnitudes.ndim else (0,)
        for b in bins:
            v = float(magnitudes[b]) if magnitudes.ndim else 0.0
            for s in ((1, -1) if signed and v else (1,)):
                for name in ("image", "flat", "two") if b in (0, 9) and s == 1 else ("image",):
                    out = _apply_op(inputs[name], op, s * v, interpolation=InterpolationMode.NEAREST, fill=None)
                    cases.append(dict(input=name, op=op, magnitude=s * v))
                    outputs.append(np.array(out))
    np.save(os.path.join(OUT, "outputs.npy"), np.stack(outputs))
    with open(os.path.join(OUT, "cases.json"), "w") as f:
        json.dump(cases, f, indent=0)
    table = {op: dict(signed=signed, magnitudes=m.double().tolist() if m.ndim else [0.0] * 31)
             for op, (m, signed) in ra._augmentation_space(31, (35, 50)).items()}
    with open(os.path.join(OUT, "space.json"), "w") as f:
        json.dump(table, f, indent=0)
