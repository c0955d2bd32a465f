#!/usr/bin/python3
"""make_torch.py [OUTDIR]: small files by PyTorch itself (1.13) for the reader's tests.

Every value is a small integer or a quarter, so that each type holds it exactly and the
tests can say what to expect without a table.
"""
import argparse
import collections
import os
import sys

import numpy as np
import torch

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch")
os.makedirs(OUT, exist_ok=True)
ramp = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4


def save(name, obj, **kw):
    torch.save(obj, os.path.join(OUT, name), **kw)


types = {str(t).split(".")[1]: ramp.to(t) for t in
         (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)}
types["bool"] = ramp > 1
save("types_zip.pth", types)
save("types_legacy.pth", types, _use_new_zipfile_serialization=False)

base = torch.arange(24, dtype=torch.float32)
views = collections.OrderedDict(
    transposed=base.reshape(4, 6).t(), sliced=base.reshape(4, 6)[1:3, ::2], channels_last=base.reshape(1, 2, 3, 4).contiguous(
        memory_format=torch.channels_last), expanded=base[:3].reshape(3, 1).expand(3, 4), tail=base[20:], scalar=torch.tensor(7.0),
    empty=torch.zeros(0, 5), parameter=torch.nn.Parameter(base[:2].clone()))
save("views_zip.pth", views)
save("views_legacy.pth", views, _use_new_zipfile_serialization=False)
save("views_protocol4.pth", views, pickle_protocol=4)

wrapped = {"state_dict": {"module." + k: v for k, v in {"a.weight": ramp, "a.bias": ramp[0].clone()}.items()},
           "epoch": 3, "best": np.float64(71.5), "args": argparse.Namespace(lr=0.1, name="x"), "arch": "tresnet_m",
           "optimizer": torch.optim.Adam([torch.nn.Parameter(ramp.clone())]).state_dict(),
           "class_to_idx": {"dog": 1, "cat": 0}, "num_classes": "2", "size": torch.Size([2, 3]), "device": torch.device("cpu"),
           "milestones": collections.Counter([3, 3])}
save("wrapped_zip.pth", wrapped)
save("wrapped_legacy.pth", wrapped, _use_new_zipfile_serialization=False)
save("module.pth", torch.nn.Linear(2, 2))
save("tensor.pth", ramp)
save("numbers.pth", {"epoch": 1, "loss": 0.5})
torch.jit.script(torch.nn.Linear(2, 2)).save(os.path.join(OUT, "script.pt"))
