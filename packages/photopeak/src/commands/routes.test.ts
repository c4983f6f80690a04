import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { writeTinyStudy } from '../testing/tiny-study.ts';

describe('photopeak routes', () => {
  let folder: string;
  let study: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-routes-'));
    study = path.join(folder, 'study');
    await writeTinyStudy(study);
    file = path.join(folder, 'photopeak.yaml');
    await writeFile(
      file,
      `destinations: [{ kind: dimse, name: pacs, aeTitle: PACS, host: localhost, port: 104 }]
routes:
  - name: petct
    when:
      modalities: [PT, CT]
      anySeries: { attributes: { Modality: PT }, measures: { numberOfImages: { atLeast: 2 } } }
    choose: { attributes: { Modality: [PT, CT] } }
    run: { pipeline: petct-oncology }
    deliver: [pacs]
  - name: from-the-lab
    when: { source: { aeTitle: { startsWith: LAB } }, time: { from: "20:00", to: "06:00" } }
`,
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('says which route a folder would take, and what was found', async () => {
    const { code, stdout } = await photopeak('routes', 'test', study, '--config', file);
    expect(code).toBe(0);
    expect(stdout).toContain('takes route petct (runs petct-oncology)');
    expect(stdout).toContain('holds: modalities include PT and CT; found CT, PT');
    expect(stdout).toMatch(/any series: .*; found holds for \d of \d; told for series/);
    expect(stdout).toContain('does not take route from-the-lab');
    const night = await photopeak(
      ...['routes', 'test', study, '--config', file, '--ae-title', 'lab_ct', '--at', '2026-11-23T21:00:00'],
      '--json',
    );
    const { studies } = JSON.parse(night.stdout);
    expect(studies[0].routes.map((route: { matches: boolean }) => route.matches)).toEqual([true, true]);
  });

  it('refuses a file that cannot work, at its place', async () => {
    expect((await photopeak('routes', 'check', file)).stdout).toContain('2 routes: petct, from-the-lab');
    const bad = path.join(folder, 'bad.yaml');
    await writeFile(bad, 'routes:\n  - { name: r, run: { pipeline: petct-onkology } }\n');
    const { code, stderr } = await photopeak('routes', 'check', bad);
    expect(code).toBe(2);
    expect(stderr).toContain('bad.yaml:2:33 routes.0.run.pipeline: there is no pipeline "petct-onkology"');
  });
});
