import { median, noiseMap, simulateDose } from '@photopeak/analysis';
import { groupSeries, photopeak, type Series } from '@photopeak/dicom';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import { loadImage } from '../enhancement/load-image.ts';
import { algorithmOf, contextOf, derivedFiles, SERIES_NUMBER_BASE, textResult } from '../objects/index.ts';
import type { Finding, Pipeline, ResultObject, Step, StepContext, StudyInput } from '../pipeline.ts';
import { NOTICE, readInstances } from '../study/index.ts';
import { type DoseSimulationParameters, doseSimulationParameters } from './parameters.ts';
import { DOSE_SIMULATION_SCHEMA, type DoseSimulationSummary } from './summary.ts';

const name = 'dose-simulation';
const version = '1.0.0';
const FIRST_SERIES = SERIES_NUMBER_BASE + 60;
const TISSUE_HU = [-200, 200] as const;

interface Input {
  readonly study: StudyInput;
  readonly parameters: DoseSimulationParameters;
}

interface Output {
  readonly series: DoseSimulationSummary['series'];
  readonly left: DoseSimulationSummary['left'];
  readonly objects: readonly ResultObject[];
  readonly findings: readonly Finding[];
}

const isCt = ({ kind, modality, instances }: Series) =>
  kind === 'volume' && modality === 'CT' && !instances[0]?.dataset.texts('ImageType').includes('LOCALIZER');

/** One step: each CT from its files to the objects of the simulated series. */
const simulate: Step<Input, Output> = {
  name: 'simulate',
  version: '1',
  resource: 'cpu',
  run: async ({ study, parameters }, context) => {
    const wanted = groupSeries(readInstances(study)).filter(
      (one) => isCt(one) && ['', one.seriesInstanceUid].includes(parameters.series),
    );
    const done: {
      series: DoseSimulationSummary['series'];
      left: DoseSimulationSummary['left'];
      objects: ResultObject[];
      findings: Finding[];
    } = { series: [], left: [], objects: [], findings: [] };
    for (const [index, one] of wanted.entries()) {
      context.progress(index / wanted.length, one.description ?? 'CT');
      try {
        const { entry, objects, findings } = await simulateOne(one, index, parameters, context);
        done.series.push(entry);
        done.objects.push(...objects);
        done.findings.push(...findings);
      } catch (error) {
        context.signal.throwIfAborted();
        if (!(error instanceof PhotopeakError)) throw error;
        const { code, message, remedy } = error;
        const description = one.description ?? '';
        done.left.push({ seriesInstanceUid: one.seriesInstanceUid, description, reason: message });
        done.findings.push({ code, severity: 'error', message, ...(remedy === undefined ? {} : { remedy }) });
      }
    }
    return done;
  },
};

async function simulateOne(
  series: Series,
  index: number,
  { dose, seed, electronicPhotons }: DoseSimulationParameters,
  { run, signal }: StepContext,
) {
  const { image, source, frames, findings } = await loadImage(series, signal);
  const { volume, ...found } = await simulateDose(image.volume, { dose, seed, electronicPhotons });
  const settings = [`dose=${dose}`, `seed=${seed}`, `electronicPhotons=${electronicPhotons}`];
  const identity = { pipeline: { name, version }, run };
  const percent = Number((100 * dose).toFixed(1));
  const description = `SIMULATED ${percent} % DOSE: ${image.facts.description}`.slice(0, 64);
  const number = FIRST_SERIES + index;
  const key = `simulated ${series.seriesInstanceUid} ${series.stack ?? ''}`;
  const header = source.images.header;
  const algorithm = algorithmOf(identity, name, settings);
  const context = contextOf(identity, key, { number, description }, header, [algorithm]);
  const stored = { source, grid: image.volume, frames };
  const files = derivedFiles('simulated', `simulated-${index + 1}`, stored, {
    context: { ...context, contentQualification: 'RESEARCH' },
    volume,
    derivations: [photopeak.simulatedDose],
    derivationDescription: `SIMULATED: noise added as of ${percent} % of the dose (${settings.join(', ')}); dose attributes are those of the scan`,
  });
  const objects = Array.from(files, ({ object }) => object);
  const entry: DoseSimulationSummary['series'][number] = {
    seriesInstanceUid: series.seriesInstanceUid,
    description: series.description ?? '',
    kernel: image.facts.kernel,
    result: {
      seriesInstanceUid: context.seriesInstanceUid,
      seriesNumber: number,
      description,
      instanceCount: objects.length,
    },
    noiseHu: { before: rounded(found.noiseHu, 2), after: noiseOf(volume) },
    photons: Math.round(found.photons),
    patches: found.patches,
    sliceCorrelation: rounded(found.sliceCorrelation, 2),
  };
  const unknownKernel: Finding[] =
    found.patches > 0
      ? []
      : [
          {
            code: 'DOSE_KERNEL_UNKNOWN',
            severity: 'warning',
            message: `${entry.description}: too little flat tissue to tell the kernel; the added noise has the texture of a Hann window`,
            remedy: 'use a series with more soft tissue, or take the texture for what it is',
          },
        ];
  return { entry, objects, findings: [...findings, ...unknownKernel] };
}

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

function noiseOf(volume: Volume): number | null {
  const middle = median(noiseMap(volume, { range: TISSUE_HU }).data);
  return Number.isNaN(middle) ? null : rounded(middle, 2);
}

const NO_CT: Finding = {
  code: 'DOSE_NOTHING_TO_DO',
  severity: 'warning',
  message: 'the study has no CT volume whose dose could be simulated',
  remedy: 'give a folder with a CT series that is no localizer',
};

/** CT series as a scan of a lower dose would have shown them: to try methods and protocols. Never for diagnosis. */
export const doseSimulation: Pipeline<DoseSimulationParameters, DoseSimulationSummary> = {
  name,
  version,
  title: 'CT of a simulated lower dose',
  needs: ['a CT volume'],
  parameters: doseSimulationParameters,
  outputs: [
    {
      name: 'simulated',
      description: 'the series with the noise of the lower dose, marked as simulated',
      required: false,
    },
    { name: 'summary', description: 'summary.json', required: true },
  ],
  async run(study, parameters, runner) {
    const { series, left, objects, findings } = await runner.step(simulate, { study, parameters });
    const { dose, seed } = parameters;
    const summary = { schema: DOSE_SIMULATION_SCHEMA, notice: NOTICE, dose, seed, series, left } as const;
    const text = `${JSON.stringify(summary, null, 2)}\n`;
    return {
      objects: [...objects, textResult('summary', 'summary.json', 'json', text)],
      summary: { ...summary, series: [...series], left: [...left] },
      findings: series.length > 0 ? findings : [...findings, NO_CT],
    };
  },
};
