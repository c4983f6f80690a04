/**
 * The HTTP contract between the node and everything that talks to it in JSON: the workspace, scripts, other systems.
 * It imports nothing but zod, so that the browser can use the same schemas. DICOMweb is not here: PS3.18 is its
 * contract.
 *
 * Errors of every route have the body `ErrorBody` and a status of 400 (input), 401 (no session), 403 (not allowed),
 * 404, 409 (not now; `missing` says what is missing), 413, 429 (too many attempts) or 5xx.
 */
import { z } from 'zod';

export * from './routing-contract.ts';

export const roles = ['reader', 'technologist', 'physicist', 'administrator'] as const;
export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

/** A DICOM UID (PS3.5 §9.1). */
export const Uid = z
  .string()
  .max(64)
  .regex(/^[0-9]+(\.[0-9]+)*$/);

const Vec3 = z.tuple([z.number(), z.number(), z.number()]);
/** ISO 8601 with zone, UTC. */
const Instant = z.string();

export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    expected: z.string().optional(),
    found: z.string().optional(),
    where: z.string().optional(),
    remedy: z.string().optional(),
    /** Of a 409 of `sign`: the findings that are still undecided. */
    missing: z.array(z.string()).optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

// ---- session: GET, POST, DELETE /api/session ---------------------------------------------------------------------

export const SignIn = z.union([
  z.strictObject({ username: z.string().min(1).max(64), password: z.string().min(1).max(256) }),
  /** From a one-time sign-in link (`/#token=…`). */
  z.strictObject({ token: z.string().min(16).max(128) }),
]);
export type SignIn = z.infer<typeof SignIn>;

export const User = z.object({ id: z.string(), name: z.string(), roles: z.array(Role) });
export type User = z.infer<typeof User>;

export const Session = z.object({
  user: User,
  /** The session came from a one-time link and no password is set yet: offer PUT /api/session/password. */
  mustSetPassword: z.boolean(),
});
export type Session = z.infer<typeof Session>;

/** PUT /api/session/password; `current` may be left out only while no password is set. 204. */
export const SetPassword = z.strictObject({
  current: z.string().min(1).max(256).optional(),
  next: z.string().min(12).max(256),
});
export type SetPassword = z.infer<typeof SetPassword>;

// ---- work list: GET /api/worklist --------------------------------------------------------------------------------

export const studyStates = [
  'receiving',
  'complete',
  'awaiting-input',
  'processing',
  'draft',
  'signed',
  'failed',
] as const;
export const StudyState = z.enum(studyStates);
export type StudyState = z.infer<typeof StudyState>;

/** Whether somebody has to look at how the images lie on each other, and what they said. */
export const AlignmentCheck = z.object({
  state: z.enum(['waiting', 'accepted', 'unusable']),
  /** `Check fusion alignment, 41/100: liver dome 9 mm higher on PET than on CT` */
  note: z.string(),
  decidedBy: z.string().nullable(),
  comment: z.string().nullable(),
});
export type AlignmentCheck = z.infer<typeof AlignmentCheck>;

/** POST /api/runs/:id/alignment answers an AlignmentCheck. */
export const AlignmentInput = z.strictObject({
  verdict: z.enum(['accepted', 'unusable']),
  comment: z.string().max(1024).optional(),
});
export type AlignmentInput = z.infer<typeof AlignmentInput>;

const millimetres = z.number().min(-1000).max(1000);
const degrees = z.number().min(-180).max(180);
const coordinate = z.number().min(-10_000).max(10_000);
const place = z.tuple([coordinate, coordinate, coordinate]);

/**
 * POST /api/runs/:id/alignment/correction: how the moving image is to move; answers an AlignmentCorrection, 202. With
 * `?trial=true` nothing is done and the answer, 200, tells what would be.
 */
export const AlignmentCorrectionInput = z.union([
  z.strictObject({
    nudge: z.strictObject({
      /** Towards the patient's left, back and head. */
      shiftMm: z.tuple([millimetres, millimetres, millimetres]),
      /** About the axes that point there: x, then y, then z. */
      turnDegrees: z.tuple([degrees, degrees, degrees]),
      /** The point of the fixed image about which it turns. */
      about: place,
    }),
  }),
  z.strictObject({
    /** Points of the fixed image, and of the moving image where its own header puts them, LPS mm. */
    landmarks: z
      .array(z.strictObject({ fixed: place, moving: place }))
      .min(3)
      .max(64),
  }),
]);
export type AlignmentCorrectionInput = z.infer<typeof AlignmentCorrectionInput>;

