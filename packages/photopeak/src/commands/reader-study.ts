import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { analyseReadings, readerCases, readerStudyReport } from '@photopeak/pipelines';
import {
  closeReaderStudy,
  createReaderStudy,
  listReaderStudies,
  openNodeStore,
  readingsOf,
  requireReaderStudy,
  runtimeOptions,
} from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT, optionError, textTable, wholeNumber } from '../terminal/index.ts';
import { isPackage, registeredPackage } from './named-package.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';
import { jsonFile, textFile, writeFiles } from './write-files.ts';

type Store = Awaited<ReturnType<typeof openNodeStore>>;

interface CreateOptions extends NodeArguments {
  readonly cases: string;
  readonly a?: string;
  readonly b: string;
  readonly seed: string;
  readonly question: string;
}

const QUESTION = 'Which picture would you rather read from? Grade both: 1 unusable to 5 excellent.';

export function addReaderStudyCommand(program: Command): void {
  const study = program
    .command('reader-study')
    .description('blinded reading of two versions side by side in the workspace, and its analysis');
  withNodeOptions(
    study
      .command('create')
      .description('draw the cases of a folder by both arms and open the study for readers')
      .argument('<name>', 'lower-case words with hyphens'),
  )
    .requiredOption('--cases <folder>', 'studies (DICOM) or NIfTI files')
    .requiredOption('--b <model>', 'model of arm B: folder of a package, or ID[@VERSION]')
    .option('--a <model>', 'model of arm A; without it the original')
    .option('--question <text>', 'what readers are asked', QUESTION)
    .option('--seed <n>', 'orders and sides follow from it', '1')
    .action((name: string, options: CreateOptions) =>
      withStore(options, async (store) => {
        if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
          throw optionError('<name>', 'lower-case words with hyphens', name);
        const runtime = runtimeOptions((await configurationOf(options)).models);
        const b = await packageOf(options.b, store);
        const a = options.a === undefined ? undefined : await packageOf(options.a, store);
        const plan = {
          name,
          question: options.question,
          arms: { a: a?.title ?? 'original', b: b.title },
          seed: wholeNumber(options.seed, '--seed'),
        };
        const cases = readerCases({
          cases: options.cases,
          ...(a === undefined ? {} : { a: a.folder }),
          b: b.folder,
          runtime,
        });
        const made = await createReaderStudy({ ...store, actor: 'command-line' }, plan, cases);
        console.log(`${name}: ${made.cases} cases, open for readers in the workspace under /reader-studies`);
      }),
    );
  withNodeOptions(study.command('list').description('reader studies of a node')).action(
    (options: NodeArguments) =>
      withStore(options, async ({ db }) => {
        const studies = await listReaderStudies(db, '');
        if (studies.length === 0) console.log('no reader studies: photopeak reader-study create');
        else
          console.log(
            textTable(
              [
                { title: 'name' },
                { title: 'cases', align: 'right' },
                { title: 'state' },
                { title: 'question' },
              ],
              studies.map(({ name, cases, isClosed, question }) => [
                name,
                String(cases),
                isClosed ? 'closed' : 'open',
                question,
              ]),
            ),
          );
      }),
  );
  withNodeOptions(
    study
      .command('report')
      .description('close the study and analyse what was read: preference, grades, agreement')
      .argument('<name>', 'reader study'),
  )
    .option('--out <folder>', 'write reader-study.html and reader-study.json there', 'photopeak-reader-study')
    .option('--json', 'print JSON')
    .action((name: string, options: NodeArguments & { readonly out: string; readonly json?: boolean }) =>
      withStore(options, async (store) => {
        const { db } = store;
        const { question, arm_a: a, arm_b: b, seed } = await requireReaderStudy(db, name);
        const { cases, readings } = await readingsOf(db, name);
        if (readings.length === 0) {
          throw new PhotopeakError('nothing was read yet', {
            code: 'READER_STUDY_EMPTY',
            found: name,
            remedy: 'readers find the study in the workspace under /reader-studies',
          });
        }
        await closeReaderStudy({ db, actor: 'command-line' }, name);
        const analysis = analyseReadings(readings, seed);
        const report = { name, question, arms: { a, b }, seed, cases, analysis };
        await writeFiles(options.out, [
          textFile('reader-study.html', readerStudyReport(report)),
          jsonFile('reader-study.json', { schema: 'photopeak/reader-study/1', ...report, readings }),
        ]);
        if (options.json === true) console.log(JSON.stringify(report, null, 2));
        else {
          const { preference, grades } = analysis;
          console.log(
            [
              `A: ${a}; B: ${b}`,
              `${preference.b} of ${preference.a + preference.b} decided cases prefer B (p ${preference.p.toFixed(3)}), ${preference.none} neither`,
              `mean grades: A ${grades.a.toFixed(2)}, B ${grades.b.toFixed(2)}${grades.test === null ? '' : ` (signed ranks, p ${grades.test.p.toFixed(3)})`}`,
              `report: ${path.join(options.out, 'reader-study.html')}`,
            ].join('\n'),
          );
        }
      }),
    );
}

async function packageOf(
  name: string,
  store: Store,
): Promise<{ readonly folder: string; readonly title: string }> {
  if (await isPackage(name)) return { folder: name, title: path.basename(path.resolve(name)) };
  const { model, folder } = await registeredPackage(store, name);
  return { folder, title: `${model.id}@${model.version}` };
}

function withStore(options: NodeArguments, work: (store: Store) => Promise<void>): Promise<void> {
  return runCommand(async () => {
    const configuration = await configurationOf(options);
    const store = await openNodeStore({ configuration, dataFolder: options.data });
    try {
      await work(store);
    } finally {
      await store.close();
    }
    return EXIT.ok;
  });
}
