import { readFile } from 'node:fs/promises';
import { PhotopeakError } from '@photopeak/imaging';
import { openPackage } from '@photopeak/models';
import {
  comparisonReport,
  enhancementMethods,
  type ModelComparison,
  summariseComparison,
} from '@photopeak/pipelines';
import {
  addModel,
  type ComparisonRow,
  listComparisons,
  listDecidedRuns,
  listModels,
  listPlacements,
  openModelStore,
  openNodeStore,
  type Placement,
  type Promotion,
  promoteModel,
  type RegistryContext,
  removeModel,
  rollbackModel,
  signDigest,
} from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT, finiteNumber, oneOf, optionError, textTable } from '../terminal/index.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';
import { jsonFile, textFile, writeFiles } from './write-files.ts';

const PHASES = ['research', 'assist', 'production'] as const;

interface ScopeOptions extends NodeArguments {
  readonly modality?: string;
  readonly protocol?: string;
  readonly reason?: string;
}

/** The registry of a node: what is there, what is in use. */
export function addModelRegistryCommands(model: Command): void {
  withNodeOptions(
    model
      .command('add')
      .description('take a model package into the registry of a node, under the digest of its files')
      .argument('<folder>', 'model package'),
  )
    .option('--signature <file>', 'its signature, as photopeak model sign writes it')
    .action((folder: string, options: NodeArguments & { readonly signature?: string }) =>
      run(options, async (context) => {
        const signature = options.signature === undefined ? undefined : await textOf(options.signature);
        const { id, version, digest, signedBy } = await addModel(context, folder, signature);
        console.log(`${id}@${version} ${digest}${signedBy === null ? '' : `, signed by ${signedBy}`}`);
        console.log(`it serves nothing yet: photopeak model promote ${id}@${version} --phase research`);
      }),
    );
  withNodeOptions(
    model
      .command('list')
      .description('models of a node, which version serves what, and networks that are built in'),
  )
    .option('--json', 'print JSON')
    .action((options: NodeArguments & { readonly json?: boolean }) =>
      run(options, async ({ db }) => {
        const [models, placements] = [await listModels(db), await listPlacements(db)];
        const plain = models.map(({ manifest, files: _, ...rest }) => ({
          ...rest,
          title: manifest.title,
          task: manifest.task,
        }));
        const builtIn = builtInNetworks();
        if (options.json === true)
          console.log(JSON.stringify({ models: plain, placements, builtIn }, null, 2));
        else console.log([tables(plain, placements), builtInTable(builtIn)].join('\n\n'));
      }),
    );
  withScope(
    model
      .command('promote')
      .description('put a version in use, in a phase; what was in use before stays for a rollback')
      .argument('<model>', 'id@version'),
  )
    .requiredOption('--phase <phase>', PHASES.join(', '))
    .option('--shadow <version>', 'a version that runs beside it, seen by nobody')
    .option('--canary <version>', 'a version that serves a share of the studies')
    .option('--share <part>', 'of the canary: above 0, below 1')
    .action((name: string, options: ScopeOptions & Record<'phase' | 'shadow' | 'canary' | 'share', string>) =>
      run(options, async (context, { region }) => {
        const { id, version } = parsed(name);
        const candidate = candidateOf(options);
        const promotion: Promotion = {
          id,
          version,
          phase: oneOf(options.phase, PHASES, '--phase'),
          scope: scopeOf(options),
          ...(candidate === undefined ? {} : { candidate }),
          ...(options.reason === undefined ? {} : { reason: options.reason }),
          ...(region === undefined ? {} : { region }),
        };
        console.log(sentence(await promoteModel(context, promotion)));
      }),
    );
  withScope(
    model
      .command('rollback')
      .description('put back in use what was in use before')
      .argument('<id>', 'id of the model'),
  ).action((id: string, options: ScopeOptions) =>
    run(options, async (context) => {
      const scope = scopeOf(options);
      const before = (await listPlacements(context.db)).find(
        (one) =>
          one.modelId === id &&
          one.scope.modality === (scope.modality ?? '') &&
          one.scope.protocol === (scope.protocol ?? ''),
      );
      console.log(sentence(await rollbackModel(context, id, scope, options.reason)));
      if (before === undefined) return;
      const runs = await listDecidedRuns(context.db, id, before.version);
      if (runs.length === 0) return;
      const open = runs.filter(({ state }) => state === 'queued' || state === 'running').length;
      console.log(
        `${runs.length} runs were decided with ${before.version}, ${open} of them are not over: ` +
          `photopeak model runs ${id}@${before.version}`,
      );
    }),
  );
  withNodeOptions(
    model
      .command('runs')
      .description('runs that were decided with a version: what to look through when it is taken back')
      .argument('<model>', 'id@version'),
  )
    .option('--since <date>', 'only runs from then on, e.g. 2026-11-01')
    .option('--json', 'print JSON')
    .action((name: string, options: NodeArguments & { readonly since?: string; readonly json?: boolean }) =>
      run(options, async ({ db }) => {
        const { id, version } = parsed(name);
        const runs = await listDecidedRuns(db, id, version, dateOf(options.since));
        if (options.json === true) console.log(JSON.stringify(runs, null, 2));
        else console.log(runs.length === 0 ? `no run was decided with ${name}` : runsText(runs));
      }),
    );
  withNodeOptions(
    model
      .command('remove')
      .description('take a version out of the registry; not one in use, nor the two before it')
      .argument('<model>', 'id@version'),
  ).action((name: string, options: NodeArguments) =>
    run(options, async (context) => {
      const { id, version } = parsed(name);
      await removeModel(context, id, version);
      console.log(`${name} removed`);
    }),
  );
  withNodeOptions(
    model
      .command('compare')
      .description('how a candidate that runs as a shadow differs from the version in use')
      .argument('<id>', 'id of the model'),
  )
    .option('--from <version>', 'the version in use; needed where several were compared')
    .option('--to <version>', 'the candidate; needed where several were compared')
    .option('--since <date>', 'only what was compared since then, e.g. 2026-11-01')
    .option('--out <folder>', 'write comparison.html and comparison.json there')
    .option('--json', 'print JSON')
    .action((id: string, options: CompareOptions) => run(options, ({ db }) => compare(db, id, options)));
  model
    .command('sign')
    .description('sign the digest of a package with a private Ed25519 key; prints the signature')
    .argument('<folder>', 'model package')
    .requiredOption('--key <file>', 'private key as PEM (openssl genpkey -algorithm ed25519)')
    .action((folder: string, options: { readonly key: string }) =>
      runCommand(async () => {
        const { digest } = await openPackage(folder);
        console.log(signDigest(digest, await textOf(options.key)));
        return EXIT.ok;
      }),
    );
}

