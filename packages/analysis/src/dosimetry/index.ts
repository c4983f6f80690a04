export {
  type ActivityPoint,
  fitTimeActivity,
  singleTimePoint,
  type TimeActivityFit,
  type TimeActivityOptions,
} from './time-activity.ts';
