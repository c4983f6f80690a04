// Feldkamp reconstruction of exact projections beside plastimatch fdk, each on one thread on the same views: time of
// processor, error in the plane of the source and sharpness. The views are written as PFM for plastimatch, which reads them
// in its time.
//   node bench/reconstruction/fdk.ts [voxels along an edge, 256] [views, 360] [threads of ours, 1]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { centeredGrid, coneBeam, evenAngles, filteredBackprojection } from '@photopeak/analysis';
import { type Projections, setThreads } from '@photopeak/imaging';
import { type Body, projectBodies } from '@photopeak/phantom';
import { edgeMtf50, errorInDisc } from './support.ts';

const [edge = 256, views = 360, threads = 1] = process.argv.slice(2).map(Number);
const SIDE_MM = 256;
const [SAD, SDD] = [1000, 1500];
const WATER = 0.02;
const PEER = 'plastimatch';

setThreads(threads);
const pitch = (SIDE_MM / edge) * (SDD / SAD);
const step = (2 * Math.PI) / views;
const geometry = coneBeam({
  sourceToAxisMm: SAD,
  sourceToDetectorMm: SDD,
  detectorSize: [edge, edge],
  pixelMm: [pitch, pitch],
  // The order and turn of plastimatch's own geometry: the source starts on +x and goes against ours.
  anglesRad: evenAngles(views).map((angle) => Math.PI / 2 - angle),
});
const insert = (x: number, y: number, radius: number, value: number): Body => ({
  center: [x, y, 0],
  halfAxesMm: [radius, radius, 60],
  value,
});
const bodies: Body[] = [
  { center: [0, 0, 0], halfAxesMm: [95, 95, 110], value: WATER },
  insert(45, 0, 18, WATER),
  insert(-45, 10, 18, -0.5 * WATER),
  insert(5, -50, 18, 0.1 * WATER),
];
const grid = centeredGrid([edge, edge, edge], [SIDE_MM / edge, SIDE_MM / edge, SIDE_MM / edge]);
console.log(`${edge}³ voxels, ${views} views of ${edge}² pixels`);
const projections = projectBodies(bodies, geometry);

const ours = await timeOurs();
const peer = plastimatch(projections);
const report = (name: string, data: Float32Array) => {
  const middle = data.subarray((edge / 2) * edge * edge, (edge / 2 + 1) * edge * edge);
  const at = (x: number, y: number, expected: number) =>
    (100 * errorInDisc(middle, grid, [x, y], 12, expected)).toFixed(2);
  const mtf = edgeMtf50(middle, grid, [45, 0], 18);
  console.log(
    `${name}: RMSE in the middle plane, % of the value: water ${at(0, 40, WATER)}, ×2 ${at(45, 0, 2 * WATER)}, ` +
      `×0.5 ${at(-45, 10, 0.5 * WATER)}, ×1.1 ${at(5, -50, 1.1 * WATER)}; MTF50 ${mtf.toFixed(4)} /mm`,
  );
  return mtf;
};
const sharpness = report('ours', ours.data);
const smooth = report(
  'ours, Hann',
  (await filteredBackprojection(projections, grid, { window: 'hann' })).data,
);
console.log(`ours: ${ours.wall.toFixed(2)} s wall, ${ours.cpu.toFixed(2)} s processor (${threads} threads)`);
if (peer === undefined) console.log('plastimatch is not installed or failed');
else {
  const other = report('plastimatch', peer.data);
  console.log(`plastimatch: ${peer.text}`);
  console.log(`MTF50 ratio ${(sharpness / other).toFixed(3)}, with Hann ${(smooth / other).toFixed(3)}`);
  console.log(
    `fdk: ours ${ours.cpu.toFixed(2)} s processor, plastimatch ${peer.seconds.toFixed(2)} s (1 thread, files included), ratio ${(ours.cpu / peer.seconds).toFixed(2)}`,
  );
}

/** The faster of two runs: the first one compiles. */
async function timeOurs() {
  let best = { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY, data: projections.data };
  for (let run = 0; run < 2; run++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const { data } = await filteredBackprojection(projections, grid);
    const wall = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    if (wall < best.wall) best = { wall, cpu: (user + system) / 1e6, data };
  }
  return best;
}