/** The run that processes the study with that alignment. */
export const AlignmentCorrection = z.object({
  /** Null for a trial. */
  runId: z.string().nullable(),
  /** Row-major 4×4, LPS mm, from the moving to the fixed image. */
  matrix: z.array(z.number()).length(16),
  /** What remains between the landmarks; null after a nudge. */
  rmsMm: z.number().nullable(),
  /** Of each pair, in their order. */
  residualsMm: z.array(z.number()),
});
export type AlignmentCorrection = z.infer<typeof AlignmentCorrection>;

export const WorklistEntry = z.object({
  studyInstanceUid: z.string(),
  /** `Family^Given` as in the image header. */
  patientName: z.string(),
  patientId: z.string(),
  /** `YYYYMMDD` or empty. */
  birthDate: z.string(),
  sex: z.string(),
  accessionNumber: z.string(),
  /** DICOM DA and TM. */
  studyDate: z.string(),
  studyTime: z.string(),
  description: z.string(),
  modalities: z.array(z.string()),
  instanceCount: z.number().int(),
  state: StudyState,
  /** Why it is in this state: what is missing, which step failed; null when the state speaks for itself. */
  stateReason: z.string().nullable(),
  /** Where announced, received, processed and delivered counts differ, in words; empty when they agree. */
  differences: z.array(z.string()),
  priority: z.object({ level: z.enum(['routine', 'high', 'urgent']), reason: z.string() }),
  registration: z
    .object({
      /** 0–100. */
      score: z.number(),
      class: z.enum(['good', 'check', 'poor']),
      reason: z.string(),
    })
    .nullable(),
  /** Of the newest run, where its score is below the limit of the site. */
  alignmentCheck: AlignmentCheck.nullable(),
  findingCount: z.number().int(),
  progress: z.object({ step: z.string(), fraction: z.number() }).nullable(),
  /** The newest run. */
  runId: z.string().nullable(),
  receivedAt: Instant,
});
export type WorklistEntry = z.infer<typeof WorklistEntry>;

export const Worklist = z.object({ entries: z.array(WorklistEntry) });
export type Worklist = z.infer<typeof Worklist>;

// ---- expected studies: GET /api/orders/expected ---------------------------------------------------------------------

export const orderStates = ['scheduled', 'in-progress', 'completed', 'cancelled', 'discontinued'] as const;
export const OrderState = z.enum(orderStates);

const OrderCode = z.object({ value: z.string(), scheme: z.string(), meaning: z.string() });

/** What was ordered: of an expected study, or of one that arrived. */
export const OrderEntry = z.object({
  id: z.string(),
  patientName: z.string(),
  patientId: z.string(),
  birthDate: z.string(),
  sex: z.string(),
  accessionNumber: z.string(),
  requestedProcedureId: z.string(),
  modality: z.string(),
  description: z.string(),
  procedureCode: OrderCode.nullable(),
  /** Reason for examination. */
  reason: z.string(),
  clinicalInformation: z.string(),
  priority: z.enum(['routine', 'high', 'urgent']),
  scheduledAt: Instant.nullable(),
  state: OrderState,
  studyInstanceUid: z.string().nullable(),
  /** Protocols that the rules of this site suggest to the technologist. */
  suggestions: z.array(z.object({ rule: z.string(), text: z.string(), code: OrderCode.nullable() })),
});
export type OrderEntry = z.infer<typeof OrderEntry>;

/** Ordered and not here yet, the next first. */
export const ExpectedStudies = z.object({ orders: z.array(OrderEntry) });
export type ExpectedStudies = z.infer<typeof ExpectedStudies>;

/** GET /api/studies/:uid/context: what other systems told about a study. */
export const StudyContext = z.object({
  orders: z.array(OrderEntry),
  /** Reports of this patient by others, the newest first. */
  reports: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      status: z.string(),
      text: z.string(),
      attachments: z.number().int(),
      isOfThisStudy: z.boolean(),
      observedAt: Instant.nullable(),
    }),
  ),
});
export type StudyContext = z.infer<typeof StudyContext>;

