"""The U that the residual networks share: on blocks of 2 × 2 pixels, each scale half as fine as the one before."""

import torch
from torch import nn
from torch.nn import functional


def block(a, b):
    return nn.Sequential(
        nn.Conv2d(a, b, 3, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(b, b, 3, padding=1), nn.LeakyReLU(0.1)
    )


class UNetwork(nn.Module):
    """channels of what goes in, one comes out; rows and columns are multiples of 2 to the number of widths. Begins as zero."""

    def __init__(self, channels, widths):
        super().__init__()
        self.down = nn.ModuleList(block(a, b) for a, b in zip((4 * channels, *widths), widths))
        self.up = nn.ModuleList(block(a + b, a) for a, b in zip(widths, widths[1:]))
        self.last = nn.Conv2d(widths[0], 4, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def through(self, x):
        x = functional.pixel_unshuffle(x, 2)
        sides = []
        for n, layer in enumerate(self.down):
            x = layer(x if n == 0 else functional.max_pool2d(x, 2))
            sides.append(x)
        for n in reversed(range(len(self.up))):
            x = functional.interpolate(x, scale_factor=2.0, mode='nearest')
            x = self.up[n](torch.cat([sides[n], x], 1))
        return functional.pixel_shuffle(self.last(x), 2)
