import {
  type AttenuationAlignment,
  attenuationAlignment,
  type MapOptions,
  type MappedVentricle,
  mapVentricle,
  type VentricularFunction,
  ventricularFunction,
} from '@photopeak/analysis';
import { groupSeries, loadSeriesVolume, type SeriesVolume } from '@photopeak/dicom';
import { PhotopeakError, type Vec3, type Volume } from '@photopeak/imaging';
import { toFinding } from '../inspection/index.ts';
import type { PlaneSource } from '../objects/index.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { readInstances } from '../study/index.ts';
import type { CardiacSelection, CtKey } from './select-tomograms.ts';
import type { CardiacState, TomogramFacts, View } from './tomogram-facts.ts';

export interface MappedState {
  readonly state: CardiacState | null;
  readonly tomogram: TomogramFacts;
  readonly reason: string;
  readonly volume: Volume;
  readonly planes: readonly PlaneSource[];
  readonly mapped: MappedVentricle;
  readonly beat: VentricularFunction | null;
  /** Null without a CT in the same frame of reference, or where too little of it faces the lung. */
  readonly ctAlignment: AttenuationAlignment | null;
}

export interface MapInput {
  readonly study: StudyInput;
  readonly selection: CardiacSelection;
}

export interface MappedStates {
  readonly states: readonly MappedState[];
  readonly findings: readonly Finding[];
}

/**
 * How the usual displays of the heart lie in a stack without position: apex, and where the head is, in the axes of the
 * picture (right, down, from slice to slice).
 */
const DISPLAYS: Readonly<Record<Exclude<View, 'transaxial'>, { readonly apex: Vec3; readonly head: Vec3 }>> =
  {
    'short axis': { apex: [0, 0, -1], head: [0, -1, 0] },
    'horizontal long axis': { apex: [0, -1, 0], head: [0, 0, 1] },
    'vertical long axis': { apex: [1, 0, 0], head: [0, -1, 0] },
  };
/** A display says which way the apex points; its order of slices is only a habit. */
const DISPLAY_WEIGHT = 0.5;
const ORIENTATION_ASSUMED = 'SERIES_ORIENTATION_ASSUMED';

/** Finds and maps the ventricle in each state, and its volumes where it is gated. */
export const mapStates: Step<MapInput, MappedStates> = {
  name: 'map-ventricle',
  version: '1',
  resource: 'cpu',
  run: async ({ study, selection }, { progress }) => {
    const findings: Finding[] = [];
    const states: MappedState[] = [];
    for (const [index, { state, perfusion, gated, reason }] of selection.states.entries()) {
      const name = state ?? 'the examination';
      progress(index / selection.states.length, name);
      try {
        const { loaded, volume, mapped } = await mapTomogram(study, perfusion);
        const first = loaded[0]!;
        findings.push(...first.findings.map(toFinding));
        const gates = gated === null ? [] : gated === perfusion ? loaded : await loadGates(study, gated);
        const beat =
          gates.length < 4
            ? null
            : await ventricularFunction(
                gates.map((gate) => gate.volume),
                mapped.ventricle,
              );
        const planes = first.slices.map(({ path, frameNumber }) => ({ path, frameNumber }));
        const ct = selection.cts[index] ?? null;
        const ctAlignment =
          ct === null ? null : (attenuationAlignment(await loadCt(study, ct), mapped.ventricle) ?? null);
        states.push({ state, tomogram: perfusion, reason, volume, planes, mapped, beat, ctAlignment });
      } catch (error) {
        if (!(error instanceof PhotopeakError)) throw error;
        findings.push({
          code: error.code,
          severity: 'error',
          message: `${name}: ${error.message}`,
          ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
        });
      }
    }
    return { states, findings };
  },
};

/** Loads a tomogram, or the sum of its gates, and maps the ventricle in it. Throws `CARDIAC_VENTRICLE_NOT_FOUND`, SERIES_*. */
export async function mapTomogram(
  study: StudyInput,
  tomogram: TomogramFacts,
): Promise<{
  readonly loaded: readonly SeriesVolume[];
  readonly volume: Volume;
  readonly mapped: MappedVentricle;
}> {
  const loaded = await loadGates(study, tomogram);
  const volume = summed(loaded.map((one) => one.volume));
  const isAssumed = loaded[0]!.findings.some(({ code }) => code === ORIENTATION_ASSUMED);
  return { loaded, volume, mapped: await mapVentricle(volume, viewOptions(tomogram.view, isAssumed)) };
}

function viewOptions(view: View, isAssumed: boolean): MapOptions {
  if (!isAssumed || view === 'transaxial') return {};
  const { apex, head } = DISPLAYS[view];
  return { expectedAxis: apex, expectationWeight: DISPLAY_WEIGHT, head };
}

async function loadGates(study: StudyInput, tomogram: TomogramFacts): Promise<SeriesVolume[]> {
  const instances = [study, ...(study.priors ?? [])]
    .flatMap((one) => one.instances)
    .filter(({ seriesInstanceUid }) => seriesInstanceUid === tomogram.seriesInstanceUid);
  const series = groupSeries(readInstances({ ...study, instances }));
  const loaded: SeriesVolume[] = [];
  for (const stack of tomogram.stacks) {
    const found = series.find((one) => (one.stack ?? '') === stack);
    if (found === undefined) {
      throw new PhotopeakError('a chosen series is no longer there', {
        code: 'INPUT_CHANGED',
        expected: `series ${tomogram.seriesInstanceUid}`,
        found: `${instances.length} files`,
        remedy: 'run again on the unchanged study',
      });
    }
    loaded.push(await loadSeriesVolume(found));
  }
  return loaded;
}

async function loadCt(study: StudyInput, key: CtKey): Promise<Volume> {
  const instances = [study, ...(study.priors ?? [])]
    .flatMap((one) => one.instances)
    .filter(({ seriesInstanceUid }) => seriesInstanceUid === key.seriesInstanceUid);
  const series = groupSeries(readInstances({ ...study, instances }));
  return (await loadSeriesVolume(series.find(({ stack }) => (stack ?? null) === key.stack) ?? series[0]!))
    .volume;
}

/** The beat as one image. */
function summed(gates: readonly Volume[]): Volume {
  const first = gates[0]!;
  if (gates.length === 1) return first;
  const data = new Float32Array(first.data.length);
  for (const gate of gates) for (let n = 0; n < data.length; n++) data[n]! += gate.data[n]!;
  return { ...first, data };
}