/** GET /api/messages (newest first); POST /api/messages/:destination/retry makes everything due now, also what failed. */
export const OwedMessages = z.object({
  messages: z.array(
    z.object({
      id: z.number().int(),
      destination: z.string(),
      kind: z.enum(['hl7', 'fhir']),
      /** What it is about: `report:<run>:draft`, `priority:<study>:…`. */
      subject: z.string(),
      studyInstanceUid: z.string(),
      state: z.enum(['waiting', 'acknowledged', 'failed']),
      attempts: z.number().int(),
      lastError: z.string().nullable(),
      createdAt: Instant,
      acknowledgedAt: Instant.nullable(),
    }),
  ),
});
export type OwedMessages = z.infer<typeof OwedMessages>;

/** How a study is shown: name as in the image header, birth date `YYYYMMDD` or empty. */
const ShownPatient = z.object({
  patientId: z.string(),
  issuer: z.string(),
  name: z.string(),
  birthDate: z.string(),
  sex: z.string(),
});

/** GET /api/patient-changes (newest first); POST /api/patient-changes/:id/undo answers the studies shown as before. */
export const PatientChanges = z.object({
  changes: z.array(
    z.object({
      id: z.number().int(),
      kind: z.enum(['update', 'merge', 'change-id', 'move']),
      retired: z.object({ patientId: z.string(), issuer: z.string() }).nullable(),
      surviving: z.object({ patientId: z.string(), issuer: z.string() }),
      studyInstanceUids: z.array(z.string()),
      studies: z.array(
        z.object({
          studyInstanceUid: z.string(),
          studyDate: z.string(),
          description: z.string(),
          before: ShownPatient,
          after: ShownPatient,
        }),
      ),
      /** The message that told it: type, sending application and facility, control id. */
      message: z.object({ type: z.string(), sender: z.string(), controlId: z.string() }).nullable(),
      madeAt: Instant,
      undoneAt: Instant.nullable(),
      /** Name of the person who took it back. */
      undoneBy: z.string().nullable(),
      /** The newer change that has to be taken back first; null where this one can be. */
      undoFirst: z.number().int().nullable(),
    }),
  ),
});
export type PatientChanges = z.infer<typeof PatientChanges>;

/** GET /api/alerts: open ones first; POST /api/alerts/:id/acknowledge answers the same. */
export const Alerts = z.object({
  alerts: z.array(
    z.object({
      id: z.number().int(),
      /** study-incomplete, run-failed, delivery-failed, message-failed, archive, archive-problem, workers, model-failing. */
      kind: z.string(),
      /** A study, a run, a destination or a node, as the kind says. */
      subject: z.string(),
      studyInstanceUid: z.string().nullable(),
      text: z.string(),
      raisedAt: Instant,
      /** Null while its cause lasts. */
      resolvedAt: Instant.nullable(),
      acknowledgedAt: Instant.nullable(),
      notices: z.array(
        z.object({
          webhook: z.string(),
          event: z.enum(['raised', 'resolved']),
          state: z.enum(['waiting', 'acknowledged', 'failed']),
          lastError: z.string().nullable(),
        }),
      ),
    }),
  ),
});
export type Alerts = z.infer<typeof Alerts>;

/** GET /api/reader-studies: blinded comparisons, with how far the reader who asks is. */
export const ReaderStudies = z.object({
  studies: z.array(
    z.object({
      name: z.string(),
      question: z.string(),
      cases: z.number().int(),
      read: z.number().int(),
      isClosed: z.boolean(),
    }),
  ),
});
export type ReaderStudies = z.infer<typeof ReaderStudies>;

const Limits = z.tuple([z.number(), z.number()]);

/**
 * GET /api/reader-studies/:name/next: the case to read; null after the last. Its planes are PNG pictures at
 * /api/reader-studies/:name/cases/:place/left|right/:plane, planes from 0: 16 bits a pixel, the high byte in red and the
 * low one in green, over the range of `display` (older pictures are grey, which reads the same).
 */
export const ReaderStudyNext = z.object({
  next: z
    .object({
      place: z.number().int(),
      total: z.number().int(),
      planes: z.number().int(),
      display: z.object({ range: Limits, window: Limits, unit: z.string() }),
    })
    .nullable(),
});
export type ReaderStudyNext = z.infer<typeof ReaderStudyNext>;

