import { MANUFACTURER } from '../study/index.ts';
import { csv } from './report.ts';
import type { ModelValidation } from './schema.ts';
import type { ValidationResult } from './validate-model.ts';

/**
 * What the ACR Recognized Center for Healthcare-AI (ARCH-AI) asks a site to attest, criterion by criterion: what this
 * software knows about one model, and by name what it cannot know.
 */
export function archAi({ validation, manifest }: ValidationResult): object {
  const { statistics, paired, cases, findings, model } = validation;
  const { regulatory, evidence, licence, hardware, input, output } = manifest;
  const criterion = (name: string, known: object, missing: readonly string[]) => ({
    criterion: name,
    known,
    missing,
  });
  return {
    schema: 'photopeak/arch-ai/1',
    software: MANUFACTURER,
    model: { id: model.id, version: model.version, digest: model.digest },
    criteria: [
      criterion('Interdisciplinary AI governance group', {}, ['members', 'charter', 'date of the decision']),
      criterion(
        'Inventory of AI algorithms with detailed documentation',
        {
          title: manifest.title,
          task: manifest.task,
          modality: manifest.modality,
          bodyPart: manifest.bodyPart,
          licence,
          hardware,
          inputs: input.length,
          outputs: output.map(({ kind }) => kind),
          regulatory,
        },
        ['manufacturer', 'date of installation', 'responsible person', 'contract'],
      ),
      criterion('Security and compliance', { digest: model.digest, runtime: manifest.runtime.kind }, [
        'security review',
        'data processing agreement',
      ]),
      criterion('Review and selection', { intendedUse: manifest.intendedUse, evidence, regulatory }, [
        'need',
        'alternatives considered',
        'decision',
      ]),
      criterion('Use cases and training', { intendedUse: manifest.intendedUse }, [
        'workflow',
        'training of users',
        'dates of training',
      ]),
      criterion(
        'Monitoring of performance, safety and effectiveness',
        {
          localValidation: {
            cases: cases.length,
            withoutResult: cases.filter(({ failure }) => failure !== null).length,
            hasReference: validation.hasReference,
            statistics,
            heldAgainst: validation.against,
            paired,
            findings,
          },
        },
        ['reviewed by', 'accepted on', 'schedule of the next review'],
      ),
      criterion('Participation in Assess-AI', {}, ['facility id', 'registration']),
    ],
  };
}

/** The fields of the template by which AI results are brought to ACR Connect for the registry Assess-AI. */
const FIELDS = [
  'Patient ID',
  'Accession Number',
  'Result Indicator',
  'AI Result',
  'Manufacturer',
  'Model',
  'Study Date',
  'Software Version',
  'Platform',
  'Inference Date',
  'Age',
  'Sex',
  'Race',
  'Ethnicity',
  'Exam Name',
  'Modality',
  'Body Part Examined',
  'Contrast Indication',
] as const;

/**
 * One line for each case with a result. It holds Patient ID and Accession Number, by which the registry's own software
 * at the site finds the report before it removes them: it goes nowhere else. What the headers do not say stays empty;
 * Result Indicator, Manufacturer and Race nobody here can know.
 */
export function assessAi(
  { validation, manifest, cases, told }: ValidationResult,
  inferenceDate: string,
): string {
  const lines = cases.flatMap(({ header }, index) => {
    const row: ModelValidation['cases'][number] | undefined = validation.cases[index];
    if (header === undefined || row === undefined || row.failure !== null) return [];
    const text = (keyword: Parameters<typeof header.text>[0]) => header.text(keyword) ?? '';
    const results = (told.get(row.number) ?? [])
      .filter(({ name }) => name === 'value' || name === 'volume' || name === 'noise-change')
      .map(({ name, label, unit, value }) => `${label ?? name} ${Number(value.toPrecision(6))} ${unit}`);
    const values: Readonly<Record<(typeof FIELDS)[number], string>> = {
      'Patient ID': text('PatientID'),
      'Accession Number': text('AccessionNumber'),
      'Result Indicator': '',
      'AI Result': results.join('; '),
      Manufacturer: '',
      Model: manifest.id,
      'Study Date': text('StudyDate'),
      'Software Version': manifest.version,
      Platform: MANUFACTURER,
      'Inference Date': inferenceDate,
      Age: text('PatientAge'),
      Sex: text('PatientSex'),
      Race: '',
      Ethnicity: text('EthnicGroup'),
      'Exam Name': text('StudyDescription'),
      Modality: text('Modality'),
      'Body Part Examined': text('BodyPartExamined'),
      'Contrast Indication': text('ContrastBolusAgent'),
    };
    return [FIELDS.map((field) => values[field])];
  });
  return csv([[...FIELDS], ...lines]);
}
