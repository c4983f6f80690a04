import type { Rgb } from './picture.ts';

/** Value in 0…1 to a colour; values outside are clamped. */
export type ColourMap = (value: number) => Rgb;

const clamp = (value: number): number => Math.max(0, Math.min(1, value));

export const grey: ColourMap = (value) => {
  const level = Math.round(clamp(value) * 255);
  return [level, level, level];
};

/** PET as readers are used to it: uptake is dark on white. */
export const invertedGrey: ColourMap = (value) => grey(1 - clamp(value));

/** Black, red, orange, yellow, white: the "hot metal" of PS3.6 Annex B (piecewise linear). */
export const hotMetal: ColourMap = (value) => {
  const v = clamp(value);
  return [
    Math.round(255 * clamp(v / 0.5)),
    Math.round(255 * clamp((v - 0.25) / 0.5)),
    Math.round(255 * clamp((v - 0.5) / 0.5)),
  ];
};
