"""Trains a network that corrects what a classical method left of an image, and writes it as ONNX.

    /usr/bin/python3 training/shared/train.py PAIRS OUT.onnx --task ct [--steps N] [--start OTHER.pt] [--held-out PAIRS]

PAIRS is a folder of NAME.npy (pair-file.ts). PyTorch on one thread with fixed seeds: the same pairs, version and machine
give the same weights. OUT.pt is written beside OUT.onnx, to go on from.

The network is told the noise by voxel and is given the image as it was scanned and as the classical method left it; it
returns what to subtract from the latter. Everything inside is in units of the noise and against the mean of the
surroundings, so that neither the level of the noise nor the values of tissues can be learned by heart; and no voxel is
changed by more than MOST_CHANGE times its noise.
"""

import argparse
import copy
import glob
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from u_network import UNetwork

PATCH, BATCH, SEED, RATE = 96, 4, 5, 1e-3
# Of the weights that are kept, the mean over about the last 1 / (1 - KEEP) steps.
KEEP = 0.998
WIDTHS = (32, 48, 64)
AROUND, MOST_CONTRAST, MOST_CHANGE = 15, 6.0, 2.0
# The loss is quadratic up to about this many times the noise, and grows evenly beyond.
TURNS = 0.7

# What of an image counts: values that are drowned in others are cut, and voxels weigh as much as they matter.
TASKS = {
    # Air, lung and metal are left alone by the method; bone counts less than soft tissue.
    'ct': dict(
        low=-300.0,
        high=500.0,
        above=None,
        weight=lambda truth, noise: ((truth > -250) & (truth < 1800)).float() * torch.where(truth > 300, 0.2, 1.0),
    ),
    # The air around the body is of little interest; what lies below the noise is left alone by the finished network.
    'mr': dict(low=None, high=None, above=1.0, weight=lambda truth, noise: torch.where(truth < 0.5 * noise, 0.1, 1.0)),
}


