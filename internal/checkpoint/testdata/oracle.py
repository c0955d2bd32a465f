#!/usr/bin/python3
"""The PyTorch side of the long tests.  oracle.py GOLDENS COMMAND ...

make MODEL CLASSES HIDDEN OUT SIZE...   a model with random weights: OUT/zip.pth, legacy.pth, half.pth,
                                        timm.pth and timm.safetensors (timm's names, scales |w|+1e-5) and
                                        for each SIZE (HxW) the input OUT/x_SIZE.npy and PyTorch's logits
                                        OUT/y_SIZE.npy
check FILE MODEL HIDDEN OUT SIZE...     loads FILE, .pth with weights_only=True or .safetensors, into the same
                                        model, strictly, and compares names and logits with OUT/y_SIZE.npy

GOLDENS holds tresnet_torch.py, the reference model.
"""
import json
import re
import struct
import sys
from collections import OrderedDict

import numpy as np
import torch

sys.path.insert(0, sys.argv[1])
import tresnet_torch as T

torch.set_grad_enabled(False)


def run(model, x):
    return model.eval()(torch.from_numpy(x)).numpy()


def timm_name(k):
    k = re.sub(r"(conv\d|downsample\.\d)\.0\.0\.", r"\1.conv.", k)
    k = re.sub(r"(conv\d|downsample\.\d)\.0\.1\.", r"\1.bn.", k)
    k = re.sub(r"(conv\d|downsample\.\d)\.0\.", r"\1.conv.", k)
    return re.sub(r"(conv\d|downsample\.\d)\.1\.", r"\1.bn.", k)


def write_safetensors(state, path):
    """The format as its specification says (https://github.com/huggingface/safetensors)."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    types = {torch.float32: "F32", torch.int64: "I64"}
    for k, v in state.items():
        n = v.numel() * v.element_size()
        header[k] = {"dtype": types[v.dtype], "shape": list(v.shape), "data_offsets": [at, at + n]}
        at += n
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for v in state.values():
            f.write(v.contiguous().numpy().tobytes())


def read_safetensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    meta = header.pop("__metadata__")
    types = {"F32": torch.float32, "I64": torch.int64}
    state = OrderedDict()
    for k, t in header.items():
        a, b = t["data_offsets"]
        state[k] = torch.frombuffer(data[8 + n + a:8 + n + b], dtype=types[t["dtype"]]).reshape(t["shape"])
    classes = json.loads(meta["csl.classes"])
    return {"model": state, "num_classes": len(classes), "idx_to_class": {i: c["name"] for i, c in enumerate(classes)}}


def make(name, classes, hidden, out, *sizes):
    model = T.randomise(T.create(name, int(classes), int(hidden)), 3)
    # residual branches of trained models are small; unit scales in dozens of blocks overflow
    for m in model.modules():
        if isinstance(m, T.Block):
            (m.conv2 if m.basic else m.conv3)[1].weight.mul_(0.1)
    state = model.state_dict()
    wrap = {"model": state, "num_classes": int(classes), "idx_to_class": {i: "c%d" % i for i in range(int(classes))}}
    torch.save(wrap, out + "/zip.pth")
    torch.save(wrap, out + "/legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({k: v.half() if v.is_floating_point() else v for k, v in state.items()}, out + "/half.pth")
    timm = OrderedDict()
    for k, v in state.items():
        k = timm_name(k)
        timm[k] = v.abs() + 1e-5 if k.endswith(".bn.weight") else v
    torch.save(timm, out + "/timm.pth")
    write_safetensors(timm, out + "/timm.safetensors")
    for size in sizes:
        h, w = map(int, size.split("x"))
        x = torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h + w)).numpy()
        np.save(f"{out}/x_{size}.npy", x)
        np.save(f"{out}/y_{size}.npy", run(model, x))


def check(path, name, hidden, out, *sizes):
    got = read_safetensors(path) if path.endswith(".safetensors") else torch.load(path, weights_only=True)
    model = T.create(name, got["num_classes"], int(hidden))
    assert set(got["model"]) == set(model.state_dict()), "names differ"
    assert got["idx_to_class"] == {i: "c%d" % i for i in range(got["num_classes"])}, "classes differ"
    model.load_state_dict(got["model"], strict=True)
    for size in sizes:
        d = np.abs(run(model, np.load(f"{out}/x_{size}.npy")) - np.load(f"{out}/y_{size}.npy")).max()
        assert d == 0, f"logits at {size} differ by {d}"
    print("ok")


{"make": make, "check": check}[sys.argv[2]](*sys.argv[3:])