/** POST /api/reader-studies/:name/cases/:place; answers with the next case. Once sent it cannot be changed. */
export const ReaderRating = z.object({
  left: z.number().int().min(1).max(5),
  right: z.number().int().min(1).max(5),
  preference: z.enum(['left', 'right', 'none']),
});
export type ReaderRating = z.infer<typeof ReaderRating>;

// ---- study: GET /api/studies/:uid ----------------------------------------------------------------------------------

export const SeriesEntry = z.object({
  seriesInstanceUid: z.string(),
  number: z.number().int().nullable(),
  modality: z.string(),
  description: z.string(),
  count: z.number().int(),
  role: z.enum(['chosen-ct', 'chosen-pet', 'result', 'other']),
  /** Why this role. */
  reason: z.string(),
});
export type SeriesEntry = z.infer<typeof SeriesEntry>;

export const runStates = ['queued', 'running', 'packaged', 'delivered', 'failed'] as const;
export const RunState = z.enum(runStates);
export type RunState = z.infer<typeof RunState>;

export const RunStep = z.object({
  name: z.string(),
  version: z.string(),
  state: z.enum(['running', 'done', 'failed']),
  /** 0–1. */
  fraction: z.number(),
  message: z.string().nullable(),
  startedAt: Instant,
  endedAt: Instant.nullable(),
  durationMs: z.number().nullable(),
});
export type RunStep = z.infer<typeof RunStep>;

export const RunResult = z.object({
  output: z.string(),
  kind: z.enum(['dicom', 'json', 'html', 'png', 'nifti', 'csv']),
  fileName: z.string(),
  sha256: z.string(),
  byteLength: z.number().int(),
  sopClassUid: z.string().nullable(),
  sopInstanceUid: z.string().nullable(),
  seriesInstanceUid: z.string().nullable(),
  /** GET returns the bytes with a fitting Content-Type. */
  href: z.string(),
});
export type RunResult = z.infer<typeof RunResult>;

/** A notice beside a result. */
export const Notice = z.object({
  code: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  message: z.string(),
  remedy: z.string().optional(),
});
export type Notice = z.infer<typeof Notice>;

// ---- decisions: GET, POST /api/runs/:id/decisions ------------------------------------------------------------------

export const DecisionInput = z.strictObject({
  /** `findings[].id` of the run. */
  findingId: z.string().min(1).max(128),
  action: z.enum(['accept', 'modify', 'reject']),
  /** Of `modify`: the name the reader gives. */
  name: z.string().min(1).max(64).optional(),
  /** Of `modify`: a site of `sites` (GET /api/system). */
  site: z.string().min(1).max(64).optional(),
  comment: z.string().max(1024).optional(),
});
export type DecisionInput = z.infer<typeof DecisionInput>;

export const Decision = z.object({
  id: z.string(),
  runId: z.string(),
  findingId: z.string(),
  action: z.enum(['accept', 'modify', 'reject']),
  name: z.string().nullable(),
  site: z.string().nullable(),
  comment: z.string().nullable(),
  decidedBy: z.string(),
  decidedAt: Instant,
});
export type Decision = z.infer<typeof Decision>;

/** The newest decision per finding, in the order of the findings, and what is still open. */
export const Decisions = z.object({ decisions: z.array(Decision), undecided: z.array(z.string()) });
export type Decisions = z.infer<typeof Decisions>;

/** POST /api/runs/:id/decisions/accept-all: accepts every finding without a decision. Answers `Decisions`. */

/** DELETE /api/runs/:id/decisions/:findingId takes a decision back; the finding is undecided again. Answers `Decisions`. */

/** POST /api/runs/:id/sign. */
export const SignInput = z.strictObject({ password: z.string().min(1).max(256) });
export type SignInput = z.infer<typeof SignInput>;

export const Signature = z.object({
  /** The signed SR. */
  sopInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  predecessorSopInstanceUid: z.string(),
  signedBy: z.string(),
  signedAt: Instant,
});
export type Signature = z.infer<typeof Signature>;

