import { PhotopeakError } from '@photopeak/imaging';
import { type Window, windowShape } from './window.ts';

/** What a request for a rendered image asks for (PS3.18 §8.3.5). */
export interface RenderParameters {
  readonly viewport: Viewport | undefined;
  readonly window: Window | undefined;
  /** 1 to 100, of JPEG. */
  readonly quality: number;
}

export interface Viewport {
  readonly columns: number;
  readonly rows: number;
  /** Region of the image that is shown; the whole image where absent. Negative sizes mirror it. */
  readonly source:
    | { readonly left: number; readonly top: number; readonly columns: number; readonly rows: number }
    | undefined;
}

export const LARGEST_SIDE = 4_096;
const QUALITY = 90;

/** @throws PhotopeakError HTTP_INPUT */
export function renderParameters(query: Readonly<Record<string, string | string[]>>): RenderParameters {
  const text = (name: string) => {
    const value = query[name];
    return value === undefined ? undefined : [value].flat()[0]!;
  };
  const annotation = text('annotation');
  if (annotation !== undefined && annotation !== '') {
    throw bad('annotation', 'no annotation: this node burns none into pictures');
  }
  const profile = text('iccprofile');
  if (profile !== undefined && profile !== 'no') throw bad('iccprofile', 'iccprofile=no');
  return {
    viewport: viewportOf(text('viewport')),
    window: windowOf(text('window')),
    quality: qualityOf(text('quality')),
  };
}

function bad(found: string, expected: string): PhotopeakError {
  return new PhotopeakError('this picture cannot be made', { code: 'HTTP_INPUT', found, expected });
}

function viewportOf(text: string | undefined): Viewport | undefined {
  if (text === undefined) return undefined;
  const expected = `viewport=columns,rows or columns,rows,left,top,width,height, at most ${LARGEST_SIDE} pixels`;
  const numbers = text.split(',').map((part) => (part.trim() === '' ? undefined : Number(part)));
  const [columns, rows, left, top, width, height] = numbers;
  const side = (value: number | undefined) =>
    value !== undefined && Number.isInteger(value) && value >= 1 && value <= LARGEST_SIDE;
  if (!side(columns) || !side(rows) || (numbers.length !== 2 && numbers.length !== 6)) {
    throw bad('viewport', expected);
  }
  if (numbers.length === 2) return { columns: columns!, rows: rows!, source: undefined };
  const region = [left ?? 0, top ?? 0, width ?? Number.NaN, height ?? Number.NaN];
  if (!region.every((value) => Number.isInteger(value) && Math.abs(value) <= 65_535))
    throw bad('viewport', expected);
  if (region[2] === 0 || region[3] === 0) throw bad('viewport', expected);
  return {
    columns: columns!,
    rows: rows!,
    source: { left: region[0]!, top: region[1]!, columns: region[2]!, rows: region[3]! },
  };
}

function windowOf(text: string | undefined): Window | undefined {
  if (text === undefined) return undefined;
  const [center, width, name = 'linear'] = text.split(',');
  const shape = windowShape(name);
  const window = { center: Number(center), width: Number(width) };
  if (shape === undefined || center === '' || !Number.isFinite(window.center) || !(window.width > 0)) {
    throw bad('window', 'window=center,width[,linear|linear-exact|sigmoid]');
  }
  return { ...window, shape };
}

function qualityOf(text: string | undefined): number {
  if (text === undefined) return QUALITY;
  const quality = Number(text);
  if (Number.isInteger(quality) && quality >= 1 && quality <= 100) return quality;
  throw bad('quality', 'quality from 1 to 100');
}
