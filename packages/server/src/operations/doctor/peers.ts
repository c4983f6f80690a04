import { createServer } from 'node:net';
import type { Configuration } from '../../config/index.ts';
import type { Sender } from '../../delivery/index.ts';
import { type DoctorFinding, guarded, ok, problem, warning } from './finding.ts';

const ANSWER_MS = 10_000;
/** HTTP dates have whole seconds. */
const CLOCK_WARNING_S = 5;

/** Listeners of this node and everything that it talks to. */
export async function checkPeers(
  configuration: Configuration,
  senders: readonly { readonly name: string; readonly sender: Sender }[],
): Promise<DoctorFinding[]> {
  const isRunning = await nodeAnswers(configuration);
  const listeners = [
    guarded('workspace and DICOMweb', 'choose another http.port', () =>
      checkPort('workspace and DICOMweb', 'http.port', configuration.http, isRunning),
    ),
    ...(configuration.dicom.enabled && configuration.dicom.tls !== undefined
      ? [
          guarded('DICOM listener (TLS)', 'choose another dicom.tls.port', () =>
            checkPort(
              'DICOM listener (TLS)',
              'dicom.tls.port',
              { host: configuration.dicom.host, port: configuration.dicom.tls!.port },
              isRunning,
            ),
          ),
        ]
      : []),
    ...(configuration.dicom.enabled && configuration.dicom.tls?.only !== true
      ? [
          guarded('DICOM listener', 'choose another dicom.port', () =>
            checkPort('DICOM listener', 'dicom.port', configuration.dicom, isRunning),
          ),
        ]
      : []),
  ];
  const destinations = senders.map(({ name, sender }) =>
    guarded(`destination ${name}`, 'start it, and check host, port and AE title', async () => {
      const started = performance.now();
      await sender.check(AbortSignal.timeout(ANSWER_MS));
      return ok(`destination ${name}`, `answers in ${(performance.now() - started).toFixed(0)} ms`);
    }),
  );
  const clocks = configuration.destinations.flatMap((destination) =>
    destination.kind === 'stow' ? [checkClock(destination.name, destination.url)] : [],
  );
  return (await Promise.all([...listeners, ...destinations, ...clocks])).flat();
}

async function nodeAnswers({ http }: Configuration): Promise<boolean> {
  const host = http.host === '0.0.0.0' || http.host === '::' ? '127.0.0.1' : http.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${http.port}/healthz`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
  const body = (await answer?.json().catch(() => undefined)) as { ok?: unknown } | undefined;
  return body?.ok === true;
}

async function checkPort(
  name: string,
  setting: string,
  { host, port }: { readonly host: string; readonly port: number },
  isRunning: boolean,
): Promise<DoctorFinding> {
  const where = `${host}:${port}`;
  if (port === 0) return ok(name, 'any free port');
  const error = await listenError(host, port);
  if (error === undefined) {
    return isRunning
      ? warning(name, `${where} is free although a node answers`, `check ${setting}: it may have changed`)
      : ok(name, `${where} is free; no node is running`);
  }
  if (error === 'EADDRINUSE') {
    return isRunning
      ? ok(name, `the node listens at ${where}`)
      : problem(name, `another program listens at ${where}`, `stop it, or choose another ${setting}`);
  }
  return problem(
    name,
    `${where} cannot be opened (${error})`,
    `check the address, or choose another ${setting}`,
  );
}

function listenError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Dates in objects and messages come from our clock; a peer's `Date` header shows whether they agree. */
async function checkClock(name: string, url: string): Promise<DoctorFinding> {
  const title = `clock of ${name}`;
  const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_MS) }).catch(
    () => undefined,
  );
  const date = Date.parse(answer?.headers.get('Date') ?? '');
  if (Number.isNaN(date)) return ok(title, 'not told by its answers');
  const seconds = Math.round((date - Date.now()) / 1000);
  const found = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} ours`;
  return Math.abs(seconds) <= CLOCK_WARNING_S
    ? ok(title, found)
    : warning(title, found, 'let both machines follow the same time server (NTP)');
}
