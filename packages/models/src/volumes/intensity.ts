import type { VoxelArray } from '@photopeak/imaging';
import type { IntensityRule } from '../manifest/schema.ts';

/** `network = (value − offset) · factor`, after cutting to `low … high` where there are any. */
export interface Scaling {
  readonly offset: number;
  readonly factor: number;
  readonly low: number;
  readonly high: number;
}

const OPEN = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

function linear(low: number, high: number, [a, b]: readonly [number, number], clip: boolean): Scaling {
  const factor = high > low ? (b - a) / (high - low) : 0;
  // value = low is a, value = high is b.
  const offset = factor === 0 ? low : low - a / factor;
  return { offset, factor, ...(clip ? { low, high } : OPEN) };
}

/** The numbers of a rule for one image. */
export function scalingOf(rule: IntensityRule, data: VoxelArray): Scaling {
  switch (rule.kind) {
    case 'none':
      return { offset: 0, factor: 1, ...OPEN };
    case 'affine':
      return { offset: rule.mean, factor: 1 / rule.sd, ...OPEN };
    case 'window':
      return linear(rule.low, rule.high, rule.to, rule.clip);
    case 'percentile': {
      const [low, high] = percentiles(data, [rule.low, rule.high], rule.within === 'nonzero');
      return linear(low!, high!, rule.to, rule.clip);
    }
    case 'z-score': {
      const [low, high] = rule.clip ?? [OPEN.low, OPEN.high];
      const { mean, sd } = moments(data, low, high, rule.within === 'nonzero');
      return { offset: mean, factor: sd > 0 ? 1 / sd : 1, low, high };
    }
  }
}

export function toNetwork({ offset, factor, low, high }: Scaling, value: number): number {
  return (Math.min(high, Math.max(low, value)) - offset) * factor;
}

/** The way back; where a rule makes everything one value that value is lost and the offset is given. */
export function fromNetwork({ offset, factor }: Scaling, value: number): number {
  return factor === 0 ? offset : value / factor + offset;
}

function moments(data: VoxelArray, low: number, high: number, nonzero: boolean) {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (const value of data) {
    if ((nonzero && value === 0) || Number.isNaN(value)) continue;
    const cut = Math.min(high, Math.max(low, value));
    count++;
    const away = cut - mean;
    mean += away / count;
    squares += away * (cut - mean);
  }
  return { mean, sd: count > 0 ? Math.sqrt(squares / count) : 0 };
}

const BINS = 65_536;

/** From a histogram of the values: exact to one part in 65 536 of their range, whatever the size. */
function percentiles(data: VoxelArray, wanted: readonly number[], nonzero: boolean): number[] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if ((nonzero && value === 0) || !Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (!(most > least)) return wanted.map(() => (Number.isFinite(least) ? least : 0));
  const counts = new Uint32Array(BINS);
  const scale = (BINS - 1) / (most - least);
  let all = 0;
  for (const value of data) {
    if ((nonzero && value === 0) || !Number.isFinite(value)) continue;
    counts[Math.round((value - least) * scale)]!++;
    all++;
  }
  return wanted.map((percent) => {
    const rank = (percent / 100) * (all - 1);
    let below = 0;
    for (let bin = 0; bin < BINS; bin++) {
      below += counts[bin]!;
      if (below > rank) return least + bin / scale;
    }
    return most;
  });
}
