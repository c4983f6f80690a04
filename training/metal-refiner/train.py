"""Trains the network that refines what metal-streaks left of the streaks of metal, and writes it as ONNX.

    /usr/bin/python3 training/metal-refiner/train.py PAIRS OUT.onnx [--steps N] [--start OTHER.pt|OTHER.onnx] [--held-out PAIRS]

PAIRS is a folder of NAME.npy (write-pairs.ts). PyTorch on two threads with fixed seeds.

The network sees a whole slice: as it was scanned, as the classical method left it, all that this method found of hardened
rays and in the trace of metal, and where metal is. Streaks are divided by their spread around and in the slice, and the
result is multiplied by it: it cannot learn their strength by heart.
"""

import argparse
import copy
import glob
import os
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'shared'))
from u_network import UNetwork  # noqa: E402

SEED, RATE, KEEP = 5, 5e-4, 0.998
WIDTHS = (32, 48, 64, 96)
LOW, HIGH, SCALE = -1000.0, 1500.0, 500.0
# Streaks are cut at so many times their spread, which has at least so many HU.
MOST, FLOOR = 8.0, 8.0
# No place is changed by more than so many times that spread.
MOST_CHANGE = 5.0
AROUND = 31
# The loss is quadratic up to so many times the spread of what a slice is off, and grows evenly beyond.
TURNS = 1.0
# A slice that is off by less has no streaks, HU.
STREAKS = 1.0
BODY, AIR_WEIGHT = -300.0, 0.1
BATCH, CLIP = 2, 0.1


