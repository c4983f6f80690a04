// Writes docs/dicom-conformance.md: what the node's own services, asked one by one, say that they take.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeSets, wholeStringTerms } from '../packages/dicom/src/charset/terms.ts';
import { uidNames } from '../packages/dicom/src/data/generated/uids.ts';
import { deidentificationOptions, methodCodes } from '../packages/dicom/src/deidentify/profile.ts';
import { profileEdition } from '../packages/dicom/src/deidentify/profile-table.ts';
import {
  canDecode,
  canTranscode,
  implementationClassUid,
  UID,
  uidKind,
  uidName,
} from '../packages/dicom/src/index.ts';
import { DEFAULT_MAX_ASSOCIATIONS } from '../packages/dimse/src/association/server.ts';
import { DEFAULT_TIMEOUTS } from '../packages/dimse/src/association/timeouts.ts';
import { CIPHERS } from '../packages/dimse/src/association/tls.ts';
import type { Service } from '../packages/dimse/src/index.ts';
import {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  STATUS,
  statusText,
  storage,
  verification,
  WORK_ITEM_STATUS,
} from '../packages/dimse/src/index.ts';
import { MAX_IDENTIFIER_BYTES } from '../packages/dimse/src/message/collect.ts';
import { MAX_COMMAND_BYTES } from '../packages/dimse/src/message/command.ts';
import {
  DEFAULT_MAX_PDU_LENGTH,
  MAX_ASSOCIATE_BYTES,
  MAX_CONTEXTS,
} from '../packages/dimse/src/pdu/limits.ts';
import { defaultConfiguration } from '../packages/server/src/config/index.ts';
import { QUERY_LEVELS } from '../packages/server/src/dicom-services/query-retrieve/identifier.ts';
import { MOST_MATCHES } from '../packages/server/src/dicom-services/query-retrieve/query-service.ts';
import { MOST_INSTANCES } from '../packages/server/src/dicom-services/query-retrieve/retrieval-service.ts';
import {
  STATE_STATUS,
  WARNING_STATUS,
  REFUSAL_STATUS as WORK_ITEM_REFUSALS,
} from '../packages/server/src/dicom-services/work-items/status.ts';
import { REFUSAL_STATUS as STORE_REFUSALS } from '../packages/server/src/intake/dimse/answer.ts';
import type { NodeContext } from '../packages/server/src/node/context.ts';
import { offeredServices } from '../packages/server/src/node/dicom.ts';
import { indexed } from '../packages/server/src/query/attributes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const standard = uidNames.map(([uid]) => uid);
const sopClasses = standard.filter((uid) => uidKind(uid) === 'SOP Class');
const transferSyntaxes = standard.filter((uid) => uidKind(uid) === 'Transfer Syntax');
/** Younger than the dictionary. */
const YOUNG: Readonly<Record<string, string>> = {
  '1.2.840.10008.5.1.4.1.1.66.7': 'Label Map Segmentation Storage',
};
const name = (uid: string) => uidName(uid) ?? YOUNG[uid] ?? uid;
const hex = (status: number) => status.toString(16).toUpperCase().padStart(4, '0');
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** What the builders of packages/dicom/src/objects write. */
const CREATED: readonly (readonly [string, string])[] = [
  [UID.SegmentationStorage, 'lesions, organs'],
  ['1.2.840.10008.5.1.4.1.1.66.7', 'many organs without overlap, where a destination takes it'],
  [UID.Comprehensive3DSRStorage, 'measurements, quality, signed reports (TID 1500)'],
  [UID.SpatialRegistrationStorage, 'rigid and affine registrations'],
  [UID.DeformableSpatialRegistrationStorage, 'deformable registrations'],
  [UID.RTStructureSetStorage, 'organs and targets on planning images, unapproved'],
  [UID.BlendingSoftcopyPresentationStateStorage, 'fusion of a registered series with the fixed one'],
  [UID.CTImageStorage, 'derived series'],
  [UID.MRImageStorage, 'derived series'],
  [UID.PositronEmissionTomographyImageStorage, 'derived series'],
  [UID.NuclearMedicineImageStorage, 'derived series'],
  [UID.SecondaryCaptureImageStorage, 'pictures for people'],
  [UID.MultiFrameTrueColorSecondaryCaptureImageStorage, 'pictures for people'],
  [UID.RealWorldValueMappingStorage, 'SUV of stored values'],
  [UID.ContentAssessmentResultsStorage, 'quality control of enhanced series, where it is asked for'],
  [UID.KeyObjectSelectionDocumentStorage, 'key images, withdrawal of results'],
];