/** A lesion or other finding that a person decides on: one measurement group of the AI's SR. */
export const RunFinding = z.object({
  /** Tracking Unique Identifier of the measurement group. */
  id: z.string(),
  name: z.string(),
  site: z.string().nullable(),
  segmentNumber: z.number().int().nullable(),
  /** By concept and derivation as in the SR, e.g. `{ code: '126401', meaning: 'SUVbw', derivation: 'Maximum' }`. */
  measurements: z.array(
    z.object({
      code: z.string(),
      meaning: z.string(),
      derivation: z.string().nullable(),
      value: z.number(),
      unit: z.string(),
    }),
  ),
});
export type RunFinding = z.infer<typeof RunFinding>;

export const RunDetail = z.object({
  id: z.string(),
  studyInstanceUid: z.string(),
  pipeline: z.object({ name: z.string(), version: z.string(), title: z.string() }),
  phase: z.enum(['research', 'assist', 'production']),
  state: RunState,
  /** Code and text of the failure. */
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      step: z.string().nullable(),
      remedy: z.string().nullable(),
    })
    .nullable(),
  /** Draft until signed. */
  review: z.enum(['none', 'draft', 'signed']),
  queuedAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** Content date-time of the results (the clock passed to the run). */
  at: z.string(),
  steps: z.array(RunStep),
  results: z.array(RunResult),
  notices: z.array(Notice),
  findings: z.array(RunFinding),
  decisions: z.array(Decision),
  undecided: z.array(z.string()),
  signature: Signature.nullable(),
  /** summary.json of the pipeline; for petct-oncology see `PetctSummary` of @photopeak/pipelines. */
  summary: z.unknown(),
});
export type RunDetail = z.infer<typeof RunDetail>;

export const StudyDetail = z.object({
  entry: WorklistEntry,
  patient: z.object({ weightKg: z.number().nullable(), sizeM: z.number().nullable(), sex: z.string() }),
  series: z.array(SeriesEntry),
  /** Newest first. */
  runs: z.array(RunDetail),
});
export type StudyDetail = z.infer<typeof StudyDetail>;

// ---- enhancement while reading -------------------------------------------------------------------------------------

/** GET /api/enhancement-methods */
export const EnhancementMethods = z.object({
  methods: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      task: z.string(),
      modalities: z.array(z.string()),
      settings: z.array(z.string()),
      /** What it does not do, or does badly. */
      limits: z.array(z.string()),
      /** A model of the site; else built in. */
      isModel: z.boolean(),
    }),
  ),
});
export type EnhancementMethods = z.infer<typeof EnhancementMethods>;

/** POST /api/studies/:uid/enhancements: answers 202 with `{ runId }`; progress comes by the events of that run. */
export const EnhancementRequest = z.strictObject({
  seriesInstanceUid: Uid,
  task: z.enum(['denoise', 'super-resolution', 'metal', 'speckle', 'harmonise']),
  method: z.string().min(1).max(200).default('auto'),
  settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
});
export type EnhancementRequest = z.infer<typeof EnhancementRequest>;

export const EnhancementEntry = z.object({
  runId: z.string(),
  seriesInstanceUid: z.string(),
  task: z.string(),
  method: z.string(),
  phase: z.enum(['research', 'assist', 'production']),
  /** there: a layer that can be looked at, until it is kept, dropped or its time is over. */
  state: z.enum(['queued', 'running', 'there', 'failed']),
  error: z.string().nullable(),
  fraction: z.number(),
  askedBy: z.string(),
  askedAt: z.string(),
  expiresAt: z.string().nullable(),
  /** What quality control says; null until it is there, or where it says nothing. What is held back is not shown. */
  quality: z
    .object({ verdict: z.enum(['passed', 'flagged', 'held']), reasons: z.array(z.string()) })
    .nullable(),
  /** As of a volume; null until it is there, where nothing was changed, and where it is held back. */
  geometryHref: z.string().nullable(),
});
export type EnhancementEntry = z.infer<typeof EnhancementEntry>;

/** GET /api/studies/:uid/enhancements: layers that were neither kept nor dropped, the newest first. */
export const EnhancementList = z.object({ enhancements: z.array(EnhancementEntry) });
export type EnhancementList = z.infer<typeof EnhancementList>;

// ---- volumes -------------------------------------------------------------------------------------------------------

const suvFactors = z.object({ bw: z.number(), lbm: z.number(), bsa: z.number(), ibw: z.number() });

