import type { CardiacSummary } from '@photopeak/pipelines';

/** What was chosen and why, the draft sentences and the notices, for a terminal. */
export function describeHeart({ states, rejected, sentences, normals, findings }: CardiacSummary): string {
  return [
    ...states.map(
      ({ state, series }) => `${state ?? 'examination'}: ${series.description}: ${series.reason}`,
    ),
    ...rejected.map(({ modality, description, reason }) => `not used: ${modality} ${description}: ${reason}`),
    `normal limits: ${normals.name}`,
    ...sentences,
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}
