#!/usr/bin/python3
"""make_strangers.py [OUTDIR]: what training scripts keep beside the weights, by PyTorch itself (1.13).

Each file holds the first convolution of a TResNet (8 values of 1/4 and so on are enough to be
recognised) and things that csl must skip without running them.
"""
import argparse
import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import functools
import os
import pathlib
import sys
import types
import uuid

import numpy as np
import torch

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "strangers")
os.makedirs(OUT, exist_ok=True)
stem = (torch.arange(48 * 9) % 8 / 4).reshape(1, 48, 3, 3).half()
state = collections.OrderedDict({"body.conv1.0.weight": stem})


def save(name, obj, **kw):
    torch.save(obj, os.path.join(OUT, name), **kw)


# A module of somebody's own that csl has never heard of.
mine = types.ModuleType("mine")
sys.modules["mine"] = mine


class Kind(enum.Enum):
    A = 1


@dataclasses.dataclass
class Options:
    lr: float = 0.1


class AttrDict(dict):
    pass


class Stack(list):
    pass


class Early:
    def __init__(self):
        self.best = torch.zeros(2)

    def __setstate__(self, s):
        raise SystemExit("was run")


class Reduced:
    def __reduce__(self):
        return functools.partial(dict, a=1), ()


for c in (Kind, Options, AttrDict, Stack, Early, Reduced):
    c.__module__ = "mine"
    setattr(mine, c.__name__, c)
Point = collections.namedtuple("Point", "x y")
Point.__module__, mine.Point = "mine", Point

opt = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], 0.1, momentum=0.9)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 0.1, total_steps=10)
counts = collections.defaultdict(list)
counts["a"].append(1)
beside = {
    "state_dict": state, "scheduler": sched.state_dict(), "optimizer": opt.state_dict(), "dir": pathlib.PurePosixPath("/a/b"),
    "counts": counts, "when": datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc), "kind": Kind.A, "options": Options(),
    "attr": AttrDict(a=AttrDict(b=1)), "stack": Stack([1, 2]), "early": [Early()], "point": Point(1, 2), "id": uuid.uuid5(uuid.NAMESPACE_DNS, "a"),
    "price": decimal.Decimal("1.5"), "partial": functools.partial(min, 1), "reduced": Reduced(), "complex": 1 + 2j, "set": {1, 2}, "range": range(3),
    "slice": slice(1, 2), "array": np.arange(3), "object": np.array([None, "a"], dtype=object), "scalar": np.float32(1), "record": np.zeros(1, dtype="i4,f8"),
    "rng": np.random.RandomState(0).get_state(), "loss": torch.nn.BCEWithLogitsLoss(pos_weight=torch.ones(2)), "device": torch.device("cuda:0"),
    "dtype": torch.bfloat16, "generator": torch.Generator().get_state(), "args": argparse.Namespace(lr=0.1), "complex_tensor": torch.ones(2, dtype=torch.complex64),
    "quantised": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "sparse": torch.eye(2).to_sparse(), "function": torch.nn.functional.relu,
    "class": torch.nn.ReLU, "builtin": len, "ellipsis": ..., "exception": ValueError("a"), "long key " * 600: 1, (1, 2): 3, "bytes": b"\xff", "big": 1 << 80,
    "types": types.SimpleNamespace(a=1), "chain": collections.ChainMap({"a": 1}), "deque": collections.deque([1]), "counter": collections.Counter("aab"),
}
save("beside_zip.pth", beside)
save("beside_protocol5.pth", beside, pickle_protocol=5)
legacy = {k: v for k, v in beside.items() if k not in ("quantised",)}
save("beside_legacy.pth", legacy, _use_new_zipfile_serialization=False)
save("state_in_subclass.pth", AttrDict(state_dict=AttrDict(state)))
save("whole_model.pth", {"model": torch.nn.Linear(1, 1), "epoch": 3})
save("model_beside_state.pth", {"model": torch.nn.Linear(1, 1), "state_dict": state})

# Several models and prefixes.
half = copy.copy(stem) / 2
save("ema_beside.pth", {"state_dict": state, "state_dict_ema": {"body.conv1.0.weight": half}})
save("ema_only.pth", {"model_ema": {"module.body.conv1.0.weight": half}})
save("ema_nested.pth", {"ema": {"module": {"body.conv1.0.weight": half}, "decay": 0.9}, "net": {"_orig_mod.body.conv1.0.weight": stem}})
save("ema_prefixed.pth", {"state_dict": {"ema_model.module.body.conv1.0.weight": half, "model.body.conv1.0.weight": stem, "criterion.w": torch.ones(1),
                                         "n_averaged": torch.tensor(3)}})
print("\n".join(sorted(f"{f} {os.path.getsize(os.path.join(OUT, f))}" for f in os.listdir(OUT))))
