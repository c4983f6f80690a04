export { type CompletionContext, completeNext, settleSoon } from './completion.ts';
export { studyFacts } from './facts.ts';
export { frozenInput, studyInput } from './input.ts';
