import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createVolume, type Grid } from '@photopeak/imaging';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openModel } from '../open-model.ts';
import { openPackage } from '../package/open.ts';
import { manifestText } from '../testing/index.ts';
import { withoutTexts } from './hide.ts';
import { runProgram } from './run-program.ts';

const grid: Grid = {
  size: [4, 3, 2],
  spacingMm: [1, 1, 2],
  origin: [5, 6, 7],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const image = createVolume(
  grid,
  Float32Array.from({ length: 24 }, (_, n) => 10 * n),
  "[hnsf'U]",
);
const IMAGING = import.meta.resolve('@photopeak/imaging');

/** A program of the site: takes 5 from every voxel. */
const MINUS_FIVE = `
import { readFileSync, writeFileSync } from 'node:fs';
const { readNifti, writeNifti } = await import('${IMAGING}');
const image = readNifti(readFileSync(process.argv[2]));
writeFileSync(process.argv[3], writeNifti({ ...image, data: Float32Array.from(image.data, (x) => x - 5) }));
process.exit(0);
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-program-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const node = (code: string) => [process.execPath, '-e', code];
const limits = { timeoutMs: 20_000 };

async function packageWith(
  runtime: string,
  parts: { output?: string; script?: string; more?: string } = {},
): Promise<string> {
  const home = await mkdtemp(path.join(folder, 'package-'));
  await writeFile(path.join(home, 'run.mjs'), parts.script ?? MINUS_FIVE);
  await writeFile(path.join(home, 'model.yaml'), manifestText({ runtime, ...parts }));
  return home;
}
const quoted = (words: readonly string[]) => JSON.stringify(words);
const command = quoted([process.execPath, '{model}/run.mjs', '{input}', '{output}']);

describe('a program', () => {
  it('gets a list of arguments, no shell, and only the variables that are named', async () => {
    process.env.SITE_TOKEN = 'secret';
    process.env.SITE_WEIGHTS = '/weights';
    const told = path.join(folder, 'told.json');
    const code = `require('fs').writeFileSync(process.argv[1], JSON.stringify([process.argv.slice(2), process.env]))`;
    await runProgram([...node(code), told, '$(id); *', '"'], { ...limits, environment: ['SITE_WEIGHTS'] });
    const [args, environment] = JSON.parse(await readFile(told, 'utf8'));
    expect(args).toEqual(['$(id); *', '"']);
    expect(environment).toMatchObject({ SITE_WEIGHTS: '/weights', PATH: process.env.PATH });
    expect(environment.SITE_TOKEN).toBeUndefined();
  });

  it.each([
    [
      'an exit code',
      'console.error("no weights"); process.exit(3)',
      'MODEL_FAILED',
      'exit code 3; no weights',
    ],
    ['a signal', 'process.kill(process.pid, "SIGSEGV")', 'MODEL_CRASHED', 'ended by SIGSEGV'],
  ])('that ends with %s says so', async (_, code, error, found) => {
    await expect(runProgram(node(code), limits)).rejects.toMatchObject({ code: error, found });
  });

  it('that is not there says so', async () => {
    await expect(runProgram(['/no/such/program'], limits)).rejects.toMatchObject({
      code: 'MODEL_NOT_LOADED',
    });
  });

  it('may say much, and little of it is kept, without attributes of the patient', async () => {
    const code =
      'console.error("x".repeat(1e6)); console.error("case of Doe, JANE (PAT-0815)"); process.exitCode = 1';
    const hide = ['Doe^Jane', 'PAT-0815'];
    const failure = await runProgram(node(code), { ...limits, hide }).then(
      () => '',
      (error: { found?: string }) => error.found ?? '',
    );
    expect(failure.length).toBeLessThan(2100);
    expect(failure).toMatch(/case of \[removed\], \[removed\] \(\[removed\]\)$/);
    expect(withoutTexts('a.b axb', ['a.b'])).toBe('[removed] axb');
  });

  it('is ended with all that it started when it takes too long or too much, or is not wanted', async () => {
    const file = path.join(folder, 'child.pid');
    const parent = (inner: string) =>
      node(
        `const c = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}]);
         require('fs').writeFileSync(${JSON.stringify(file)}, String(c.pid)); setInterval(() => {}, 1000)`,
      );
    const idle = 'setInterval(() => {}, 1000)';
    await expect(runProgram(parent(idle), { timeoutMs: 2500 })).rejects.toMatchObject({
      code: 'MODEL_TIMEOUT',
    });
    await pause(100);
    const child = Number(await readFile(file, 'utf8'));
    const state = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => 'gone Z');
    expect(state).toMatch(/ Z/);

    const hungry = 'globalThis.held = Buffer.alloc(500e6, 1); setInterval(() => {}, 1000)';
    await expect(runProgram(parent(hungry), { ...limits, memoryMb: 400 })).rejects.toMatchObject({
      code: 'MODEL_MEMORY',
    });

    const abort = new AbortController();
    const running = runProgram(node(idle), { ...limits, signal: abort.signal });
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: 'MODEL_STOPPED' });
  });
});

describe('a program as a model', () => {
  it('gets the image as NIfTI and gives one, where the site allows programs', async () => {
    const opened = await openPackage(await packageWith(`  kind: command\n  command: ${command}`));
    await expect(openModel(opened)).rejects.toMatchObject({ code: 'MODEL_PROGRAM_REFUSED' });
    const own = await mkdtemp(path.join(tmpdir(), 'photopeak-own-'));
    vi.stubEnv('TMPDIR', own);
    await using model = await openModel(opened, { allowPrograms: true });
    const [result] = await model.infer({ image });
    if (result?.kind !== 'image') throw new Error(result?.kind);
    expect([...result.volume.data]).toEqual([...image.data].map((x) => x - 5));
    expect(result.volume).toMatchObject({ ...grid, unit: image.unit });
    expect(model.peakMemoryMb).toBeGreaterThan(1);
    vi.unstubAllEnvs();
    expect(await readdir(own)).toEqual([]);
    await rm(own, { recursive: true });
  });

  it('is not believed when it writes something else', async () => {
    const cases: [string, string][] = [
      ['process.exit(0)', 'none'],
      [
        `import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[3], 'no image')`,
        'a file that cannot be read',
      ],
    ];
    for (const [script, found] of cases) {
      const home = await packageWith(`  kind: command\n  command: ${command}`, { script });
      const model = await openModel(await openPackage(home), { allowPrograms: true });
      await expect(model.infer({ image })).rejects.toMatchObject({
        code: 'MODEL_OUTPUT_SHAPE',
        found: expect.stringContaining(found),
      });
    }
  });

  it('gives several outputs by the names of their tensors: labels and numbers', async () => {
    const script = `
