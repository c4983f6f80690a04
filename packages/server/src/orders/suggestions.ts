import type { Configuration } from '../config/index.ts';
import type { SuggestionColumn } from '../database/index.ts';
import type { OrderContent } from './order.ts';

type Rule = Configuration['protocolSuggestions'][number];

/** Which protocols the rules of the site suggest for an order; in the order of the rules. */
export function suggestProtocols(
  rules: readonly Rule[],
  order: Pick<
    OrderContent,
    | 'modality'
    | 'bodyPart'
    | 'description'
    | 'reason'
    | 'clinicalInformation'
    | 'procedureCode'
    | 'stationAeTitle'
  >,
): SuggestionColumn[] {
  const values: Record<keyof Rule['when'], string> = {
    modality: order.modality,
    station: order.stationAeTitle,
    procedureCode: order.procedureCode?.value ?? '',
    procedure: `${order.procedureCode?.meaning ?? ''}\n${order.description}`,
    bodyPart: order.bodyPart,
    reason: `${order.reason}\n${order.clinicalInformation}`,
  };
  return rules
    .filter((rule) =>
      Object.entries(rule.when).every(
        ([name, wanted]) => wanted === undefined || holds(name, wanted, values[name as keyof Rule['when']]),
      ),
    )
    .map((rule) => ({ rule: rule.name, text: rule.suggest.text, code: rule.suggest.code ?? null }));
}

/** Codes and names of one word must be equal; of texts a part is enough. Case does not count. */
const TEXTS: ReadonlySet<string> = new Set(['procedure', 'reason']);

function holds(name: string, wanted: string | readonly string[], found: string): boolean {
  const text = found.toLowerCase();
  const list = typeof wanted === 'string' ? [wanted] : wanted;
  return list.some((part) =>
    TEXTS.has(name) ? text.includes(part.toLowerCase()) : text === part.toLowerCase(),
  );
}
