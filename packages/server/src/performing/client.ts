import { Readable } from 'node:stream';
import type { DicomJson } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';

/** A work list of another system, over UPS-RS and WADO-RS. */
export interface TaskManager {
  /** Scheduled items that match. */
  scheduled(filter: Readonly<Record<string, string>>, limit: number): Promise<DicomJson[]>;
  item(uid: string): Promise<DicomJson | undefined>;
  /** False where the manager refuses it: somebody else has it, or it is final. */
  changeState(
    uid: string,
    state: 'IN PROGRESS' | 'COMPLETED' | 'CANCELED',
    transactionUid: string,
  ): Promise<boolean>;
  update(uid: string, attributes: DicomJson, transactionUid: string): Promise<boolean>;
  /** The instances behind an address, as multipart. */
  retrieve(url: string): Promise<{ readonly contentType: string; readonly body: Readable }>;
}

const TIMEOUT_MS = 30_000;
const RETRIEVE_TIMEOUT_MS = 30 * 60_000;
const LARGEST_ANSWER = 32 * 1024 * 1024;
const JSON_TYPE = 'application/dicom+json';

/** @param url DICOMweb root of the manager */
export function taskManager(settings: {
  readonly url: string;
  readonly token?: string | undefined;
}): TaskManager {
  const root = settings.url.replace(/\/$/, '');
  const authorization: Record<string, string> =
    settings.token === undefined ? {} : { Authorization: `Bearer ${settings.token}` };

  async function call(method: string, path: string, body?: DicomJson): Promise<Response> {
    const response = await fetch(`${root}${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...authorization,
        Accept: JSON_TYPE,
        ...(body === undefined ? {} : { 'Content-Type': JSON_TYPE }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (
      response.status >= 500 ||
      response.status === 401 ||
      response.status === 403 ||
      response.status === 429
    ) {
      throw unavailable(`${response.status}`);
    }
    return response;
  }

  async function datasets(response: Response): Promise<DicomJson[]> {
    if (response.status === 204 || !response.ok) return [];
    const text = await response.text();
    if (text.length > LARGEST_ANSWER) throw unavailable('a very large answer');
    const json: unknown = JSON.parse(text);
    return (Array.isArray(json) ? json : [json]) as DicomJson[];
  }

  return {
    async scheduled(filter, limit) {
      const query = new URLSearchParams({ ...filter, ProcedureStepState: 'SCHEDULED', limit: String(limit) });
      return datasets(await call('GET', `/workitems?${query}`));
    },
    async item(uid) {
      const response = await call('GET', `/workitems/${uid}`);
      return response.status === 404 || response.status === 410 ? undefined : (await datasets(response))[0];
    },
    async changeState(uid, state, transactionUid) {
      const response = await call('PUT', `/workitems/${uid}/state`, {
        '00081195': { vr: 'UI', Value: [transactionUid] },
        '00741000': { vr: 'CS', Value: [state] },
      });
      return response.ok;
    },
    async update(uid, attributes, transactionUid) {
      return (await call('POST', `/workitems/${uid}?${transactionUid}`, attributes)).ok;
    },
    async retrieve(url) {
      // The token is for this manager only, whatever address an item names.
      const isOurs = new URL(url).origin === new URL(root).origin;
      const response = await fetch(url, {
        redirect: 'error',
        signal: AbortSignal.timeout(RETRIEVE_TIMEOUT_MS),
        headers: {
          ...(isOurs ? authorization : {}),
          Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*',
          'Accept-Encoding': 'identity',
        },
      });
      if (!response.ok || response.body === null) throw unavailable(`${response.status}`);
      return {
        contentType: response.headers.get('content-type') ?? '',
        body: Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
      };
    },
  };
}

function unavailable(found: string): PhotopeakError {
  return new PhotopeakError('the work list does not answer as it should', {
    code: 'TASK_LIST_UNAVAILABLE',
    found,
    remedy: 'check the address and the token of the task list; it is asked again',
  });
}
