"""Trains the network that refines slices further, and writes it as ONNX.

    /usr/bin/python3 training/slice-refiner/train.py PAIRS[,PAIRS] OUT.onnx [--steps N] [--start OTHER.pt] [--held-out PAIRS]

PAIRS is a folder of NAME.npy and NAME.json (write-pairs.ts). PyTorch on one thread with fixed seeds: the same pairs, version
and machine give the same weights. OUT.pt is written beside OUT.onnx, to go on from.

The network sees a plane along the normal of the slices: three neighbouring planes of what the classical method made, the
slice that each place lies in, and how far from the middle of that slice it lies. Differences from the mean of the
surroundings are divided by their spread, so that neither values nor contrasts can be learned by heart. What it adds is
projected onto what the slices cannot tell before the loss is taken: it need not learn what the method enforces anyway.
"""

import argparse
import copy
import glob
import json
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

BATCH, SEED, RATE = 4, 5, 2e-3
CHANNELS, DILATIONS = 32, (1, 1, 2, 2, 1, 1)
AROUND = 15
# A place is changed by at most so many times the spread of its surroundings.
MOST_CHANGE = 3.0
# Part of the spread of a whole plane that each place has at least.
FLOOR = 0.02
# The loss is quadratic up to about this part of the range of the image, and grows evenly beyond.
TURNS = 0.03
RANGE = 1000.0
# Of the mean of weights over steps, which is what is kept.
KEEP = 0.998


