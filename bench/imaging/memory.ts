// Peak memory and time of each operation on a volume of 512 × 512 × 600 voxels, each in a process of its own.
// "Beyond" is the peak of the whole process less the volumes that go in and come out.
//   node bench/imaging/memory.ts [OPERATION…]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  allocateVoxels,
  components,
  dilate,
  distanceTransform,
  downsample,
  fillHoles,
  gaussian,
  gradientMagnitude,
  jointHistogram,
  type Mask,
  maximumIntensityProjection,
  median,
  resample,
  threads,
  type Volume,
  type VoxelArray,
  watershed,
} from '@photopeak/imaging';

const grid = {
  size: [512, 512, 600],
  spacingMm: [0.977, 0.977, 1.5],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;
const voxels = 512 * 512 * 600;
const turned = [
  ...[Math.cos(0.2), -Math.sin(0.2), 0.05, 40],
  ...[Math.sin(0.2), Math.cos(0.2), 0.05, -60],
  ...[-0.05, -0.05, 1, 10],
  ...[0, 0, 0, 1],
] as unknown as NonNullable<Parameters<typeof resample>[1]['transform']>;

/** Structure at several scales. */
function fill(data: VoxelArray, code: (value: number) => number): void {
  const waves = Float32Array.from({ length: 4096 }, (_, index) => 400 * Math.sin(index / 17));
  let index = 0;
  for (let k = 0; k < 600; k++)
    for (let j = 0; j < 512; j++)
      for (let i = 0; i < 512; i++)
        data[index++] = code(waves[i + j]! + waves[(j + k) % 999]! + ((i * 7 + j * 13 + k) % 64));
}

function makeVolume(shared: boolean): Volume<Int16Array> {
  const data = shared ? allocateVoxels('int16', voxels) : new Int16Array(voxels);
  fill(data, (value) => value);
  return { ...grid, data, unit: '1' };
}

function makeMask(): Mask {
  const data = allocateVoxels('uint8', voxels);
  fill(data, (value) => (value >= 300 ? 1 : 0));
  return { ...grid, data, unit: '1' };
}

const bytes = (volume: { data: { byteLength: number } }) => volume.data.byteLength;

/** Runs an operation and returns the bytes of what went in and came out. */
const operations: Record<string, () => Promise<readonly [string, number]>> = {
  'resample linear': () => onVolume((v) => resample(v, { grid, transform: turned, interpolation: 'linear' })),
  'resample linear, private memory': () =>
    onVolume((v) => resample(v, { grid, transform: turned, interpolation: 'linear' }), false),
  'resample cubic': () => onVolume((v) => resample(v, { grid, transform: turned, interpolation: 'cubic' })),
  'resample nearest': () =>
    onVolume((v) => resample(v, { grid, transform: turned, interpolation: 'nearest' })),
  'gaussian 2 mm': () => onVolume((v) => gaussian(v, { sigmaMm: 2 })),
  'gaussian 2 mm, private memory': () => onVolume((v) => gaussian(v, { sigmaMm: 2 }), false),
  'gaussian 15 mm': () => onVolume((v) => gaussian(v, { sigmaMm: 15 })),
  'gradient 1 mm': () => onVolume((v) => gradientMagnitude(v, { sigmaMm: 1 })),
  'median radius 1': () => onVolume((v) => median(v, { radius: 1 })),
  'dilate 5 mm': () => onMask((m) => dilate(m, { radiusMm: 5 })),
  'fill holes': () => onMask((m) => fillHoles(m)),
  'distance transform': () => onMask((m) => distanceTransform(m)),
  'components 26': () => onMask(async (m) => (await components(m, { connectivity: 26 })).labels),
  watershed: async () => {
    const volume = makeVolume(true);
    const markers: Mask = { ...grid, data: allocateVoxels('uint8', voxels), unit: '1' };
    for (let index = 1000; index < voxels; index += 1_000_003) markers.data[index] = 1 + (index % 200);
    const labels = await watershed(volume, markers);
    return ['int16 + uint8 → int32', bytes(volume) + bytes(markers) + bytes(labels)];
  },
  'joint histogram': async () => {
    const [a, b] = [makeVolume(true), makeVolume(true)];
    await jointHistogram(a, b, { bins: 64 });
    return ['2 × int16 → counts', bytes(a) + bytes(b)];
  },
  'downsample 2': () => onVolume(async (v) => downsample(v, [2, 2, 2])),
  'projection 30°': () => onVolume((v) => maximumIntensityProjection(v, { angleDegrees: 30 })),
};

async function onVolume(work: (volume: Volume<Int16Array>) => Promise<Volume>, shared = true) {
  const volume = makeVolume(shared);
  return timed(volume, work(volume));
}

async function onMask(work: (mask: Mask) => Promise<Volume>) {
  const mask = makeMask();
  return timed(mask, work(mask));
}

async function timed(input: Volume, work: Promise<Volume>): Promise<readonly [string, number]> {
  const output = await work;
  const name = (volume: Volume) => volume.data.constructor.name.replace('Array', '').toLowerCase();
  return [`${name(input)} → ${name(output)}`, bytes(input) + bytes(output)];
}

const [first, child] = process.argv.slice(2);
if (first === '--child' && child !== undefined) {
  const start = performance.now();
  const [types, volumes] = await operations[child]!();
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ types, volumes, peak: process.resourceUsage().maxRSS * 1024, seconds }));
} else {
  console.log(`512 × 512 × 600, ${threads()} threads; seconds include making the input`);
  console.log('| operation | types | in and out | peak of the process | beyond | seconds |');
  console.log('|---|---|---|---|---|---|');
  const wanted = process.argv.slice(2);
  for (const name of wanted.length > 0 ? wanted : Object.keys(operations)) {
    const script = fileURLToPath(import.meta.url);
    const result = spawnSync(process.execPath, [script, '--child', name], { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
    const { types, volumes, peak, seconds } = JSON.parse(result.stdout) as {
      types: string;
      volumes: number;
      peak: number;
      seconds: number;
    };
    const mb = (value: number) => `${Math.round(value / 1e6)} MB`;
    console.log(
      `| ${name} | ${types} | ${mb(volumes)} | ${mb(peak)} | ${mb(peak - volumes)} | ${seconds.toFixed(1)} |`,
    );
  }
}
