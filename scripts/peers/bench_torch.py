"""Times a TResNet in PyTorch the way `csl bench` times its own: see --help.

Prints one JSON object per form of the network. `--mode save` writes random weights instead, for
`csl export --to onnx`.
"""
import argparse
import json
import time

import torch

import tresnet

MIN_RUNS, WARM_STEPS, RUN_TIME = 3, 2, 0.1  # as in csl's internal/bench
INFER_FORMS = ["eager", "eager_nhwc", "jit", "jit_nhwc", "jit_optimized"]
TRAIN_FORMS = ["eager", "eager_nhwc"]


def peak_rss():
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10


def measure(step, seconds):
    """Best and median time of a step, over runs of at least RUN_TIME."""
    one = float("inf")
    start, n = time.perf_counter(), 0
    while n < WARM_STEPS or time.perf_counter() - start < 0.1 * seconds:
        begin = time.perf_counter()
        step()
        one, n = min(one, time.perf_counter() - begin), n + 1
    steps, times = max(1, -int(-RUN_TIME // one)), []
    start = time.perf_counter()
    while len(times) < MIN_RUNS or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        for _ in range(steps):
            step()
        times.append((time.perf_counter() - begin) / steps)
    times.sort()
    return times[0], times[len(times) // 2]


def inference_step(args, form):
    net = tresnet.fold(tresnet.TResNet(args.model, args.classes))
    x = torch.rand(args.batch, 3, args.size, args.size)
    if form.endswith("_nhwc"):
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    if form.startswith("jit"):
        net = torch.jit.freeze(torch.jit.trace(net, x))
    if form == "jit_optimized":
        net = torch.jit.optimize_for_inference(net)
    return lambda: net(x)


def selective_loss(logits, labels, prior, topk=5, threshold=0.5, gammas=(0, 3, 4)):
    """The selective loss of the published recipe: labels are 1, 0 or -1 (unknown)."""
    pos, neg, una = ((labels == v).to(logits.dtype) for v in (1, 0, -1))
    p = torch.sigmoid(logits)
    q = 1 - p
    with torch.no_grad():
        weight = 1 - una * (prior > threshold)
        candidates = torch.where(labels == -1, q, torch.full_like(q, 2)).reshape(-1)
        weight.view(-1)[torch.topk(candidates, topk * len(labels), largest=False).indices] = 0
        weight = torch.where(labels == -1, weight, torch.ones_like(weight))
        miss = 1 - p * pos - q * (neg + una)
        focus = torch.pow(miss, gammas[0] * pos + gammas[1] * neg + gammas[2] * una)
    ce = pos * torch.log(p.clamp(min=1e-8)) + (neg + una) * torch.log(q.clamp(min=1e-8))
    return -(ce * focus * weight).sum()


def training_step(args, form):
    net = tresnet.TResNet(args.model, args.classes).train()
    x = torch.rand(args.batch, 3, args.size, args.size)
    if form.endswith("_nhwc"):
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    u = torch.rand(args.batch, args.classes)
    labels = torch.where(u < 0.02, 1., torch.where(u < 0.10, 0., -1.))
    prior = torch.rand(args.classes) * torch.rand(args.classes)
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    adam = torch.optim.Adam([{"params": plain, "weight_decay": 0}, {"params": decay, "weight_decay": 1e-4}],
                            lr=2e-4, foreach=True)
    values = [v for v in net.state_dict().values() if v.is_floating_point()]
    average = [v.clone() for v in values] if args.ema else []

    def step():
        adam.zero_grad(set_to_none=True)
        selective_loss(net(x), labels, prior).backward()
        adam.step()
        if average:
            with torch.no_grad():
                torch._foreach_mul_(average, 0.9997)
                torch._foreach_add_(average, values, alpha=1 - 0.9997)

    return step


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--mode", choices=["infer", "train", "save"], default="infer")
    p.add_argument("--model", choices=sorted(tresnet.PRESETS), default="tresnet_m")
    p.add_argument("--size", type=int, default=224)
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--classes", type=int, default=80)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--ema", action="store_true", help="also average the weights in training")
    p.add_argument("--form", action="append", help="of the network; default: try all, %s" % INFER_FORMS)
    p.add_argument("--out", help="file for --mode save")
    args = p.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    if args.mode == "save":
        torch.save(tresnet.TResNet(args.model, args.classes).state_dict(), args.out)
        return
    forms = args.form or (INFER_FORMS if args.mode == "infer" else TRAIN_FORMS)
    build = inference_step if args.mode == "infer" else training_step
    for form in forms:
        with torch.set_grad_enabled(args.mode == "train"):
            best, median = measure(build(args, form), args.seconds)
        print(json.dumps({
            "peer": "torch", "version": torch.__version__, "form": form, "model": args.model, "mode": args.mode,
            "size": args.size, "batch": args.batch, "classes": args.classes, "threads": args.threads, "ema": args.ema,
            "images_per_second": args.batch / best, "images_per_second_median": args.batch / median,
            "rss_bytes": peak_rss(),
        }), flush=True)


if __name__ == "__main__":
    main()
