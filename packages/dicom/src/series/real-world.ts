import type { Dataset } from '../data/index.ts';

/** A linear Real World Value Mapping of stored values, PS3.3 C.7.6.16.2.11. */
export interface RealWorldMapping {
  readonly slope: number;
  readonly intercept: number;
  /** UCUM code of the mapped values. */
  readonly unit: string;
}

/** UCUM as DICOM writes it now; SUV units also occur in their older order (`{SUVbw}g/ml`). */
function ucum(code: string): string {
  const older = /^(\{SUV[^}]*\})(.+)$/.exec(code);
  return older === null ? code : `${older[2]}${older[1]}`;
}

/** The first linear mapping of a data set or functional group with a unit; undefined for tables and when absent. */
export function realWorldMapping(source: Dataset | undefined): RealWorldMapping | undefined {
  for (const item of source?.items('RealWorldValueMappingSequence') ?? []) {
    const slope = item.number('RealWorldValueSlope');
    const intercept = item.number('RealWorldValueIntercept') ?? 0;
    const code = item.item('MeasurementUnitsCodeSequence')?.text('CodeValue');
    if (slope !== undefined && slope !== 0 && code !== undefined)
      return { slope, intercept, unit: ucum(code) };
  }
  return undefined;
}

/**
 * Slope, intercept and unit of a frame: the modality's own rescale where there is one, with the unit of a mapping that
 * agrees with it; else the mapping, as quantitative SPECT has it.
 */
export function rescaleOf(
  own: { readonly slope: number | undefined; readonly intercept: number | undefined },
  mapping: RealWorldMapping | undefined,
): { rescaleSlope: number; rescaleIntercept: number; unit: string | undefined } {
  if (own.slope === undefined && mapping !== undefined) {
    return { rescaleSlope: mapping.slope, rescaleIntercept: mapping.intercept, unit: mapping.unit };
  }
  const rescaleSlope = own.slope ?? 1;
  const rescaleIntercept = own.intercept ?? 0;
  const agrees =
    mapping !== undefined &&
    Math.abs(mapping.slope - rescaleSlope) <= 1e-6 * Math.abs(rescaleSlope) &&
    Math.abs(mapping.intercept - rescaleIntercept) <= 1e-6 * Math.max(1, Math.abs(rescaleIntercept));
  return { rescaleSlope, rescaleIntercept, unit: agrees ? mapping.unit : undefined };
}