/** What packages/server/src/api/dicomweb serves below /dicom-web. */
const DICOMWEB: readonly (readonly [string, string, string])[] = [
  [
    'STOW-RS',
    'POST studies, studies/{study}: application/dicom and metadata with bulk data; delete is refused',
    '10.5',
  ],
  [
    'QIDO-RS',
    'studies, series, instances, and those below a study or series; includefield, fuzzymatching, paging',
    '10.6',
  ],
  ['WADO-RS', 'studies, series, instances, metadata, frames, bulkdata, rendered, thumbnail; Range', '10.4'],
  [
    'UPS-RS',
    'create, retrieve, update, state, cancel request, search, subscriptions, WebSocket events',
    '11',
  ],
];

const { alreadyFinal, onlyByCreate, unknownReceiver, notAppropriate } = WORK_ITEM_STATUS;
const OF_ACTIONS = { alreadyFinal, onlyByCreate, unknownReceiver, notAppropriate };

/** Asks a service about everything that PS3.6 registers. */
function taken(service: Service): { sopClasses: string[]; transferSyntaxes: string[] } {
  const classes = sopClasses.filter((uid) => service.serves(uid));
  const [first] = classes;
  const syntaxes =
    first === undefined
      ? []
      : transferSyntaxes.filter(
          (uid) => service.choose({ id: 1, abstractSyntax: first, transferSyntaxes: [uid] }) !== undefined,
        );
  return { sopClasses: classes, transferSyntaxes: syntaxes };
}

// What a service needs of the node it needs when it is asked for something by a peer, not before.
const context = { configuration: defaultConfiguration({}) } as NodeContext;
const receiver = { store: async () => ({ status: STATUS.processingFailure }) };
const services = [
  verification(),
  storage({ open: () => receiver }),
  ...offeredServices(context, () => undefined),
];

const stored = taken(services.find((service) => service.name === 'storage')!);
const others = services
  .filter((service) => service.name !== 'storage')
  .flatMap((service) => {
    const what = taken(service);
    return what.sopClasses.map((uid) => [
      name(uid),
      uid,
      service.name,
      what.transferSyntaxes.map(name).join(', '),
    ]);
  });
const statuses = (map: Readonly<Record<string, number>>) =>
  [...new Set(Object.values(map))]
    .sort((a, b) => a - b)
    .map((status) => [hex(status), statusText(status).replace(/ \([0-9A-F]{4}\)$/, '')]);

const offers = (service: string) => (services.some((one) => one.name === service) ? 'yes' : 'no');

