import type { AttributePath, Condition, RouteConfiguration } from '../config/index.ts';
import type { FactsNeeded } from './facts.ts';
import { measures } from './measures.ts';

/** What the conditions of these routes look at. */
export function factsNeeded(routes: readonly Pick<RouteConfiguration, 'when' | 'choose'>[]): FactsNeeded {
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
        everyInstance = true;
        for (const path of measures[condition.measure].paths) add(path);
        return;
      case 'order':
      case 'source':
      case 'time':
      case 'modalities':
        return;
    }
  }

  for (const route of routes) {
    visit(route.when);
    if (route.choose !== undefined) visit(route.choose);
  }
  return { paths: [...paths.values()], everyInstance };
}
