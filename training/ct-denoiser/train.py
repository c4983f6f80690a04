"""Trains the CT denoiser on the pairs of write-pairs.ts and writes it as ONNX.

    /usr/bin/python3 training/ct-denoiser/train.py PAIRS OUT.onnx [--steps N]

PyTorch on one thread with fixed seeds: the same pairs, version and machine give the same weights. The network is told
the noise and is given what non-local means made of the slice; it returns what to subtract from that. Everything inside
is in units of the noise and against the mean of the surroundings, so that neither the level of the noise nor the HU of
the tissues of the training set can be learned by heart.
"""

import argparse
import glob
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

SIZE, SLICES, PATCH, BATCH, SEED = 256, 5, 64, 8, 5
CHANNELS, DILATIONS = 16, (1, 2, 3, 2, 1)
LOW_HU, HIGH_HU, AROUND, MOST = -300.0, 500.0, 15, 6.0
RATE = 3e-3


class Denoiser(nn.Module):
    """denoised, source: N × 3 slices, the middle one is corrected; noise: N × 1; HU. Gives HU to subtract from denoised."""

    def __init__(self):
        super().__init__()
        widths = [6] + [CHANNELS] * len(DILATIONS)
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=d, dilation=d) for a, b, d in zip(widths, widths[1:], DILATIONS)
        )
        self.last = nn.Conv2d(CHANNELS, 1, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, denoised, source, noise):
        denoised = denoised.clamp(LOW_HU, HIGH_HU)
        source = source.clamp(LOW_HU, HIGH_HU)
        here = denoised[:, 1:2]
        level = functional.avg_pool2d(here, AROUND, 1, AROUND // 2, count_include_pad=False)
        # What was denoised, and what was taken from the source to do so.
        parts = torch.cat([denoised - level, source - denoised], 1)
        x = parts / noise
        # Edges of many times the noise are told as such and no further, or they would drown everything else.
        x = x / (1 + x.abs() / MOST)
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.1)
        return noise * self.last(x)


def load(folder):
    names = sorted(path[: -len('.truth')] for path in glob.glob(os.path.join(folder, '*.truth')))
    read = lambda name, what: np.fromfile(f'{name}.{what}', '<f4').reshape(SLICES, SIZE, SIZE)
    return {
        what: np.stack([read(name, what) for name in names]) for what in ('truth', 'source', 'denoised', 'noise')
    }


def batch(pairs, random):
    images, noises, truths = [], [], []
    for _ in range(BATCH):
        n, k = random.integers(len(pairs['truth'])), random.integers(SLICES)
        y, x = random.integers(SIZE - PATCH + 1, size=2)
        at = (slice(y, y + PATCH), slice(x, x + PATCH))
        near = [max(0, k - 1), k, min(SLICES - 1, k + 1)]
        if random.random() < 0.5:
            near = near[::-1]
        stack = np.concatenate(
            [pairs['denoised'][n][near][(slice(None), *at)], pairs['source'][n][near][(slice(None), *at)],
             pairs['noise'][n, k][at][None], pairs['truth'][n, k][at][None]]
        )
        stack = np.rot90(stack, random.integers(4), (1, 2))
        if random.random() < 0.5:
            stack = stack[:, :, ::-1]
        images.append(stack[:6])
        noises.append(stack[6:7])
        truths.append(stack[7:])
    return [torch.from_numpy(np.ascontiguousarray(np.stack(part))) for part in (images, noises, truths)]


def loss_of(network, images, noise, truth):
    """Squared error in units of the noise where the method may change anything; bone counts less than soft tissue."""
    denoised = images[:, 1:2]
    error = (denoised - network(images[:, :3], images[:, 3:], noise) - truth) / noise
    weight = ((truth > -250) & (truth < 1800)).float() * torch.where(truth > 300, 0.2, 1.0)
    return (weight * error**2).sum() / weight.sum().clamp(min=1), (
        weight * ((denoised - truth) / noise) ** 2
    ).sum() / weight.sum().clamp(min=1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('pairs')
    parser.add_argument('out')
    parser.add_argument('--steps', type=int, default=500)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    random = np.random.default_rng(SEED)
    pairs = load(options.pairs)
    network = Denoiser()
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=options.steps, pct_start=0.1)
    print(f"{len(pairs['truth'])} pairs, {sum(p.numel() for p in network.parameters())} weights")
    sums, start = np.zeros(2), time.process_time()
    for step in range(1, options.steps + 1):
        loss, before = loss_of(network, *batch(pairs, random))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        sums += [loss.item(), before.item()]
        if step % 50 == 0:
            print(f'step {step}: {sums[0] / 50:.4f} of {sums[1] / 50:.4f}; {time.process_time() - start:.0f} s of processor time', flush=True)
            sums[:] = 0
    network.eval()
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64), torch.ones(1, 1, 64, 64)),
        options.out,
        opset_version=17,
        input_names=['denoised', 'source', 'noise'],
        output_names=['residual'],
        dynamic_axes={name: {0: 'n', 2: 'rows', 3: 'columns'} for name in ('denoised', 'source', 'noise', 'residual')},
    )


if __name__ == '__main__':
    main()
