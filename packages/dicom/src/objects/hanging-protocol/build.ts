import { Dataset, type Keyword, Tag, UID } from '../../data/index.ts';
import type { Equipment } from '../common/index.ts';
import { toDicomDateTime } from '../common/index.ts';

export interface HangingProtocolInput {
  /** At most 16 characters. */
  readonly name: string;
  /** At most 64 characters. */
  readonly description: string;
  readonly modalities: readonly string[];
  readonly sopInstanceUid: string;
  readonly equipment: Equipment;
  /** ISO 8601 local. */
  readonly at: string;
}

/** Left and right half of the screen as PS3.3 C.23.3 gives them: x and y of the upper left, then of the lower right corner. */
const HALVES = [
  [0, 1, 0.5, 0],
  [0.5, 1, 1, 0],
] as const;

const ORIGINAL = 1;
const ENHANCED = 2;

/** An image belongs to the set where value `number` of the attribute is this. */
function selector(attribute: Keyword, vr: 'CS' | 'LO', value: string, number: number): Dataset {
  return Dataset.of({
    ImageSetSelectorUsageFlag: 'NO_MATCH',
    SelectorAttribute: Tag[attribute],
    SelectorAttributeVR: vr,
    ...(vr === 'CS' ? { SelectorCSValue: value } : { SelectorLOValue: value }),
    SelectorValueNumber: number,
  });
}

function imageSet(number: number, label: string, selectors: readonly Dataset[]): Dataset {
  return Dataset.of({
    ImageSetSelectorSequence: [...selectors],
    TimeBasedImageSetsSequence: Dataset.of({
      ImageSetNumber: number,
      ImageSetSelectorCategory: 'RELATIVE_TIME',
      RelativeTime: [0, 0],
      RelativeTimeUnits: 'MINUTES',
      ImageSetLabel: label,
    }),
  });
}

function displaySet(number: number, label: string): Dataset {
  return Dataset.of({
    DisplaySetNumber: number,
    DisplaySetPresentationGroup: 1,
    ImageSetNumber: number,
    ImageBoxesSequence: Dataset.of({
      ImageBoxNumber: 1,
      DisplayEnvironmentSpatialPosition: [...HALVES[number - 1]!],
      ImageBoxLayoutType: 'STACK',
    }),
    FilterOperationsSequence: null,
    SortingOperationsSequence: Dataset.of({
      SortByCategory: 'ALONG_AXIS',
      SortingDirection: 'INCREASING',
    }),
    DisplaySetLabel: label,
  });
}

/**
 * A Hanging Protocol (PS3.3 A.44): originals of the study on the left, what this equipment derived of them on the right,
 * scrolled together. It names no patient; a site loads it into its viewers once.
 */
export function buildHangingProtocol(input: HangingProtocolInput): Dataset {
  const { date, time, dateTime } = toDicomDateTime(input.at);
  const { manufacturer } = input.equipment;
  return Dataset.of({
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: UID.HangingProtocolStorage,
    SOPInstanceUID: input.sopInstanceUid,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    HangingProtocolName: input.name.slice(0, 16),
    HangingProtocolDescription: input.description.slice(0, 64),
    HangingProtocolLevel: 'SITE',
    HangingProtocolCreator: manufacturer,
    HangingProtocolCreationDateTime: dateTime,
    HangingProtocolDefinitionSequence: input.modalities.map((modality) =>
      Dataset.of({
        Modality: modality,
        ProcedureCodeSequence: null,
        ReasonForRequestedProcedureCodeSequence: null,
      }),
    ),
    NumberOfPriorsReferenced: 0,
    ImageSetsSequence: [
      imageSet(ORIGINAL, 'Original', [selector('ImageType', 'CS', 'ORIGINAL', 1)]),
      imageSet(ENHANCED, 'Enhanced', [
        selector('ImageType', 'CS', 'DERIVED', 1),
        selector('Manufacturer', 'LO', manufacturer, 1),
      ]),
    ],
    HangingProtocolUserIdentificationCodeSequence: null,
    NumberOfScreens: 0,
    NominalScreenDefinitionSequence: null,
    DisplaySetsSequence: [displaySet(ORIGINAL, 'Original'), displaySet(ENHANCED, 'Enhanced')],
    PartialDataDisplayHandling: 'MAINTAIN_LAYOUT',
    SynchronizedScrollingSequence: Dataset.of({ DisplaySetScrollingGroup: [ORIGINAL, ENHANCED] }),
  });
}
