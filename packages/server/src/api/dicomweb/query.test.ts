import { Dataset, parsePart10, uidFrom, writePart10 } from '@photopeak/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../../node/index.ts';
import { testInstance } from '../../testing/instances.ts';
import { startTestNode, temporaryFolder } from '../../testing/node.ts';
import { client, jsonOf, partsOf, TOKENS } from './test-kit.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let node: RunningNode;
const { get, stow } = client(() => node.url);

const NAMES = { a: 'MÜLLER^Jörg^^Dr.', b: 'Yamada^Tarou=山田^太郎=やまだ^たろう', c: "O'Neil-Smith^Ann" };

function instances(): Uint8Array[] {
  return Object.entries(NAMES).flatMap(([study, patientName]) =>
    (['CT', 'PT'] as const).map((modality) => {
      const { dataset } = parsePart10(testInstance({ study, patientName, modality }).bytes);
      dataset.set('AccessionNumber', study === 'c' ? '' : `ACC-${study}`);
      dataset.set('PatientAge', '045Y');
      dataset.set('PerformedProcedureStepStartDate', '20261122');
      dataset.set('ProtocolName', `Protocol ${study}`);
      dataset.set('SpecificCharacterSet', 'ISO_IR 192');
      dataset.set('RequestAttributesSequence', [
        Dataset.of({ RequestedProcedureID: `RP-${study}`, ScheduledProcedureStepID: `SPS-${modality}` }),
      ]);
      return writePart10({ dataset });
    }),
  );
}

beforeAll(async () => {
  folder = await temporaryFolder('query');
  node = await startTestNode(`${folder.path}/data`, `workflow: { workers: 0 }\n${TOKENS}`);
  expect((await stow(instances())).status).toBe(200);
});
afterAll(async () => {
  await node?.close();
  await folder?.remove();
});

type Json = Record<string, { vr: string; Value?: unknown[] }>;
async function find(path: string): Promise<Json[]> {
  const response = await get(path);
  expect([path, response.status]).toEqual([path, response.status === 204 ? 204 : 200]);
  return response.status === 204 ? [] : jsonOf(response);
}
/** Last letters of the patients that a query finds. */
async function who(query: string): Promise<string> {
  const found = await find(`/studies?${query}`);
  return found
    .map((json) => String(json['00100020']!.Value![0]).slice(-1))
    .sort()
    .join('');
}

describe('names', () => {
  it('match without case, in any component group, by wildcard', async () => {
    expect(await who(`PatientName=${encodeURIComponent('müller^jörg^^dr.')}`)).toBe('a');
    expect(await who(`PatientName=${encodeURIComponent('山田^太郎')}`)).toBe('b');
    expect(await who('PatientName=yamada*')).toBe('b');
    expect(await who('00100010=yamada^tarou^^^')).toBe('b');
    expect(await who('PatientName=yamada')).toBe('');
    expect(await who('PatientName=*')).toBe('abc');
  });

  it('match fuzzily by the beginnings of words, without accents, in any order', async () => {
    const fuzzy = (name: string) => who(`fuzzymatching=true&PatientName=${encodeURIComponent(name)}`);
    expect(await fuzzy('jorg mul')).toBe('a');
    expect(await fuzzy('Müller')).toBe('a');
    expect(await fuzzy('tar yam')).toBe('b');
    expect(await fuzzy('太郎')).toBe('b');
    expect(await fuzzy('ller')).toBe('');
    expect(await fuzzy("o'neil% ann")).toBe('');
    expect(await fuzzy("o'neil ann")).toBe('c');
  });
});

