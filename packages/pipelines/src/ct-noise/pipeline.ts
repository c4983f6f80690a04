import { type GlobalNoise, globalNoise } from '@photopeak/analysis';
import { groupSeries, loadSeriesVolume, type Series } from '@photopeak/dicom';
import { z } from 'zod';
import type { Finding, Pipeline, Step, StudyInput } from '../pipeline.ts';
import { readInstances } from '../study/index.ts';

export const CT_NOISE_SCHEMA = 'photopeak/ct-noise/1';

/** summary.json. */
export const ctNoiseSummary = z.object({
  schema: z.literal(CT_NOISE_SCHEMA),
  series: z.array(
    z.object({
      seriesInstanceUid: z.string(),
      description: z.string(),
      kernel: z.string().nullable(),
      sliceThicknessMm: z.number().nullable(),
      /** Standard deviation in soft tissue, HU; null where there is too little of it. */
      noiseHu: z.number().nullable(),
    }),
  ),
});
export type CtNoiseSummary = z.infer<typeof ctNoiseSummary>;

const parameters = z.strictObject({
  /** A series with more noise is a finding. */
  mostHu: z.number().min(0).max(1000).default(40),
});

interface Measured {
  readonly series: CtNoiseSummary['series'];
}

const isCt = ({ kind, modality, instances }: Series) =>
  kind === 'volume' && modality === 'CT' && !instances[0]?.dataset.texts('ImageType').includes('LOCALIZER');

/** One step: read each CT of the study and measure it. What a step returns is kept, so that a run can go on after it. */
const measure: Step<StudyInput, Measured> = {
  name: 'measure',
  version: '1',
  resource: 'cpu',
  run: async (study, { progress, signal }) => {
    const all = groupSeries(readInstances(study)).filter(isCt);
    const series: Measured['series'] = [];
    for (const [index, one] of all.entries()) {
      progress(index / all.length, one.description ?? 'CT');
      const { volume } = await loadSeriesVolume(one, { signal });
      const noise: GlobalNoise | undefined = globalNoise(volume);
      const header = one.instances[0]?.dataset;
      series.push({
        seriesInstanceUid: one.seriesInstanceUid,
        description: one.description ?? '',
        kernel: header?.text('ConvolutionKernel') ?? null,
        sliceThicknessMm: header?.number('SliceThickness') ?? null,
        noiseHu: noise === undefined ? null : Math.round(noise.noiseHu * 10) / 10,
      });
    }
    return { series };
  },
};

/** How noisy each CT of a study is: the worked example of docs/pipelines.md. */
export const ctNoise: Pipeline<z.infer<typeof parameters>, CtNoiseSummary> = {
  name: 'ct-noise',
  version: '1.0.0',
  title: 'Noise of each CT series',
  needs: ['a CT volume'],
  parameters,
  outputs: [{ name: 'summary', description: 'summary.json', required: true }],
  async run(study, { mostHu }, runner) {
    const { series } = await runner.step(measure, study);
    const findings = series.flatMap(({ description, noiseHu }): Finding[] =>
      noiseHu === null || noiseHu <= mostHu
        ? []
        : [
            {
              code: 'CT_NOISY',
              severity: 'warning',
              message: `${description}: ${noiseHu} HU of noise in soft tissue, more than ${mostHu} HU`,
              remedy: 'reconstruct thicker slices or with a softer kernel, or denoise it',
            },
          ],
    );
    const summary: CtNoiseSummary = { schema: CT_NOISE_SCHEMA, series };
    const bytes = new TextEncoder().encode(`${JSON.stringify(summary, null, 2)}\n`);
    return {
      objects: [{ output: 'summary', fileName: 'summary.json', kind: 'json', bytes }],
      summary,
      findings,
    };
  },
};
