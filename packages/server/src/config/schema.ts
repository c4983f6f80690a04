import { qualityParameters } from '@photopeak/pipelines';
import { z } from 'zod';
import { alerts } from './alerts.ts';
import { reportTo } from './commitment.ts';
import { checkDestinations, imageDestinations } from './destinations.ts';
import { hl7, messageDestinations, protocolSuggestion, worklistSource } from './messages.ts';
import { modelServer } from './model-server.ts';
import { imageArchive, priorRule } from './priors.ts';
import { checkRoutes, limits, parsedSchemas, route } from './route.ts';
import { aeTitle, name } from './terms.ts';
import { dicomTls } from './tls.ts';

/**
 * The shape of `photopeak.yaml`. Every threshold that a site may want to change is here, with its default and the
 * reason for it; docs/configuration.md is written from these descriptions.
 */

const port = z.int().min(0).max(65535);
const seconds = z.number().min(0).max(86_400);
const loopback = '127.0.0.1';

const dicom = z
  .strictObject({
    aeTitle: aeTitle.default('PHOTOPEAK').describe('Application entity title of this node.'),
    host: z
      .string()
      .default(loopback)
      .describe('Address to listen on. Beyond loopback, `sources` must name who may send.'),
    port: port.default(11112).describe('Port of the DICOM listener; 0 takes any free port.'),
    enabled: z.boolean().default(true),
    tls: dicomTls.optional().describe('A listener over TLS; see docs/deployment.md.'),
    maximumAssociations: z
      .int()
      .min(1)
      .max(1000)
      .default(64)
      .describe('Open at the same time on one port; one more is refused for the time being.'),
    maximumAssociationsPerAddress: z
      .int()
      .min(1)
      .max(1000)
      .default(32)
      .describe('The same of one IP address.'),
  })
  .prefault({});

const http = z
  .strictObject({
    host: z
      .string()
      .default(loopback)
      .describe('Address to listen on. Beyond loopback, `security.secret` must be set.'),
    port: port.default(8042).describe('Port of the workspace, the API and DICOMweb; 0 takes any free port.'),
    publicUrl: z.url().optional().describe('How browsers reach this node when a proxy stands before it.'),
    trustedProxies: z
      .array(z.string().min(1).max(64))
      .default([])
      .describe('IP addresses of proxies whose X-Forwarded-For names the caller.'),
    maximumConnections: z.int().min(8).max(100_000).default(1024).describe('One more is closed.'),
    maximumConnectionsPerAddress: z
      .int()
      .min(1)
      .max(100_000)
      .default(256)
      .describe('One more of the same address is closed; trusted proxies have no such limit.'),
    anonymousRequestsPerMinute: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1200)
      .describe('Requests of an address that are not signed in; files of the workspace do not count.'),
  })
  .prefault({});

const security = z
  .strictObject({
    secret: z
      .string()
      .min(32)
      .optional()
      .describe(
        'At least 32 characters; may name an environment variable in dollar-braces. Seals the anchor of the audit trail.',
      ),
    sessionHours: z.number().min(0.1).max(168).default(10).describe('A session ends after this many hours.'),
    signInAttemptsPerMinute: z.int().min(1).max(1000).default(10).describe('Per address and per user name.'),
    tokens: z
      .array(
        z.strictObject({
          name,
          token: z
            .string()
            .min(24)
            .describe(
              'Bearer token for DICOMweb clients; may name an environment variable in dollar-braces.',
            ),
          roles: z.array(z.enum(['reader', 'technologist', 'physicist', 'administrator'])).min(1),
        }),
      )
      .default([]),
  })
  .prefault({});

/** What a peer may ask of the DICOM listener. */
const dimseServices = ['store', 'query', 'retrieve', 'work-items'] as const;
export type DimseService = (typeof dimseServices)[number];

