import { registerRigid } from '@photopeak/analysis';
import { identity, type Mat4, multiply, PhotopeakError, resample, type Volume } from '@photopeak/imaging';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { type LoadedTomogram, loadTomogram } from './load.ts';
import type { SpectctParameters } from './parameters.ts';
import type { SpectRegion } from './regions.ts';
import { type SpectSelection, selectTomogram } from './select-tomogram.ts';

export interface TimePointInput {
  readonly study: StudyInput;
  /** Of the examination that the regions were found in. */
  readonly selection: SpectSelection;
  readonly spect: Volume;
  readonly ct: Volume | null;
  /** SPECT to CT of that examination, LPS mm. */
  readonly spectToCt: Mat4;
  readonly regions: readonly SpectRegion[];
  readonly parameters: SpectctParameters;
}

/** Activity of every region at another time. */
export interface TimePoint {
  readonly studyInstanceUid: string;
  readonly hours: number;
  /** MBq, in the order of the regions. */
  readonly activityMBq: readonly number[];
}

export interface MeasuredTimePoint {
  readonly point: TimePoint | null;
  readonly findings: readonly Finding[];
}

/** A result that a second start does not confirm to this is not used. */
const TRUSTED_MM = 5;
/** Administrations further apart are two administrations. */
const SAME_ADMINISTRATION_HOURS = 0.5;

/**
 * Measures the regions of one examination in another of the same administration: the CTs are registered rigidly, and
 * the other SPECT is brought into the voxels of this one.
 */
export const measureTimePoint: Step<TimePointInput, MeasuredTimePoint> = {
  name: 'time-point',
  version: '1',
  resource: 'cpu',
  run: async (input, context) => {
    const { study, parameters } = input;
    const other = await selectTomogram.run({ study, parameters }, context);
    const reason = whyNot(input.selection, other);
    if (reason !== null) return notUsed(study, reason, other.quantity === null ? 'info' : 'warning');
    const loaded = await loadTomogram.run({ study, selection: other }, context);
    if (loaded.spect === null) return notUsed(study, 'it has no SPECT');
    const toOther = await transformTo(input, other, loaded);
    if (typeof toOther === 'string') return notUsed(study, toOther);
    const moved = await resample(loaded.spect, {
      grid: input.spect,
      transform: toOther,
      interpolation: 'linear',
      outside: 0,
      type: 'float32',
    });
    const [dx, dy, dz] = input.spect.spacingMm;
    const voxelMl = (dx * dy * dz) / 1000;
    return {
      point: {
        studyInstanceUid: study.studyInstanceUid,
        hours: other.quantity!.hoursAfter!,
        activityMBq: input.regions.map(
          ({ voxels }) => (voxels.reduce((sum, index) => sum + (moved.data[index] ?? 0), 0) * voxelMl) / 1e6,
        ),
      },
      findings: [],
    };
  },
};

const notUsed = (
  { studyInstanceUid }: StudyInput,
  reason: string,
  severity: Finding['severity'] = 'warning',
): MeasuredTimePoint => ({
  point: null,
  findings: [
    {
      code: 'SPECT_TIME_POINT_NOT_USED',
      severity,
      message: `the examination ${studyInstanceUid} is not used as a time point: ${reason}`,
    },
  ],
});

/** Why two examinations are not times after one administration, or null. */
function whyNot(now: SpectSelection, other: SpectSelection): string | null {
  if (other.quantity === null) return 'it has no reconstructed SPECT';
  if (other.quantity.status === 'relative') return other.quantity.reason;
  if (now.quantity?.nuclide !== other.quantity.nuclide)
    return `its nuclide is ${other.quantity.nuclide ?? 'not named'}, not ${now.quantity?.nuclide ?? 'named'}`;
  if (other.quantity.hoursAfter === null) return 'the time of its administration is not known';
  const given = (quantity: SpectSelection['quantity']) =>
    quantity === null || quantity.startedSeconds === null || quantity.hoursAfter === null
      ? null
      : quantity.startedSeconds / 3600 - quantity.hoursAfter;
  const [a, b] = [given(now.quantity), given(other.quantity)];
  if (a === null || b === null) return 'the time of an administration is not known';
  return Math.abs(a - b) > SAME_ADMINISTRATION_HOURS ? 'it belongs to another administration' : null;
}

/** From the SPECT of this examination to that of the other, LPS mm, or why there is none. */
async function transformTo(
  { ct, selection, spectToCt }: TimePointInput,
  other: SpectSelection,
  loaded: LoadedTomogram,
): Promise<Mat4 | string> {
  const frame = selection.frameOfReferenceUid;
  if (frame !== null && frame === other.frameOfReferenceUid) return identity;
  if (ct === null || loaded.ct === null) return 'one of the two has no CT, so that they cannot be registered';
  if (!other.frameOfReferenceShared) return 'its SPECT and CT have different frames of reference';
  try {
    const { pull, uncertaintyMm } = await registerRigid(ct, loaded.ct, { initial: 'search' });
    if (uncertaintyMm === undefined || uncertaintyMm > TRUSTED_MM)
      return 'a second start of the registration of the CTs does not confirm the first';
    return multiply(pull, spectToCt);
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    return error.message;
  }
}
