export { type Problem, type ProblemCode, problemCodes } from './problem.ts';
export { errorsOf, type ValidateOptions, validate } from './validate.ts';
