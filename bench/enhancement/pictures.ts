// Draws pictures of docs/enhancement.md and docs/reconstruction.md from phantoms: low-dose-ct, speckle, thick-slices,
// metal-streaks, metal-network, ct-network.
//   node bench/enhancement/pictures.ts [FOLDER, docs/pictures by default] [names, all of them by default]
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { denoiseCt, reduceMetal, reduceSpeckle, refineSlices } from '@photopeak/analysis';
import { resample, type Volume } from '@photopeak/imaging';
import { lowDoseCt, specklePhantom, thickSlices } from '@photopeak/phantom';
import { createPicture, encodePng, setPixel } from '../../packages/pipelines/src/captures/index.ts';
import { metalCase } from '../reconstruction/metal-case.ts';
import { enhancedBy } from './support.ts';

const folder = process.argv[2] ?? path.join('docs', 'pictures');
const names = process.argv[3]?.split(',');

interface Panel {
  readonly width: number;
  readonly height: number;
  /** Grey from 0 to 255 of a place. */
  grey(x: number, y: number): number;
}

/** Panels side by side, each pixel `zoom` wide. */
function draw(name: string, zoom: number, panels: readonly Panel[]): void {
  const width = panels.reduce((sum, panel) => sum + panel.width, 0);
  const picture = createPicture(width * zoom, panels[0]!.height * zoom);
  let left = 0;
  for (const panel of panels) {
    for (let y = 0; y < panel.height * zoom; y++)
      for (let x = 0; x < panel.width * zoom; x++) {
        const value = panel.grey(Math.floor(x / zoom), Math.floor(y / zoom));
        const grey = Math.max(0, Math.min(255, Math.round(value)));
        setPixel(picture, left + x, y, [grey, grey, grey]);
      }
    left += panel.width * zoom;
  }
  writeFileSync(path.join(folder, name), encodePng(picture));
}

/** Grey is no change. */
const NO_CHANGE = 128;

async function lowDose(): Promise<void> {
  const { noiseFree, lowDose } = lowDoseCt({ seed: 2002, slices: 4 });
  const { volume: denoised } = await denoiseCt(lowDose);
  const [low, high] = [-150, 250];
  const [width, height] = lowDose.size;
  const slice = 2 * width * height;
  const panel = (hu: (n: number) => number): Panel => ({
    width,
    height,
    grey: (x, y) => (255 * (hu(slice + x + width * y) - low)) / (high - low),
  });
  const middle = (low + high) / 2;
  draw('low-dose-ct.png', 1, [
    panel((n) => noiseFree.data[n]!),
    panel((n) => lowDose.data[n]!),
    panel((n) => denoised.data[n]!),
    panel((n) => middle + lowDose.data[n]! - denoised.data[n]!),
  ]);
}

async function ctNetwork(): Promise<void> {
  const { noiseFree, lowDose } = lowDoseCt({ seed: 2003, slices: 3, dose: 0.1 });
  const byMeans = await enhancedBy('nonlocal-ct', lowDose);
  const byNetwork = await enhancedBy('network-ct', lowDose);
  const [low, high] = [-150, 250];
  const [width, height] = lowDose.size;
  const panel = ({ data }: Volume): Panel => ({
    width: width - 2 * CROPPED,
    height: height - 2 * CROPPED,
    grey: (x, y) => {
      const hu = data[x + CROPPED + width * (y + CROPPED + height)]!;
      return (255 * (hu - low)) / (high - low);
    },
  });
  draw('ct-network.png', 1, [noiseFree, lowDose, byMeans, byNetwork].map(panel));
}
/** Pixels of air at each border. */
const CROPPED = 20;

async function speckle(): Promise<void> {
  const clip = specklePhantom({ seed: 9121 });
  const { grey } = (await reduceSpeckle(clip, { strength: 'standard' }))!;
  /** Its upper left part. */
  const SHOWN = 320;
  const frame = (at: (n: number) => number): Panel => ({
    width: SHOWN,
    height: SHOWN,
    grey: (x, y) => at(x + clip.width * (y + 40)),
  });
  draw('speckle.png', 1, [
    frame((n) => clip.grey[n]!),
    frame((n) => grey[n]!),
    frame((n) => NO_CHANGE + (grey[n]! - clip.grey[n]!) / 2),
  ]);
}

async function thick(): Promise<void> {
  const MOST = 1250;
  const { truth, slices } = thickSlices({
    seed: 9221,
    size: 96,
    sliceMm: 4,
    profile: 'gaussian',
    noise: 0.01,
  });
  const cubic = await resample(slices, { grid: truth, interpolation: 'cubic' });
  const refined = refineSlices(slices, { profile: 'gaussian' }).volume;
  const [nx, ny, nz] = truth.size;
  /** A plane along the axis, its top up. */
  const coronal = (volume: Volume, show: (value: number, truth: number) => number): Panel => ({
    width: nx,
    height: nz,
    grey: (x, y) => {
      const at = x + nx * ((ny >> 1) + ny * (nz - 1 - y));
      return show(volume.data[at]!, truth.data[at]!);
    },
  });
  const plain = (value: number) => (255 * value) / MOST;
  const off = (value: number, wanted: number) => NO_CHANGE + (255 * (value - wanted)) / MOST;
  draw('thick-slices.png', 3, [
    coronal(truth, plain),
    coronal(cubic, plain),
    coronal(refined, plain),
    coronal(cubic, off),
    coronal(refined, off),
  ]);
}

/** The part of a slice of 160² that holds the body, from −300 to 500 HU. */
const hounsfield = (hu: (n: number) => number): Panel => ({
  width: 160,
  height: 96,
  grey: (x, y) => (255 * (hu(x + 160 * (y + 32)) - LOW)) / (HIGH - LOW),
});
const [LOW, HIGH] = [-300, 500];

async function metal(): Promise<void> {
  const { scanned, reference } = await metalCase(403, 160, 'fan');
  const { volume: reduced } = await reduceMetal(scanned);
  const middle = (LOW + HIGH) / 2;
  draw('metal-streaks.png', 2, [
    hounsfield((n) => reference.data[n]!),
    hounsfield((n) => scanned.data[n]!),
    hounsfield((n) => reduced.data[n]!),
    hounsfield((n) => middle + scanned.data[n]! - reduced.data[n]!),
  ]);
}

async function metalNetwork(): Promise<void> {
  const { scanned, reference } = await metalCase(404, 160, 'fan', 'spine');
  const { volume: reduced } = await reduceMetal(scanned);
  const refined = await enhancedBy('network-metal', scanned);
  draw('metal-network.png', 2, [
    hounsfield((n) => reference.data[n]!),
    hounsfield((n) => scanned.data[n]!),
    hounsfield((n) => reduced.data[n]!),
    hounsfield((n) => refined.data[n]!),
  ]);
}

const drawings = {
  'low-dose-ct': lowDose,
  speckle,
  'thick-slices': thick,
  'metal-streaks': metal,
  'metal-network': metalNetwork,
  'ct-network': ctNetwork,
};
for (const [name, make] of Object.entries(drawings)) if (names?.includes(name) ?? true) await make();
