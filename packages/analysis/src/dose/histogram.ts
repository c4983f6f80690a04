import { PhotopeakError } from '@photopeak/imaging';

/** A dose-volume histogram: how much of a structure gets which dose. */
export interface DoseHistogram {
  /** Volume of the structure in ml, as its contours enclose it. */
  readonly volumeMl: number;
  /** The part of it that the dose grid covers; all that follows is of this part. */
  readonly coveredMl: number;
  readonly minimumGy: number;
  readonly maximumGy: number;
  readonly meanGy: number;
  /** Width of the bins of `differentialMl`; the first begins at `startGy`. */
  readonly binGy: number;
  readonly startGy: number;
  /** Volume in each bin, ml. */
  readonly differentialMl: Float64Array;
}

/** Volume that gets at least the lower edge of each bin, ml, and zero at the upper edge of the last. */
export function cumulativeMl({ differentialMl }: DoseHistogram): Float64Array {
  const cumulative = new Float64Array(differentialMl.length + 1);
  for (let bin = differentialMl.length - 1; bin >= 0; bin--) {
    cumulative[bin] = cumulative[bin + 1]! + differentialMl[bin]!;
  }
  return cumulative;
}

/** V: the volume in ml that gets at least `gy`, linear within a bin. */
export function volumeAtDose(histogram: DoseHistogram, gy: number): number {
  const { binGy, startGy, differentialMl, minimumGy, maximumGy, coveredMl } = histogram;
  if (gy <= minimumGy) return coveredMl;
  if (gy > maximumGy) return 0;
  const at = (gy - startGy) / binGy;
  const bin = Math.min(differentialMl.length - 1, Math.max(0, Math.floor(at)));
  let above = 0;
  for (let n = differentialMl.length - 1; n > bin; n--) above += differentialMl[n]!;
  return above + differentialMl[bin]! * Math.max(0, 1 - (at - bin));
}

/** How much of a structure is meant: a share of it, or an absolute volume. */
export type VolumePart = { readonly percent: number } | { readonly ml: number };

/**
 * D: the least dose of the hottest part of the structure, in Gy, linear within a bin. D95 % is the dose that 95 % of it
 * get at least. Undefined where the structure is smaller than the volume asked for.
 */
export function doseAtVolume(histogram: DoseHistogram, part: VolumePart): number | undefined {
  const { binGy, startGy, differentialMl, coveredMl, minimumGy, maximumGy } = histogram;
  const wanted = 'ml' in part ? part.ml : (part.percent / 100) * coveredMl;
  if (!(wanted >= 0) || wanted > coveredMl * (1 + 1e-9)) return undefined;
  let above = 0;
  for (let bin = differentialMl.length - 1; bin >= 0; bin--) {
    const volume = differentialMl[bin]!;
    if (above + volume >= wanted && volume > 0) {
      const gy = startGy + binGy * (bin + 1 - (wanted - above) / volume);
      return Math.min(maximumGy, Math.max(minimumGy, gy));
    }
    above += volume;
  }
  return minimumGy;
}

const METRIC = /^(?:D(\d+(?:\.\d+)?)(%|cc|ml)?|V(\d+(?:\.\d+)?)(?:Gy)?)$/i;

/** What a metric is called for: the dose at a volume, or the volume at a dose. */
export type DoseMetric =
  | { readonly name: string; readonly kind: 'dose'; readonly part: VolumePart }
  | { readonly name: string; readonly kind: 'volume'; readonly gy: number };

/** Reads `D95`, `D2%`, `D0.1cc`, `V20`, `V20Gy`. Fails with DOSE_METRIC. */
export function parseDoseMetric(text: string): DoseMetric {
  const match = METRIC.exec(text.trim());
  const [, dose, unit, gy] = match ?? [];
  if (gy !== undefined) return { name: `V${gy}Gy`, kind: 'volume', gy: Number(gy) };
  if (dose !== undefined && (unit === 'cc' || unit === 'ml')) {
    return { name: `D${dose}cc`, kind: 'dose', part: { ml: Number(dose) } };
  }
  if (dose !== undefined && Number(dose) <= 100) {
    return { name: `D${dose}%`, kind: 'dose', part: { percent: Number(dose) } };
  }
  throw new PhotopeakError('the metric of a dose-volume histogram is not known', {
    code: 'DOSE_METRIC',
    expected: 'D followed by percent or cc (D95, D2%, D0.1cc), or V followed by Gy (V20, V20Gy)',
    found: text,
    remedy: 'see docs/radiotherapy.md',
  });
}
