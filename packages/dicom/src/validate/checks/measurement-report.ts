import { type Code, dcm, sameCode, sct } from '../../codes/index.ts';
import { type Dataset, UID } from '../../data/index.ts';
import { LABEL_MAP_SEGMENTATION } from '../../objects/segmentation/index.ts';
import {
  type ContentItem,
  childOf,
  childrenOf,
  type ItemOf,
  readContent,
  walk,
} from '../../objects/sr/index.ts';
import { isUid } from '../../uid/index.ts';
import type { Report } from '../problem.ts';

/** A rule of TID 1500 and the templates it includes, PS3.16 Annex A. */
interface TreeRule {
  readonly template: string;
  readonly severity?: 'warning';
  /** Texts of what is wrong, each with the position of the item. */
  readonly check: (tree: Tree) => readonly Finding[];
}

interface Placed<T extends ContentItem = ContentItem> {
  readonly item: T;
  readonly position: string;
}

interface Finding {
  readonly position: string;
  readonly message: string;
}

interface Tree {
  readonly root: ItemOf<'CONTAINER'>;
  readonly groups: readonly Placed<ItemOf<'CONTAINER'>>[];
  readonly all: readonly Placed[];
}

const titles = [
  dcm.imagingMeasurementReport,
  dcm.oncologyMeasurementReport,
  { ...dcm.imagingMeasurementReport, value: '126002' },
  dcm.petMeasurementReport,
];

const regionNames = {
  segment: dcm.referencedSegment,
  frame: dcm.referencedSegmentationFrame,
  imageRegion: dcm.imageRegion,
  surface: dcm.volumeSurface,
  space: dcm.regionInSpace,
} as const;

/** Kinds of region of a group that occur. */
function regionKinds(group: ContentItem): readonly (keyof typeof regionNames)[] {
  const names = Object.keys(regionNames) as (keyof typeof regionNames)[];
  return names.filter((kind) => group.children.some((child) => sameCode(child.name, regionNames[kind])));
}

const isTemplate = (group: ContentItem, ...templates: readonly string[]) =>
  group.type === 'CONTAINER' && group.template !== undefined && templates.includes(group.template);

const has = (item: ContentItem, name: Code) => item.children.some((child) => sameCode(child.name, name));

/** One finding for each group that fails. */
const groups =
  (fails: (group: ItemOf<'CONTAINER'>) => string | undefined): TreeRule['check'] =>
  (tree) =>
    tree.groups.flatMap(({ item, position }) => {
      const message = fails(item);
      return message === undefined ? [] : [{ position, message }];
    });

/** One finding for each item of a name that fails. */
const items =
  (
    name: Code,
    fails: (item: ContentItem, parent: ContentItem | undefined) => string | undefined,
  ): TreeRule['check'] =>
  (tree) =>
    tree.all.flatMap(({ item, position }) => {
      const message = sameCode(item.name, name) ? fails(item, undefined) : undefined;
      return message === undefined ? [] : [{ position, message }];
    });

const atRoot =
  (fails: (root: ItemOf<'CONTAINER'>) => string | undefined): TreeRule['check'] =>
  ({ root }) => {
    const message = fails(root);
    return message === undefined ? [] : [{ position: '1', message }];
  };

const segmentationClasses: readonly string[] = [UID.SegmentationStorage, LABEL_MAP_SEGMENTATION];

