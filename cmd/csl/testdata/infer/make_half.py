#!/usr/bin/python3
"""Logits of rgb.png for the half-precision checkpoints, widened to float64: make_half.py GOLDENS

Writes half_logits_<tag>.npy [4,8] beside itself, rows in the order of CASES. The other picture_logits
files come from shared/goldens, whose make_goldens.py this follows; it has none for half precision.
"""
import os
import sys

import numpy as np
import torch
from PIL import Image

goldens = sys.argv[1]
sys.path.insert(0, goldens)
import tresnet_torch as T

here = os.path.dirname(os.path.abspath(__file__))
im = Image.open(os.path.join(here, "rgb.png")).convert("RGB")
CASES = (((64, 64), Image.BILINEAR), ((104, 104), Image.BILINEAR), ((64, 96), Image.BILINEAR), ((64, 64), Image.BICUBIC))
MODELS = (("tiny", lambda: T.create("tresnet_tiny", 8)), ("tiny_bottleneck", lambda: T.create("tresnet_tiny", 8, head_hidden=32)),
          ("tiny_v2", lambda: T.create("tresnet_l_v2", 8, layers=[1, 1, 1, 1], planes=8)))
for tag, make in MODELS:
    model = make()
    model.load_state_dict(torch.load(os.path.join(goldens, tag, "model_half_zip.pth"))["model"])
    model.double().eval()
    rows = []
    for (h, w), f in CASES:
        x = torch.from_numpy(np.array(im.resize((w, h), f))).permute(2, 0, 1)[None].double() / 255
        with torch.no_grad():
            rows.append(model(x)[0].numpy())
    np.save(os.path.join(here, "half_logits_%s.npy" % tag), np.stack(rows).astype("<f4"))
