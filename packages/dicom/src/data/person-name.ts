/** One representation of a person's name: the five components of PN, PS3.5 section 6.2.1. */
export interface PersonNameGroup {
  readonly family: string;
  readonly given: string;
  readonly middle: string;
  readonly prefix: string;
  readonly suffix: string;
}

export interface PersonName {
  readonly alphabetic: PersonNameGroup;
  readonly ideographic: PersonNameGroup | undefined;
  readonly phonetic: PersonNameGroup | undefined;
}

function parseGroup(text: string): PersonNameGroup {
  const part = text.split('^').map((component) => component.trim());
  return {
    family: part[0] ?? '',
    given: part[1] ?? '',
    middle: part[2] ?? '',
    prefix: part[3] ?? '',
    suffix: part.slice(4).join(' ').trim(),
  };
}

/** Takes one PN value apart: component groups are separated by `=`, components by `^`. */
export function parsePersonName(value: string): PersonName {
  const [alphabetic = '', ideographic, phonetic] = value.split('=');
  const group = (text: string | undefined) =>
    text === undefined || text.trim() === '' ? undefined : parseGroup(text);
  return { alphabetic: parseGroup(alphabetic), ideographic: group(ideographic), phonetic: group(phonetic) };
}
