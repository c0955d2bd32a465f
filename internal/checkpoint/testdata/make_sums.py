#!/usr/bin/python3
"""make_sums.py GOLDENS > sums.json: the SHA-256 of each golden checkpoint's tensors.

GOLDENS is the folder that make_goldens.py wrote. state.npy holds all tensors of a model
as float32 in state_dict order; the sum is over those bytes ("float32"), or over them
rounded to half precision and back ("float16"; int64 counters are not rounded).
"""
import hashlib
import json
import sys

import numpy as np

root = sys.argv[1]
index = json.load(open(root + "/index.json"))
out = {}
for tag in ("tiny", "tiny_bottleneck", "tiny_v2"):
    state = np.load(f"{root}/{tag}/state.npy").astype("<f4")
    toc = index["arrays"][tag + "/state"]["packed"]
    half = state.astype("<f2").astype("<f4")
    for t in toc:
        if t["key"].endswith("num_batches_tracked"):
            half[t["offset"]] = state[t["offset"]]
    out[tag] = dict(
        float32=hashlib.sha256(state.tobytes()).hexdigest(),
        float16=hashlib.sha256(half.tobytes()).hexdigest(),
        tensors=[[t["key"]] + t["shape"] for t in toc], config=index[tag]["config"])
json.dump(out, sys.stdout, separators=(",", ":"))
