import type { RadiotherapySummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** What was outlined, from where, and what to check, for a terminal. */
export function describeStructures({ chosen, structures, priors, findings }: RadiotherapySummary): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  return [
    `CT:  ${chosen.ct.description}: ${chosen.ct.reason}`,
    `PET: ${chosen.pet === null ? 'none' : `${chosen.pet.description}: ${chosen.pet.reason}`}`,
    ...priors.map(
      ({ label, used, reason }) => `from before: ${label}: ${used ? reason : `not used: ${reason}`}`,
    ),
    textTable(
      [
        { title: 'structure' },
        { title: 'from' },
        { title: 'type' },
        right('ml'),
        right('contours'),
        right('confidence'),
        { title: 'to check' },
      ],
      structures.map((structure) => [
        structure.name,
        structure.origin,
        structure.interpretedType || '-',
        structure.volumeMl.toFixed(1),
        String(structure.contours),
        structure.confidence?.toFixed(2) ?? '-',
        structure.toCheck.join('; '),
      ]),
    ),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}
