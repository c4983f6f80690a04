/** A value of the image as a channel of its own beside the descriptors: `low` is 0, `high` is `weight`. */
export interface FeatureWindow {
  readonly low: number;
  readonly high: number;
  /** 0 … 1, against a descriptor's 1. */
  readonly weight: number;
}

export interface FeatureRecipe {
  /** Half width in voxels of the block over which differences are summed. */
  readonly radius: number;
  /** Distance in voxels of the neighbours that are compared. */
  readonly distance: number;
  /**
   * Share of the image's mean variance below which a voxel's surroundings count as noise: 0.001 in the paper. More
   * makes flat regions silent instead of random.
   */
  readonly leastVariance: number;
  /** 0 … 1. */
  readonly mindWeight: number;
  /** At most four; the same for both images, so only for images that show the same values. */
  readonly windows: readonly FeatureWindow[];
}

/** A first, discrete search that finds large displacements. */
export interface SearchPlan {
  /** Voxels of the working grid, a power of 2, that are joined for it; a step is one such voxel. */
  readonly pool: number;
  /** Steps to either side. */
  readonly radius: number;
  /** Rising weights that pull each voxel's choice to the smoothed choice of its neighbours. */
  readonly couplings: readonly number[];
  /** Passes of smoothing between two choices. */
  readonly smoothing: number;
}

/** Gauss-Newton steps on one level. */
export interface RefinePlan {
  /** Voxels of the working grid, a power of 2, that are joined. */
  readonly pool: number;
  /** Voxels of the level, a power of 2, between two nodes of the field. */
  readonly stride: number;
  readonly iterations: number;
  /** Weight of |∇u|² (all weights against descriptors of length 0 … 1, per voxel). */
  readonly membrane: number;
  /** Weight of |Δu|², in voxels of the working grid. */
  readonly bending: number;
  /** Squared difference of the descriptors beyond which a voxel counts less and less; 0 for never. */
  readonly robust: number;
}

export interface DeformationPlan {
  readonly features: FeatureRecipe;
  /** Of the moving image; as the fixed one's when left out. */
  readonly movingFeatures?: FeatureRecipe;
  readonly search?: SearchPlan;
  readonly levels: readonly RefinePlan[];
}
