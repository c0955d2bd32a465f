"""TResNet for PyTorch on the CPU: the peer that csl is measured against.

Written for csl (the same network as csl's internal/model, parameter names as in published
checkpoints), without CUDA and without the inplace_abn package. The normalisation is

    y = act((|weight| + eps) * (x - mean) / sqrt(var + eps) + bias), eps = 1e-5.
"""
import copy
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

EPS, MOMENTUM = 1e-5, 0.1

# name: blocks per stage, width of the first stage
PRESETS = {
    "tresnet_m": ([3, 4, 11, 3], 64),
    "tresnet_l": ([4, 5, 18, 3], 76),
    "tresnet_s": ([1, 1, 2, 1], 16),
    "tresnet_tiny": ([1, 1, 1, 1], 8),
}
STEM_SLOPE, SLOPE = 1e-2, 1e-3


class ABN(nn.Module):
    """Batch norm with a positive gain, then leaky ReLU; slope 1 is none."""

    def __init__(self, channels, slope):
        super().__init__()
        self.slope = slope
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.register_buffer("num_batches_tracked", torch.zeros((), dtype=torch.long))

    def gain(self):
        # not abs(): its derivative at 0 is 0, and gammas that start at 0 would never be learnt
        return torch.where(self.weight < 0, -self.weight, self.weight) + EPS

    def forward(self, x):
        if self.training:
            self.num_batches_tracked.add_(1)
        y = F.batch_norm(x, self.running_mean, self.running_var, self.gain(), self.bias,
                         self.training, MOMENTUM, EPS)
        return y if self.slope == 1 else F.leaky_relu(y, self.slope, inplace=True)


def unit(cin, cout, k, slope):
    return nn.Sequential(nn.Conv2d(cin, cout, k, padding=k // 2, bias=False), ABN(cout, slope))


class BlurPool(nn.Module):
    def __init__(self, channels):
        super().__init__()
        line = torch.tensor([0.25, 0.5, 0.25])
        kernel = torch.outer(line, line).expand(channels, 1, 3, 3).contiguous()
        self.register_buffer("kernel", kernel, persistent=False)

    def forward(self, x):
        return F.conv2d(F.pad(x, [1, 1, 1, 1], mode="reflect"), self.kernel, stride=2,
                        groups=self.kernel.size(0))


class SpaceToDepth(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        x = x.reshape(n, c, h // 4, 4, w // 4, 4).permute(0, 3, 5, 1, 2, 4)
        return x.reshape(n, 16 * c, h // 4, w // 4)


class SqueezeExcite(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, hidden, 1)
        self.fc2 = nn.Conv2d(hidden, channels, 1)

    def forward(self, x):
        s = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(s))))


class Block(nn.Module):
    """Basic: 3x3, 3x3, SE. Bottleneck: 1x1, 3x3, SE, 1x1. A blur pool halves the sides."""

    def __init__(self, basic, cin, planes, halve, se):
        super().__init__()
        self.basic = basic
        cout = planes if basic else 4 * planes

        def spatial(c):
            u = unit(c, planes, 3, SLOPE)
            return nn.Sequential(u, BlurPool(planes)) if halve else u

        if basic:
            self.conv1, self.conv2, self.conv3 = spatial(cin), unit(planes, cout, 3, 1), nn.Identity()
        else:
            self.conv1, self.conv2 = unit(cin, planes, 1, SLOPE), spatial(planes)
            self.conv3 = unit(planes, cout, 1, 1)
        self.downsample = nn.Identity()
        if halve or cin != cout:
            parts = [nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)] if halve else []
            self.downsample = nn.Sequential(*parts, unit(cin, cout, 1, 1))
        hidden = max(cout // (4 if basic else 8), 64)
        self.se = SqueezeExcite(planes, hidden) if se else nn.Identity()

    def forward(self, x):
        y = self.conv3(self.se(self.conv2(self.conv1(x))))
        return F.relu(y + self.downsample(x), inplace=True)


class TResNet(nn.Module):
    def __init__(self, name, classes):
        super().__init__()
        stages, planes = PRESETS[name]
        parts = OrderedDict(SpaceToDepth=SpaceToDepth(), conv1=unit(48, planes, 3, STEM_SLOPE))
        width = planes
        for i, count in enumerate(stages):
            stage = []
            for j in range(count):
                stage.append(Block(i < 2, width, planes << i, i > 0 and j == 0, i < 3))
                width = (planes << i) * (1 if i < 2 else 4)
            parts["layer%d" % (i + 1)] = nn.Sequential(*stage)
        self.body = nn.Sequential(parts)
        self.head = nn.Sequential(OrderedDict(fc=nn.Linear(width, classes)))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="leaky_relu")
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
            elif isinstance(m, Block):
                nn.init.zeros_((m.conv2 if m.basic else m.conv3)[1].weight)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


@torch.no_grad()
def fold(model):
    """A copy for inference: every ABN folded into its convolution."""
    model = copy.deepcopy(model).eval()

    def visit(parent):
        for name, child in list(parent.named_children()):
            if not (isinstance(child, nn.Sequential) and len(child) == 2 and isinstance(child[1], ABN)):
                visit(child)
                continue
            conv, abn = child
            scale = abn.gain() / torch.sqrt(abn.running_var + EPS)
            fused = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, padding=conv.padding)
            fused.weight.copy_(conv.weight * scale[:, None, None, None])
            fused.bias.copy_(abn.bias - abn.running_mean * scale)
            activation = [] if abn.slope == 1 else [nn.LeakyReLU(abn.slope, inplace=True)]
            setattr(parent, name, nn.Sequential(fused, *activation))

    visit(model)
    return model.eval()