/**
 * `factors.bw` etc. multiply Bq/ml (or the series' own unit) and are null where sex or height is missing. When the
 * voxels are already SUVbw (`unit` is `g/ml{SUVbw}`), `ratios` turn SUVbw into the other kinds by one multiplication.
 */
export const SuvStatus = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    factors: z.object({
      bw: z.number(),
      lbm: z.number().nullable(),
      bsa: z.number().nullable(),
      ibw: z.number().nullable(),
    }),
    ratios: suvFactors.partial(),
    /** How the factor came about, line by line, for people. */
    derivation: z.array(z.string()),
    warnings: z.array(z.string()),
  }),
  z.object({ status: z.literal('refused'), code: z.string(), reason: z.string() }),
]);
export type SuvStatus = z.infer<typeof SuvStatus>;

/**
 * GET /api/volumes/:studyUid/:seriesUid/geometry and GET /api/runs/:id/labels/geometry. Positions are LPS mm, voxels
 * are x fastest, `direction` is row-major 3×3 whose columns are the axes i, j, k.
 */
export const VolumeGeometry = z.object({
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  modality: z.string(),
  size: Vec3,
  spacingMm: Vec3,
  origin: Vec3,
  direction: z.array(z.number()).length(9),
  /** UCUM: `[hnsf'U]`, `g/ml{SUVbw}`, `Bq/ml`, `1`. */
  unit: z.string(),
  type: z.enum(['int16', 'float32', 'uint16']),
  byteLength: z.number().int(),
  frameOfReferenceUid: z.string(),
  /** Value range of the voxels, for the first window. */
  range: z.tuple([z.number(), z.number()]),
  /** Null for anything that is not PET. */
  suv: SuvStatus.nullable(),
  /** Strong validator of `voxels`, the SHA-256 of its bytes. */
  etag: z.string(),
  voxelsHref: z.string(),
  /** Null where the volume is too small to need one. Same fields, a quarter of the resolution along i and j. */
  preview: z
    .object({ href: z.string(), size: Vec3, spacingMm: Vec3, origin: Vec3, byteLength: z.number().int() })
    .nullable(),
  /** What was odd in the series (gaps, tilt, …). */
  notices: z.array(Notice),
});
export type VolumeGeometry = z.infer<typeof VolumeGeometry>;

/** GET /api/studies/:uid/volumes: the series that can be shown as volumes; cheap, nothing is decoded. */
export const VolumeList = z.object({
  volumes: z.array(
    z.object({
      seriesInstanceUid: z.string(),
      modality: z.string(),
      description: z.string(),
      role: SeriesEntry.shape.role,
      instanceCount: z.number().int(),
      geometryHref: z.string(),
    }),
  ),
});
export type VolumeList = z.infer<typeof VolumeList>;

/**
 * GET /api/runs/:id/labels/geometry, /voxels: uint16 label map on the grid of the PET. 0 is background. With
 * `?kind=physiological` the segments recognised as physiological uptake.
 */
export const LabelMap = VolumeGeometry.omit({ suv: true, preview: true, range: true }).extend({
  labels: z.array(
    z.object({
      value: z.number().int(),
      name: z.string(),
      /** `findings[].id`, null for hidden physiological uptake. */
      findingId: z.string().nullable(),
      /** sRGB 0–255 as recommended by the segmentation. */
      color: z.tuple([z.number(), z.number(), z.number()]),
    }),
  ),
});
export type LabelMap = z.infer<typeof LabelMap>;

/**
 * GET /api/runs/:id/deformation/geometry, /vectors: how a run deforms the PET to the CT beyond `registration.matrix`. A
 * point x of the CT shows the same part of the body as the point x + d(x) of the PET that this matrix has moved. The
 * vectors d are float32 x, y, z in mm at each node, nodes x fastest, trilinear between nodes and nothing beyond them.
 * 404 where nothing is deformed.
 */
export const DeformationGrid = VolumeGeometry.pick({
  size: true,
  spacingMm: true,
  origin: true,
  direction: true,
  byteLength: true,
  etag: true,
}).extend({ vectorsHref: z.string() });
export type DeformationGrid = z.infer<typeof DeformationGrid>;

// ---- events: GET /api/events (text/event-stream) -------------------------------------------------------------------

