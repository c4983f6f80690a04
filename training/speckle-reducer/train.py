"""Trains the network that reduces speckle, and writes it as ONNX.

    /usr/bin/python3 training/speckle-reducer/train.py PAIRS OUT.onnx [--steps N] [--start OTHER.pt] [--held-out PAIRS]

PAIRS is a folder of NAME.npy (write-pairs.ts). PyTorch on one thread with fixed seeds: the same pairs, version and machine
give the same weights. OUT.pt is written beside OUT.onnx, to go on from.

The network is given the logarithm of the envelope (nepers) and returns that of its mean. Everything inside is against the
logarithm of the mean envelope around, so that neither gain nor the echoes of tissues can be learned by heart. The loss is
the divergence of Itakura and Saito, whose least is at the mean of the envelope itself: the logarithm does not bend it.
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

PATCH, BATCH, SEED, RATE = 128, 2, 5, 2e-3
# Steps until the full rate, and the part at the end over which it falls to nothing.
WARM, FALLING = 100, 0.35
CHANNELS, DILATIONS = 40, (1, 2, 3)
# Pixels of a block that the network sees as one place, and blocks of the surroundings.
BLOCK, AROUND = 4, 9
# Nepers: differences beyond are told as such and no further; and what the result may differ by.
MOST = 4.0
# The compression that a method undoes is fitted, and may be wrong by this part.
MISFIT = 0.06
# Of the mean of weights over steps, which is what is kept.
KEEP = 0.998


class SpeckleReducer(nn.Module):
    """logs: N × 1, rows and columns multiples of 8. Gives the logarithm of the mean envelope."""

    def __init__(self):
        super().__init__()

        def layer(inputs, **options):
            return nn.Conv2d(inputs, CHANNELS, 3, **options)

        self.enter = nn.ModuleList([layer(BLOCK**2 + 3, padding=1), layer(CHANNELS, padding=1)])
        self.down = layer(CHANNELS, stride=2, padding=1)
        self.wide = nn.ModuleList(layer(CHANNELS, padding=d, dilation=d) for d in DILATIONS)
        self.up = nn.Conv2d(CHANNELS, CHANNELS, 1)
        self.leave = layer(CHANNELS, padding=1)
        self.last = nn.Conv2d(CHANNELS, BLOCK**2, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, logs):
        def act(x):
            return functional.leaky_relu(x, 0.1)

        def around(x, blocks):
            return functional.avg_pool2d(x, blocks, 1, blocks // 2, count_include_pad=False)

        block = functional.avg_pool2d(torch.exp(logs), BLOCK) + 1e-6
        mean = around(block, AROUND)
        level = torch.log(mean)
        x = torch.cat(
            [functional.pixel_unshuffle(logs, BLOCK) - level, torch.log(block) - level, torch.log(around(block, 3)) - level], 1
        )
        x = torch.cat([x / (1 + x.abs() / MOST), block / mean / (1 + block / mean / MOST)], 1)
        for one in self.enter:
            x = act(one(x))
        y = act(self.down(x))
        for one in self.wide:
            y = y + act(one(y))
        x = act(x + functional.interpolate(self.up(y), scale_factor=2.0, mode='nearest'))
        x = self.last(x + act(self.leave(x)))
        return functional.pixel_shuffle(level + x / (1 + x.abs() / MOST), BLOCK)


def load(folder):
    """Of each pair: logarithms of the envelope and of its wanted mean, rows × columns."""
    return [np.load(name)[:, 0].astype(np.float32) for name in sorted(glob.glob(os.path.join(folder, '*.npy')))]


def batch(pairs, random):
    parts = []
    for _ in range(BATCH):
        pair = pairs[random.integers(len(pairs))]
        _, rows, columns = pair.shape
        y, x = random.integers(rows - PATCH + 1), random.integers(columns - PATCH + 1)
        part = np.rot90(pair[:, y : y + PATCH, x : x + PATCH], random.integers(4), (1, 2))
        if random.random() < 0.5:
            part = part[:, :, ::-1]
        parts.append(part * np.float32(1 + MISFIT * (2 * random.random() - 1)))
    parts = torch.from_numpy(np.ascontiguousarray(np.stack(parts)))
    return parts[:, 0:1], parts[:, 1:2]


def divergence(found, wanted):
    difference = (wanted - found).clamp(-5, 5)
    return torch.exp(difference) - difference - 1


def told(network, pairs):
    """Mean divergence, error of the logarithm (nepers), and mean envelope found against what is wanted."""
    network.eval()
    figures = []
    with torch.no_grad():
        for pair in pairs:
            logs, wanted = (torch.from_numpy(image[None, None]) for image in pair)
            found = network(logs)
            bias = torch.log(torch.exp(found).mean() / torch.exp(wanted).mean())
            rms = torch.sqrt(((found - wanted) ** 2).mean())
            figures.append([divergence(found, wanted).mean().item(), rms.item(), bias.item()])
    network.train()
    return np.mean(figures, 0)


def write(network, out):
    network.eval()
    names = ('logs', 'means')
    torch.onnx.export(
        network,
        (torch.zeros(1, 1, 128, 128),),
        out,
        opset_version=17,
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes={name: {0: 'n', 2: 'rows', 3: 'columns'} for name in names},
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('pairs')
    parser.add_argument('out')
    parser.add_argument('--steps', type=int, default=6000)
    parser.add_argument('--rate', type=float, default=RATE)
    parser.add_argument('--seed', type=int, default=SEED)
    parser.add_argument('--start')
    parser.add_argument('--held-out')
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    pairs, held_out = load(options.pairs), load(options.held_out) if options.held_out else []
    network = SpeckleReducer()
    if options.start:
        network.load_state_dict(torch.load(options.start))
    kept = copy.deepcopy(network)
    optimiser = torch.optim.Adam(network.parameters(), lr=options.rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min(1, (n + 1) / WARM, (options.steps - n) / (FALLING * options.steps))
    )
    print(f'{len(pairs)} pairs, {sum(p.numel() for p in network.parameters())} weights', flush=True)
    losses, start = [], time.process_time()
    for step in range(1, options.steps + 1):
        logs, wanted = batch(pairs, random)
        loss = divergence(network(logs), wanted).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            for mine, theirs in zip(kept.parameters(), network.parameters()):
                mine.lerp_(theirs, 1 - min(KEEP, step / (step + 50)))
        losses.append(loss.item())
        if step % 100 == 0 or step == options.steps:
            line = f'step {step}: {np.mean(losses):.4f}; {time.process_time() - start:.0f} s of processor time'
            if held_out and (step % 500 == 0 or step == options.steps):
                d, rms, bias = told(kept, held_out)
                line += f'; held out: divergence {d:.4f}, error {rms:.4f}, bias {100 * bias:.2f} %'
                torch.save(kept.state_dict(), os.path.splitext(options.out)[0] + '.pt')
            print(line, flush=True)
            losses.clear()
    torch.save(kept.state_dict(), os.path.splitext(options.out)[0] + '.pt')
    write(kept, options.out)


if __name__ == '__main__':
    main()
