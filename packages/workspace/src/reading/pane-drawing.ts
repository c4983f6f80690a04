import { dot, outline, type Segments, type Shape, scale, type Vec3, viewVectors } from '../geometry/index.ts';
import type { Pane, PaneContent } from '../viewer/index.ts';
import { isFinding, type Lesion } from './lesions.ts';

interface Style {
  readonly color: string;
  readonly dash: readonly number[];
}

/** AI and verification state, dark on a white ground; the dash says the same as the colour. */
function styleOf(lesion: Lesion, isWhite: boolean): Style {
  if (!isFinding(lesion)) return { color: isWhite ? '#4a5463' : '#c3cad4', dash: [2, 4] };
  if (lesion.verdict === 'rejected') return { color: isWhite ? '#5b6675' : '#aeb6c2', dash: [1.5, 3] };
  if (lesion.verdict === 'undecided') return { color: isWhite ? '#2563d4' : '#8fb8ff', dash: [7, 3] };
  return { color: isWhite ? '#0d8550' : '#66d19e', dash: [] };
}

export interface Drawing {
  readonly pane: Pane;
  readonly content: PaneContent;
  readonly lesions: readonly { readonly lesion: Lesion; readonly shape: Shape }[];
  readonly selected: string | null;
  /** Point of the cross-hair. */
  readonly point: Vec3;
  readonly isWhite: boolean;
}

/** Outlines stay the same until the plane moves; zooming and panning only transform them. */
export class OutlineCache {
  #plane = '';
  readonly #segments = new Map<Shape, Segments>();

  get(shape: Shape, plane: string, compute: () => Segments): Segments {
    if (plane !== this.#plane) {
      this.#plane = plane;
      this.#segments.clear();
    }
    const known = this.#segments.get(shape);
    if (known !== undefined) return known;
    const segments = compute();
    this.#segments.set(shape, segments);
    return segments;
  }
}

/** A shadow keeps the line visible on bright tissue; on a white ground it is a light one, for dark uptake. */
function strokeOutlined(
  context: CanvasRenderingContext2D,
  path: Path2D,
  style: Style,
  width: number,
  isWhite: boolean,
): void {
  context.setLineDash([]);
  context.strokeStyle = isWhite ? 'rgb(255 255 255 / 0.55)' : 'rgb(0 0 0 / 0.5)';
  context.lineWidth = width + 1.75;
  context.stroke(path);
  context.setLineDash([...style.dash]);
  context.strokeStyle = style.color;
  context.lineWidth = width;
  context.stroke(path);
  context.setLineDash([]);
}

/** Joins segments end to end, so that dashes run along the line. */
function chain(segments: Segments): Float32Array[] {
  const key = (x: number, y: number) => `${x.toFixed(3)},${y.toFixed(3)}`;
  const ends = new Map<string, number[]>();
  const count = segments.length / 4;
  for (let s = 0; s < count; s++) {
    for (const end of [0, 2]) {
      const at = key(segments[4 * s + end]!, segments[4 * s + end + 1]!);
      ends.set(at, [...(ends.get(at) ?? []), s]);
    }
  }
  const used = new Uint8Array(count);
  const lines: Float32Array[] = [];
  for (let start = 0; start < count; start++) {
    if (used[start] === 1) continue;
    used[start] = 1;
    const line = [...segments.subarray(4 * start, 4 * start + 4)];
    for (;;) {
      const [x, y] = [line.at(-2)!, line.at(-1)!];
      const following = ends.get(key(x, y))?.find((s) => used[s] === 0);
      if (following === undefined) break;
      used[following] = 1;
      const [a, b, c, d] = segments.subarray(4 * following, 4 * following + 4);
      line.push(...(key(a!, b!) === key(x, y) ? [c!, d!] : [a!, b!]));
    }
    lines.push(Float32Array.from(line));
  }
  return lines;
}

function drawOutlines(context: CanvasRenderingContext2D, drawing: Drawing, cache: OutlineCache): void {
  const { pane, content } = drawing;
  const view = viewVectors(content.kind, content.azimuthDegrees);
  const depth = dot(content.point, view.normal);
  const isProjection = content.kind === 'mip';
  const plane = isProjection ? `mip ${content.azimuthDegrees}` : `${content.kind} ${depth.toFixed(3)}`;
  const corner = pane.toWorld(0, 0);
  const [u0, v0] = [dot(corner, view.right), dot(corner, view.up)];
  const pixels = pane.pixelsPerMm();
  const sorted = [...drawing.lesions].sort(
    (a, b) => Number(a.lesion.id === drawing.selected) - Number(b.lesion.id === drawing.selected),
  );
  for (const { lesion, shape } of sorted) {
    const segments = cache.get(shape, plane, () =>
      outline(
        shape,
        { origin: scale(view.normal, depth), right: view.right, up: view.up, depth: scale(view.normal, -1) },
        { project: isProjection },
      ),
    );
    if (segments.length === 0) continue;
    const path = new Path2D();
    let [right, top] = [-Infinity, Infinity];
    for (const line of chain(segments)) {
      for (let at = 0; at < line.length; at += 2) {
        const x = (line[at]! - u0) * pixels;
        const y = (v0 - line[at + 1]!) * pixels;
        if (at === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
        right = Math.max(right, x);
        top = Math.min(top, y);
      }
    }
    const isSelected = lesion.id === drawing.selected;
    const style = styleOf(lesion, drawing.isWhite);
    strokeOutlined(context, path, style, isSelected ? 2.25 : 1.25, drawing.isWhite);
    if (isSelected) tag(context, lesion.tag, right + 4, top + 2, styleOf(lesion, false).color);
  }
}

function tag(context: CanvasRenderingContext2D, text: string, x: number, y: number, color: string): void {
  context.font = '600 11px "Inter Variable", sans-serif';
  const width = context.measureText(text).width;
  context.fillStyle = 'rgb(11 14 19 / 0.8)';
  context.fillRect(x - 3, y - 11, width + 6, 15);
  context.fillStyle = color;
  context.fillText(text, x, y);
}

const GAP = 14;

function drawCross(context: CanvasRenderingContext2D, drawing: Drawing, width: number, height: number): void {
  const [x, y] = drawing.pane.toCanvas(drawing.point);
  const path = new Path2D();
  for (const [x0, y0, x1, y1] of [
    [0, y, x - GAP, y],
    [x + GAP, y, width, y],
    [x, 0, x, y - GAP],
    [x, y + GAP, x, height],
  ] as const) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
  context.lineWidth = 1;
  context.strokeStyle = drawing.isWhite ? 'rgb(30 40 54 / 0.45)' : 'rgb(226 232 240 / 0.4)';
  context.stroke(path);
}

/** Outlines and the cross-hair, over the picture just rendered. */
export function draw(canvas: HTMLCanvasElement, drawing: Drawing | undefined, cache: OutlineCache): void {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (drawing === undefined || !drawing.pane.isReady) return;
  drawCross(context, drawing, width, height);
  drawOutlines(context, drawing, cache);
}
