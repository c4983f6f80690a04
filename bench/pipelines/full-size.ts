/**
 * Time and peak memory of a whole pipeline at full size, as `photopeak run` in a process of its own: a small phantom study
 * whose voxels are divided, CT 512×512×600, PET 400×400×600, SPECT 256×256×400, MR 512×512×200, as DICOM files.
 *
 *   node bench/pipelines/full-size.ts petct-oncology|radiotherapy-oar|prior-comparison|spectct|petmr [--seed 7501] [--slices 600]
 *   node bench/pipelines/full-size.ts enhance|enhance-nifti [--model gaussian-smoothing] [--seed 7501] [--slices 600]
 *
 * The last two run `photopeak enhance`, with quality control, on the CT alone as DICOM files or as NIfTI.
 *
 * Peak memory is the resident set of that process, as Linux counts it; files that the system keeps in memory are not of it.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { groupSeries, loadSeriesVolume } from '@photopeak/dicom';
import { type Vec3, writeNifti } from '@photopeak/imaging';
import { writePetctStudy, writePetmrStudy, writeSpectctStudy } from '@photopeak/phantom';
import { collectStudies, studyInput } from '@photopeak/pipelines';
import { readInstances } from '../../packages/pipelines/src/study/index.ts';
import { processTree } from '../processes.ts';
import { enlargeSeries } from './enlarge.ts';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const pipeline = process.argv[2] ?? '';
const seed = Number(argument('seed', '7501'));
const model = argument('model', 'gaussian-smoothing');
const slices = Number(argument('slices', '600'));
const third = Math.round(slices / 3);
const SIZES: Readonly<Record<string, Vec3>> = {
  ct: [512, 512, slices],
  pet: [400, 400, slices],
  spect: [256, 256, 2 * third],
};
const MR_SIZE: Vec3 = [512, 512, third];
/** What petmr takes its anatomy from, and two that it measures. */
const sequences = ['inPhase', 'opposedPhase', 'water', 'fat', 't2', 'adc'] as const;

const folder = await mkdtemp(path.join(tmpdir(), 'photopeak-full-size-'));
const small = (name: string) => path.join(folder, 'small', name);

/** Folders of DICOM files of the small studies, the current one first. */
async function drawn(): Promise<readonly string[]> {
  const petct = async (visit: number) =>
    (await writePetctStudy({ folder: small(String(visit)), phantom: { seed, visit }, extras: [] }))
      .dicomFolder;
  switch (pipeline) {
    case 'petct-oncology':
    case 'radiotherapy-oar':
    case 'enhance':
    case 'enhance-nifti':
      return [await petct(0)];
    case 'prior-comparison':
      return [await petct(1), await petct(0)];
    case 'spectct': {
      const phantom = { seed, tracer: 'dotatate', respiratoryMismatchMm: 16 } as const;
      const { dicomFolders } = await writeSpectctStudy({ folder: small('0'), phantom, values: 'bqml-start' });
      return dicomFolders;
    }
    case 'petmr': {
      const phantom = { seed, respiratoryMismatchMm: 16 };
      return [(await writePetmrStudy({ folder: small('0'), phantom, sequences })).dicomFolder];
    }
    default:
      throw new Error(
        'which pipeline: petct-oncology, radiotherapy-oar, prior-comparison, spectct, petmr, enhance or enhance-nifti?',
      );
  }
}

/** The CT of a study as a NIfTI file. */
async function asNifti(study: string): Promise<string> {
  const { studies } = await collectStudies(study);
  const [series] = groupSeries(readInstances(await studyInput(studies[0]!)));
  const file = path.join(folder, 'ct.nii');
  await writeFile(file, writeNifti((await loadSeriesVolume(series!)).volume, { compress: false }));
  return file;
}

const isEnhance = pipeline.startsWith('enhance');
const studies: string[] = [];
for (const [n, from] of (await drawn()).entries()) {
  const to = path.join(folder, `study-${n}`);
  for (const series of (await readdir(from)).filter((name) => !isEnhance || name === 'ct'))
    await enlargeSeries(path.join(from, series), path.join(to, series), SIZES[series] ?? MR_SIZE);
  studies.push(to);
}
await rm(path.join(folder, 'small'), { recursive: true });

const [current, ...priors] = studies as [string, ...string[]];
const cli = path.resolve(import.meta.dirname, '../../packages/photopeak/src/cli.ts');
const out = path.join(folder, 'results');
const start = performance.now();
const args = isEnhance
  ? ['enhance', pipeline === 'enhance' ? current : await asNifti(current), '--model', model, '--out', out]
  : ['run', current, '--pipeline', pipeline, '--out', out];
const child = spawn(
  process.execPath,
  [cli, ...args, ...(priors.length === 0 ? [] : ['--prior', ...priors])],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
let [peakMegabytes, cpuSeconds] = [0, 0];
const watch = setInterval(async () => {
  const tree = await processTree(child.pid!);
  const sum = (of: 'cpuSeconds' | 'peakMegabytes') => tree.reduce((total, one) => total + one[of], 0);
  peakMegabytes = Math.max(peakMegabytes, sum('peakMegabytes'));
  cpuSeconds = Math.max(cpuSeconds, sum('cpuSeconds'));
}, 100);
const code = await new Promise((done) => child.on('close', done));
clearInterval(watch);
const seconds = (performance.now() - start) / 1000;
const results = await readdir(out).catch(() => []);
await rm(folder, { recursive: true });
console.log(
  `${pipeline} at full size (${slices} slices), seed ${seed}: exit code ${code}, ${results.length} results, ` +
    `${cpuSeconds.toFixed(0)} s of processor time, ${seconds.toFixed(0)} s by the clock, peak ${(peakMegabytes / 1024).toFixed(2)} GB`,
);
process.exit(code === 0 || code === 3 ? 0 : 1);
