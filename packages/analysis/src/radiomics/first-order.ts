/** Intensity statistics of a region as the Image Biomarker Standardisation Initiative defines them (Zwanenburg et al. 2020). */
export interface FirstOrder {
  readonly mean: number;
  readonly variance: number;
  readonly skewness: number;
  /** Excess kurtosis: 0 for a normal distribution. */
  readonly kurtosis: number;
  readonly median: number;
  readonly minimum: number;
  readonly percentile10: number;
  readonly percentile90: number;
  readonly maximum: number;
  readonly interquartileRange: number;
  readonly range: number;
  readonly meanAbsoluteDeviation: number;
  /** Of the values between the 10th and the 90th percentile. */
  readonly robustMeanAbsoluteDeviation: number;
  readonly medianAbsoluteDeviation: number;
  readonly coefficientOfVariation: number;
  readonly quartileCoefficientOfDispersion: number;
  readonly energy: number;
  readonly rootMeanSquare: number;
}

/** Between the ranks, as most software does. */
function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (at - low);
}

const meanOf = (values: Float64Array, of: (value: number) => number) => {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum / values.length;
};

/** Of at least one finite value; skewness and kurtosis of equal values are 0. */
export function firstOrder(values: ArrayLike<number>): FirstOrder {
  const sorted = Float64Array.from(values).sort();
  const mean = meanOf(sorted, (value) => value);
  const variance = meanOf(sorted, (value) => (value - mean) ** 2);
  const sd = Math.sqrt(variance);
  const median = percentile(sorted, 0.5);
  const [p10, p25, p75, p90] = [0.1, 0.25, 0.75, 0.9].map((share) => percentile(sorted, share)) as [
    number,
    number,
    number,
    number,
  ];
  const middle = sorted.filter((value) => value >= p10 && value <= p90);
  const middleMean = meanOf(middle, (value) => value);
  const energy = meanOf(sorted, (value) => value * value) * sorted.length;
  return {
    mean,
    variance,
    skewness: variance === 0 ? 0 : meanOf(sorted, (value) => (value - mean) ** 3) / sd ** 3,
    kurtosis: variance === 0 ? 0 : meanOf(sorted, (value) => (value - mean) ** 4) / variance ** 2 - 3,
    median,
    minimum: sorted[0]!,
    percentile10: p10,
    percentile90: p90,
    maximum: sorted.at(-1)!,
    interquartileRange: p75 - p25,
    range: sorted.at(-1)! - sorted[0]!,
    meanAbsoluteDeviation: meanOf(sorted, (value) => Math.abs(value - mean)),
    robustMeanAbsoluteDeviation: meanOf(middle, (value) => Math.abs(value - middleMean)),
    medianAbsoluteDeviation: meanOf(sorted, (value) => Math.abs(value - median)),
    coefficientOfVariation: sd / mean,
    quartileCoefficientOfDispersion: (p75 - p25) / (p75 + p25),
    energy,
    rootMeanSquare: Math.sqrt(energy / sorted.length),
  };
}
