import type { PetctSummary } from '../petct-oncology/summary.ts';
import { type Html, html } from './html.ts';

export interface ReportPicture {
  readonly title: string;
  readonly png: Uint8Array;
}

export interface ReportInput {
  readonly summary: PetctSummary;
  /** As in the image header; for the reader's eyes, not for logs. */
  readonly patient: {
    readonly name: string;
    readonly id: string;
    readonly birthDate: string;
    readonly sex: string;
  };
  /** Projections of the whole patient. */
  readonly overview: ReportPicture | null;
  /** Planes through each lesion, in the order of the lesions. */
  readonly lesionPictures: readonly ReportPicture[];
}

/** `19600116` as `1960-01-16`; anything else as it is. */
export function date(text: string): string {
  return /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : text;
}

/** Notices that a person must see first. */
export function toCheck(findings: PetctSummary['findings']): Html | null {
  const notices = findings.filter(({ severity }) => severity !== 'info');
  if (notices.length === 0) return null;
  return html`<section class="check"><h2>To check first</h2><ul>${notices.map(
    ({ code, severity, message, remedy }) =>
      html`<li class="${severity}"><span>${sentence(message)}${remedy ? html` <em>${sentence(remedy)}</em>` : null}</span> <code>${code}</code></li>
`,
  )}</ul></section>`;
}

/** With a capital and an end. */
export const sentence = (text: string): string => {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
};

export function figure(picture: ReportPicture): Html {
  const data = Buffer.from(picture.png).toString('base64');
  return html`<figure><img alt="${picture.title}" src="data:image/png;base64,${data}"><figcaption>${picture.title}</figcaption></figure>
`;
}
