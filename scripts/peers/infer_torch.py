#!/usr/bin/python3
"""The Python script that `csl infer` replaces, for timing from process start to printed tags.

  infer_torch.py --make MODEL.pth                 writes a TResNet-M with random weights, 80 classes
  infer_torch.py MODEL.pth IMAGE SIZE             prints the classes above 0.7
  infer_torch.py --folder MODEL.pth FOLDER SIZE   prints those of all JPEG files, a JSON object for each
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


def load(path):
    checkpoint = torch.load(path, map_location="cpu")
    model = TResNet("tresnet_m", checkpoint["num_classes"])
    model.load_state_dict(checkpoint["model"])
    return checkpoint, model.eval()


def pixels(path, size):
    import numpy as np
    from PIL import Image
    image = Image.open(path).convert("RGB").resize((size, size), Image.BILINEAR)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


class Folder(torch.utils.data.Dataset):
    def __init__(self, folder, size):
        self.size = size
        self.paths = sorted(os.path.join(d, n) for d, _, names in os.walk(folder) for n in names if n.endswith(".jpg"))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        return pixels(self.paths[i], self.size), self.paths[i]


def infer_folder(path, folder, size):
    import json
    checkpoint, model = load(path)
    workers = int(os.environ.get("OMP_NUM_THREADS", "2"))
    with torch.no_grad():
        for x, names in torch.utils.data.DataLoader(Folder(folder, size), batch_size=8, num_workers=workers):
            for name, scores in zip(names, torch.sigmoid(model(x))):
                top = torch.argsort(scores, descending=True)[:30].tolist()
                print(json.dumps({"image": name, "predictions": [
                    {"class": checkpoint["idx_to_class"][i], "score": float(scores[i])} for i in top if scores[i] > 0.7]}))


def infer(path, image, size):
    checkpoint, model = load(path)
    with torch.no_grad():
        scores = torch.sigmoid(model(pixels(image, size)[None]))[0]
    for i in torch.argsort(scores, descending=True)[:30].tolist():
        if scores[i] > 0.7:
            print(checkpoint["idx_to_class"][i], float(scores[i]))


if __name__ == "__main__":
    if sys.argv[1] == "--make":
        make(sys.argv[2])
    elif sys.argv[1] == "--folder":
        infer_folder(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        infer(sys.argv[1], sys.argv[2], int(sys.argv[3]))