const source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('dimse'),
    name,
    aeTitle: aeTitle.describe('Calling AE title that is let in.'),
    address: z.string().optional().describe('If given, only from this IP address.'),
    certificates: z
      .array(z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/, 'a SHA-256 fingerprint as AB:CD:…'))
      .min(1)
      .optional()
      .describe('If given, only over TLS with one of these certificates (SHA-256 fingerprints).'),
    commitment: reportTo,
    may: z
      .array(z.enum(dimseServices))
      .default(['store'])
      .describe('What it may ask: store, query (C-FIND), retrieve (C-MOVE, C-GET), work-items (UPS).'),
  }),
  z.strictObject({
    kind: z.literal('folder'),
    name,
    path: z.string().describe('Folder to watch.'),
    afterwards: z.enum(['keep', 'remove']).default('keep').describe('What happens to a file that was taken.'),
  }),
]);

const destination = z.discriminatedUnion('kind', [...imageDestinations, ...messageDestinations]);

const taskList = z.strictObject({
  name,
  url: z.url().describe('DICOMweb root of the task manager, e.g. https://worklist/dicom-web'),
  token: z
    .string()
    .optional()
    .describe('Sent as `Authorization: Bearer`; may name an environment variable in dollar-braces.'),
  where: z
    .record(z.string().max(256), z.string().max(256))
    .default({})
    .describe('Attributes that an item must have, e.g. { WorklistLabel: Livers }; sequences by a dot.'),
  route: name.describe('The route whose run answers an item of this list.'),
  atOnce: z.int().min(1).max(64).default(2).describe('Items that are claimed at the same time.'),
  everySeconds: z.number().min(0.1).max(3600).default(10).describe('How often the list is asked.'),
});

const studies = z
  .strictObject({
    quietSeconds: seconds.default(30).describe('A study is complete when nothing arrived for this long.'),
    afterAssociationSeconds: seconds
      .default(5)
      .describe('… or this long after an association or request that brought it ended well.'),
    learnQuiet: z
      .boolean()
      .default(true)
      .describe('Learn from the pauses within the studies of a source how long it may be quiet.'),
    shortestQuietSeconds: seconds.default(5).describe('What was learned counts from here …'),
    longestQuietSeconds: seconds.default(600).describe('… to here.'),
    missingMinutes: z
      .number()
      .min(0)
      .max(1440)
      .default(10)
      .describe('How long a study waits for instances that were announced (MPPS, IAN) and are not here.'),
    openStepMinutes: z
      .number()
      .min(0)
      .max(1440)
      .default(120)
      .describe('How long a study waits for a performed procedure step that is in progress.'),
    askSource: z
      .array(z.strictObject({ aeTitle, archive: name }))
      .default([])
      .describe('Calling AE titles whose archive (of `archives`) is asked how many instances a study has.'),
  })
  .prefault({});

const archive = z
  .strictObject({
    reserveMegabytes: z
      .number()
      .min(0)
      .default(512)
      .describe('New instances are refused (A700) below this free space.'),
    maximumInstanceMegabytes: z
      .number()
      .min(1)
      .max(65_536)
      .default(4096)
      .describe('Larger instances are refused.'),
    scrub: z
      .strictObject({
        everyDays: z
          .number()
          .min(0)
          .max(3650)
          .default(30)
          .describe('The whole archive is read and compared with its hashes this often; 0 switches it off.'),
        megabytesPerSecond: z
          .number()
          .min(0.1)
          .max(10_000)
          .default(10)
          .describe('No faster than this, so that nobody notices it: 10 MB/s are 26 TB in 30 days.'),
      })
      .prefault({}),
    repair: z
      .enum(['automatic', 'report'])
      .default('automatic')
      .describe(
        'automatic: a damaged or lost file is fetched again from the destinations and archives that have it.',
      ),
  })
  .prefault({});

const workflow = z
  .strictObject({
    workers: z.int().min(0).max(32).default(1).describe('Worker processes of this node.'),
    runsPerWorker: z.int().min(1).max(16).default(1),
    keepStepOutputs: z.boolean().default(false).describe('Keep intermediate volumes of finished runs.'),
    gpus: z
      .union([
        z.literal('probe'),
        z.array(
          z.strictObject({
            id: z
              .string()
              .min(1)
              .max(64)
              .regex(/^[A-Za-z0-9_.:/-]+$/, 'an index or UUID as CUDA_VISIBLE_DEVICES takes it')
              .describe('Index or UUID; an index counts for its machine.'),
            atOnce: z.int().min(1).max(64).default(1).describe('Steps that may use it at the same time.'),
          }),
        ),
      ])
      .default('probe')
      .describe(
        'Devices of this machine for steps that need one; probe asks nvidia-smi, an empty list is none.',
      ),
  })
  .prefault({});

