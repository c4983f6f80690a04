import type { PetmrSummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** What was chosen and why, the alignment, the lesions with MR, and the notices, for a terminal. */
export function describePetmr({
  chosen,
  alignment,
  lesions,
  physiologicalUptake,
  candidates,
  findings,
}: PetmrSummary): string {
  const choice = (series: PetmrSummary['chosen']['pet']) =>
    series === null ? 'none' : `${series.description}: ${series.reason}`;
  const right = (title: string) => ({ title, align: 'right' as const });
  const roles = [...new Set(lesions.flatMap(({ mr }) => mr.map(({ role }) => role)))];
  return [
    `PET: ${choice(chosen.pet)}`,
    `MR:  ${choice(chosen.mr)}`,
    ...chosen.sequences.map(({ description, use, reason }) => `  ${description}: ${use}: ${reason}`),
    ...(alignment === null
      ? []
      : [
          `alignment: ${alignment.reason} ${alignment.regions.map(({ name, misalignmentMm }) => `${name} ${misalignmentMm.toFixed(1)} mm`).join(', ')}`,
        ]),
    ...(candidates.threshold === null
      ? []
      : [
          textTable(
            [{ title: 'finding' }, right('SUVmax'), right('MTV ml'), ...roles.map(right)],
            lesions.map(({ label, suvMax, mtvMl, mr }) => [
              label,
              suvMax.toFixed(2),
              mtvMl.toFixed(1),
              ...roles.map((role) => mr.find((one) => one.role === role)?.mean.toPrecision(4) ?? '-'),
            ]),
          ),
          `${lesions.length} finding(s); ${physiologicalUptake.length} region(s) of physiological uptake set aside`,
        ]),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}