/** Runs plastimatch fdk on the same views; `seconds` by its own clock, without reading and writing files. */
function plastimatch({ data }: Projections) {
  const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-fdk-'));
  const run = (...args: string[]) =>
    spawnSync(PEER, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1' },
      maxBuffer: 2 ** 28,
    });
  const timed = (...args: string[]) =>
    spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${PEER} "$@" 2>/dev/null`, 'bash', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1' },
      maxBuffer: 2 ** 28,
    });
  try {
    const side = String(edge * pitch);
    const size = ['-r', `${edge} ${edge}`, '-z', `${side} ${side}`, '--sad', `${SAD}`, '--sid', `${SDD}`];
    const degrees = String((step * 180) / Math.PI);
    if (run('drr', '-G', '-a', `${views}`, '-N', degrees, ...size, '-O', 'view_').status !== 0)
      return undefined;
    for (let view = 0; view < views; view++) {
      // Rows from the top of the patient down, as its detector's axis points.
      const flipped = new Float32Array(edge * edge);
      for (let v = 0; v < edge; v++) {
        const from = edge * (v + edge * view);
        flipped.set(data.subarray(from, from + edge), edge * (edge - 1 - v));
      }
      const header = Buffer.from(`Pf\n${edge} ${edge}\n-1\n`);
      writeFileSync(
        path.join(folder, `view_${String(view).padStart(4, '0')}.pfm`),
        Buffer.concat([header, Buffer.from(flipped.buffer)]),
      );
    }
    const box = `${SIDE_MM} ${SIDE_MM} ${SIDE_MM}`;
    // Its own clock is the wall's; the shell tells what it took of a processor.
    const result = timed(
      'fdk',
      '-I',
      folder,
      '-O',
      'out.mha',
      '-r',
      `${edge} ${edge} ${edge}`,
      '-z',
      box,
      '-A',
      'cpu',
    );
    if (result.status !== 0) {
      console.error(result.stderr);
      return undefined;
    }
    const bytes = readFileSync(path.join(folder, 'out.mha'));
    const end = bytes.indexOf('ElementDataFile = LOCAL') + 'ElementDataFile = LOCAL\n'.length;
    const values = new Float32Array(Uint8Array.from(bytes.subarray(end)).buffer);
    const [user, system] = result.stderr.trim().split('\n').at(-1)!.split(' ').map(Number) as [
      number,
      number,
    ];
    const times = result.stdout.split('\n').filter((line) => /time|Time|secs/.test(line));
    return {
      data: scaled(upright(values)),
      text: times.map((line) => line.trim()).join('; '),
      seconds: user + system,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Its axes are its own too: of the four mirror images in a plane the one that is most like ours. */
function upright(values: Float32Array): Float32Array {
  const area = edge * edge;
  const middle = (edge / 2) * area;
  const images = [0, 1, 2, 3].map((flip) => {
    let score = 0;
    for (let n = 0; n < area; n++) score += ours.data[middle + n]! * values[middle + mirrored(n, flip)]!;
    return { flip, score };
  });
  const { flip } = images.sort((a, b) => b.score - a.score)[0]!;
  console.log(`plastimatch's plane mirrored in x: ${flip % 2 === 1}, in y: ${flip > 1}`);
  return values.map((_, n) => values[Math.floor(n / area) * area + mirrored(n % area, flip)]!);
}

function mirrored(n: number, flip: number): number {
  const [x, y] = [n % edge, Math.floor(n / edge)];
  return (flip % 2 === 1 ? edge - 1 - x : x) + edge * (flip > 1 ? edge - 1 - y : y);
}

/** Its unit is HU of a scale of its own: offset and slope are taken from air and from water, inserts judge them. */
function scaled(values: Float32Array): Float32Array {
  const mean = (x: number, y: number) => {
    const place = (mm: number) => Math.round((mm / SIDE_MM + 0.5) * edge);
    const at = (edge / 2) * edge * edge + place(y) * edge + place(x);
    let sum = 0;
    for (let n = -4; n <= 4; n++) sum += values[at + n]! / 9;
    return sum;
  };
  const [air, water] = [mean(0, 112), mean(0, 40)];
  return values.map((value) => ((value - air) * WATER) / (water - air));
}