function dateOf(since: string | undefined): Date | undefined {
  if (since === undefined) return undefined;
  if (Number.isNaN(Date.parse(since))) throw optionError('--since', 'a date', since);
  return new Date(since);
}

const runsText = (runs: Awaited<ReturnType<typeof listDecidedRuns>>): string =>
  textTable(
    [
      { title: 'queued' },
      { title: 'study' },
      { title: 'run' },
      { title: 'pipeline' },
      { title: 'phase' },
      { title: 'state' },
      { title: 'sent', align: 'right' },
      { title: 'acknowledged', align: 'right' },
    ],
    runs.map((one) => [
      one.queuedAt.toISOString().slice(0, 16).replace('T', ' '),
      one.studyInstanceUid,
      one.runId,
      one.pipeline,
      one.phase,
      one.state,
      String(one.sent),
      String(one.acknowledged),
    ]),
  );

interface CompareOptions extends NodeArguments {
  readonly from?: string;
  readonly to?: string;
  readonly since?: string;
  readonly out?: string;
  readonly json?: boolean;
}

async function compare(db: RegistryContext['db'], id: string, options: CompareOptions): Promise<void> {
  const { from, to, since, out } = options;
  const begin = dateOf(since);
  const rows = await listComparisons(db, id, {
    ...(from === undefined ? {} : { version: from }),
    ...(to === undefined ? {} : { candidate: to }),
    ...(begin === undefined ? {} : { since: begin }),
  });
  const pairs = [...new Set(rows.map(({ version, candidate }) => `${version} ${candidate}`))];
  const [version, candidate] = pairs[0]?.split(' ') ?? [];
  if (version === undefined || candidate === undefined || pairs.length > 1) {
    throw new PhotopeakError('there is not one pair of versions to compare', {
      code: 'MODEL_NOT_COMPARED',
      expected: 'a candidate that ran as a shadow beside a version, named by --from and --to',
      found: pairs.map((pair) => pair.replace(' ', ' with shadow ')).join('; ') || 'none',
      remedy: `photopeak model promote ${id}@VERSION --shadow CANDIDATE, then wait for studies`,
    });
  }
  const comparison = summariseComparison({ model: id, version, candidate }, rows.map(toldRow));
  if (out !== undefined) {
    await writeFiles(out, [
      textFile('comparison.html', comparisonReport(comparison)),
      jsonFile('comparison.json', comparison),
    ]);
  }
  console.log(options.json === true ? JSON.stringify(comparison, null, 2) : comparisonText(comparison));
}

const toldRow = ({
  version: _,
  candidate: __,
  comparedAt: ___,
  strata,
  differences,
  ...rest
}: ComparisonRow) => ({
  ...rest,
  strata: { ...strata },
  differences: [...differences],
});

function comparisonText({ model, version, candidate, series, statistics }: ModelComparison): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const short = (value: number) => String(Number(value.toPrecision(4)));
  const failed = series.filter(({ failure }) => failure !== null).length;
  return [
    `${model}: ${candidate} less ${version} on ${series.length} series${failed === 0 ? '' : `, ${failed} without result`}`,
    textTable(
      [
        { title: 'difference' },
        right('series'),
        right('mean'),
        right('least'),
        right('most'),
        { title: 'unit' },
      ],
      statistics.map((one) => [
        one.label === null ? one.measure : `${one.measure} ${one.label}`,
        String(one.cases),
        short(one.mean),
        short(one.least),
        short(one.most),
        one.unit,
      ]),
    ),
  ].join('\n');
}

