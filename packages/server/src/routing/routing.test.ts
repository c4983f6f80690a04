import { Dataset, parsePart10, toDicomJson } from '@photopeak/dicom';
import {
  glob,
  instanceFacts,
  isWithin,
  type OrderOfStudy,
  type StudyFacts,
  type StudySeries,
} from '@photopeak/pipelines';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, parseConfiguration, type RouteConfiguration } from '../config/index.ts';
import { testInstance } from '../testing/instances.ts';
import { decideRoute, factsNeeded } from './index.ts';

const order: OrderOfStudy = {
  reason: 'Follow-up of lymphoma',
  clinicalInformation: '',
  description: 'PET/CT',
  modality: 'PT',
  bodyPart: '',
  priority: 'urgent',
  requestedProcedureId: 'RP1',
  referringPhysician: '',
  orderingPhysician: '',
  procedureCode: { value: '44139-4', scheme: 'LN', meaning: 'PET whole body' },
  reasonCode: null,
};

function routeOf(yaml: string): RouteConfiguration {
  return parseConfiguration(`routes: [{ name: r, ${yaml} }]`, 'routes.yaml', {}).routes[0]!;
}

/** CT and PET of one study as the archive would tell them. */
function studyFor(
  route: RouteConfiguration,
  change: (dataset: Dataset) => void = () => undefined,
): StudyFacts {
  const needed = factsNeeded([route]);
  const series = (['CT', 'PT'] as const).map((modality): StudySeries => {
    const instances = [1, 2, 3].map((number) => {
      const { bytes, sop } = testInstance({
        study: 'routing',
        modality,
        number,
        description: 'FDG PET/CT Whole Body',
      });
      const { dataset } = parsePart10(bytes);
      change(dataset);
      return instanceFacts(sop, toDicomJson(dataset), needed.paths);
    });
    return {
      seriesInstanceUid: modality,
      modality,
      title: modality,
      instanceCount: 3,
      instances,
      sources: [{ kind: 'dimse', aeTitle: 'GE_PET', address: '10.0.0.7' }],
    };
  });
  return { studyInstanceUid: '1.2', series, order, at: new Date('2026-11-23T21:30:00Z') };
}

function matches(yaml: string, change?: (dataset: Dataset) => void): boolean {
  const route = routeOf(yaml);
  return decideRoute(route, studyFor(route, change)).matches;
}