/** The `data` of each event; its `event` is `kind`. Refetch what it names: events carry no patient data. */
export const NodeEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('study'), studyInstanceUid: z.string(), state: StudyState }),
  z.object({ kind: z.literal('run'), runId: z.string(), studyInstanceUid: z.string(), state: RunState }),
  z.object({
    kind: z.literal('step'),
    runId: z.string(),
    studyInstanceUid: z.string(),
    step: z.string(),
    state: RunStep.shape.state,
    fraction: z.number(),
    message: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('delivery'),
    runId: z.string().nullable(),
    studyInstanceUid: z.string(),
    destination: z.string(),
    state: z.enum(['waiting', 'sending', 'acknowledged', 'failed']),
  }),
  z.object({
    kind: z.literal('decision'),
    runId: z.string(),
    studyInstanceUid: z.string(),
    findingId: z.string().nullable(),
  }),
  /** An order was told, changed, cancelled or matched; `studyInstanceUid` is what it matches or names, if any. */
  z.object({
    kind: z.literal('order'),
    orderId: z.string(),
    studyInstanceUid: z.string().nullable(),
    state: OrderState,
  }),
]);
export type NodeEvent = z.infer<typeof NodeEvent>;

// ---- administration ------------------------------------------------------------------------------------------------

/** GET /api/system; public, no patient data. */
export const SystemInfo = z.object({
  name: z.literal('Photopeak'),
  version: z.string(),
  notice: z.string(),
  healthy: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  pipelines: z.array(z.object({ name: z.string(), version: z.string(), title: z.string() })),
  /** Anatomical sites a reader may choose in `modify`. */
  sites: z.array(z.string()),
  dicom: z.object({ aeTitle: z.string(), port: z.number().int() }).nullable(),
});
export type SystemInfo = z.infer<typeof SystemInfo>;

/** GET /api/deliveries?limit&before&state&destination */
export const DeliveryEntry = z.object({
  id: z.string(),
  destination: z.string(),
  studyInstanceUid: z.string(),
  sopInstanceUid: z.string(),
  runId: z.string().nullable(),
  state: z.enum(['waiting', 'sending', 'stored', 'acknowledged', 'failed', 'skipped', 'given-up']),
  attempts: z.number().int(),
  lastError: z.string().nullable(),
  nextAttemptAt: Instant.nullable(),
  createdAt: Instant,
  acknowledgedAt: Instant.nullable(),
  /** Storage commitment: the open request that names it, requests without a report, and repetitions; null without. */
  commitment: z
    .object({
      transactionUid: z.string().nullable(),
      asks: z.number().int(),
      resends: z.number().int(),
    })
    .nullable(),
});
export type DeliveryEntry = z.infer<typeof DeliveryEntry>;
export const Deliveries = z.object({
  counts: z.object({
    waiting: z.number(),
    sending: z.number(),
    stored: z.number(),
    acknowledged: z.number(),
    failed: z.number(),
    skipped: z.number(),
    'given-up': z.number(),
  }),
  entries: z.array(DeliveryEntry),
});
export type Deliveries = z.infer<typeof Deliveries>;

/** GET /api/commitments?limit: storage commitment, the newest first. */
export const Commitments = z.object({
  /** What this node asked its destinations. */
  asked: z.array(
    z.object({
      transactionUid: z.string(),
      destination: z.string(),
      studyInstanceUid: z.string(),
      instances: z.number().int(),
      failed: z.array(z.object({ sopInstanceUid: z.string(), reason: z.number().int() })),
      state: z.enum(['asking', 'asked', 'answered', 'refused', 'unanswered']),
      text: z.string().nullable(),
      askedAt: Instant,
      answeredAt: Instant.nullable(),
    }),
  ),
  /** What others asked this node. */
  given: z.array(
    z.object({
      transactionUid: z.string(),
      askedBy: z.string(),
      way: z.enum(['dimse', 'dicomweb']),
      instances: z.number().int(),
      failed: z.array(z.object({ sopInstanceUid: z.string(), reason: z.number().int() })),
      state: z.enum(['due', 'reported', 'failed']),
      attempts: z.number().int(),
      lastError: z.string().nullable(),
      askedAt: Instant,
      reportedAt: Instant.nullable(),
    }),
  ),
});
export type Commitments = z.infer<typeof Commitments>;

