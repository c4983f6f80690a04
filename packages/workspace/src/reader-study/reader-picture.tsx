import { type PointerEvent, useEffect, useRef, useState, type WheelEvent } from 'react';

/** How both pictures of a case are seen: always the same for both, so that nothing but the image differs. */
export interface PictureView {
  /** Values that are black and white. */
  readonly window: readonly [low: number, high: number];
  /** 1: the whole picture fits. */
  readonly zoom: number;
  /** Shift in parts of the height of the picture. */
  readonly shift: readonly [x: number, y: number];
}

interface Plane {
  readonly columns: number;
  readonly rows: number;
  /** 0–65535 over the range of the case. */
  readonly values: Uint16Array;
}

interface Props {
  readonly src: string;
  readonly label: string;
  /** Values that the smallest and the largest pixel stand for. */
  readonly range: readonly [low: number, high: number];
  readonly view: PictureView;
  readonly onView: (change: (now: PictureView) => PictureView) => void;
  readonly onTurn: (step: number) => void;
}

const MOST_ZOOM = 16;
/** Movement over so many pixels takes the window through the range of the case once. */
const PIXELS_OF_RANGE = 800;

export const zoomed = (view: PictureView, factor: number): PictureView => {
  const zoom = Math.min(MOST_ZOOM, Math.max(1, view.zoom * factor));
  return { ...view, zoom, shift: zoom === 1 ? [0, 0] : view.shift };
};

/** A plane whose pixels carry 16 bits in red and green; pictures of 8 bits have all channels alike, which reads the same. */
async function load(src: string, signal: AbortSignal): Promise<Plane> {
  const response = await fetch(src, { signal });
  if (!response.ok) throw new Error(`The picture did not come (${response.status}).`);
  const bitmap = await createImageBitmap(await response.blob(), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  });
  const { width: columns, height: rows } = bitmap;
  const context = new OffscreenCanvas(columns, rows).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, columns, rows);
  const values = new Uint16Array(columns * rows);
  for (let n = 0; n < values.length; n++) values[n] = (data[4 * n]! << 8) | data[4 * n + 1]!;
  return { columns, rows, values };
}

function draw(
  canvas: HTMLCanvasElement,
  { columns, rows, values }: Plane,
  range: Props['range'],
  window: PictureView['window'],
): void {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(columns, rows);
  const [low, high] = window;
  const scale = (range[1] - range[0]) / 65535;
  for (let n = 0; n < values.length; n++) {
    const value = range[0] + values[n]! * scale;
    const grey = (255 * (value - low)) / Math.max(high - low, 1e-12);
    image.data[4 * n] = grey;
    image.data[4 * n + 1] = grey;
    image.data[4 * n + 2] = grey;
    image.data[4 * n + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** One side of a case. Wheel: planes; drag: window; with Shift: move; wheel with Ctrl: zoom. */
export function ReaderPicture({ src, label, range, view, onView, onTurn }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [plane, setPlane] = useState<{ readonly src: string; readonly plane: Plane }>();
  const [problem, setProblem] = useState<string>();
  const last = useRef<readonly [number, number]>([0, 0]);
  useEffect(() => {
    const abort = new AbortController();
    setProblem(undefined);
    load(src, abort.signal)
      .then((loaded) => setPlane({ src, plane: loaded }))
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setProblem((error as Error).message);
      });
    return () => abort.abort();
  }, [src]);
  useEffect(() => {
    if (canvas.current !== null && plane !== undefined) draw(canvas.current, plane.plane, range, view.window);
  }, [plane, range, view.window]);

  const down = (event: PointerEvent) => {
    last.current = [event.clientX, event.clientY];
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const [dx, dy] = [event.clientX - last.current[0], event.clientY - last.current[1]];
    last.current = [event.clientX, event.clientY];
    const { height } = event.currentTarget.getBoundingClientRect();
    if (event.shiftKey || event.buttons === 4)
      return onView((now) => ({ ...now, shift: [now.shift[0] + dx / height, now.shift[1] + dy / height] }));
    const step = (range[1] - range[0]) / PIXELS_OF_RANGE;
    onView((now) => {
      const width = Math.max(step, now.window[1] - now.window[0] + dx * step);
      const level = (now.window[0] + now.window[1]) / 2 + dy * step;
      return { ...now, window: [level - width / 2, level + width / 2] };
    });
  };
  const wheel = (event: WheelEvent) => {
    const notch = Math.sign(event.deltaY);
    if (event.ctrlKey) onView((now) => zoomed(now, 1.1 ** -notch));
    else onTurn(notch);
  };
  const [x, y] = view.shift;
  return (
    <div
      className="relative min-h-48 cursor-ns-resize touch-none overflow-hidden bg-black"
      onPointerDown={down}
      onPointerMove={move}
      onWheel={wheel}
    >
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        data-drawn={plane?.src === src}
        className="absolute inset-0 size-full object-contain"
        style={{ transform: `translate(${100 * x}%, ${100 * y}%) scale(${view.zoom})` }}
      />
      {problem !== undefined && (
        <p role="alert" className="absolute inset-x-0 top-2 text-center text-[13px] text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}
