import type { PetctLesion, PetctSummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** What was chosen and why, the alignment, the findings and the notices, for a terminal. */
export function describeSummary(summary: PetctSummary): string {
  const { chosen, findings } = summary;
  return [
    `PET: ${choice(chosen.pet)}`,
    `CT:  ${choice(chosen.ct)}`,
    ...chosen.rejected.map(
      ({ modality, description, reason }) => `not used: ${modality} ${description}: ${reason}`,
    ),
    ...suvLine(summary),
    ...alignmentLine(summary),
    ...findingLines(summary),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}

function choice(series: PetctSummary['chosen']['pet']): string {
  return series === null ? 'none' : `${series.description}: ${series.reason}`;
}

function suvLine({ suv }: PetctSummary): string[] {
  if (suv?.status !== 'ok') return [];
  const factor = Number((suv.factors.bw ?? 0).toPrecision(8));
  return [`SUVbw factor ${factor} per value (${suv.units}, ${suv.decayCorrection})`];
}

function alignmentLine({ registration }: PetctSummary): string[] {
  if (registration === null) return [];
  const score = registration.score === null ? 'not scored' : `${registration.score}/100`;
  return [`alignment: ${score}: ${registration.scoreReason}; ${registration.reason}`];
}

function findingLines({ lesions, totals, candidates, physiologicalUptake }: PetctSummary): string[] {
  if (candidates.threshold === null) return [];
  const aside = `${physiologicalUptake.length} region(s) of physiological uptake set aside`;
  if (lesions.length === 0) return [`no finding; ${aside}`];
  const numeric = ['SUVmax', 'SUVpeak', 'SUVmean', 'MTV ml', 'TLG g'];
  return [
    textTable(
      [{ title: 'finding' }, ...numeric.map((title) => ({ title, align: 'right' as const }))],
      lesions.map(row),
    ),
    `${totals.count} finding(s), MTV ${totals.mtvMl.toFixed(1)} ml, TLG ${totals.tlgG.toFixed(1)} g; ${aside}`,
  ];
}

function row(lesion: PetctLesion): string[] {
  return [
    lesion.label,
    lesion.suvMax.toFixed(3),
    lesion.suvPeak?.toFixed(3) ?? '-',
    lesion.suvMean.toFixed(3),
    lesion.mtvMl.toFixed(2),
    lesion.tlgG.toFixed(2),
  ];
}