/** POST /api/deliveries/retry and /api/deliveries/give-up: deliveries by id, or the failed ones of a destination. */
export const ChosenDeliveries = z.union([
  z.strictObject({
    ids: z
      .array(z.string().regex(/^\d{1,15}$/))
      .min(1)
      .max(1000),
  }),
  z.strictObject({ destination: z.string().min(1).max(64) }),
]);
export type ChosenDeliveries = z.infer<typeof ChosenDeliveries>;
export const DeliveriesChanged = z.object({ count: z.number().int() });
export type DeliveriesChanged = z.infer<typeof DeliveriesChanged>;

/** GET /api/audit?limit&before (newest first) and GET /api/audit/verify. */
export const AuditEntry = z.object({
  sequence: z.number().int(),
  at: Instant,
  kind: z.string(),
  actor: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
export const AuditPage = z.object({ entries: z.array(AuditEntry) });
export type AuditPage = z.infer<typeof AuditPage>;
export const AuditVerification = z.object({
  ok: z.boolean(),
  entries: z.number().int(),
  problems: z.array(
    z.object({ sequence: z.number().int().nullable(), code: z.string(), message: z.string() }),
  ),
});
export type AuditVerification = z.infer<typeof AuditVerification>;

// ---- quality list: GET /api/quality -------------------------------------------------------------------------------

const qualityMark = z.int().min(1).max(5);

/** POST /api/quality/:id/scores: a filled form about a series of the list; 1 is worst, 5 is best. Answers a QualityList. */
export const QualityScoreInput = z.strictObject({
  artefacts: qualityMark,
  sharpness: qualityMark,
  noiseTexture: qualityMark,
  /** How sure one is to diagnose from it. */
  confidence: qualityMark,
  comment: z.string().max(2048).optional(),
});
export type QualityScoreInput = z.infer<typeof QualityScoreInput>;

/** POST /api/quality/:id/decision: release a series that was held back, or reject it for good. Answers a QualityList. */
export const QualityDecisionInput = z.strictObject({
  decision: z.enum(['released', 'rejected']),
  comment: z.string().max(1024).optional(),
});
export type QualityDecisionInput = z.infer<typeof QualityDecisionInput>;

const qualityCounts = { passed: z.int(), flagged: z.int(), held: z.int() };
const meanMark = z.number().nullable();

/** Enhanced series as quality control saw them: what waits for a person first. */
export const QualityList = z.object({
  entries: z.array(
    z.object({
      id: z.string(),
      runId: z.string(),
      studyInstanceUid: Uid,
      seriesInstanceUid: Uid,
      sourceSeriesInstanceUid: Uid,
      description: z.string(),
      model: z.string(),
      modality: z.string(),
      scanner: z.string(),
      verdict: z.enum(['passed', 'flagged', 'held']),
      /** In words. */
      reasons: z.array(z.string()),
      /** By the name of the check. */
      figures: z.record(z.string(), z.number()),
      /** Which result of the run is a picture of it (PNG). */
      picture: z.int().nullable(),
      asked: z.enum(['held', 'flagged', 'sample']).nullable(),
      isOpen: z.boolean(),
      decision: z.enum(['waiting', 'released', 'rejected']).nullable(),
      decidedBy: z.string().nullable(),
      decidedAt: Instant.nullable(),
      comment: z.string().nullable(),
      notedAt: Instant,
      scores: z.array(
        z.object({
          artefacts: z.int(),
          sharpness: z.int(),
          noiseTexture: z.int(),
          confidence: z.int(),
          comment: z.string().nullable(),
          scoredBy: z.string(),
          scoredAt: Instant,
        }),
      ),
    }),
  ),
  models: z.array(
    z.object({
      model: z.string(),
      modality: z.string(),
      counts: z.object(qualityCounts),
      scored: z.int(),
      marks: z.object({
        artefacts: meanMark,
        sharpness: meanMark,
        noiseTexture: meanMark,
        confidence: meanMark,
      }),
      months: z.array(z.object({ month: z.string(), ...qualityCounts })),
      /** Figures whose mean over the newest 30 is not what it was before. */
      drift: z.array(z.object({ check: z.string(), before: z.number(), now: z.number() })),
    }),
  ),
});
export type QualityList = z.infer<typeof QualityList>;
