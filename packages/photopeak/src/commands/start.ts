import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writePetctStudy } from '@photopeak/phantom';
import { type Configuration, parseConfiguration, type RunningNode, startNode } from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT } from '../terminal/index.ts';
import { WORKSPACE_FOLDER } from './node-options.ts';
import { runCommand } from './run-command.ts';
import { untilStopped, whereToLook } from './serve.ts';

interface Options {
  readonly data: string;
  readonly port: string;
  readonly dicomPort: string;
}

/** Seed of the study that a first start shows: lesions in several sites, a visible respiratory mismatch. */
const DEMONSTRATION = { seed: 7, size: 'small', respiratoryMismatchMm: 8 } as const;
const POLL_MS = 500;

/** `npm start`: a node for looking around, with a phantom study that was processed. */
export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('run a node with a phantom PET/CT study in it, to look around (what npm start does)')
    .option(
      '--data <folder>',
      'folder of archive and database',
      path.join(process.env.PHOTOPEAK_HOME ?? '.photopeak', 'demonstration'),
    )
    .option('--port <port>', 'port of the workspace', '8042')
    .option('--dicom-port <port>', 'port of the DICOM listener', '11112')
    .action((options: Options) => runCommand(() => start(options)));
}

async function start(options: Options) {
  const incoming = path.resolve(options.data, 'incoming');
  await mkdir(incoming, { recursive: true });
  const node = await startNode({
    configuration: demonstrationConfiguration(options, incoming),
    dataFolder: options.data,
    ...(existsSync(WORKSPACE_FOLDER) ? { workspaceFolder: WORKSPACE_FOLDER } : {}),
  });
  try {
    if (await isEmpty(node)) await bringPhantom(node, incoming);
    console.log(`\n${whereToLook(node)}\n`);
    await untilStopped();
  } finally {
    await node.close();
  }
  return EXIT.ok;
}

function demonstrationConfiguration(options: Options, incoming: string): Configuration {
  const text = [
    `http: { port: ${Number(options.port)} }`,
    `dicom: { port: ${Number(options.dicomPort)} }`,
    'logging: { level: warn }',
    'studies: { quietSeconds: 3, afterAssociationSeconds: 2 }',
    `sources: [{ kind: folder, name: incoming, path: ${JSON.stringify(incoming)}, afterwards: remove }]`,
    'routes: [{ name: petct, when: { modalities: [PT, CT] }, run: { pipeline: petct-oncology } }]',
  ].join('\n');
  return parseConfiguration(text, 'npm start', process.env);
}

async function isEmpty(node: RunningNode): Promise<boolean> {
  const { count } = await node.context.db
    .selectFrom('study')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count) === 0;
}

async function bringPhantom(node: RunningNode, incoming: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'photopeak-phantom-'));
  try {
    console.log('making a phantom PET/CT study …');
    const written = await writePetctStudy({ phantom: DEMONSTRATION, folder });
    console.log(
      `handing ${written.series.reduce((sum, { instances }) => sum + instances, 0)} images to the node …`,
    );
    await moveInto(written.dicomFolder, incoming);
    await processed(node, written.studyInstanceUid);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Copies under a hidden name first: the watcher never sees half a file. */
async function moveInto(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    const source = path.join(from, name);
    if ((await stat(source)).isDirectory()) {
      await moveInto(source, to);
    } else {
      const hidden = path.join(to, `.${name}`);
      await copyFile(source, hidden);
      await rename(hidden, path.join(to, name));
    }
  }
}

/** Waits for the run of the study and says how far it is. */
async function processed(node: RunningNode, studyInstanceUid: string): Promise<void> {
  let said = '';
  for (;;) {
    const study = await node.context.db
      .selectFrom('study')
      .select(['state', 'state_reason'])
      .where('study_instance_uid', '=', studyInstanceUid)
      .executeTakeFirst();
    const state =
      study === undefined
        ? 'receiving'
        : `${study.state}${study.state_reason === null ? '' : `: ${study.state_reason}`}`;
    if (state !== said) console.log(`study ${state}`);
    said = state;
    if (study !== undefined && ['draft', 'signed', 'failed', 'awaiting-input'].includes(study.state)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
