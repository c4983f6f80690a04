import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-cardiac-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a site with studies of its own', () => {
  it('builds normal limits and runs with them, without the warning of the simulated ones', async () => {
    const studies = path.join(folder, 'normals');
    for (const seed of [81, 82, 83, 84, 85]) {
      const made = await photopeak(
        'phantom',
        'heart',
        '--out',
        path.join(studies, `${seed}`),
        '--seed',
        `${seed}`,
      );
      expect(made.code, made.stderr).toBe(0);
    }
    const limits = path.join(folder, 'limits.json');
    const built = await photopeak(
      'cardiac',
      'normals',
      studies,
      '--out',
      limits,
      '--name',
      'Ward 7, phantoms',
    );
    expect(built.code, built.stderr).toBe(0);
    expect(built.stdout).toMatch(/NM stress corrected M tc-99m sestamibi: 5 studies/);
    const file = JSON.parse(await readFile(limits, 'utf8'));
    expect(file.sets.map((set: { state: string; count: number }) => [set.state, set.count])).toEqual([
      ['rest', 5],
      ['stress', 5],
    ]);

    const study = path.join(studies, '81', 'dicom');
    const out = path.join(folder, 'out');
    const run = await photopeak(
      'run',
      'cardiac-perfusion',
      study,
      '--out',
      out,
      '--set',
      `normals=${limits}`,
    );
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('normal limits: Ward 7, phantoms');
    expect(run.stdout).not.toContain('not for diagnosis');
    const summary = JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8'));
    const sha256 = createHash('sha256')
      .update(await readFile(limits))
      .digest('hex');
    expect(summary.normals).toEqual({ name: 'Ward 7, phantoms', isSimulated: false, sha256 });
  });
});
