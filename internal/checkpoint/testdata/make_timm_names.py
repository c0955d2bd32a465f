#!/usr/bin/python3
"""make_timm_names.py > timm_tresnet_m.txt: state_dict of timm's tresnet_m, name and extents a line.

Follows the module tree of timm/models/tresnet.py (timm 0.9 and later, read in the repository
huggingface/pytorch-image-models): ConvNormAct and ConvNormActAa hold .conv (no bias) and .bn
(BatchNormAct2d), SEModule holds .fc1 and .fc2 (1x1 convolutions with bias), the stem, blocks
and ClassifierHead as below. BlurPool2d's filter is not stored (persistent=False).
"""


def put(name, *shape):
    print(name, *shape)


def conv_norm_act(name, cin, cout, k):
    put(name + ".conv.weight", cout, cin, k, k)
    for part in ("weight", "bias", "running_mean", "running_var"):
        put(f"{name}.bn.{part}", cout)
    put(name + ".bn.num_batches_tracked")


def se(name, channels, hidden):
    put(name + ".fc1.weight", hidden, channels, 1, 1)
    put(name + ".fc1.bias", hidden)
    put(name + ".fc2.weight", channels, hidden, 1, 1)
    put(name + ".fc2.bias", channels)


layers, planes, width = [3, 4, 11, 3], 64, 64
conv_norm_act("body.conv1", 48, planes, 3)
for i, blocks in enumerate(layers):
    p, bottleneck = planes << i, i >= 2
    out = p * (4 if bottleneck else 1)
    for j in range(blocks):
        at = f"body.layer{i + 1}.{j}"
        stride = 2 if i and not j else 1
        # downsample is assigned first in __init__, so it comes first in the state_dict
        if j == 0 and (stride != 1 or width != out):
            conv_norm_act(f"{at}.downsample.{1 if stride == 2 else 0}", width, out, 1)
        if bottleneck:
            conv_norm_act(at + ".conv1", width, p, 1)
            conv_norm_act(at + ".conv2", p, p, 3)
            if i < 3:
                se(at + ".se", p, max(p * 4 // 8, 64))
            conv_norm_act(at + ".conv3", p, out, 1)
        else:
            conv_norm_act(at + ".conv1", width, p, 3)
            conv_norm_act(at + ".conv2", p, p, 3)
            se(at + ".se", p, max(p // 4, 64))
        width = out
put("head.fc.weight", 1000, width)
put("head.fc.bias", 1000)