describe('conditions', () => {
  it.each<[string, boolean]>([
    ['{}', true],
    ['{ modalities: [PT, CT] }', true],
    ['{ modalities: [PT, MR] }', false],
    ['{ anyModality: [NM, PT] }', true],
    ['{ minimumInstances: 6 }', true],
    ['{ minimumInstances: 7 }', false],
    ['{ source: { aeTitle: ge_pet } }', true],
    ['{ source: { kind: folder } }', false],
    ['{ source: { aeTitle: { startsWith: GE }, address: 10.0.0.8 } }', false],
    ['{ attributes: { StudyDescription: { contains: fdg } } }', true],
    ['{ attributes: { StudyDescription: { contains: fdg, startsWith: PET } } }', false],
    ['{ attributes: { StudyDescription: { glob: "fdg*whole ????" } } }', true],
    ['{ attributes: { "(0008,1030)": "FDG PET/CT Whole Body" } }', true],
    ['{ attributes: { Manufacturer: [SIEMENS, Scanner] } }', true],
    ['{ attributes: { BodyPartExamined: CHEST } }', false],
    ['{ attributes: { BodyPartExamined: { exists: false } } }', true],
    ['{ attributes: { SliceThickness: { "<=": 3, above: 2.5 } } }', true],
    ['{ attributes: { SliceThickness: { below: 3 } } }', false],
    ['{ attributes: { StudyDate: { atLeast: "20261101", below: "20261201" } } }', true],
    ['{ attributes: { Modality: { "!=": CT } } }', true],
    ['{ everySeries: { attributes: { Modality: { "!=": CT } } } }', false],
    ['{ anySeries: { attributes: { Modality: PT, PatientWeight: { above: 70 } } } }', true],
    ['{ anySeries: { attributes: { Modality: CT, PatientWeight: { exists: true } } } }', false],
    ['{ everySeries: { measures: { numberOfImages: 3, sliceSpacingMm: 3, missingSlices: 0 } } }', true],
    ['{ anySeries: { anyInstance: { attributes: { InstanceNumber: 3 } } } }', true],
    ['{ anySeries: { everyInstance: { attributes: { InstanceNumber: 3 } } } }', false],
    ['{ count: { of: series, where: { attributes: { Modality: PT } }, equals: 1 } }', true],
    ['{ count: { of: instances, where: { attributes: { InstanceNumber: { atLeast: 2 } } }, "=": 4 } }', true],
    ['{ order: { reason: { contains: LYMPHOMA }, priority: [urgent, high] } }', true],
    ['{ order: { procedureCode: "44139-4|LN" } }', true],
    ['{ order: { reasonCode: { exists: true } } }', false],
    ['{ order: { exists: true } }', true],
    ['{ time: { from: "22:00", to: "06:00", timeZone: Europe/Berlin } }', true],
    ['{ time: { from: "22:00", to: "06:00", timeZone: UTC } }', false],
    ['{ time: { weekdays: [sat, sun], timeZone: UTC } }', false],
    ['{ any: [{ modalities: [MR] }, { not: { attributes: { PatientSex: M } } }] }', true],
    ['{ all: [{ modalities: [PT] }, { any: [{ modalities: [MR] }] }] }', false],
  ])('%s: %s', (when, expected) => {
    expect(matches(`when: ${when}`)).toBe(expected);
  });

  it('reads private attributes by their creator, in whatever block, and paths into sequences', () => {
    const change = (dataset: Dataset) => {
      dataset.set(0x00090011, 'GEMS_PETD_01', 'LO');
      dataset.set(0x0009110d, '2.5', 'DS');
      dataset.set('RadiopharmaceuticalInformationSequence', [
        Dataset.of({ Radiopharmaceutical: 'FDG' }),
        Dataset.of({ Radiopharmaceutical: 'PSMA' }),
      ]);
    };
    const own = `when: { attributes: { '(0009,"GEMS_PETD_01",0D)': { above: 2 } } }`;
    expect(matches(own, change)).toBe(true);
    expect(matches(own)).toBe(false);
    expect(matches(own.replace('PETD', 'OTHER'), change)).toBe(false);
    const path = 'RadiopharmaceuticalInformationSequence.Radiopharmaceutical';
    expect(matches(`when: { attributes: { ${path}: psma } }`, change)).toBe(true);
    const first = path.replace('.', '[1].');
    expect(matches(`when: { attributes: { "${first}": psma } }`, change)).toBe(false);
  });

  it('counts ages in years, however they are written', () => {
    const child = (dataset: Dataset) => dataset.set('PatientAge', '018M');
    expect(matches('when: { attributes: { PatientAge: { below: 2 } } }', child)).toBe(true);
    expect(matches('when: { measures: { patientAgeYears: { atLeast: 1.5, below: 2 } } }', child)).toBe(true);
    const born = (dataset: Dataset) => dataset.set('PatientBirthDate', '19261122');
    expect(matches('when: { measures: { patientAgeYears: { atLeast: 100 } } }', born)).toBe(true);
  });

  it('gives the run only the series that are chosen', () => {
    const route = routeOf(
      'choose: { attributes: { Modality: PT } }, when: { chosenSeries: { measures: { numberOfImages: 3 } } }',
    );
    const decision = decideRoute(route, studyFor(route));
    expect(decision.matches).toBe(true);
    expect(decision.chosen.map((series) => series.modality)).toEqual(['PT']);
    const none = routeOf('choose: { attributes: { Modality: MR } }');
    expect(decideRoute(none, studyFor(none)).matches).toBe(false);
  });

  it('says why: with values to people, without them to the audit trail', () => {
    const route = routeOf('when: { modalities: [PT, MR], attributes: { PatientName: { contains: smith } } }');
    const { reasons, traces } = decideRoute(route, studyFor(route));
    expect(reasons).toEqual([
      'fails: modalities include PT and MR; found CT, PT',
      'fails: PatientName contains "smith"',
    ]);
    expect(traces[1]?.found).toEqual(['Curie^Marie']);
  });

  it('knows when a study only waits for the rest of its series', () => {
    const waiting = (when: string) => {
      const route = routeOf(`when: ${when}`);
      const facts = studyFor(route);
      return decideRoute(route, { ...facts, series: facts.series.slice(1) }).waitingFor;
    };
    expect(waiting('{ modalities: [PT, CT] }')).toEqual(['CT']);
    expect(waiting('{ modalities: [MR] }')).toEqual([]);
    expect(waiting('{ modalities: [PT, CT], minimumInstances: 999 }')).toEqual([]);
    expect(
      waiting('{ modalities: [PT], anySeries: { attributes: { SeriesDescription: { contains: CT } } } }'),
    ).toEqual(['any series: SeriesDescription contains "CT"']);
  });
});

