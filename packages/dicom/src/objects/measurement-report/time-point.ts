import { type Code, dcm, ucum, umls } from '../../codes/index.ts';
import { type ContentItem, childOf, codeValue, numericValue, textValue } from '../sr/index.ts';

/** When in a series of examinations something was measured: Time Point Context, PS3.16 TID 1502. */
export interface TimePointContext {
  /** For people, such as `baseline` or `follow-up 2`. */
  readonly timePoint: string;
  /** CID 6146, such as Baseline or Posttreatment. */
  readonly type?: Code;
  /** 1, 2, … along the series. */
  readonly order?: number;
  /** Identifier that is unique for the patient; here the Study Instance UID of the examination. */
  readonly subjectIdentifier?: string;
  readonly protocolIdentifier?: string;
  /** Days since an event such as the baseline; negative before it. */
  readonly offset?: { readonly days: number; readonly event: Code };
}

const CONTEXT = 'HAS OBS CONTEXT';

export function timePointItems(context: TimePointContext): readonly ContentItem[] {
  const { timePoint, type, order, subjectIdentifier, protocolIdentifier, offset } = context;
  const text = (name: Code, value: string | undefined) =>
    value === undefined ? [] : [textValue(CONTEXT, name, value)];
  return [
    textValue(CONTEXT, umls.timePoint, timePoint),
    ...(type === undefined ? [] : [codeValue(CONTEXT, dcm.timePointType, type)]),
    ...(order === undefined
      ? []
      : [
          {
            ...numericValue(dcm.timePointOrder, { value: order, unit: ucum.none }),
            relationship: CONTEXT,
          } as const,
        ]),
    ...text(dcm.subjectTimePointIdentifier, subjectIdentifier),
    ...text(dcm.protocolTimePointIdentifier, protocolIdentifier),
    ...(offset === undefined
      ? []
      : [
          {
            ...numericValue(dcm.longitudinalTemporalOffset, { value: offset.days, unit: ucum.day }, [
              codeValue('HAS CONCEPT MOD', dcm.longitudinalTemporalEventType, offset.event),
            ]),
            relationship: CONTEXT,
          } as const,
        ]),
  ];
}

/** The time point of a group; undefined where it names none. */
export function readTimePoint(group: ContentItem): TimePointContext | undefined {
  const text = (name: Code) => childOf(group, 'TEXT', name)?.value;
  const timePoint = text(umls.timePoint) ?? text(dcm.subjectTimePointIdentifier);
  if (timePoint === undefined) return undefined;
  const type = childOf(group, 'CODE', dcm.timePointType)?.value;
  const order = childOf(group, 'NUM', dcm.timePointOrder)?.value;
  const subjectIdentifier = text(dcm.subjectTimePointIdentifier);
  const protocolIdentifier = text(dcm.protocolTimePointIdentifier);
  const offset = childOf(group, 'NUM', dcm.longitudinalTemporalOffset);
  const event = offset && childOf(offset, 'CODE', dcm.longitudinalTemporalEventType)?.value;
  return {
    timePoint,
    ...(type === undefined ? {} : { type }),
    ...(order === undefined ? {} : { order }),
    ...(subjectIdentifier === undefined ? {} : { subjectIdentifier }),
    ...(protocolIdentifier === undefined ? {} : { protocolIdentifier }),
    ...(offset?.value === undefined || event === undefined ? {} : { offset: { days: offset.value, event } }),
  };
}

/** Concepts of the context, which are no measurements and no evaluations of a group. */
export const TIME_POINT_CONCEPTS: readonly Code[] = [
  umls.timePoint,
  dcm.timePointType,
  dcm.timePointOrder,
  dcm.subjectTimePointIdentifier,
  dcm.protocolTimePointIdentifier,
  dcm.longitudinalTemporalOffset,
];
