import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { syncFolder } from '../archive/durable.ts';

/**
 * Outputs of steps on disk. A value is written as one JSON file in which every typed array is replaced by the hash
 * of a file of its bytes; the workflow engine stores only the hash of the JSON. All files of a run lie in one
 * folder and go with it.
 */
export interface StepOutputs {
  /** Writes a value durably and returns its address. */
  store(value: unknown): Promise<string>;
  /** @throws PhotopeakError STEP_OUTPUT_LOST when a file is missing or does not have its hash. */
  load(address: string): Promise<unknown>;
  /**
   * What `load` would give for a value that was just stored, without reading its large parts again: a step must
   * see the same values whether the process lived or died in between.
   */
  throughStore(value: unknown): Promise<{ readonly address: string; readonly value: unknown }>;
  remove(): Promise<void>;
}

const arrays = {
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
} as const;
type ArrayName = keyof typeof arrays;
type AnyArray = InstanceType<(typeof arrays)[ArrayName]>;

const CHUNK = 4 * 1024 * 1024;
/** Larger values are not JSON's business; the largest summary is far below. */
const LONGEST_JSON = 256 * 1024 * 1024;

export function createStepOutputs(folder: string): StepOutputs {
  async function writeBytes(bytes: Uint8Array): Promise<string> {
    const address = hash(bytes);
    const file = path.join(folder, address);
    const present = await stat(file).catch(() => undefined);
    if (present?.size === bytes.byteLength) return address;
    await mkdir(folder, { recursive: true, mode: 0o750 });
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      const handle = await open(temporary, 'w', 0o640);
      try {
        for (let at = 0; at < bytes.byteLength; at += CHUNK) await handle.writeFile(copy(bytes, at));
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(folder);
    return address;
  }

  async function readBytes(address: string): Promise<Uint8Array> {
    const file = path.join(folder, address);
    const digest = createHash('sha256');
    try {
      const { size } = await stat(file);
      const bytes = new Uint8Array(size);
      let at = 0;
      for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
        digest.update(chunk as Buffer);
        bytes.set(chunk as Buffer, at);
        at += (chunk as Buffer).length;
      }
      if (digest.digest('hex') === address) return bytes;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    throw new PhotopeakError('the stored output of a step is missing or damaged', {
      code: 'STEP_OUTPUT_LOST',
      where: file,
      remedy: 'start the run again; its input is in the archive',
    });
  }

  async function encode(value: unknown, files: Map<AnyArray, string>): Promise<unknown> {
    if (value === undefined) return { $: 'undefined' };
    if (typeof value === 'number' && !Number.isFinite(value)) return { $: 'number', value: String(value) };
    if (typeof value === 'number' && Object.is(value, -0)) return { $: 'number', value: '-0' };
    if (value === null || typeof value !== 'object') {
      if (typeof value === 'bigint') return { $: 'bigint', value: String(value) };
      if (typeof value === 'function' || typeof value === 'symbol') throw notStorable(typeof value);
      return value;
    }
    if (ArrayBuffer.isView(value)) {
      const type = nameOf(value);
      const view = value as AnyArray;
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      const address = files.get(view) ?? (await writeBytes(bytes));
      files.set(view, address);
      return { $: type, address, length: view.length };
    }
    if (Array.isArray(value)) {
      const list: unknown[] = [];
      for (const item of value) list.push(await encode(item, files));
      return list;
    }
    if (value instanceof Map) return { $: 'Map', entries: await encode([...value.entries()], files) };
    if (value instanceof Set) return { $: 'Set', entries: await encode([...value.values()], files) };
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype !== Object.prototype && prototype !== null) throw notStorable(prototype.constructor.name);
    const result: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) result[key] = await encode(item, files);
    }
    return '$' in value ? { $: 'object', value: result } : result;
  }

  async function decode(
    node: unknown,
    array: (address: string, type: ArrayName) => Promise<AnyArray>,
  ): Promise<unknown> {
    if (node === null || typeof node !== 'object') return node;
    if (Array.isArray(node)) {
      const list: unknown[] = [];
      for (const item of node) list.push(await decode(item, array));
      return list;
    }
    const record = node as Record<string, unknown>;
    const tag = record.$;
    if (typeof tag === 'string') {
      if (tag === 'undefined') return undefined;
      if (tag === 'number') return Number(record.value);
      if (tag === 'bigint') return BigInt(record.value as string);
      if (tag === 'Map') return new Map((await decode(record.entries, array)) as [unknown, unknown][]);
      if (tag === 'Set') return new Set((await decode(record.entries, array)) as unknown[]);
      if (tag === 'object') return members(record.value as Record<string, unknown>);
      return array(record.address as string, tag as ArrayName);
    }
    return members(record);

    async function members(object: Record<string, unknown>): Promise<Record<string, unknown>> {
      const result: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(object)) result[key] = await decode(item, array);
      return result;
    }
  }

  async function throughStore(value: unknown) {
    const files = new Map<AnyArray, string>();
    const encoded = await encode(value, files);
    const text = Buffer.from(JSON.stringify(encoded));
    if (text.length > LONGEST_JSON) throw notStorable(`${text.length} bytes of JSON`);
    const address = await writeBytes(text);
    const known = new Map([...files].map(([view, at]) => [`${at} ${nameOf(view)}`, view]));
    return {
      address,
      value: await decode(encoded, async (at, type) => known.get(`${at} ${type}`)!),
    };
  }

  return {
    throughStore,
    store: async (value) => (await throughStore(value)).address,
    async load(address) {
      const encoded: unknown = JSON.parse(Buffer.from(await readBytes(address)).toString('utf8'));
      const loaded = new Map<string, AnyArray>();
      return decode(encoded, async (at, type) => {
        const key = `${at} ${type}`;
        const present = loaded.get(key);
        if (present) return present;
        const bytes = await readBytes(at);
        const view = new arrays[type](bytes.buffer as ArrayBuffer);
        loaded.set(key, view);
        return view;
      });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function nameOf(view: ArrayBufferView): ArrayName {
  if (view instanceof Uint8Array) return 'Uint8Array'; // Buffer included
  for (const [name, kind] of Object.entries(arrays)) {
    if (view instanceof kind) return name as ArrayName;
  }
  throw notStorable(view.constructor.name);
}

function notStorable(what: string): PhotopeakError {
  return new PhotopeakError('the output of a step cannot be stored', {
    code: 'STEP_OUTPUT_KIND',
    expected: 'plain objects, arrays, maps, sets, numbers, text, typed arrays',
    found: what,
  });
}

/** A copy outside shared memory: hashing and writing must not see a change half-way. */
function copy(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.slice(at, Math.min(bytes.byteLength, at + CHUNK));
}

function hash(bytes: Uint8Array): string {
  const digest = createHash('sha256');
  for (let at = 0; at < bytes.byteLength; at += CHUNK) digest.update(copy(bytes, at));
  return digest.digest('hex');
}
