export { type FociOptions, type Focus, type FoundFoci, findFoci } from './foci.ts';
export {
  type QuantitativeSpect,
  quantifySpect,
  type RelativeSpect,
  type SpectHeader,
  type SpectKnowledge,
  type SpectQuantity,
} from './quantification.ts';
