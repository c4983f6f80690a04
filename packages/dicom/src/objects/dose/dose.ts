import type { Volume } from '@photopeak/imaging';
import type { InstanceReference } from '../common/index.ts';

/** A dose-volume histogram that came with a dose, PS3.3 C.8.8.4, in the units of the object. */
export interface WrittenDvh {
  /** ROI Numbers of the structure set that it adds up; excluded ones are not listed. */
  readonly roiNumbers: readonly number[];
  readonly excludedRoiNumbers: readonly number[];
  readonly type: 'DIFFERENTIAL' | 'CUMULATIVE' | 'NATURAL';
  readonly doseUnits: string;
  readonly volumeUnits: string;
  /** Upper edge of each bin, in the dose unit. */
  readonly edges: Float64Array;
  /** Volume of each bin (differential), or of what gets at least its lower edge (cumulative). */
  readonly volumes: Float64Array;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly mean?: number;
}

export interface Dose {
  /** Unit `Gy`; `1` for a relative dose. */
  readonly volume: Volume<Float32Array>;
  /** GY or RELATIVE. */
  readonly units: string;
  /** PHYSICAL, EFFECTIVE, ERROR. */
  readonly type: string;
  /** PLAN, MULTI_PLAN, FRACTION, BEAM, …. */
  readonly summationType: string;
  readonly comment?: string;
  readonly frameOfReferenceUid?: string;
  readonly sopInstanceUid: string;
  readonly structureSets: readonly Pick<InstanceReference, 'sopClassUid' | 'sopInstanceUid'>[];
  readonly plans: readonly Pick<InstanceReference, 'sopClassUid' | 'sopInstanceUid'>[];
  readonly dvhs: readonly WrittenDvh[];
  /** What is to be known before the numbers are trusted, without patient data. */
  readonly findings: readonly string[];
}
