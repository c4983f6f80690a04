export { performTasks, type TaskList } from './perform.ts';
