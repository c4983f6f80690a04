/** HTML that is escaped by construction: interpolated text is escaped, nested `Html` is taken as it is. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | readonly Html[] | null;

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'object' && 'html' in part) return part.html;
  if (Array.isArray(part)) return part.map((item: Html) => item.html).join('');
  return String(part).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.reduce((text, string, index) => text + render(parts[index - 1] ?? null) + string) };
}