class SliceRefiner(nn.Module):
    """refined: N × 3 planes, the middle one is corrected; slices, offset: N × 1. Gives what to add to refined.

    Rows run along the normal of the slices. Rows and columns are even: the network works on blocks of 2 × 2.
    """

    def __init__(self):
        super().__init__()
        widths = [20] + [CHANNELS] * len(DILATIONS)
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=d, dilation=d) for a, b, d in zip(widths, widths[1:], DILATIONS)
        )
        self.last = nn.Conv2d(CHANNELS, 4, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, refined, slices, offset):
        here = refined[:, 1:2]

        def around(x):
            return functional.avg_pool2d(x, AROUND, 1, AROUND // 2, count_include_pad=False)

        level = around(here)
        power = (here - level) ** 2
        spread = torch.sqrt(around(power) + FLOOR**2 * power.mean((1, 2, 3), keepdim=True) + 1e-12)
        x = torch.cat([refined - level, slices - level], 1) / spread
        x = torch.cat([x, offset], 1)
        x = functional.pixel_unshuffle(x, 2)
        for n, layer in enumerate(self.layers):
            y = functional.leaky_relu(layer(x), 0.1)
            x = y + x if n > 0 and n % 2 == 0 else y
        x = functional.pixel_shuffle(self.last(x), 2)
        return spread * (x / (1 + x.abs() / MOST_CHANGE))


class Pair:
    def __init__(self, name):
        self.images = np.load(name)
        with open(os.path.splitext(name)[0] + '.json') as file:
            about = json.load(file)
        self.factor = about['factor']
        a = np.array(about['matrix'])
        gram = a @ a.T
        gram += 1e-4 * np.diag(np.diag(gram))
        # What is left of an image when all that slices can tell is taken away.
        self.unseen = (np.eye(a.shape[1]) - a.T @ np.linalg.solve(gram, a)).astype(np.float32)
        rows = np.arange(a.shape[1], dtype=np.float32)
        self.offset = rows % self.factor - (self.factor - 1) / 2

    def plane(self, axis, n):
        """truth, refined of three planes, slices: along rows or columns of the slices, normal first."""
        images = self.images if axis == 0 else self.images.transpose(0, 1, 3, 2)
        last = images.shape[2] - 1
        near = [max(0, n - 1), n, min(last, n + 1)]
        return np.concatenate([images[0:1, :, n], images[1][:, near].transpose(1, 0, 2), images[2:3, :, n]])


def stack_of(pair, axis, n):
    planes = pair.plane(axis, n).astype(np.float32)
    offset = np.broadcast_to(pair.offset[:, None], planes.shape[1:])[None]
    return np.concatenate([planes, offset])


def batch(pairs, random):
    stacks, unseen = [], []
    for _ in range(BATCH):
        pair = pairs[random.integers(len(pairs))]
        size = pair.images.shape[3]
        stack = stack_of(pair, random.integers(2), random.integers(3, size - 3))
        projector = pair.unseen
        if random.random() < 0.5:
            stack = stack[:, ::-1].copy()
            stack[5] *= -1
            projector = projector[::-1, ::-1]
        if random.random() < 0.5:
            stack = stack[:, :, ::-1]
        if random.random() < 0.5:
            stack = stack[[0, 3, 2, 1, 4, 5]]
        if random.random() < 0.25:
            stack = stack.copy()
            stack[:5] = RANGE - stack[:5]
        stacks.append(stack)
        unseen.append(projector)
    return tensors(stacks), torch.from_numpy(np.ascontiguousarray(np.stack(unseen)))


def tensors(stacks):
    parts = torch.from_numpy(np.ascontiguousarray(np.stack(stacks)))
    return parts[:, 0:1], parts[:, 1:4], parts[:, 4:5], parts[:, 5:6]


def gain(network, pairs):
    """dB by which the error of each pair falls: of both directions averaged, projected."""
    gains = []
    network.eval()
    with torch.no_grad():
        for pair in pairs:
            truth, refined = (pair.images[n].astype(np.float32) for n in (0, 1))
            added = np.zeros_like(refined)
            size = refined.shape[1]
            for axis in (0, 1):
                for start in range(0, size, 8):
                    stacks = [stack_of(pair, axis, n) for n in range(start, min(size, start + 8))]
                    _, *images = tensors(stacks)
                    found = network(*images)[:, 0].numpy() / 2
                    if axis == 0:
                        added[:, start : start + 8] += found.transpose(1, 0, 2)
                    else:
                        added[:, :, start : start + 8] += found.transpose(1, 2, 0)
            added = np.tensordot(pair.unseen, added, 1)
            before, after = (((image - truth) ** 2).mean() for image in (refined, refined + added))
            gains.append(10 * np.log10(before / after))
    network.train()
    return gains


def write(network, out):
    network.eval()
    images = (torch.randn(1, 3, 64, 64), torch.randn(1, 1, 64, 64), torch.ones(1, 1, 64, 64))
    names = ('refined', 'slices', 'offset', 'correction')
    torch.onnx.export(
        network,
        images,
        out,
        opset_version=17,
        input_names=names[:3],
        output_names=names[3:],
        dynamic_axes={name: {0: 'n', 2: 'rows', 3: 'columns'} for name in names},
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('pairs', help='folders, separated by commas')
    parser.add_argument('out')
    parser.add_argument('--steps', type=int, default=20000)
    parser.add_argument('--rate', type=float, default=RATE)
    parser.add_argument('--seed', type=int, default=SEED)
    parser.add_argument('--start')
    parser.add_argument('--held-out')
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)

    def load(folder):
        folders = folder.split(',')
        return [Pair(name) for one in folders for name in sorted(glob.glob(os.path.join(one, '*.npy')))]

    pairs, held_out = load(options.pairs), load(options.held_out) if options.held_out else []
    network = SliceRefiner()
    if options.start:
        network.load_state_dict(torch.load(options.start))
    kept = copy.deepcopy(network)
    optimiser = torch.optim.Adam(network.parameters(), lr=options.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=options.steps, pct_start=0.03
    )
    print(f'{len(pairs)} pairs, {sum(p.numel() for p in network.parameters())} weights', flush=True)
    sums, start = np.zeros(2), time.process_time()
    for step in range(1, options.steps + 1):
        (truth, refined, slices, offset), unseen = batch(pairs, random)
        before = (refined[:, 1:2] - truth) / RANGE
        after = before + torch.matmul(unseen[:, None], network(refined, slices, offset)) / RANGE
        loss = (TURNS * (torch.sqrt(after**2 + TURNS**2) - TURNS)).mean() * 100
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            for mine, theirs in zip(kept.parameters(), network.parameters()):
                mine.lerp_(theirs, 1 - min(KEEP, step / (step + 50)))
        sums += [(e**2).mean().item() for e in (after.detach(), before)]
        if step % 100 == 0 or step == options.steps:
            show = held_out and (step % 4000 == 0 or step == options.steps)
            gains = gain(kept, held_out) if show else []
            told = f'; held out {" ".join(f"{dB:.2f}" for dB in gains)}, mean {np.mean(gains):.3f}' if gains else ''
            print(
                f'step {step}: {10 * np.log10(sums[1] / sums[0]):.3f} dB;'
                f' {time.process_time() - start:.0f} s of processor time{told}',
                flush=True,
            )
            sums[:] = 0
            if show:
                torch.save(kept.state_dict(), os.path.splitext(options.out)[0] + '.pt')
    torch.save(kept.state_dict(), os.path.splitext(options.out)[0] + '.pt')
    write(kept, options.out)


if __name__ == '__main__':
    main()