const withScope = (command: Command): Command =>
  withNodeOptions(command)
    .option('--modality <code>', 'only for this modality')
    .option('--protocol <name>', 'only for this Protocol Name')
    .option('--reason <text>', 'why; stays with the change');

function run(
  options: NodeArguments,
  work: (context: RegistryContext, more: { readonly region: string | undefined }) => Promise<void>,
): Promise<void> {
  return runCommand(async () => {
    const configuration = await configurationOf(options);
    const node = await openNodeStore({ configuration, dataFolder: options.data });
    try {
      const { trustedKeys, requireSignature, region } = configuration.models;
      const context: RegistryContext = {
        db: node.db,
        store: openModelStore(node.archive),
        trustedKeys: await Promise.all(trustedKeys.map(textOf)),
        requireSignature,
        actor: 'command-line',
      };
      await work(context, { region });
    } finally {
      await node.close();
    }
    return EXIT.ok;
  });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new PhotopeakError('a file cannot be read', {
      code: 'INPUT_UNREADABLE',
      found: error instanceof Error && 'code' in error ? String(error.code) : String(error),
      where: file,
      remedy: 'check the path',
    });
  }
}

function parsed(name: string): { readonly id: string; readonly version: string } {
  const [id, version, ...rest] = name.split('@');
  if (id && version && rest.length === 0) return { id, version };
  throw optionError('<model>', 'id@version', name);
}

const scopeOf = ({ modality, protocol }: ScopeOptions) => ({
  ...(modality === undefined ? {} : { modality }),
  ...(protocol === undefined ? {} : { protocol }),
});

function candidateOf({
  shadow,
  canary,
  share,
}: Partial<Record<'shadow' | 'canary' | 'share', string>>): Promotion['candidate'] {
  if (shadow !== undefined && canary !== undefined)
    throw optionError('--canary', 'not together with --shadow', canary);
  const part = share === undefined ? {} : { share: finiteNumber(share, '--share') };
  if (shadow !== undefined) return { version: shadow, mode: 'shadow', ...part };
  if (canary !== undefined) return { version: canary, mode: 'canary', ...part };
  if (share !== undefined) throw optionError('--share', 'together with --canary', share);
  return undefined;
}

const scopeText = ({ scope }: Placement) =>
  [scope.modality, scope.protocol].filter((part) => part !== '').join(', ') || 'everything';

function candidateText({ candidate }: Placement): string {
  if (candidate === null) return '';
  const share = candidate.share === undefined ? '' : ` for ${Math.round(100 * candidate.share)} %`;
  return `${candidate.version} as ${candidate.mode}${share}`;
}

function sentence(placement: Placement): string {
  const beside = candidateText(placement);
  return `${placement.modelId}@${placement.version} serves ${scopeText(placement)} (${placement.phase})${beside === '' ? '' : `; beside it ${beside}`}`;
}

/** Networks that come with Photopeak: enhancement methods, which routes and `photopeak enhance --model` name. */
const builtInNetworks = () =>
  enhancementMethods
    .filter(({ isNetwork }) => isNetwork === true)
    .map(({ id, version, task, modalities, title, digest }) => ({
      id,
      version,
      task,
      modalities,
      title,
      digest: digest ?? null,
    }));

const builtInTable = (networks: ReturnType<typeof builtInNetworks>): string =>
  textTable(
    [{ title: 'built in' }, { title: 'version' }, { title: 'task' }, { title: 'digest' }, { title: 'for' }],
    networks.map(({ id, version, task, digest, modalities }) => [
      id,
      version,
      task,
      digest?.slice(0, 12) ?? '',
      modalities.join(', '),
    ]),
  );

function tables(
  models: readonly {
    readonly id: string;
    readonly version: string;
    readonly digest: string;
    readonly task: string;
    readonly signedBy: string | null;
  }[],
  placements: readonly Placement[],
): string {
  if (models.length === 0) return 'no models: photopeak model add FOLDER';
  const list = textTable(
    [{ title: 'model' }, { title: 'version' }, { title: 'task' }, { title: 'digest' }, { title: 'signed' }],
    models.map(({ id, version, task, digest, signedBy }) => [
      id,
      version,
      task,
      digest.slice(0, 12),
      signedBy === null ? 'no' : signedBy.slice(0, 12),
    ]),
  );
  const use = textTable(
    [{ title: 'model' }, { title: 'in use' }, { title: 'phase' }, { title: 'for' }, { title: 'beside it' }],
    placements.map((placement) => [
      placement.modelId,
      placement.version,
      placement.phase,
      scopeText(placement),
      candidateText(placement),
    ]),
  );
  return placements.length === 0 ? `${list}\nnone is in use` : `${list}\n\n${use}`;
}