class MetalRefiner(UNetwork):
    """All N × 1 × rows × columns, multiples of 16; HU, metal as a share. Gives what to subtract from reduced, HU."""

    def __init__(self):
        super().__init__(6, WIDTHS)

    def forward(self, scanned, reduced, hardening, trace, metal):
        free = (metal < 0.01).to(metal.dtype)
        taken = scanned - reduced

        def power(x):
            return functional.avg_pool2d(x, AROUND, 1, AROUND // 2, count_include_pad=False)

        # Of tissue near and in the whole slice.
        found = free * (hardening**2 + trace**2 + taken**2).clamp(max=1e6) / 3
        share = power(free) + 1e-3
        spread = torch.sqrt(power(found) / share + 0.1 * found.mean((1, 2, 3), keepdim=True) + FLOOR**2)

        def streak(x):
            return (x / spread).clamp(-MOST, MOST) * free / 2

        tissue = [(x.clamp(LOW, HIGH) / SCALE) for x in (scanned, reduced)]
        x = torch.cat([*tissue, streak(taken), streak(hardening), streak(trace), metal], 1)
        x = self.through(x)
        return free * spread * (x / (1 + x.abs() / MOST_CHANGE))


def load(folder):
    """Of each slice: reference, scanned, reduced, hardening, trace, metal found, share of metal × rows × columns."""
    slices = []
    for one in folder.split(','):
        for name in sorted(glob.glob(os.path.join(one, '*.npy'))):
            slices += list(np.load(name).astype(np.float32).transpose(1, 0, 2, 3))
    return slices


def weights_of(images):
    """What of a slice counts: tissue without metal in or beside it, air a little; in units of what the slice is off."""
    reference, scanned, share = images[0], images[1], images[6]
    metal = functional.max_pool2d(torch.from_numpy(share)[None, None], 3, 1, 1)[0, 0].numpy() > 0
    weight = np.where(reference > BODY, 1.0, AIR_WEIGHT) * ~metal
    inside = (reference > BODY) & ~metal
    off = np.sqrt(((scanned - reference)[inside] ** 2).mean()) + 10
    return weight.astype(np.float32), np.float32(off)


def padded(stack):
    rows, columns = stack.shape[1:]
    return np.pad(stack, ((0, 0), (0, -rows % 16), (0, -columns % 16)), mode='edge')


def stack_of(images):
    weight, off = weights_of(images)
    return np.concatenate([images[:6], weight[None], np.full_like(weight, off)[None]])


def tensors(stacks):
    parts = torch.from_numpy(np.ascontiguousarray(np.stack(stacks)))
    return parts[:, 0:1], [parts[:, n : n + 1] for n in range(1, 6)], parts[:, 6:7], parts[:, 7:8]


def gain(network, held_out):
    """Of each slice, classical and refined: error and new streaks, as shares of the error of scanned; HU without streaks."""
    rows = []
    network.eval()
    with torch.no_grad():
        for images in held_out:
            reference, inputs, weight, _ = tensors([padded(stack_of(images))])
            inside = weight > 0.5
            inside[:, :, images.shape[1] :] = False
            inside[:, :, :, images.shape[2] :] = False
            before = (inputs[0] - reference)[inside]
            off = (before**2).mean().sqrt().item()
            # Of slices without streaks, which a kernel may have blurred metal into: HU.
            unit = off if off > STREAKS else 1.0
            row = []
            for after in (inputs[1], inputs[1] - network(*inputs)):
                error = (after - reference)[inside]
                worse = (error.abs() - before.abs()).clamp(min=0)
                row += [(x**2).mean().sqrt().item() / unit for x in (error, worse)]
            rows.append(row)
    network.train()
    return np.array(rows)


def weights_of_file(name):
    if not name.endswith('.onnx'):
        return torch.load(name)
    # Debian's python3-onnx; only here is it needed.
    from onnx import load as read, numpy_helper

    return {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in read(name).graph.initializer}


def write(network, out):
    network.eval()
    names = ('scanned', 'reduced', 'hardening', 'trace', 'metal', 'correction')
    torch.onnx.export(
        network,
        tuple(torch.randn(1, 1, 64, 64) for _ in names[:-1]),
        out,
        opset_version=17,
        input_names=names[:-1],
        output_names=names[-1:],
        dynamic_axes={name: {0: 'n', 2: 'rows', 3: 'columns'} for name in names},
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('pairs', help='folders, separated by commas')
    parser.add_argument('out')
    parser.add_argument('--steps', type=int, default=8000)
    parser.add_argument('--rate', type=float, default=RATE)
    parser.add_argument('--seed', type=int, default=SEED)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--show', type=int, default=500)
    parser.add_argument('--start')
    parser.add_argument('--held-out', help='folders of which each is told of by its own, separated by commas')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    stacks = [padded(stack_of(images)) for images in load(options.pairs)]
    # Slices of one size go together.
    sizes = {}
    for stack in stacks:
        sizes.setdefault(stack.shape[1:], []).append(stack)
    held_out = [load(folder) for folder in options.held_out.split(',')] if options.held_out else []
    network = MetalRefiner()
    if options.start:
        network.load_state_dict(weights_of_file(options.start))
    kept = copy.deepcopy(network)
    optimiser = torch.optim.Adam(network.parameters(), lr=options.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=options.steps, pct_start=0.05
    )
    print(f'{len(stacks)} slices, {sum(p.numel() for p in network.parameters())} weights', flush=True)
    sums, start = np.zeros(2), time.process_time()
    for step in range(1, options.steps + 1):
        same = sizes[stacks[random.integers(len(stacks))].shape[1:]]
        drawn = []
        for _ in range(BATCH):
            stack = np.rot90(same[random.integers(len(same))], random.integers(4), (1, 2))
            drawn.append(stack[:, :, ::-1] if random.random() < 0.5 else stack)
        reference, inputs, weight, off = tensors(drawn)
        before = (inputs[1] - reference) / off
        after = before - network(*inputs) / off
        loss = (weight * TURNS * (torch.sqrt(after**2 + TURNS**2) - TURNS)).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            for mine, theirs in zip(kept.parameters(), network.parameters()):
                mine.lerp_(theirs, 1 - min(KEEP, step / (step + 50)))
        sums += [weight.mul(e).abs().mean().item() for e in (after.detach(), before)]
        if step % 100 == 0 or step == options.steps:
            print(
                f'step {step}: error {sums[0] / sums[1]:.3f} of the classical one;'
                f' {time.process_time() - start:.0f} s of processor time',
                flush=True,
            )
            sums[:] = 0
        if held_out and (step % options.show == 0 or step == options.steps):
            for slices in held_out:
                figures = gain(kept, slices).mean(0)
                print('held out: error {:.3f}, new {:.3f}; refined {:.3f}, {:.3f}'.format(*figures), flush=True)
            torch.save(kept.state_dict(), os.path.splitext(options.out)[0] + '.pt')
    torch.save(kept.state_dict(), os.path.splitext(options.out)[0] + '.pt')
    write(kept, options.out)


if __name__ == '__main__':
    main()
