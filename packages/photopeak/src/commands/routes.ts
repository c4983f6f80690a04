import { stat } from 'node:fs/promises';
import { type Instance, toDicomJson } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import {
  type CollectedStudy,
  collectStudies,
  enhancement,
  enhancementParameters,
  type FactsNeeded,
  instanceFacts,
  type PlannedSeries,
  planEnhancement,
  type StudyFacts,
  type Trace,
} from '@photopeak/pipelines';
import {
  decideRoute,
  factsNeeded,
  loadConfiguration,
  nodePipelines,
  openNodeStore,
  planEnhancements,
  type RouteConfiguration,
  type RouteDecision,
  tryRoutes,
} from '@photopeak/server';
import type { Command } from 'commander';
import { dateTime, EXIT } from '../terminal/index.ts';
import { configurationOf, DEFAULT_DATA_FOLDER } from './node-options.ts';
import { runCommand } from './run-command.ts';

interface TestOptions {
  readonly config?: string;
  readonly data: string;
  readonly aeTitle?: string;
  readonly at?: string;
  readonly json?: boolean;
}

interface Tried {
  readonly facts: StudyFacts;
  readonly decisions: readonly RouteDecision[];
  /** By the name of the route: what it would do with each series, of routes that enhance. */
  readonly plans: ReadonlyMap<string, readonly PlannedSeries[]>;
}

export function addRoutesCommands(program: Command): void {
  const routes = program.command('routes').description('check the routes of a node, and try them on a study');
  routes
    .command('check')
    .description('whether a configuration file can work: syntax, attributes, pipelines, destinations')
    .argument('<file>', 'photopeak.yaml, or routes alone')
    .addHelpText('after', '\nExit codes: 0 it can work, 2 it cannot (line and column of every problem).')
    .action((file: string) =>
      runCommand(async () => {
        const { routes: found } = await loadConfiguration(file, process.env, nodePipelines);
        console.log(`${file}: ${found.length} routes: ${found.map(({ name }) => name).join(', ') || 'none'}`);
        return EXIT.ok;
      }),
    );
  routes
    .command('test')
    .description('which routes a study would take, which conditions hold, with the values that were found')
    .argument('<study>', 'folder with DICOM files, or the Study Instance UID of a study of the node')
    .option('--config <file>', 'photopeak.yaml with the routes')
    .option('--data <folder>', 'folder of the node, for a Study Instance UID', DEFAULT_DATA_FOLDER)
    .option('--ae-title <title>', 'as if a folder came by DICOM from this AE title')
    .option('--at <date-time>', 'as if it were this local time, e.g. 2026-11-23T21:00:00')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nPrints values of patients. Exit codes: 0 every study takes a route, 3 some study takes none, 2 unusable input.',
    )
    .action((study: string, options: TestOptions) =>
      runCommand(() => test(study, options), { json: options.json === true }),
    );
}

async function test(study: string, options: TestOptions) {
  const at = options.at === undefined ? new Date() : new Date(dateTime(options.at, '--at'));
  const configuration =
    options.config === undefined
      ? await configurationOf({ data: options.data })
      : await loadConfiguration(options.config, process.env, nodePipelines);
  const isFolder = await stat(study).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const tried = isFolder
    ? await tryFolder(study, configuration.routes, at, options.aeTitle)
    : [await tryStudy(study, options, configuration.routes, at)];
  if (options.json === true) console.log(JSON.stringify({ studies: tried.map(toJson) }, null, 2));
  else console.log(tried.map(describe).join('\n'));
  return tried.every(({ decisions }) => decisions.some(({ matches }) => matches)) ? EXIT.ok : EXIT.partial;
}

async function tryFolder(
  folder: string,
  routes: readonly RouteConfiguration[],
  at: Date,
  aeTitle: string | undefined,
): Promise<Tried[]> {
  const needed = factsNeeded(routes);
  const source: Readonly<Record<string, string>> =
    aeTitle === undefined ? { kind: 'folder', folder } : { kind: 'dimse', aeTitle };
  const { studies } = await collectStudies(folder);
  const tried: Tried[] = [];
  for (const study of studies) {
    const facts = factsOf(study, needed, source, at);
    const decisions = routes.map((route) => decideRoute(route, facts));
    tried.push({ facts, decisions, plans: await plansOf(decisions, study.instances) });
  }
  return tried;
}

async function tryStudy(
  uid: string,
  options: TestOptions,
  routes: readonly RouteConfiguration[],
  at: Date,
): Promise<Tried> {
  if (!/^[0-9.]{1,64}$/.test(uid)) {
    throw new PhotopeakError('this is neither a folder nor a Study Instance UID', {
      code: 'INPUT_STUDY',
      found: uid,
      remedy: 'give a folder with DICOM files, or the UID of a study of the node',
    });
  }
  const store = await openNodeStore({
    configuration: await configurationOf(options),
    dataFolder: options.data,
  });
  try {
    const tried = await tryRoutes(store, uid, routes, at);
    if (tried !== undefined) {
      return { ...tried, plans: await planEnhancements(store, uid, tried.decisions) };
    }
    throw new PhotopeakError('the node has no originals of this study', {
      code: 'INPUT_STUDY',
      found: uid,
      where: options.data,
      remedy: 'give the folder of the node with --data, or a folder with the DICOM files',
    });
  } finally {
    await store.close();
  }
}