import { readFileSync, writeFileSync } from 'node:fs';
const { readNifti, writeNifti } = await import('${IMAGING}');
const image = readNifti(readFileSync(process.argv[2] + '/image_0000.nii.gz'));
const data = Uint8Array.from(image.data, (x) => (x > 200 ? 7 : x > 100 ? 1 : 0));
writeFileSync(process.argv[3] + '/lesions.nii.gz', writeNifti({ ...image, data, unit: '1' }));
writeFileSync(process.argv[3] + '/scores.json', JSON.stringify({ risk: 0.25, other: 3 }));
process.exit(0);
`;
    const folders = quoted([process.execPath, '{model}/run.mjs', '{inputFolder}', '{outputFolder}']);
    const home = await packageWith(`  kind: command\n  command: ${folders}`, {
      script,
      output: `  - kind: labels
    tensor: lesions
    labels: { "1": { name: Lesion, type: { value: "52988006", scheme: SCT, meaning: Lesion } } }
  - { kind: scalar, tensor: scores, values: [{ name: risk }] }`,
    });
    const model = await openModel(await openPackage(home), { allowPrograms: true });
    const [labels, scores] = await model.infer({ image });
    if (labels?.kind !== 'labels') throw new Error(labels?.kind);
    // Value 7 is not named in model.yaml.
    expect([...labels.labels.data]).toEqual([...image.data].map((x) => (x > 100 && x <= 200 ? 1 : 0)));
    expect(scores).toEqual({ kind: 'scalar', values: [0.25] });
  });
});
