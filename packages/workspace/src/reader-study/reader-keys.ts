import type { ReaderStudyNext } from '../api/index.ts';
import { ctWindows } from '../reading/presets.ts';
import { type PictureView, zoomed } from './reader-picture.tsx';

export const HOUNSFIELD = "[hnsf'U]";

type Turn = (step: number) => void;
type ChangeView = (change: (now: PictureView) => PictureView) => void;
type Act = (turn: Turn, change: ChangeView) => void;

/** What the keys do on a case: planes, zoom, back to how it began, and the windows of a CT. */
export function readerKeys({
  window,
  unit,
}: NonNullable<ReaderStudyNext['next']>['display']): ReadonlyMap<string, Act> {
  const larger: Act = (_, change) => change((now) => zoomed(now, 1.2));
  const keys: [string, Act][] = [
    ['ArrowUp', (turn) => turn(1)],
    ['ArrowDown', (turn) => turn(-1)],
    ['PageUp', (turn) => turn(5)],
    ['PageDown', (turn) => turn(-5)],
    ['+', larger],
    ['=', larger],
    ['-', (_, change) => change((now) => zoomed(now, 1 / 1.2))],
    ['0', (_, change) => change(() => ({ window, zoom: 1, shift: [0, 0] }))],
  ];
  if (unit === HOUNSFIELD)
    for (const [index, { range }] of ctWindows.entries())
      keys.push([String(index + 1), (_, change) => change((now) => ({ ...now, window: range }))]);
  return new Map(keys);
}