/** What the routes that enhance would do with each series, as far as headers, dose reports and pixels tell it. */
async function plansOf(
  decisions: readonly RouteDecision[],
  instances: readonly Instance[],
): Promise<Map<string, PlannedSeries[]>> {
  const plans = new Map<string, PlannedSeries[]>();
  for (const { route, matches, chosen } of decisions) {
    if (!matches || route.run?.pipeline !== enhancement.name) continue;
    const parameters = enhancementParameters.parse(route.run.parameters);
    const series = new Set(chosen.map(({ seriesInstanceUid }) => seriesInstanceUid));
    const given = instances.filter((one) => series.has(one.seriesInstanceUid));
    plans.set(route.name, await planEnhancement(given, parameters, new AbortController().signal));
  }
  return plans;
}

function factsOf(
  study: CollectedStudy,
  needed: FactsNeeded,
  source: Readonly<Record<string, string>>,
  at: Date,
): StudyFacts {
  const bySeries = Map.groupBy(study.instances, (instance) => instance.seriesInstanceUid);
  const number = (members: CollectedStudy['instances']) => members[0]?.dataset.number('SeriesNumber') ?? 0;
  return {
    studyInstanceUid: study.studyInstanceUid,
    order: undefined,
    at,
    series: [...bySeries]
      .map(([seriesInstanceUid, members]) => ({ seriesInstanceUid, members: members.toSorted(byNumber) }))
      .toSorted((a, b) => number(a.members) - number(b.members))
      .map(({ seriesInstanceUid, members }) => ({
        seriesInstanceUid,
        modality: members[0]?.modality ?? '',
        title: [members[0]?.dataset.text('SeriesNumber'), members[0]?.dataset.text('SeriesDescription')]
          .filter(Boolean)
          .join(' '),
        instanceCount: members.length,
        instances: (needed.everyInstance ? members : members.slice(0, 1)).map(({ sopInstanceUid, dataset }) =>
          instanceFacts(sopInstanceUid, toDicomJson(dataset), needed.paths),
        ),
        sources: [source],
      })),
  };
}

type Member = CollectedStudy['instances'][number];
const byNumber = (a: Member, b: Member) =>
  (a.dataset.number('InstanceNumber') ?? 0) - (b.dataset.number('InstanceNumber') ?? 0);

function toJson({ facts, decisions, plans }: Tried) {
  return {
    studyInstanceUid: facts.studyInstanceUid,
    routes: decisions.map(({ route, matches, traces, waitingFor, chosen }) => ({
      name: route.name,
      matches,
      pipeline: route.run?.pipeline ?? null,
      deliver: route.deliver,
      conditions: traces,
      waitingFor,
      chosenSeries: chosen.map(({ seriesInstanceUid, title }) => ({ seriesInstanceUid, title })),
      ...(plans.has(route.name) ? { enhancement: plans.get(route.name) } : {}),
    })),
  };
}

function describe({ facts, decisions, plans }: Tried): string {
  const images = facts.series.reduce((sum, series) => sum + series.instanceCount, 0);
  const lines = [`study ${facts.studyInstanceUid}: ${facts.series.length} series, ${images} images`];
  if (decisions.length === 0) lines.push('  there are no routes (give the file with --config)');
  for (const { route, matches, traces, waitingFor, chosen } of decisions) {
    const run = route.run === undefined ? 'forward only' : `runs ${route.run.pipeline}`;
    lines.push(`  ${matches ? 'takes' : 'does not take'} route ${route.name} (${run})`);
    if (traces.length === 0) lines.push('    no condition is set');
    for (const trace of traces) lines.push(...traceLines(trace, '    '));
    if (matches && route.choose !== undefined)
      lines.push(`    chosen: ${chosen.map((series) => series.title).join('; ')}`);
    for (const plan of plans.get(route.name) ?? []) lines.push(...planLines(plan));
    if (waitingFor.length > 0) lines.push(`    would wait for: ${waitingFor.join('; ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function planLines({ source, decision, considered }: PlannedSeries): string[] {
  const title = [source.seriesNumber, source.modality, source.description].filter(Boolean).join(' ');
  const what =
    decision === null ? 'stays as it is' : `${decision.task} by ${decision.method} (${decision.phase})`;
  return [
    `    series ${title}: ${what}: ${source.reason}`,
    ...considered.flatMap(({ rule, holds, traces }) => [
      `      rule ${rule} ${holds ? 'holds' : 'does not hold'}`,
      ...traces.flatMap((trace) => traceLines(trace, '        ')),
    ]),
  ];
}

function traceLines(trace: Trace, indent: string): string[] {
  const found = trace.found.length === 0 ? '' : `; found ${trace.found.join(', ')}`;
  return [
    `${indent}${trace.holds ? 'holds' : 'fails'}: ${trace.text}${found}`,
    ...trace.parts.flatMap((part) => traceLines(part, `${indent}  `)),
  ];
}
