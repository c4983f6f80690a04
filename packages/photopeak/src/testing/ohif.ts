import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** OHIF's own bundle (MIT), 50 MB packed: too large for the lock file, so it is fetched for the test and kept. */
const VERSION = '3.13.2';
const SHA512 = 'WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA==';
const ADDRESS = `https://registry.npmjs.org/@ohif/app/-/app-${VERSION}.tgz`;

const cache = fileURLToPath(new URL(`../../../../node_modules/.cache/ohif-${VERSION}`, import.meta.url));

/**
 * The folder of OHIF's static files; the package is fetched once and checked against its hash.
 * @throws Error where it cannot be fetched
 */
export async function ohifFolder(): Promise<string> {
  const folder = path.join(cache, 'dist');
  if (existsSync(path.join(folder, 'index.html'))) return folder;
  const response = await fetch(process.env.PHOTOPEAK_OHIF_TARBALL ?? ADDRESS);
  if (!response.ok) throw new Error(`OHIF cannot be fetched: ${response.status}`);
  const packed = Buffer.from(await response.arrayBuffer());
  const digest = createHash('sha512').update(packed).digest('base64');
  if (digest !== SHA512)
    throw new Error('OHIF was fetched, but it is not the package that the test was written for');
  const fresh = `${cache}.${process.pid}`;
  await unpack(gunzipSync(packed), fresh);
  await rm(cache, { recursive: true, force: true });
  await rename(fresh, cache);
  return folder;
}

const BLOCK = 512;

/** Plain files of a tar archive (POSIX ustar); the leading folder `package` is left out. */
async function unpack(tar: Buffer, folder: string): Promise<void> {
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const field = (from: number, length: number) =>
      tar
        .subarray(at + from, at + from + length)
        .toString('utf8')
        .replace(/\0.*$/s, '');
    const name = field(0, 100);
    if (name === '') return;
    const size = Number.parseInt(field(124, 12), 8);
    const prefix = field(345, 155);
    const relative = `${prefix === '' ? '' : `${prefix}/`}${name}`.replace(/^package\//, '');
    const file = path.join(folder, relative);
    if (field(156, 1) === '0' && file.startsWith(`${folder}${path.sep}`) && !relative.endsWith('.map')) {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, tar.subarray(at + BLOCK, at + BLOCK + size));
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};

/** The configuration of docs/dicomweb.md. */
const CONFIGURATION = `window.config = {
  routerBasename: '/',
  extensions: [],
  modes: [],
  showStudyList: true,
  maxNumberOfWebWorkers: 2,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: false,
  investigationalUseDialog: { option: 'never' },
  defaultDataSourceName: 'photopeak',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
    sourceName: 'photopeak',
    configuration: {
      friendlyName: 'Photopeak',
      name: 'photopeak',
      wadoUriRoot: '/dicom-web',
      qidoRoot: '/dicom-web',
      wadoRoot: '/dicom-web',
      qidoSupportsIncludeField: true,
      supportsFuzzyMatching: true,
      supportsWildcard: true,
      imageRendering: 'wadors',
      thumbnailRendering: 'wadors',
      enableStudyLazyLoad: true,
      omitQuotationForMultipartRequest: true,
      bulkDataURI: { enabled: true },
    },
  }],
};`;

export interface OhifSite {
  readonly url: string;
  /** Status and path of every DICOMweb request so far. */
  readonly requests: readonly { readonly status: number; readonly path: string }[];
  close(): Promise<void>;
}

/** A site as an administrator sets it up: OHIF's files and, on the same origin, the node behind a token. */
export async function serveOhif(folder: string, node: string, token: string): Promise<OhifSite> {
  const requests: { status: number; path: string }[] = [];

  function toNode(incoming: IncomingMessage, answer: ServerResponse): void {
    const forwarded = request(
      `${node}${incoming.url}`,
      {
        method: incoming.method,
        headers: { ...incoming.headers, authorization: `Bearer ${token}`, cookie: '' },
      },
      (response) => {
        requests.push({ status: response.statusCode ?? 0, path: incoming.url ?? '' });
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    forwarded.on('error', () => answer.destroy());
    incoming.pipe(forwarded);
  }

  async function fileOf(url: string): Promise<string> {
    const file = path.join(folder, decodeURIComponent(url.split('?')[0]!));
    const isFile = file.startsWith(folder) && (await stat(file).catch(() => undefined))?.isFile() === true;
    return isFile ? file : path.join(folder, 'index.html');
  }

  const server = createServer((incoming, answer) => {
    const url = incoming.url ?? '/';
    if (url.startsWith('/dicom-web/')) return toNode(incoming, answer);
    void (async () => {
      const headers = {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      };
      if (url.startsWith('/app-config.js')) {
        answer.writeHead(200, { ...headers, 'Content-Type': TYPES['.js'] }).end(CONFIGURATION);
        return;
      }
      const file = await fileOf(url);
      answer.writeHead(200, {
        ...headers,
        'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      });
      if (file.endsWith('index.html')) answer.end(await readFile(file));
      else createReadStream(file).pipe(answer);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
