import { PhotopeakError } from '@photopeak/imaging';
import { csvField } from '@photopeak/pipelines';

/** A table with a head, all cells as text (RFC 4180: commas, quotes doubled within quotes). */
export interface CsvTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Throws `CSV_UNREADABLE`. */
export function readCsv(text: string, where: string): CsvTable {
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = '';
  let isQuoted = false;
  const source = text.replace(/^\ufeff/, '');
  for (let at = 0; at < source.length; at++) {
    const one = source[at]!;
    if (isQuoted) {
      if (one !== '"') cell += one;
      else if (source[at + 1] === '"') {
        cell += '"';
        at++;
      } else isQuoted = false;
    } else if (one === '"' && cell === '') isQuoted = true;
    else if (one === ',') {
      line.push(cell);
      cell = '';
    } else if (one === '\n') {
      lines.push([...line, cell.replace(/\r$/, '')]);
      [line, cell] = [[], ''];
    } else cell += one;
  }
  if (cell !== '' || line.length > 0) lines.push([...line, cell]);
  const [head = [], ...rows] = lines.filter((cells) => cells.some((one) => one.trim() !== ''));
  const odd = rows.findIndex((cells) => cells.length !== head.length);
  if (isQuoted || head.length < 2 || odd >= 0)
    throw new PhotopeakError('the table cannot be read', {
      code: 'CSV_UNREADABLE',
      expected: 'a head and rows of as many cells, separated by commas',
      found: isQuoted
        ? 'a quotation mark that does not end'
        : head.length < 2
          ? `${head.length} columns`
          : `${rows[odd]!.length} cells in row ${odd + 1}, ${head.length} in the head`,
      where,
      remedy: 'export the table as CSV with commas',
    });
  return { head: head.map((name) => name.trim()), rows };
}

export const writeCsv = ({ head, rows }: CsvTable): string =>
  [head, ...rows].map((cells) => `${cells.map(csvField).join(',')}\n`).join('');