describe('other attributes', () => {
  it('match by list, range, emptiness, request and modality', async () => {
    expect(await who('AccessionNumber=ACC-a')).toBe('a');
    expect(await who('AccessionNumber=acc-a')).toBe('');
    expect(await who('AccessionNumber=ACC-a,ACC-b&multiplevaluematching=true')).toBe('ab');
    expect(await who('AccessionNumber=%22%22&emptyvaluematching=true')).toBe('c');
    expect(await who('StudyDescription=pet/ct*')).toBe('abc');
    expect(await who('StudyDate=-20261123&StudyTime=10-1100')).toBe('abc');
    expect(await who('StudyTime=101501-')).toBe('');
    expect(await who('StudyTime=1015')).toBe('abc');
    expect(await who('ModalitiesInStudy=MR,PT')).toBe('abc');
    expect(await who('ModalitiesInStudy=MR')).toBe('');
    const uids = ['a', 'c'].map((name) => uidFrom('test study', name));
    expect(await who(`StudyInstanceUID=${uids.join(',')}`)).toBe('ac');
    expect(await who(uids.map((uid) => `0020000D=${uid}`).join('&'))).toBe('ac');
    expect(await find('/series?RequestAttributesSequence.ScheduledProcedureStepID=SPS-PT')).toHaveLength(3);
    expect(await find('/series?00400275.00401001=RP-b')).toHaveLength(2);
    expect(await find('/series?PerformedProcedureStepStartDate=20261121-20261122&Modality=CT')).toHaveLength(
      3,
    );
    expect(await find('/series?PerformedProcedureStepStartDate=20261123-')).toHaveLength(0);
  });

  it('at every level; what the URL fixes is not repeated', async () => {
    const study = uidFrom('test study', 'a');
    const series = uidFrom('test series', 'a', 'CT');
    expect(await find(`/studies/${study}/series?Modality=CT`)).toHaveLength(1);
    expect(await find(`/studies/${study}/instances?SeriesNumber=2`)).toHaveLength(1);
    const [instance] = await find(`/studies/${study}/series/${series}/instances`);
    expect(instance!['00100010']).toBeUndefined();
    expect(instance!['0020000D']!.Value).toEqual([study]);
    expect(instance!['00081190']!.Value![0]).toContain(`/studies/${study}/series/${series}/instances/`);
    const all = await find('/instances?PatientID=ID-b');
    expect(all).toHaveLength(2);
    expect(all[0]!['00100010']!.Value).toEqual([
      { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' },
    ]);
  });
});

describe('includefield', () => {
  const study = uidFrom('test study', 'a');
  it('adds by keyword, tag, path and all, as far as it says something at this level', async () => {
    const [plain] = await find(`/studies/${study}/series?Modality=CT`);
    expect(plain!['00181030']).toBeUndefined();
    const [named] = await find(
      `/studies/${study}/series?Modality=CT&includefield=ProtocolName,00080090&includefield=RequestAttributesSequence.RequestedProcedureID`,
    );
    expect(named!['00181030']!.Value).toEqual(['Protocol a']);
    expect(named!['00080090']).toEqual({ vr: 'PN' });
    expect(named!['00400275']!.Value).toEqual([{ '00401001': { vr: 'SH', Value: ['RP-a'] } }]);
    const [all] = await find(`/studies?StudyInstanceUID=${study}&includefield=all`);
    expect(all!['00101010']!.Value).toEqual(['045Y']);
    expect(all!['00181030']).toBeUndefined();
    const [instance] = await find(`/studies/${study}/instances?includefield=all`);
    expect(instance!['00280030']!.Value).toEqual([2, 2]);
    expect(instance!['7FE00010']).toBeUndefined();
  });
});

describe('answers', () => {
  it('page with a warning while there is more', async () => {
    const first = await get('/studies?limit=2');
    expect(first.headers.get('warning')).toMatch(/^299 /);
    expect(await jsonOf(first)).toHaveLength(2);
    const second = await get('/studies?limit=2&offset=2');
    expect([second.headers.get('warning'), (await jsonOf(second)).length]).toEqual([null, 1]);
  });

  it('come as XML where that is asked for, and refuse what is not understood', async () => {
    const parts = await partsOf(
      await get('/studies', { Accept: 'multipart/related; type="application/dicom+xml"' }),
    );
    expect(parts).toHaveLength(3);
    expect(Buffer.from(parts[0]!.bytes).toString()).toContain('<NativeDicomModel');
    expect((await get('/studies', { Accept: 'text/csv' })).status).toBe(406);
    for (const query of [
      'PatientWeight=70',
      'NoSuchThing=1',
      'limit=x',
      'limit=-1',
      'fuzzymatching=maybe',
      'includefield=NoSuchThing',
      'StudyDate=yesterday',
      'SeriesNumber=1',
      'PatientID=1&PatientID=2',
      `PatientID=${'9'.repeat(9000)}`,
    ]) {
      const response = await get(`/studies?${query}`);
      expect([query, response.status]).toEqual([query, 400]);
      expect((await jsonOf(response)).error.code).toBe('HTTP_INPUT');
    }
  });
});