class Corrector(UNetwork):
    """denoised, source: N × 3 slices, the middle one is corrected; noise: N × 1. Gives what to subtract from denoised.

    A U of three scales on blocks of 2 × 2, which is four times as fast as on pixels and sees twice as far: rows and
    columns are multiples of 8.
    """

    def __init__(self, low, high, above):
        super().__init__(6, WIDTHS)
        self.low, self.high, self.above = low, high, above

    def forward(self, denoised, source, noise):
        if self.low is not None:
            denoised, source = denoised.clamp(self.low, self.high), source.clamp(self.low, self.high)
        here = denoised[:, 1:2]
        level = functional.avg_pool2d(here, AROUND, 1, AROUND // 2, count_include_pad=False)
        # What was left, and what was taken from the source to do so.
        x = torch.cat([denoised - level, source - denoised], 1) / noise
        # Edges of many times the noise are told as such and no further, or they would drown everything else.
        x = x / (1 + x.abs() / MOST_CONTRAST)
        x = self.through(x)
        correction = noise * (x / (1 + x.abs() / MOST_CHANGE))
        if self.above is None or self.training:
            return correction
        return correction * (here / noise - self.above).clamp(0, 1)


def load(folder):
    """Of each pair: truth, source, denoised, noise × slices × rows × columns."""
    return [np.load(name) for name in sorted(glob.glob(os.path.join(folder, '*.npy')))]


def inputs_of(pair, k, at, flip=False):
    """Channels of one slice: denoised and source of it and its neighbours, its noise, its truth."""
    truth, source, denoised, noise = pair
    last = len(truth) - 1
    near = [max(0, k - 1), k, min(last, k + 1)]
    if flip:
        near = near[::-1]
    cut = (slice(None), *at)
    return np.concatenate([denoised[near][cut], source[near][cut], noise[k : k + 1][cut], truth[k : k + 1][cut]])


def tensors(stacks):
    parts = torch.from_numpy(np.ascontiguousarray(np.stack(stacks), np.float32))
    return parts[:, :3], parts[:, 3:6], parts[:, 6:7], parts[:, 7:8]


def batch(pairs, random):
    stacks = []
    for _ in range(BATCH):
        pair = pairs[random.integers(len(pairs))]
        _, slices, rows, columns = pair.shape
        k = random.integers(slices)
        y, x = random.integers(rows - PATCH + 1), random.integers(columns - PATCH + 1)
        stack = inputs_of(pair, k, (slice(y, y + PATCH), slice(x, x + PATCH)), random.random() < 0.5)
        stack = np.rot90(stack, random.integers(4), (1, 2))
        stacks.append(stack[:, :, ::-1] if random.random() < 0.5 else stack)
    return tensors(stacks)


def errors(network, weigh, denoised, source, noise, truth):
    """Of the corrected and of the denoised image, in units of the noise; and their weights."""
    before = (denoised[:, 1:2] - truth) / noise
    after = before - network(denoised, source, noise) / noise
    return after, before, weigh(truth, noise)


def gain(network, weigh, pairs):
    """dB by which the error falls, of each pair."""
    gains = []
    network.eval()
    with torch.no_grad():
        for pair in pairs:
            _, slices, rows, columns = pair.shape
            whole = (slice(0, rows // 8 * 8), slice(0, columns // 8 * 8))
            sums = np.zeros(2)
            for k in range(slices):
                after, before, weight = errors(network, weigh, *tensors([inputs_of(pair, k, whole)]))
                noise = torch.from_numpy(pair[3, k][whole].astype(np.float32))
                sums += [(weight * (e * noise) ** 2).sum().item() for e in (after, before)]
            gains.append(10 * np.log10(sums[1] / sums[0]))
    network.train()
    return gains


def write(network, out):
    network.eval()
    images = (torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64), torch.ones(1, 1, 64, 64))
    names = ('denoised', 'source', 'noise', 'residual')
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
    parser.add_argument('pairs')
    parser.add_argument('out')
    parser.add_argument('--task', choices=TASKS, required=True)
    parser.add_argument('--steps', type=int, default=2000)
    parser.add_argument('--seed', type=int, default=SEED)
    parser.add_argument('--start')
    parser.add_argument('--held-out')
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    task = TASKS[options.task]
    weigh = task['weight']
    pairs, held_out = load(options.pairs), load(options.held_out) if options.held_out else []
    network = Corrector(task['low'], task['high'], task['above'])
    if options.start:
        network.load_state_dict(torch.load(options.start))
    kept = copy.deepcopy(network)
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=options.steps, pct_start=0.05)
    print(f'{len(pairs)} pairs, {sum(p.numel() for p in network.parameters())} weights', flush=True)
    sums, start = np.zeros(2), time.process_time()
    for step in range(1, options.steps + 1):
        after, before, weight = errors(network, weigh, *batch(pairs, random))
        total = weight.sum().clamp(min=1)
        loss = (weight * (TURNS * (torch.sqrt(after**2 + TURNS**2) - TURNS))).sum() / total
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            for mine, theirs in zip(kept.parameters(), network.parameters()):
                mine.lerp_(theirs, 1 - min(KEEP, step / (step + 50)))
        sums += [(weight * e**2).sum().item() / total.item() for e in (after.detach(), before)]
        if step % 500 == 0 or step == options.steps:
            gains = ' '.join(f'{dB:.2f}' for dB in gain(kept, weigh, held_out))
            print(
                f'step {step}: {10 * np.log10(sums[1] / sums[0]):.3f} dB; {time.process_time() - start:.0f} s'
                f' of processor time; held out {gains}',
                flush=True,
            )
            sums[:] = 0
            torch.save(kept.state_dict(), os.path.splitext(options.out)[0] + '.pt')
    write(kept, options.out)


if __name__ == '__main__':
    main()
