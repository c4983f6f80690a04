import type { Series } from '@photopeak/dicom';

const CORRECTED = /(^|[^a-z])(ac|ctac|irac|attn)([^a-z]|$)|atten.*corr/i;
const UNCORRECTED = /(^|[^a-z])(nac|noac|no ?ac|ncor|non-?ac)([^a-z]|$)|uncorr|no atten/i;

/** What people wrote about a series: the label of the image, its description, the protocol. */
export function wordsOf(series: Series): string {
  const header = series.instances[0]?.dataset;
  return [header?.text('ImageID'), series.description, header?.text('ProtocolName')]
    .filter((text) => text !== undefined)
    .join(' ');
}

/** Whether an emission tomogram is corrected for attenuation: by Corrected Image (0028,0051), or by its words. */
export function isAttenuationCorrected(series: Series): boolean {
  const words = wordsOf(series);
  if (UNCORRECTED.test(words)) return false;
  const header = series.instances[0]?.dataset;
  return (header?.texts('CorrectedImage') ?? []).includes('ATTN') || CORRECTED.test(words);
}