/** The rules, in the order of the templates. */
export const treeRules: readonly TreeRule[] = [
  {
    template: 'TID 1500 row 1',
    check: atRoot((root) =>
      titles.some((title) => sameCode(root.name, title)) ? undefined : 'the title is not one of CID 7021',
    ),
  },
  {
    template: 'TID 1500',
    check: atRoot((root) =>
      root.template === '1500' ? undefined : 'the root does not declare template 1500',
    ),
  },
  {
    template: 'TID 1204',
    severity: 'warning',
    check: atRoot((root) => (has(root, dcm.languageOfContent) ? undefined : 'the language is not stated')),
  },
  {
    template: 'TID 1002',
    check: atRoot((root) =>
      has(root, dcm.personObserverName) || has(root, dcm.deviceObserverUid)
        ? undefined
        : 'no observer is named',
    ),
  },
  {
    template: 'TID 1004',
    check: atRoot((root) => {
      const types = childrenOf(root, 'CODE', dcm.observerType);
      const devices = types.filter((type) => sameCode(type.value, dcm.device)).length;
      const named = childrenOf(root, 'UIDREF', dcm.deviceObserverUid).length;
      return named < devices ? 'a device observer has no UID' : undefined;
    }),
  },
  {
    template: 'TID 1003',
    check: atRoot((root) => {
      const types = childrenOf(root, 'CODE', dcm.observerType);
      const persons = types.filter((type) => sameCode(type.value, dcm.person)).length;
      const named = childrenOf(root, 'PNAME', dcm.personObserverName).length;
      return named < persons ? 'a person observer has no name' : undefined;
    }),
  },
  {
    template: 'TID 1500 row 4',
    check: atRoot((root) => (has(root, dcm.procedureReported) ? undefined : 'no procedure reported')),
  },
  {
    template: 'TID 1500 row 4',
    check: items(dcm.procedureReported, (item) =>
      item.relationship === 'HAS CONCEPT MOD' ? undefined : 'the procedure reported must modify the title',
    ),
  },
  {
    template: 'TID 1500 row 6',
    check: atRoot((root) => {
      const needed = [dcm.imagingMeasurements, dcm.derivedImagingMeasurements];
      const isQualitative = root.children.some((child) => child.name?.value === 'C0034375');
      return isQualitative || needed.some((name) => has(root, name))
        ? undefined
        : 'there are no imaging measurements, derived measurements or qualitative evaluations';
    }),
  },
  {
    template: 'TID 1501',
    severity: 'warning',
    check: groups((group) => (group.template === undefined ? 'the group declares no template' : undefined)),
  },
  {
    template: 'TID 1410, TID 1411',
    check: groups((group) =>
      isTemplate(group, '1410', '1411') && childOf(group, 'TEXT', dcm.trackingIdentifier) === undefined
        ? 'the group has no tracking identifier'
        : undefined,
    ),
  },
  {
    template: 'TID 1410, TID 1411',
    check: groups((group) =>
      isTemplate(group, '1410', '1411') &&
      childOf(group, 'UIDREF', dcm.trackingUniqueIdentifier) === undefined
        ? 'the group has no tracking unique identifier'
        : undefined,
    ),
  },
  {
    template: 'TID 1501',
    check: items(dcm.trackingUniqueIdentifier, (item) =>
      item.type === 'UIDREF' && isUid(item.value) ? undefined : 'the tracking unique identifier is not a UID',
    ),
  },
  {
    template: 'TID 1501',
    check: (tree) =>
      tree.all.flatMap(({ item, position }) => {
        const isTracking =
          sameCode(item.name, dcm.trackingIdentifier) || sameCode(item.name, dcm.trackingUniqueIdentifier);
        return isTracking && item.relationship !== 'HAS OBS CONTEXT'
          ? [{ position, message: 'tracking identifiers are observation context' }]
          : [];
      }),
  },
  {
    template: 'TID 1411',
    check: groups((group) =>
      isTemplate(group, '1411') && regionKinds(group).length !== 1
        ? 'a volumetric group has exactly one kind of region'
        : undefined,
    ),
  },
  {
    template: 'TID 1410',
    check: groups((group) =>
      isTemplate(group, '1410') && regionKinds(group).length !== 1
        ? 'a planar group has exactly one kind of region'
        : undefined,
    ),
  },
  {
    template: 'TID 1501',
    check: groups((group) =>
      isTemplate(group, '1501') && regionKinds(group).length > 0
        ? 'a group of TID 1501 has no region'
        : undefined,
    ),
  },
  {
    template: 'TID 1411',
    check: items(dcm.referencedSegment, (item) => {
      if (item.type !== 'IMAGE') return 'a referenced segment is an IMAGE item';
      if (!segmentationClasses.includes(item.reference.sopClassUid))
        return 'a referenced segment lies in a segmentation';
      return item.reference.segments?.length === 1
        ? undefined
        : 'a referenced segment names exactly one segment';
    }),
  },
  {
    template: 'TID 1410',
    check: items(dcm.referencedSegmentationFrame, (item) =>
      item.type === 'IMAGE' && (item.reference.frames?.length ?? 0) > 0
        ? undefined
        : 'a referenced segmentation frame names its frame',
    ),
  },
  {
    template: 'TID 1411',
    check: groups((group) => {
      if (!isTemplate(group, '1410', '1411')) return undefined;
      const isSegmented = regionKinds(group).some((kind) => kind === 'segment' || kind === 'frame');
      const hasSource =
        has(group, dcm.sourceSeriesForSegmentation) || has(group, dcm.sourceImageForSegmentation);
      return isSegmented && !hasSource ? 'the group does not say which images were segmented' : undefined;
    }),
  },
  {
    template: 'TID 300',
    check: (tree) =>
      tree.groups
        .filter(({ item }) => isTemplate(item, '1410', '1411'))
        .flatMap(({ item, position }) =>
          childrenOf(item, 'NUM')
            .filter((number) =>
              number.children.some((child) => child.type === 'SCOORD' || child.type === 'SCOORD3D'),
            )
            .map(() => ({ position, message: 'a measurement of a region has no coordinates of its own' })),
        ),
  },
  {
    template: 'TID 1501',
    check: items(sct.findingSite, (item) =>
      item.relationship === 'HAS CONCEPT MOD' ? undefined : 'a finding site modifies the concept',
    ),
  },
  {
    template: 'TID 1501',
    check: ({ all }) =>
      all.flatMap(({ item, position }) =>
        item.type === 'NUM' &&
        childrenOf(item, 'CODE', dcm.derivation).some((child) => child.relationship !== 'HAS CONCEPT MOD')
          ? [{ position, message: 'a derivation modifies the concept' }]
          : [],
      ),
  },
  {
    template: 'TID 4019',
    check: groups((group) => {
      const isGiven = has(group, dcm.algorithmName) || has(group, dcm.algorithmFamily);
      const isComplete = has(group, dcm.algorithmName) && has(group, dcm.algorithmVersion);
      return isGiven && !isComplete ? 'an algorithm has name and version' : undefined;
    }),
  },
  {
    template: 'TID 1500',
    check: (tree) => {
      const within = tree.all.filter(
        ({ item }) =>
          sameCode(item.name, dcm.imagingMeasurements) || sameCode(item.name, dcm.derivedImagingMeasurements),
      );
      return tree.groups
        .filter(({ position }) => !within.some((container) => position.startsWith(`${container.position}.`)))
        .map(({ position }) => ({ position, message: 'the group is not among the imaging measurements' }));
    },
  },
];

