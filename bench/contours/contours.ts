/**
 * Contours of 30 structures at CT 512×512×600, and the masks of them again, against scikit-image (marching squares,
 * polygon filling) on the same label map in the same run. Needs python3 with scikit-image.
 *
 *   node bench/contours/contours.ts [SLICES]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { contoursToMask, labelContours } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';

const slices = Number(process.argv[2] ?? 600);
const [columns, rows] = [512, 512];
const STRUCTURES = 30;

/** A body with 29 organs in it: ellipsoids with a lobed surface and, every fifth, a hollow. */
function labelMap(): Volume<Uint8Array> {
  const data = new Uint8Array(columns * rows * slices);
  for (let k = 0; k < slices; k++)
    for (let j = 0; j < rows; j++)
      for (let i = 0; i < columns; i++) {
        const r = ((i - 256) / 220) ** 2 + ((j - 256) / 150) ** 2;
        if (r < 1) data[i + columns * (j + rows * k)] = 1;
      }
  for (let n = 2; n <= STRUCTURES; n++) {
    const centre = [90 + ((n * 97) % 330), 160 + ((n * 61) % 190), (slices * ((n * 37) % 100)) / 100];
    const radius = [20 + ((n * 13) % 40), 20 + ((n * 7) % 30), slices * (0.04 + ((n * 11) % 12) / 100)];
    for (
      let k = Math.max(0, Math.floor(centre[2]! - radius[2]!));
      k < Math.min(slices, centre[2]! + radius[2]!);
      k++
    )
      for (let j = Math.floor(centre[1]! - radius[1]! - 8); j < centre[1]! + radius[1]! + 8; j++)
        for (let i = Math.floor(centre[0]! - radius[0]! - 8); i < centre[0]! + radius[0]! + 8; i++) {
          const angle = Math.atan2(j - centre[1]!, i - centre[0]!);
          const lobes = 1 + 0.08 * Math.sin(9 * angle + k / 5);
          const r =
            Math.hypot(
              (i - centre[0]!) / radius[0]!,
              (j - centre[1]!) / radius[1]!,
              (k - centre[2]!) / radius[2]!,
            ) / lobes;
          if (r < 1 && !(n % 5 === 0 && r < 0.3)) data[i + columns * (j + rows * k)] = n;
        }
  }
  return {
    size: [columns, rows, slices],
    spacingMm: [0.9765625, 0.9765625, 1],
    origin: [-250, -250, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    data,
    unit: '1',
  };
}

const PYTHON = `
import sys, time, numpy as np
from skimage import measure, draw
shape = tuple(int(n) for n in sys.argv[2:5])
labels = np.fromfile(sys.argv[1], dtype=np.uint8).reshape(shape)
t = time.time()
contours = {}
points = 0
for n in range(1, ${STRUCTURES} + 1):
    mask = labels == n
    found = []
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        jj, ii = np.nonzero(mask[k])
        j0, i0 = max(jj.min() - 1, 0), max(ii.min() - 1, 0)
        box = np.pad(mask[k, j0:jj.max() + 1, i0:ii.max() + 1].astype(np.float32), ((0, 1), (0, 1)))
        for c in measure.find_contours(box, 0.5):
            c += (j0, i0)
            found.append((k, c))
            points += len(c)
    contours[n] = found
traced = time.time() - t
t = time.time()
worst = 1.0
for n, found in contours.items():
    back = np.zeros(shape, dtype=bool)
    for k, c in found:
        one = np.zeros(shape[1:], dtype=bool)
        one[draw.polygon(c[:, 0], c[:, 1], shape[1:])] = True
        back[k] ^= one
    mask = labels == n
    worst = min(worst, 2 * (back & mask).sum() / (back.sum() + mask.sum()))
print(traced, time.time() - t, points, worst)
`;

const labels = labelMap();
const wanted = Array.from({ length: STRUCTURES }, (_, n) => n + 1);
const before = process.memoryUsage().rss;
const start = performance.now();
const contours = labelContours(labels, wanted);
const traced = (performance.now() - start) / 1000;
const points = [...contours.values()].flat().reduce((sum, contour) => sum + contour.points.length / 3, 0);
const tracedPeak = process.resourceUsage().maxRSS / 1024 - before / 2 ** 20;
let filled = 0;
let worst = 1;
for (const [label, list] of contours) {
  const begin = performance.now();
  const { data } = contoursToMask(list, labels);
  filled += (performance.now() - begin) / 1000;
  let both = 0;
  let all = 0;
  for (let n = 0; n < data.length; n++) {
    const [a, b] = [data[n]!, labels.data[n] === label ? 1 : 0];
    both += a & b;
    all += a + b;
  }
  worst = Math.min(worst, (2 * both) / all);
}
console.log(
  `ours     contours ${traced.toFixed(2)} s (${points} corners, ${tracedPeak.toFixed(0)} MB above the label map), masks ${filled.toFixed(2)} s, least Dice ${worst}`,
);

const folder = mkdtempSync(path.join(os.tmpdir(), 'photopeak-contours-'));
try {
  const file = path.join(folder, 'labels.raw');
  writeFileSync(file, labels.data);
  const answer = execFileSync('/usr/bin/python3', [
    '-c',
    PYTHON,
    file,
    String(slices),
    String(rows),
    String(columns),
  ]);
  const [theirTraced, theirFilled, theirPoints, theirWorst] = String(answer).trim().split(' ').map(Number);
  console.log(
    `skimage  contours ${theirTraced!.toFixed(2)} s (${theirPoints} corners), masks ${theirFilled!.toFixed(2)} s, least Dice ${theirWorst}`,
  );
  const ratio = theirTraced! / traced;
  console.log(
    `contours-${columns}x${rows}x${slices} ours ${traced.toFixed(2)} s, skimage ${theirTraced!.toFixed(2)} s, ratio ${ratio.toFixed(1)}`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