const text = `# DICOM conformance statement
What Photopeak speaks, for whoever connects another system to it, in the order of DICOM PS3.2. This page is written by
\`node scripts/write-conformance.ts\`: the tables are what the services of the node answer when they are asked about
everything that PS3.6 registers, and the tables that the code itself uses.

## 1 Overview
Photopeak receives images of any kind, processes them, keeps originals and results in an archive of its own, sends them
on, and offers them to others.

${table(
  ['service', 'user (SCU)', 'provider (SCP)'],
  [
    ['verification', 'yes', 'yes'],
    ['storage', 'yes', 'yes'],
    ['query/retrieve: patient root, study root', 'yes (priors)', 'yes'],
    ['modality worklist', 'yes', 'no'],
    ['modality performed procedure step', 'no', 'yes'],
    ['instance availability notification', 'no', 'yes'],
    ['storage commitment push', 'yes', offers('storage commitment')],
    ['unified procedure step: push, pull, watch, query', 'by UPS-RS', 'yes'],
    ['unified procedure step: event', 'no', 'yes'],
    ['DICOMweb: STOW-RS, QIDO-RS, WADO-RS, UPS-RS', 'yes', 'yes'],
  ],
)}

Media storage (PS3.10, PS3.12): files are read from and written to folders; no DICOMDIR is made or needed.

## 2 Implementation model
One application entity, with the AE title of \`dicom.aeTitle\` (default PHOTOPEAK). Everything that arrives, by C-STORE,
STOW-RS or a watched folder, goes the same way into the archive; see [the node](node.md). Nothing that was received is
changed: what is sent on or given out is, to the byte, what came in, except where a destination is told to get another
transfer syntax, character set or a de-identified copy, or where a peer takes no other form.

## 3 Services as provider
### 3.1 Storage
Success is answered after the instance is on disk and in the index. SOP classes: all of the standard (${stored.sopClasses.length} in this
edition of the dictionary, listed in the annex), those that it will have, and private ones. Transfer syntaxes: every one of the
standard; the first that the sender names is taken, among the uncompressed ones Explicit VR Little Endian first.
Level 2 (full); no elements are coerced or discarded. A second data set under the UID of another is kept aside and
answered with B000.

${table(['status', 'meaning'], [['0000', 'success'], ['B000', 'another data set is already stored under this UID'], ...statuses(STORE_REFUSALS)])}

### 3.2 All other services
${table(['SOP class', 'UID', 'served as', 'transfer syntaxes'], others)}

### 3.3 Query
Levels: ${Object.keys(QUERY_LEVELS).join(', ')}. Relational queries are answered whether negotiated or not; extended negotiation is not answered.
Names match without case, with \`*\` and \`?\`. At most ${MOST_MATCHES} matches, then A700. Other attributes of the level are returned where the
instances have them; a key with a value that is not in this table counts as universal, and the answer is FF01.

${table(
  ['attribute', 'from level', 'matching'],
  indexed.map(({ keyword, level, match }) => [
    keyword,
    level,
    keyword === 'ModalitiesInStudy' ? 'list' : match === 'none' ? 'returned only' : match,
  ]),
)}

${table(
  ['status of C-FIND', 'meaning'],
  [
    STATUS.success,
    STATUS.pending,
    STATUS.pendingWithoutKeys,
    STATUS.cancel,
    STATUS.notAuthorized,
    STATUS.outOfResources,
    STATUS.dataSetDoesNotMatch,
    STATUS.cannotUnderstand,
  ].map((status) => [hex(status), statusText(status).replace(/ \([0-9A-F]{4}\)$/, '')]),
)}

### 3.4 Retrieval
C-MOVE to the destinations of the configuration, and C-GET. At most ${MOST_INSTANCES} instances at once (A701). Instances go in the
transfer syntax that they have; an uncompressed form is made where the peer takes nothing else.

${table(
  ['status of C-MOVE, C-GET', 'meaning'],
  [
    STATUS.success,
    STATUS.pending,
    STATUS.cancel,
    STATUS.coercionOfDataElements,
    STATUS.notAuthorized,
    STATUS.cannotCount,
    STATUS.cannotPerformSuboperations,
    STATUS.unknownDestination,
    STATUS.dataSetDoesNotMatch,
  ].map((status) => [
    hex(status),
    status === STATUS.coercionOfDataElements
      ? 'some sub-operations failed or warned'
      : statusText(status).replace(/ \([0-9A-F]{4}\)$/, ''),
  ]),
)}

### 3.5 Unified procedure steps
Runs of the node and work for others are items of one list, by DIMSE and by UPS-RS. Warnings and refusals:

${table(['status', 'meaning'], [...statuses(WARNING_STATUS), ...statuses({ ...WORK_ITEM_REFUSALS, ...STATE_STATUS, ...OF_ACTIONS })])}

Deletion locks are kept; finished items are not deleted. Events: state report, cancellation requested, progress,
assigned. They are sent to the destination with the receiving AE title, in order, until they are taken, for seven days.

### 3.6 DICOMweb
${table(['service', 'resources', 'PS3.18'], DICOMWEB)}

## 4 Services as user
C-STORE in the transfer syntax of each instance, each with a presentation context of its own; uncompressed instances are
offered in the other uncompressed little endian encoding as well. C-FIND, C-MOVE and C-GET in study root for priors, C-FIND of the modality worklist, C-ECHO. What a
destination refuses for the time being is sent again; see [delivery](delivery.md).

## 5 Objects that are created
${table(
  ['SOP class', 'UID', 'used for'],
  CREATED.map(([uid, usedFor]) => [name(uid), uid, usedFor]),
)}

Their modules and what is in them: [DICOM objects](dicom-objects.md). Text is UTF-8 (ISO_IR 192).

## 6 Configuration
AE title, host, port and TLS of the listener; who may connect and what each may ask (\`sources\`); AE title, address and form of each
destination: [configuration](configuration.md).

## 7 Network details
${table(
  ['what', 'value'],
  [
    ['application context', '1.2.840.10008.3.1.1.1'],
    ['implementation class UID', IMPLEMENTATION_CLASS_UID],
    ['implementation class UID of created files', implementationClassUid],
    ['implementation version name', IMPLEMENTATION_VERSION_NAME],
    ['largest PDU that is taken', `${DEFAULT_MAX_PDU_LENGTH} bytes`],
    ['largest PDU that is sent', 'what the peer takes'],
    ['presentation contexts of an association', `${MAX_CONTEXTS}`],
    ['association request', `at most ${MAX_ASSOCIATE_BYTES} bytes`],
    ['command set', `at most ${MAX_COMMAND_BYTES} bytes`],
    ['identifier, attribute list', `at most ${MAX_IDENTIFIER_BYTES} bytes`],
    ['associations at the same time', `${DEFAULT_MAX_ASSOCIATIONS} (configurable)`],
    ['asynchronous operations', 'one outstanding operation as provider'],
    ['first PDU, close after the last (ARTIM)', `${DEFAULT_TIMEOUTS.artimMs / 1000} s`],
    ['silence in the middle of a message', `${DEFAULT_TIMEOUTS.stallMs / 1000} s`],
    ['idle association', `${DEFAULT_TIMEOUTS.idleMs / 1000} s`],
    ['answer to a request of the node', `${DEFAULT_TIMEOUTS.responseMs / 1000} s`],
  ],
)}

Role selection is granted to a peer that receives a C-GET or reports a storage commitment. User identity is not asked for.

### 7.1 Transfer syntaxes
${table(
  ['transfer syntax', 'UID', 'stored and sent', 'pixels decoded', 'written'],
  transferSyntaxes
    .filter((uid) => stored.transferSyntaxes.includes(uid))
    .map((uid) => [
      name(uid),
      uid,
      'yes',
      canDecode(uid) ? 'yes' : 'no',
      canTranscode(UID.ExplicitVRLittleEndian, uid) ? 'yes' : '',
    ]),
)}

### 7.2 Character sets
Read: ${[...Object.keys(codeSets).map((number) => `ISO_IR ${number} or ISO 2022 IR ${number}`), ...Object.keys(wholeStringTerms)].join('; ')}. Answers to queries and
created objects are in ISO_IR 192. Received data sets keep what they have.

## 8 Security
TLS by the non-downgrading BCP 195 profile (PS3.15 B.10): TLS 1.2 and 1.3, or 1.3 alone; certificates of clients are required unless
configured otherwise, and may be bound to AE titles. Cipher suites: ${CIPHERS.join(', ')}. Without TLS, AE titles and addresses on a
list are all that is checked. HTTP is protected by sessions or bearer tokens; TLS in front of it is a proxy's. Access to studies,
retrievals included, is written to an [audit trail](audit.md).

De-identification: Basic Application Level Confidentiality Profile of ${profileEdition}, with these options as a destination asks
([details](deidentification.md)):

${table(
  ['option', 'code (DCM)', 'meaning'],
  deidentificationOptions.map((option) => [option, ...methodCodes[option]]),
)}

## Annex: storage SOP classes
${table(
  ['SOP class', 'UID'],
  stored.sopClasses.map((uid) => [name(uid), uid]),
)}
`;

writeFileSync(path.join(root, 'docs', 'dicom-conformance.md'), text);
