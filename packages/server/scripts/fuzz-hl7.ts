/**
 * Feeds damaged HL7 bytes to the frame reader, the character sets, the parser and the readers of content for some
 * minutes: `npm run fuzz:hl7 -w @photopeak/server [-- SECONDS [SEED]]`. Whatever is thrown must be an Hl7Error (or
 * MLLP_NOT_FRAMED), and no input may take long. What fails is written beside the corpus, to be kept there once mended.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PhotopeakError } from '@photopeak/imaging';
import { acknowledgementMode, writeAcknowledgement } from '../src/hl7/acknowledge.ts';
import { decodeMessage, Hl7Error, parseMessage } from '../src/hl7/index.ts';
import { createFrameReader, frame } from '../src/hl7/mllp/frames.ts';
import { readOrders, readReports } from '../src/orders/index.ts';
import { readPatient } from '../src/patients/index.ts';

/** Half a second for a message of some kilobytes means that something grows faster than the input. */
const SLOWEST_MS = 500;
const LARGEST_BYTES = 1024 * 1024;

const [seconds = '600', seedText = '1'] = process.argv.slice(2);
const folder = fileURLToPath(new URL('./hl7-corpus', import.meta.url));
const corpus = readdirSync(folder)
  .filter((name) => name.endsWith('.hl7'))
  .sort()
  .map((name) => readFileSync(path.join(folder, name)));

/** A small generator with a seed, so that a finding can be played again (mulberry32). */
let state = Number(seedText) >>> 0;
function random(below: number): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let value = Math.imul(state ^ (state >>> 15), 1 | state);
  value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
  return ((value ^ (value >>> 14)) >>> 0) % below;
}

const TOKENS = [
  '\r',
  '\n',
  '|',
  '^',
  '~',
  '\\',
  '&',
  '""',
  '\\X',
  '\\X41\\',
  '\\.br\\',
  '\u000b',
  '\u001c',
  'MSH|^~\\&|',
  'PID|',
  'OBX|',
  'ORC|NW|',
  'IPC|',
  'MRG|',
];

function damage(source: Uint8Array): Uint8Array {
  let bytes = Buffer.from(source);
  for (let count = 1 + random(8); count > 0; count--) {
    const at = random(bytes.length + 1);
    const token = Buffer.from(TOKENS[random(TOKENS.length)]!, 'latin1');
    switch (random(6)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)]);
        break;
      case 1:
        if (bytes.length > 0) bytes[at % bytes.length] = random(256);
        break;
      case 2:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(Math.min(bytes.length, at + random(64))),
        ]);
        break;
      case 3: {
        const part = bytes.subarray(at, at + random(200));
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          ...Array.from({ length: random(40) }, () => part),
          bytes.subarray(at),
        ]);
        break;
      }
      case 4:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          ...Array.from({ length: random(2000) }, () => token),
          bytes.subarray(at),
        ]);
        break;
      default: {
        const other = corpus[random(corpus.length)]!;
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length))]);
      }
    }
  }
  return bytes.subarray(0, LARGEST_BYTES);
}

function play(bytes: Uint8Array): void {
  const reader = createFrameReader(LARGEST_BYTES);
  const framed = random(4) === 0 ? bytes : frame(bytes);
  for (let at = 0; at < framed.length; ) {
    const length = 1 + random(4096);
    for (const event of reader.push(framed.subarray(at, at + length)))
      if (event.kind === 'message') read(event.bytes);
    at += length;
  }
}

function read(bytes: Uint8Array): void {
  const message = parseMessage(decodeMessage(bytes));
  acknowledgementMode(message.header);
  writeAcknowledgement(message, { code: 'AA', controlId: '1', at: new Date(0) });
  for (const reading of [readPatient, readOrders, readReports]) {
    try {
      reading(message);
    } catch (error) {
      if (!(error instanceof Hl7Error)) throw error;
    }
  }
}

const end = Date.now() + Number(seconds) * 1000;
let played = 0;
let failures = 0;
while (Date.now() < end) {
  const bytes = damage(corpus[random(corpus.length)]!);
  const start = process.cpuUsage();
  let problem: string | undefined;
  try {
    play(bytes);
  } catch (error) {
    const isExpected =
      error instanceof Hl7Error || (error instanceof PhotopeakError && error.code === 'MLLP_NOT_FRAMED');
    if (!isExpected) problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  // Processor time: on a busy machine the clock says nothing of the code.
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1000;
  if (took > SLOWEST_MS) problem ??= `took ${Math.round(took)} ms for ${bytes.length} bytes`;
  if (problem !== undefined) {
    failures += 1;
    mkdirSync(path.join(folder, 'failed'), { recursive: true });
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    writeFileSync(path.join(folder, 'failed', `${name}.hl7`), bytes);
    console.error(`${name}: ${problem}`);
  }
  played += 1;
}
console.log(`${played} inputs in ${seconds} s from seed ${seedText}: ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;
