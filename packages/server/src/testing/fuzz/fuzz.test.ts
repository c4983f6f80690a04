import { expect, it } from 'vitest';
import { runCampaign, TARGETS } from './index.ts';

const SEED = 20_261_123;
/** About a second each; `npm run fuzz` goes on for as long as wanted. */
const INPUTS: Readonly<Record<string, number>> = {
  part10: 300,
  hl7: 600,
  multipart: 400,
  yaml: 60,
  json: 1_500,
};

it.each(TARGETS.map((target) => [target.name, target] as const))(
  'damaged bytes end in a result or in an error with a code: %s',
  async (name, target) => {
    const report = await runCampaign({ target, seed: SEED, inputs: INPUTS[name]! });
    expect(report.findings.map(({ problem }) => problem)).toEqual([]);
    expect(report.inputs).toBeGreaterThan(INPUTS[name]!);
    expect(report.behaviours).toBeGreaterThan(5);
  },
);