/** The rules of TID 1500 for a document that declares it, or bears one of its titles. */
export function checkMeasurementReport(object: Dataset, report: Report): void {
  const root = readContent(object);
  if (root?.type !== 'CONTAINER') return;
  if (root.template !== '1500' && !titles.some((title) => sameCode(title, root.name))) return;
  const all = [...walk(root)];
  const tree: Tree = {
    root,
    all,
    groups: all.filter(
      (placed): placed is typeof placed & Placed<ItemOf<'CONTAINER'>> =>
        placed.item.type === 'CONTAINER' && sameCode(placed.item.name, dcm.measurementGroup),
    ),
  };
  for (const rule of treeRules) {
    for (const { position, message } of rule.check(tree)) {
      report({
        code: 'REPORT_RULE',
        severity: rule.severity ?? 'error',
        where: `content ${position}`,
        message,
        section: `PS3.16 ${rule.template}`,
      });
    }
  }
}

const keyObjectTitles = [
  dcm.ofInterest,
  dcm.rejectedForQuality,
  dcm.forReferringProvider,
  dcm.forTeaching,
  dcm.forConference,
  dcm.forResearch,
  dcm.qualityIssue,
  dcm.bestInSet,
  dcm.forReportAttachment,
  dcm.rejectedForPatientSafety,
  dcm.incorrectModalityWorklistEntry,
  dcm.dataRetentionExpired,
];

/** TID 2010: a title, and at least one instance. */
export function checkKeyObject(object: Dataset, report: Report): void {
  const root = readContent(object);
  if (root?.type !== 'CONTAINER') return;
  const section = 'PS3.16 TID 2010';
  if (!keyObjectTitles.some((title) => sameCode(title, root.name))) {
    const message = 'the title is none that this software knows of CID 7010';
    report({ code: 'REPORT_RULE', severity: 'warning', where: 'content 1', message, section });
  }
  if (childrenOf(root, ['IMAGE', 'COMPOSITE', 'WAVEFORM']).length === 0) {
    report({ code: 'REPORT_RULE', where: 'content 1', message: 'no instance is selected', section });
  }
}