describe('windows', () => {
  const window = { from: 20 * 60, to: 6 * 60, timeZone: 'Europe/Berlin', weekdays: ['fri'] as const };

  it('run over midnight and belong to the day on which they begin', () => {
    expect(isWithin(window, new Date('2026-11-27T18:59:00Z'))).toBe(false);
    expect(isWithin(window, new Date('2026-11-27T19:00:00Z'))).toBe(true);
    expect(isWithin(window, new Date('2026-11-28T04:59:00Z'))).toBe(true);
    expect(isWithin(window, new Date('2026-11-28T05:00:00Z'))).toBe(false);
    expect(isWithin(window, new Date('2026-11-27T04:00:00Z'))).toBe(false);
  });

  it('follow the clock of their zone through the change of summer time', () => {
    const night = { ...window, weekdays: ['sat', 'sun'] as const };
    expect(isWithin(night, new Date('2026-10-25T04:59:00Z'))).toBe(true);
    expect(isWithin(night, new Date('2026-10-24T03:59:00Z'))).toBe(false);
    expect(isWithin(night, new Date('2026-10-26T04:59:00Z'))).toBe(true);
  });
});

it('a pattern costs no more than its length times that of the text', () => {
  expect(glob(`${'a*'.repeat(120)}b`, 'a'.repeat(5000))).toBe(false);
  expect(glob('*a?c*', 'xxabcxx')).toBe(true);
  expect(glob('abc', 'abcd')).toBe(false);
});

describe('a route file that cannot work', () => {
  const pipelines = [{ name: 'counting', parameters: { safeParse: () => ({ success: true }) } as never }];
  function problems(lines: readonly string[]): readonly string[] {
    try {
      parseConfiguration(lines.join('\n'), 'f', {}, pipelines);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    }
    return [];
  }
  const route = (...lines: string[]) => [
    'routes:',
    '  - name: r',
    '    when:',
    ...lines.map((line) => `      ${line}`),
  ];

  it.each<[string, string[], string]>([
    [
      'an unknown attribute',
      route('attributes:', '  Modalty:', '    in: [PT]'),
      'f:5:9 routes.0.when.attributes.Modalty: there is no attribute Modalty; is Modality meant?',
    ],
    ['an unknown tag', route('attributes: { "(0008,0061x)": a }'), 'f:4:21 '],
    [
      'a private tag without a creator',
      route('attributes: { "(0009,100D)": 1 }'),
      'is private: name its creator',
    ],
    [
      'a condition that is none',
      route('modality: [PT]'),
      'f:4:7 routes.0.when.modality: "modality" is not a condition',
    ],
    [
      'an operator that is none',
      route('attributes: { Modality: { matches: ".*" } }'),
      '"matches" is no operator',
    ],
    [
      'a zone that is none',
      route('time: { from: "20:00", timeZone: Mars/North }'),
      'f:4:40 routes.0.when.time.timeZone: there is no time zone',
    ],
    [
      'a series condition in the wrong place',
      route('anySeries: { order: { priority: urgent } }'),
      'is not a condition inside conditions on series',
    ],
    ['a measure that is none', route('measures: { loudness: 3 }'), 'there is no measure "loudness"'],
    ['a measure of pixels', route('measures: { noise: 3 }'), '"noise" is measured in pixels'],
    [
      'nesting without end',
      route(`${'not: { '.repeat(10)}modalities: [PT]${' }'.repeat(10)}`),
      'nested at most 8 deep',
    ],
    [
      'an unknown pipeline',
      ['routes:', '  - name: r', '    run: { pipeline: other }'],
      'f:3:22 routes.0.run.pipeline: there is no pipeline "other"; there are: counting',
    ],
    [
      'an unknown destination',
      ['routes:', '  - { name: r, deliver: [pax] }'],
      'f:2:26 routes.0.deliver.0: no destination is named "pax"',
    ],
    [
      'a limit for nobody',
      ['limits:', '  destinations: { pax: { perHour: 3 } }'],
      'f:2:19 limits.destinations.pax: no destination is named "pax"',
    ],
  ])('is refused at its place: %s', (_, lines, expected) => {
    expect(problems(lines)).toEqual([expect.stringContaining(expected)]);
  });
});
