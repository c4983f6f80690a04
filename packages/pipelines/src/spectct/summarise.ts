import type { Volume } from '@photopeak/imaging';
import { alignmentFacts, type EmissionAlignment } from '../emission-alignment/index.ts';
import type { Identity } from '../objects/index.ts';
import type { Finding } from '../pipeline.ts';
import { NOTICE } from '../study/index.ts';
import { fieldOfView, suvFactor } from './measure.ts';
import type { SpectctParameters } from './parameters.ts';
import type { FoundRegions } from './regions.ts';
import type { SpectSelection } from './select-tomogram.ts';
import { SPECTCT_SUMMARY_SCHEMA, type SpectctRegion, type SpectctSummary } from './summary.ts';

export interface SummariseInput {
  readonly identity: Identity;
  readonly parameters: SpectctParameters;
  readonly selection: SpectSelection;
  readonly spect: Volume | null;
  readonly alignment: EmissionAlignment | null;
  readonly found: FoundRegions | null;
  readonly measured: readonly SpectctRegion[];
  readonly findings: readonly Finding[];
}

/** Everything but the list of objects, which the package step completes. */
export function summariseTomogram(input: SummariseInput): SpectctSummary {
  const { identity, parameters, selection, spect, alignment, found, measured } = input;
  const { quantity } = selection;
  const foci = measured.filter(({ kind }) => kind === 'focus');
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const hours = (seconds: number | null | undefined) => (seconds == null ? null : seconds / 3600);
  return {
    schema: SPECTCT_SUMMARY_SCHEMA,
    pipeline: identity.pipeline,
    run: { key: identity.run.key, at: identity.run.at },
    notice: NOTICE,
    study: selection.study,
    chosen: selection.chosen,
    tracer: {
      preset: selection.tracer,
      radiopharmaceutical: selection.radiopharmaceutical,
      nuclide: quantity?.nuclide ?? null,
      halfLifeHours: hours(quantity?.halfLifeSeconds),
      administeredMBq: quantity?.administeredBq == null ? null : quantity.administeredBq / 1e6,
      hoursAfter: quantity?.hoursAfter ?? null,
    },
    quantification: quantificationOf(quantity),
    alignment:
      alignment === null
        ? null
        : {
            frameOfReferenceShared: selection.frameOfReferenceShared,
            ...alignmentFacts(alignment),
          },
    foci: {
      method: found?.method ?? 'not sought',
      threshold: found?.threshold ?? null,
      outlineShare: parameters.outlineShare,
      minimumMl: parameters.minimumMl,
      count: foci.length,
      volumeMl: sum(foci.map(({ volumeMl }) => volumeMl)),
      totalMBq:
        quantity?.status === 'quantitative' ? sum(foci.map(({ activity }) => activity?.totalMBq ?? 0)) : null,
    },
    regions: [...measured],
    fieldOfView: spect === null ? null : fieldOfView(spect, quantity),
    objects: [],
    findings: [...input.findings],
  };
}

function quantificationOf(quantity: SpectSelection['quantity']): SpectctSummary['quantification'] {
  if (quantity === null) return null;
  const derivation = [...quantity.derivation];
  if (quantity.status === 'relative') {
    return {
      status: 'relative',
      source: null,
      bqPerMlPerValue: null,
      suvPerBqPerMl: null,
      reason: quantity.reason,
      derivation,
    };
  }
  const suv = quantity.suv.status === 'ok' ? quantity.suv.derivation : [];
  return {
    status: 'quantitative',
    source: quantity.source,
    bqPerMlPerValue: quantity.bqPerMlPerValue,
    suvPerBqPerMl: suvFactor(quantity),
    reason: null,
    derivation: [...derivation, ...suv.map((line) => `SUV: ${line}`)],
  };
}
