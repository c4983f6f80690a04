import { isKeyword, isPrivate, keywordOf, Tag, tagOf } from '@photopeak/dicom';

/** One element of a data set, and which item of it is entered when it is a sequence: all without `item`. */
export type AttributeStep =
  | { readonly kind: 'public'; readonly tag: number; readonly item: number | undefined }
  /** A private element is found by its creator: the block it lies in differs from file to file (PS3.5 §7.8.1). */
  | {
      readonly kind: 'private';
      readonly group: number;
      readonly creator: string;
      /** The low byte of the element number. */
      readonly element: number;
      readonly item: number | undefined;
    };

export interface AttributePath {
  /** As it was written; names the path. */
  readonly text: string;
  readonly steps: readonly AttributeStep[];
}

/** Deeper paths than this do not occur in the standard's information objects. */
const MOST_STEPS = 8;
const LONGEST_PATH = 512;
const STEP =
  /^(?:(?<keyword>[A-Za-z][A-Za-z0-9]{1,63})|\((?<group>[0-9A-Fa-f]{4}),(?:(?<element>[0-9A-Fa-f]{4})|"(?<creator>[^"\\]{1,64})",(?<low>[0-9A-Fa-f]{2}))\))(?:\[(?<item>[1-9][0-9]{0,2})\])?/;

/**
 * Reads `Modality`, `(0008,0060)`, `(0009,"GEMS_PETD_01",0D)`, and paths into sequences:
 * `RadiopharmaceuticalInformationSequence.RadionuclideCodeSequence[1].CodeValue`.
 * @returns the path, or in words why it is none
 */
export function parseAttributePath(text: string): AttributePath | string {
  if (text.length > LONGEST_PATH) return `a path has at most ${LONGEST_PATH} characters`;
  const steps: AttributeStep[] = [];
  let rest = text;
  for (;;) {
    const match = STEP.exec(rest);
    if (match === null)
      return `"${rest.slice(0, 40)}" is no attribute: write a keyword, (gggg,eeee) or (gggg,"CREATOR",ee)`;
    const step = toStep(match.groups ?? {});
    if (typeof step === 'string') return step;
    steps.push(step);
    rest = rest.slice(match[0].length);
    if (rest === '') break;
    if (!rest.startsWith('.'))
      return `"${rest.slice(0, 40)}" is not expected here: a dot leads into a sequence`;
    if (steps.length === MOST_STEPS) return `a path has at most ${MOST_STEPS} parts`;
    rest = rest.slice(1);
  }
  return { text, steps };
}

function toStep(parts: Readonly<Record<string, string | undefined>>): AttributeStep | string {
  const item = parts.item === undefined ? undefined : Number(parts.item);
  if (parts.keyword !== undefined) {
    if (isKeyword(parts.keyword)) return { kind: 'public', tag: tagOf(parts.keyword), item };
    const near = nearest(parts.keyword);
    return `there is no attribute ${parts.keyword}${near === undefined ? '' : `; is ${near} meant?`}`;
  }
  const group = Number.parseInt(parts.group ?? '', 16);
  if (parts.creator !== undefined) {
    if (group % 2 === 0) return `(${parts.group}, …) is no private group: those are odd`;
    const element = Number.parseInt(parts.low ?? '', 16);
    return { kind: 'private', group, creator: parts.creator, element, item };
  }
  const tag = ((group << 16) | Number.parseInt(parts.element ?? '', 16)) >>> 0;
  const name = `(${parts.group},${parts.element})`;
  if (isPrivate(tag)) return `${name} is private: name its creator, (${parts.group},"CREATOR",ee)`;
  if (keywordOf(tag) === undefined) return `there is no attribute ${name} in the dictionary`;
  return { kind: 'public', tag, item };
}

/** The keyword that differs least, if it is near enough to be a slip of the pen. */
function nearest(wanted: string): string | undefined {
  const limit = Math.max(1, Math.floor(wanted.length / 5));
  let best: { readonly keyword: string; readonly distance: number } | undefined;
  for (const keyword in Tag) {
    if (Math.abs(keyword.length - wanted.length) > limit) continue;
    const distance = editDistance(keyword.toLowerCase(), wanted.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { keyword, distance };
  }
  return best?.keyword;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
