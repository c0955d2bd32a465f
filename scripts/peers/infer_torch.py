#!/usr/bin/python3
"""The Python script that `csl infer` replaces, for timing from process start to printed tags.

  infer_torch.py --make MODEL.pth                 writes a TResNet-M with random weights, 80 classes
  infer_torch.py MODEL.pth PICTURE SIZE           prints the classes above 0.7
"""
import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tresnet import TResNet


def make(path):
    torch.manual_seed(1)
    model = TResNet("tresnet_m", 80)
    names = {i: "class_%d" % i for i in range(80)}
    torch.save({"model": model.state_dict(), "num_classes": 80, "idx_to_class": names}, path)


def infer(path, image, size):
    import numpy as np
    from PIL import Image
    checkpoint = torch.load(path, map_location="cpu")
    model = TResNet("tresnet_m", checkpoint["num_classes"])
    model.load_state_dict(checkpoint["model"])
    model.eval()
    image = Image.open(image).convert("RGB").resize((size, size), Image.BILINEAR)
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        scores = torch.sigmoid(model(x))[0]
    for i in torch.argsort(scores, descending=True)[:30].tolist():
        if scores[i] > 0.7:
            print(checkpoint["idx_to_class"][i], float(scores[i]))


if __name__ == "__main__":
    if sys.argv[1] == "--make":
        make(sys.argv[2])
    else:
        infer(sys.argv[1], sys.argv[2], int(sys.argv[3]))