const delivery = z
  .strictObject({
    firstPauseSeconds: z.number().min(0.05).default(2).describe('Pause after the first failed attempt.'),
    longestPauseSeconds: z.number().min(0.1).default(300).describe('The pause doubles up to this.'),
    attempts: z
      .int()
      .min(1)
      .default(1000)
      .describe('Then a delivery is marked failed and someone must look.'),
  })
  .prefault({});

export const configurationSchema = z
  .strictObject({
    node: z
      .strictObject({ name: name.default('photopeak'), institution: z.string().max(64).default('') })
      .prefault({})
      .describe('Institution is written as the verifying organisation of signed reports.'),
    dicom,
    http,
    security,
    database: z
      .strictObject({
        url: z.string().optional().describe('PostgreSQL ≥ 15; without it the embedded server is started.'),
      })
      .prefault({}),
    archive,
    studies,
    workflow,
    delivery,
    hl7,
    worklists: z.array(worklistSource).default([]).describe('Modality worklists to ask for orders.'),
    protocolSuggestions: z.array(protocolSuggestion).default([]),
    sources: z
      .array(source)
      .default([])
      .describe('Who may send. Empty: anybody who can reach the loopback address.'),
    destinations: z.array(destination).default([]),
    taskLists: z
      .array(taskList)
      .default([])
      .describe('Work lists of other systems (UPS-RS) whose items this node performs.'),
    routes: z.array(route).default([]),
    limits,
    archives: z
      .array(imageArchive)
      .default([])
      .describe('PACS and VNA that are asked for studies from before.'),
    priors: z
      .array(priorRule)
      .default([])
      .describe('Which studies from before are relevant, and where from.'),
    alerts,
    models: z
      .strictObject({
        trustedKeys: z
          .array(z.string().min(1))
          .default([])
          .describe('Files with public Ed25519 keys (PEM) whose signatures of model packages count.'),
        requireSignature: z
          .boolean()
          .default(false)
          .describe('Take only models that one of these keys has signed.'),
        region: z
          .string()
          .min(1)
          .optional()
          .describe(
            'Region, as model.yaml names it, whose regulatory status counts for routine use, e.g. EU.',
          ),
        allowPrograms: z
          .boolean()
          .default(false)
          .describe(
            'Run programs of this machine that a model package names (runtime.kind command); they have all rights of the node.',
          ),
        containerEngine: z
          .string()
          .min(1)
          .default('docker')
          .describe('Runs models that are container images: docker, podman, or a path to one of them.'),
        environment: z
          .array(z.string().regex(/^[A-Za-z_]\w*$/))
          .max(100)
          .default([])
          .describe('Variables of the environment that programs and containers of models get, by name.'),
        servers: z
          .array(modelServer)
          .max(100)
          .default([])
          .describe('What models on inference servers need to be let in there.'),
        deliverResearch: z
          .boolean()
          .default(false)
          .describe('Deliver what models and routes in the phase research make, marked as research.'),
        alertAfter: z
          .int()
          .min(1)
          .max(1000)
          .default(3)
          .describe('Failures of a model in a row after which there is an alert.'),
        fallBackAfter: z
          .int()
          .min(0)
          .max(1000)
          .default(0)
          .describe(
            'Failures in a row after which the version that served before serves again; 0: never by itself.',
          ),
      })
      .refine(
        ({ requireSignature, trustedKeys }) => !requireSignature || trustedKeys.length > 0,
        'requireSignature needs trustedKeys',
      )
      .prefault({})
      .describe('Models that the site brings.'),
    enhancements: z
      .strictObject({
        lifetimeMinutes: z
          .number()
          .min(1)
          .max(10_080)
          .default(60)
          .describe(
            'How long an enhanced series that was asked for while reading is there unless it is kept.',
          ),
        phase: z
          .enum(['research', 'assist', 'production'])
          .default('research')
          .describe('Of such series; research: marked as such and not delivered when it is kept.'),
        deliver: z
          .array(z.string().min(1))
          .default([])
          .describe('Names of destinations that get such a series once it is kept.'),
        quality: qualityParameters
          .prefault({})
          .describe('How such series are checked: limits of the site, of its models, trials; as for routes.'),
      })
      .prefault({})
      .describe('Enhancement on demand, from the workspace.'),
    alignment: z
      .strictObject({
        checkBelow: z
          .number()
          .min(0)
          .max(100)
          .default(50)
          .describe('A draft with a lower registration score waits for a technologist; 0 switches it off.'),
      })
      .prefault({}),
    logging: z
      .strictObject({ level: z.enum(['fatal', 'error', 'warn', 'info', 'debug']).default('info') })
      .prefault({}),
  })
  .superRefine((value, context) => {
    checkDestinations(value.destinations, context);
    checkRoutes(value, value.destinations, context);
    const destinations = new Set(value.destinations.map((entry) => entry.name));
    value.enhancements.deliver.forEach((to, index) => {
      if (destinations.has(to)) return;
      const message = `no destination is named "${to}"; there are: ${[...destinations].join(', ') || 'none'}`;
      context.addIssue({ code: 'custom', path: ['enhancements', 'deliver', index], message });
    });
    const archives = new Set(value.archives.map((entry) => entry.name));
    value.studies.askSource.forEach(({ archive }, index) => {
      if (!archives.has(archive)) {
        context.addIssue({
          code: 'custom',
          path: ['studies', 'askSource', index, 'archive'],
          message: `no archive is named "${archive}"`,
        });
      }
    });
    value.priors.forEach((rule, index) => {
      rule.from.forEach((from, position) => {
        if (!archives.has(from)) {
          context.addIssue({
            code: 'custom',
            path: ['priors', index, 'from', position],
            message: `no archive is named "${from}"; there are: ${[...archives].join(', ') || 'none'}`,
          });
        }
      });
    });
    const routes = new Set(value.routes.map((entry) => entry.name));
    value.taskLists.forEach((entry, index) => {
      if (routes.has(entry.route)) return;
      context.addIssue({
        code: 'custom',
        path: ['taskLists', index, 'route'],
        message: `no route is named "${entry.route}"; there are: ${[...routes].join(', ') || 'none'}`,
      });
    });
    for (const list of ['sources', 'destinations', 'worklists', 'protocolSuggestions'] as const) {
      const seen = new Set<string>();
      value[list].forEach((entry, index) => {
        if (seen.has(entry.name)) {
          context.addIssue({
            code: 'custom',
            path: [list, index, 'name'],
            message: `"${entry.name}" is used twice`,
          });
        }
        seen.add(entry.name);
      });
    }
    if (!isLoopback(value.http.host) && value.security.secret === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['http', 'host'],
        message: 'listening beyond loopback needs security.secret (at least 32 characters)',
      });
    }
    if (value.hl7.enabled && !isLoopback(value.hl7.host) && value.hl7.senders.length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['hl7', 'host'],
        message: 'listening beyond loopback needs hl7.senders, so that not everybody may send',
      });
    }
    if (
      value.dicom.enabled &&
      !isLoopback(value.dicom.host) &&
      !value.sources.some((entry) => entry.kind === 'dimse')
    ) {
      context.addIssue({
        code: 'custom',
        path: ['dicom', 'host'],
        message:
          'listening beyond loopback needs at least one source of kind dimse, so that not everybody may send',
      });
    }
  });

export type Configuration = z.infer<typeof configurationSchema> & {
  /** The text of `routes` and `limits` as it was written: what versions of the routes are made of. */
  readonly routesText: string;
};
export type RouteConfiguration = Configuration['routes'][number];
export type DestinationConfiguration = Configuration['destinations'][number];
export type SourceConfiguration = Configuration['sources'][number];

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** For editors: `# yaml-language-server: $schema=…`. */
export function configurationJsonSchema(): object {
  return z.toJSONSchema(configurationSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const parsed = parsedSchemas.get(zodSchema as unknown as z.ZodType);
      if (parsed !== undefined) Object.assign(jsonSchema, parsed);
    },
  });
}
