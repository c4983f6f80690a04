import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { combat } from '@photopeak/analysis';
import type { Command } from 'commander';
import { EXIT, optionError, textTable } from '../terminal/index.ts';
import { type CsvTable, readCsv, writeCsv } from './csv-table.ts';
import { runCommand } from './run-command.ts';
import { textFile, writeFiles } from './write-files.ts';

interface Options {
  readonly scanner: string;
  readonly measures: readonly string[];
  readonly keep?: readonly string[];
  readonly out: string;
}

export function addCombatCommand(program: Command): void {
  program
    .command('combat')
    .description('bring measures of several scanners to one, learned from a table of the site (ComBat)')
    .argument('<table>', 'CSV with a head: a row for each examination')
    .requiredOption('--scanner <column>', 'which column names the scanner or protocol')
    .requiredOption('--measures <columns...>', 'columns that are brought to one scanner')
    .option('--keep <columns...>', 'numbers whose effect must stay, such as age, or a diagnosis as 0 and 1')
    .option('--out <file>', 'the table with these columns changed', 'harmonised.csv')
    .addHelpText('after', '\nExit codes: 0 done, 2 the table cannot be used.')
    .action((file: string, options: Options) =>
      runCommand(async () => {
        const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
          throw optionError(
            '<table>',
            'a CSV file that can be read',
            `${file} (${error.code ?? 'an error'})`,
          );
        });
        const table = readCsv(text, path.basename(file));
        const batch = column(table, options.scanner, '--scanner').map((cell) => cell.trim());
        const found = combat({
          batch,
          values: numbers(table, options.measures, '--measures'),
          ...(options.keep === undefined ? {} : { covariates: numbers(table, options.keep, '--keep') }),
        });
        const at = options.measures.map((name) => table.head.indexOf(name));
        const rows = table.rows.map((cells, row) =>
          cells.map((cell, n) => {
            const measure = at.indexOf(n);
            return measure < 0 ? cell : String(Number(found.values[row]![measure]!.toPrecision(DIGITS)));
          }),
        );
        const { dir, base } = path.parse(options.out);
        await writeFiles(dir === '' ? '.' : dir, [textFile(base, writeCsv({ head: table.head, rows }))]);
        const right = (title: string) => ({ title, align: 'right' as const });
        console.log(
          textTable(
            [
              { title: 'scanner' },
              right('rows'),
              ...options.measures.flatMap((name) => [right(`${name} +`), right('×')]),
            ],
            found.batches.map(({ name, rows: count, shift, scale }) => [
              name,
              String(count),
              ...shift.flatMap((value, n) => [value.toPrecision(3), scale[n]!.toFixed(2)]),
            ]),
          ),
        );
        console.log(`results: ${options.out}`);
        return EXIT.ok;
      }),
    );
}

const DIGITS = 9;

function column({ head, rows }: CsvTable, name: string, option: string): string[] {
  const at = head.indexOf(name);
  if (at < 0) throw optionError(option, head.join(', '), name);
  return rows.map((cells) => cells[at]!);
}

/** Rows of numbers of the named columns; what is none is refused by whoever takes them. */
function numbers(table: CsvTable, names: readonly string[], option: string): number[][] {
  const columns = names.map((name) =>
    column(table, name, option).map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell))),
  );
  return table.rows.map((_, row) => columns.map((values) => values[row]!));
}
