import type { AttributePath } from './attribute-path.ts';
import { type Condition, pixelMeasures } from './condition.ts';
import type { FactsNeeded } from './facts.ts';
import { measures } from './measures.ts';

/** What conditions look at. */
export function factsNeededBy(conditions: readonly Condition[]): FactsNeeded {
  const paths = new Map<string, AttributePath>();
  let everyInstance = false;
  const add = (path: AttributePath) => paths.set(path.text, path);

  function visit(condition: Condition): void {
    switch (condition.kind) {
      case 'all':
      case 'any':
        for (const part of condition.parts) visit(part);
        return;
      case 'not':
      case 'series':
        visit(condition.part);
        return;
      case 'instances':
        everyInstance = true;
        visit(condition.part);
        return;
      case 'count':
        if (condition.where === undefined) return;
        everyInstance ||= condition.of === 'instances';
        visit(condition.where);
        return;
      case 'attribute':
        add(condition.path);
        return;
      case 'measure':
        everyInstance ||= !pixelMeasures.includes(condition.measure);
        for (const path of measures[condition.measure].paths) add(path);
        return;
      case 'order':
      case 'source':
      case 'time':
      case 'modalities':
        return;
    }
  }

  for (const condition of conditions) visit(condition);
  return { paths: [...paths.values()], everyInstance };
}
