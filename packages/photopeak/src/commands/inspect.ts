import { type InspectedSeries, type Inspection, inspectFolder } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { EXIT, isDamage, textTable } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('what a folder holds: studies, series, geometry, pairing, SUV factors, deviations')
    .argument('<folder>', 'folder with DICOM files, searched to any depth')
    .option('--json', 'print JSON (schema: docs/schemas/inspect.schema.json)')
    .addHelpText(
      'after',
      '\nExit codes: 0 a PET/CT could be processed, 3 something is missing or damaged (see the messages), 2 no usable file.',
    )
    .action((folder: string, options: { json?: boolean }) =>
      runCommand(
        async () => {
          const result = await inspectFolder(folder);
          console.log(options.json === true ? JSON.stringify(result, null, 2) : describe(result));
          const hasErrors = result.studies.some(({ findings }) =>
            findings.some(({ severity }) => severity === 'error'),
          );
          return hasErrors || result.problems.some(isDamage) ? EXIT.partial : EXIT.ok;
        },
        { json: options.json === true },
      ),
    );
}

function describe(result: Inspection): string {
  const lines: string[] = [];
  for (const study of result.studies) {
    lines.push(
      `study ${study.studyInstanceUid}  ${study.studyDate ?? ''}  ${study.description}  patient ${study.patientHash}`,
      '',
    );
    lines.push(
      textTable(
        [
          { title: 'no', align: 'right' },
          { title: 'modality' },
          { title: 'description' },
          { title: 'images', align: 'right' },
          { title: 'size' },
          { title: 'spacing mm' },
          { title: 'role' },
          { title: 'reason' },
        ],
        study.series.map((series) => [
          String(series.seriesNumber ?? ''),
          series.modality,
          series.description,
          String(series.instanceCount),
          series.geometry?.size.join('×') ?? '-',
          series.geometry?.spacingMm.map((mm) => Number(mm.toFixed(3))).join('×') ?? '-',
          series.role,
          series.reason,
        ]),
      ),
      '',
      ...study.series.flatMap(suvLines),
    );
    for (const factor of study.foreignSuvFactors)
      lines.push(`foreign SUV factor ${factor.kind} ${factor.factor} (${factor.writer}): ${factor.message}`);
    for (const finding of study.findings)
      lines.push(`${finding.severity}: ${finding.code}: ${finding.message}`);
    lines.push('');
  }
  for (const problem of result.problems)
    lines.push(`not used: ${problem.file}: ${problem.code}: ${problem.message}`);
  return lines.join('\n');
}

function suvLines(series: InspectedSeries): string[] {
  const { suv } = series;
  if (suv === null) return [];
  const title = `SUV of series ${series.seriesNumber ?? ''} ${series.description}:`;
  if (suv.status === 'refused') return [`${title} refused, ${suv.code}: ${suv.reason}`, ''];
  const kinds = (['bw', 'lbm', 'lbmJames120', 'lbmJanmahasatian', 'bsa', 'ibw'] as const).map((kind) => {
    const factor = suv[kind];
    return `${kind} ${factor === null ? `refused (${suv.refusedKinds[kind] ?? ''})` : Number(factor.toPrecision(8))}`;
  });
  return [title, `  ${kinds.join(', ')}`, ...suv.derivation.map((line) => `  ${line}`), ''];
}
