import type { PatientChanges } from '../api/index.ts';
import { dicomDate, personName } from '../text/index.ts';

export type Change = PatientChanges['changes'][number];
type Study = Change['studies'][number];

const numberOf = ({ patientId, issuer }: { readonly patientId: string; readonly issuer: string }): string =>
  issuer === '' ? patientId : `${patientId} (${issuer})`;

/** What happened, in a line. */
export function headlineOf({ kind, retired, surviving }: Change): string {
  const [from, to] = [retired === null ? '?' : numberOf(retired), numberOf(surviving)];
  switch (kind) {
    case 'merge':
      return `${from} is the same patient as ${to}`;
    case 'change-id':
      return `The number ${from} was changed to ${to}`;
    case 'move':
      return `A visit moved from ${from} to ${to}`;
    case 'update':
      return `The data of ${to} was corrected`;
  }
}

/** The fields in which a study is shown otherwise than before; an empty value is said. */
export function differencesOf({
  before,
  after,
}: Study): { readonly before: string; readonly after: string }[] {
  const fields = [
    [numberOf(before), numberOf(after)],
    [personName(before.name), personName(after.name)],
    [birth(before.birthDate), birth(after.birthDate)],
    [sex(before.sex), sex(after.sex)],
  ] as const;
  return fields.flatMap(([was, is]) => (was === is ? [] : [{ before: was, after: is }]));
}

const birth = (date: string): string => (date === '' ? 'no birth date' : `born ${dicomDate(date)}`);
const sex = (code: string): string => (code === '' ? 'no sex' : `sex ${code}`);
